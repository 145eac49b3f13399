"""Measures the editor's server: random edits of a folder's files, each followed by a check.

    python bench/edits.py [FOLDER …] [--edits 200] [--seed 1] [--compare 50] [--after 10]

Without a folder, or for the word ``ten``, a module of ten files is made for it. Each folder has a process of its own.
Prints, in CPU seconds: the first check, and the 50th and 95th percentile after edits, of the first answer and
of the whole one; the memory after the first AFTER edits and after the last one; and whether all that the session tells
after every COMPARE-th edit is what a new session reports with the same buffers.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import tempfile
import threading
import time
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

from iamlint.server.diagnostics import diagnostics
from iamlint.server.session import Session

PIECES = ['"', "}", "{\n", "# a comment\n", "roles/owner", "allUsers", "\n", "${", "var.who", "\U0001f642"]
TEN = "ten"
_STACK = 64 * 1024 * 1024


def edited(text: str, seed: int) -> str:
    """Return the text as after a random edit: a piece put in, a stretch or a line taken out."""
    draw = random.Random(seed)
    at = draw.randrange(len(text) + 1)
    match draw.randrange(3):
        case 0:
            return text[:at] + draw.choice(PIECES) + text[at:]
        case 1:
            return text[:at] + text[at + draw.randrange(1, 20) :]
        case _:
            lines = text.splitlines(keepends=True)
            if lines:
                del lines[draw.randrange(len(lines))]
            return "".join(lines)


def ten_files(top: Path) -> None:
    """Write a module of ten files: a project with service accounts, grants, a custom role, and a pool for GitHub."""
    for number in range(7):
        (top / f"service_{number}.tf").write_text(
            f'resource "google_service_account" "run_{number}" {{\n'
            f'  project    = var.project\n  account_id = "run-{number}"\n}}\n\n'
            f'resource "google_project_iam_member" "run_{number}" {{\n'
            "  for_each = toset(var.roles)\n  project  = var.project\n  role     = each.key\n"
            f"  member   = google_service_account.run_{number}.member\n}}\n\n"
            f'resource "google_service_account_iam_member" "deploys_{number}" {{\n'
            f"  service_account_id = google_service_account.run_{number}.name\n"
            f'  role               = "roles/iam.serviceAccountUser"\n  member             = "user:${{var.who}}"\n}}\n',
            encoding="utf-8",
        )
    (top / "variables.tf").write_text(
        'variable "project" {\n  default = "shop"\n}\n\nvariable "who" {\n  default = "ana@example.com"\n}\n\n'
        'variable "roles" {\n  default = ["roles/logging.logWriter", "roles/editor", "roles/run.admin"]\n}\n',
        encoding="utf-8",
    )
    (top / "roles.tf").write_text(
        'resource "google_project_iam_custom_role" "deployer" {\n  project     = var.project\n'
        '  role_id     = "deployer"\n  title       = "Deployer"\n'
        '  permissions = ["run.services.create", "run.services.update", "iam.serviceAccounts.actAs"]\n}\n\n'
        'resource "google_project_iam_member" "deployer" {\n  project = var.project\n'
        "  role    = google_project_iam_custom_role.deployer.id\n"
        '  member  = "group:deployers@example.com"\n}\n',
        encoding="utf-8",
    )
    (top / "github.tf").write_text(
        'resource "google_iam_workload_identity_pool" "github" {\n  project                   = var.project\n'
        '  workload_identity_pool_id = "github"\n}\n\n'
        'resource "google_iam_workload_identity_pool_provider" "github" {\n'
        "  project                            = var.project\n"
        "  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id\n"
        '  workload_identity_pool_provider_id = "actions"\n'
        '  attribute_mapping   = { "google.subject" = "assertion.sub" }\n'
        "  attribute_condition = \"assertion.repository_owner == 'shop'\"\n"
        '  oidc {\n    issuer_uri = "https://token.actions.githubusercontent.com"\n  }\n}\n',
        encoding="utf-8",
    )


def megabytes() -> float:
    """Return the memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def answered(session: Session) -> tuple[float, float]:
    """Check as the server does; return the seconds to the first answer and to the whole one."""
    started = time.process_time()
    session.check(first=True)
    _told(session)
    first = time.process_time() - started
    if not session.is_whole:
        session.check()
        _told(session)
    return first, time.process_time() - started


def _told(session: Session) -> dict[str, list[str]]:
    return {str(path): [str(one) for one in diagnostics(session, path)] for path in sorted(session.problems)}


def percentiles(times: Sequence[float]) -> str:
    """Return the 50th and the 95th percentile in words."""
    ordered = sorted(times)
    return f"50 % within {ordered[len(ordered) // 2]:.3f} s, 95 % within {ordered[len(ordered) * 95 // 100]:.3f} s"


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    """Print the figures of one folder."""
    os.chdir(folder)
    gc.disable()  # as the server does
    draw, session = random.Random(arguments.seed), Session(Path.cwd())
    loaded = answered(session)[1]
    session.tidy()
    start = megabytes()
    files = sorted(path for path in session.texts if path.suffix == ".tf" and ".terraform" not in path.parts)
    originals = {path: session.texts[path].text for path in files}
    firsts, wholes, compared, different = [], [], 0, 0
    for number in range(arguments.edits):
        path = draw.choice(files)
        text = session.buffers.get(path, originals[path])
        session.take(path, originals[path] if draw.random() < 0.3 else edited(text, draw.randrange(1 << 30)))
        first, whole = answered(session)
        session.tidy()
        firsts.append(first)
        wholes.append(whole)
        if number == arguments.after:
            start = megabytes()
        if number % arguments.compare == arguments.compare - 1:
            cold = Session(Path.cwd(), buffers=dict(session.buffers))
            cold.check()
            compared += 1
            different += _told(cold) != _told(session) or cold.run.report.findings != session.run.report.findings
    print(f"{folder.name}: {len(files)} files; loaded in {loaded:.2f} s; {len(firsts)} edits")
    print(f"  first answer: {percentiles(firsts)}")
    print(f"  whole answer: {percentiles(wholes)}")
    print(f"  memory: {start:.0f} MB after {arguments.after} edits, {megabytes():.0f} MB after all")
    print(f"  other diagnostics than a new session's: after {different} of {compared} edits", flush=True)


def _in_thread(folder: Path, arguments: argparse.Namespace) -> None:
    """Measure in a thread with a large stack, where the server checks, too."""
    threading.stack_size(_STACK)
    thread = threading.Thread(target=measure, args=(folder, arguments))
    thread.start()
    thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", default=[Path(TEN)])
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compare", type=int, default=50)
    parser.add_argument("--after", type=int, default=10)
    arguments = parser.parse_args()
    for folder in arguments.folders:
        with tempfile.TemporaryDirectory() as made:
            if str(folder) == TEN:
                ten_files(Path(made))
            top = Path(made) if str(folder) == TEN else folder
            process = get_context("spawn").Process(target=_in_thread, args=(top.resolve(), arguments))
            process.start()
            process.join()


if __name__ == "__main__":
    main()
