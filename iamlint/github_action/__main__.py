"""The action's steps: the check, and the comment on the pull request.

Python is started in isolated mode (``-I``): neither the checkout nor a variable like PYTHONPATH brings modules.
"""

from __future__ import annotations

import os
import sys

from iamlint.accepted.base_commit import MissingBase
from iamlint.github_action.comment import post
from iamlint.github_action.inputs import BadInput
from iamlint.github_action.outputs import write_outputs
from iamlint.github_action.run import FAILED, INTERRUPTED, run
from iamlint.reporters.github import command


def main() -> None:
    """Run the step that is named, the check by default; exit with its exit code."""
    try:
        sys.exit(post(os.environ) if sys.argv[1:] == ["comment"] else run(os.environ))
    except (BadInput, MissingBase) as error:
        print(command("error", {}, "iamlint", str(error)))
        if sys.argv[1:] != ["comment"]:
            write_outputs(os.environ, {"exit-code": FAILED, "findings": 0, "highest-severity": "", "sarif-file": ""})
        sys.exit(FAILED)
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
