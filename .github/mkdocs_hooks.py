"""Links of the pages that lead out of docs/ become links to the repository, on the site only."""

from __future__ import annotations

import posixpath
import re
from typing import Any

_LINK = re.compile(r"(?<=\]\()(?P<to>(?:\.\./)+[^)\s#]*)(?P<anchor>#[^)\s]*)?(?=\))")


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Return the page with such links replaced."""
    folder = posixpath.dirname(page.file.src_uri)

    def replaced(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", folder, found["to"]))
        if path.startswith("docs/"):
            return found[0]
        return f"{config['repo_url']}/blob/main/{path}{found['anchor'] or ''}"

    return _LINK.sub(replaced, markdown)
