"""The comment on a pull request: created once, updated later, and nothing of a fork is more than text in it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from action_runner import BAD, Runner
from checkout import commit
from test_action_compare import GOOD

from iamlint.github_action.comment_text import LARGEST, comment, marker
from iamlint.github_action.event import Event

HEAD = "a" * 40
BOT = {"type": "Bot", "login": "github-actions[bot]"}


class GitHub(HTTPServer):
    """The part of GitHub's API that comments need."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.comments: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.written: list[tuple[str, str]] = []
        self.denied = False
        self.tokens: set[str] = set()


class _Handler(BaseHTTPRequestHandler):
    server: GitHub

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self) -> None:
        path, _, query = self.path.removeprefix("/repos/owner/repo").partition("?")
        self.server.tokens.add(self.headers["Authorization"])
        page = int(dict(part.split("=") for part in query.split("&") if part).get("page", 1))
        status, body = 404, None
        if self.server.denied:
            status = 403
        elif self.command == "GET" and path == "/pulls":
            status, body = 200, self.server.pulls
        elif self.command == "GET" and path == "/issues/7/comments":
            status, body = 200, self.server.comments[100 * (page - 1) : 100 * page]
        elif self.command in ("POST", "PATCH"):
            text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]
            self.server.written.append((f"{self.command} {path}", text))
            status, body = 201, {"html_url": "https://github.com/owner/repo/pull/7#issuecomment-1"}
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815  # the names that http.server calls


@pytest.fixture
def github() -> Iterator[GitHub]:
    server = GitHub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def runner_of(tmp_path: Path, github: GitHub, event: dict[str, Any]) -> Runner:
    made = Runner(tmp_path)
    (made.workspace / "main.tf").write_text(BAD)
    (tmp_path / "event.json").write_text(json.dumps(event))
    made.environment |= {
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_API_URL": f"http://127.0.0.1:{github.server_port}",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "owner/repo",
        "GITHUB_SHA": "b" * 40,
        "GITHUB_RUN_ID": "42",
    }
    return made


@pytest.fixture
def runner(tmp_path: Path, github: GitHub) -> Runner:
    return runner_of(tmp_path, github, {"pull_request": {"number": 7, "head": {"sha": HEAD}}})


def test_it_is_created_and_then_updated(runner: Runner, github: GitHub) -> None:
    job = runner.run(comment="true")
    assert job.code == 1
    ((how, text),) = github.written
    assert how == "POST /issues/7/comments"
    assert text.startswith("<!-- iamlint: iamlint -->\n## iamlint: 1 finding (1 high)\n")
    assert f"[main.tf:3](https://github.com/owner/repo/blob/{HEAD}/main.tf#L3)" in text
    assert "https://github.com/owner/repo/actions/runs/42" in text
    assert job.outputs["comment-url"].startswith("https://github.com/owner/repo/pull/7")
    assert github.tokens == {"Bearer a-token"}
    others = [{"id": n, "user": BOT, "body": "another"} for n in range(150)]
    github.comments = [*others, {"id": 5, "user": BOT, "body": text}]
    runner.run(comment="true")
    assert len(github.written) == 1, "the same text is not written again"
    (runner.workspace / "main.tf").write_text(GOOD)
    runner.run(comment="true")
    assert github.written[1][0] == "PATCH /issues/comments/5"
    assert "no findings" in github.written[1][1]


def test_a_clean_pull_request_gets_no_comment(runner: Runner, github: GitHub) -> None:
    (runner.workspace / "main.tf").write_text(GOOD)
    assert runner.run(comment="true").code == 0
    assert github.written == []


def test_a_comment_of_a_person_is_not_changed(runner: Runner, github: GitHub) -> None:
    github.comments = [{"id": 5, "user": {"type": "User"}, "body": marker("iamlint")}, {"id": 6, "user": None}]
    runner.run(comment="true")
    assert [how for how, _ in github.written] == ["POST /issues/7/comments"]


def test_a_category_has_a_comment_of_its_own(runner: Runner, github: GitHub) -> None:
    github.comments = [{"id": 5, "user": BOT, "body": marker("iamlint") + "\n"}]
    runner.run(comment="true", category="prod")
    assert [how for how, _ in github.written] == ["POST /issues/7/comments"]
    assert marker("a --> b") == marker("iamlint")


def test_without_the_right_the_check_has_its_own_result(runner: Runner, github: GitHub) -> None:
    github.denied = True
    job = runner.run(comment="true")
    assert job.code == 1
    assert "::warning title=iamlint::the comment was not written: GitHub answers 403" in job.log
    assert "the job needs the permission pull-requests: write; a pull request from a fork" in job.log
    (runner.workspace / "main.tf").write_text(GOOD)
    assert runner.run(comment="true").code == 0


def test_data_is_left_and_nothing_written(runner: Runner, github: GitHub) -> None:
    job = runner.run(comment="data")
    assert Path(job.outputs["comment-data"], "report.json").is_file()
    assert github.written == []
    assert github.tokens == set()
    assert "warning" not in job.log


def test_no_other_step_gets_the_token(runner: Runner) -> None:
    from action_runner import ACTION

    steps = [step["name"] for step in ACTION["runs"]["steps"] if "inputs.token" in json.dumps(step)]
    assert steps == ["Comment"]


def test_what_opens_comes_first(runner: Runner, github: GitHub) -> None:
    (runner.workspace / "main.tf").write_text(GOOD)
    base = commit(runner.workspace)
    (runner.workspace / "main.tf").write_text(BAD)
    job = runner.run(comment="true", compare="true", base=base)
    ((_, text),) = github.written
    assert job.summary.index("## iamlint compare") < job.summary.index("## iamlint: 1 finding")
    assert text.index("**Gives 1 role**") < text.index("| high |")


def test_alike_rows_are_one() -> None:
    cause = {"path": "main.tf", "line": 3, "side": "base"}
    pair = {"method": "sa-create-key", "cause": cause}
    opened = [{"principal": who, "account": f"a{at}", **pair} for who in ("eve", "mal") for at in range(7)]
    opened += [{"principal": f"p{at}", "account": "new", **pair} for at in range(3)]
    opened += [{"principal": "ana", "account": f"b{at}", **pair, "cause": {**cause, "line": at}} for at in range(15)]
    gained = [{"principal": "eve", "role": f"roles/r{at}", "resource": "project p", "cause": cause} for at in range(3)]
    findings = [{"rule": "x", "severity": "high", "message": f"x {at}"} for at in range(12)]
    findings += [{"rule": "y", "severity": "low", "message": "y 0"}]
    text = comment({"findings": findings}, {"opened": opened, "gained": gained}, Event("", ""), "iamlint")
    lines = text.splitlines()
    where = "sa-create-key | main.tf:3, which the head does not have |"
    assert "**Opens 32 paths to service accounts**" in lines
    assert f"| eve<br>mal | a0<br>a1<br>a2<br>a3<br>a4 and 2 more | {where}" in lines
    assert f"| p0<br>p1<br>p2 | new | {where}" in lines
    assert "… and 7 more paths." in lines
    assert "| eve | roles/r0<br>roles/r1<br>roles/r2 | project p | main.tf:3, which the head does not have |" in lines
    assert [line[-6:-2] for line in lines if " |  | " in line] == [*(f" x {at}" for at in range(9)), " y 0"]
    assert "… and 3 more findings." in lines


# -- a fork: the second workflow -----------------------------------------------------------------------------------


@pytest.fixture
def second(tmp_path: Path, github: GitHub, runner: Runner) -> Runner:
    """The workflow after the one of a fork, with what that one has left behind."""
    runner.run(comment="data")
    event = {
        "workflow_run": {
            "id": 42,
            "head_sha": HEAD,
            "head_branch": "patch-1",
            "head_repository": {"owner": {"login": "stranger"}},
        }
    }
    github.pulls = [
        {"number": 6, "head": {"sha": "c" * 40}},
        {"number": 7, "head": {"sha": HEAD}},
    ]
    made = runner_of(tmp_path / "second", github, event)
    made.environment["GITHUB_EVENT_NAME"] = "workflow_run"
    return made


def data_of(runner: Runner) -> Path:
    return runner.temp / "iamlint-comment"


def test_the_second_workflow_comments_and_checks_nothing(second: Runner, runner: Runner, github: GitHub) -> None:
    job = second.run(comment_from=str(data_of(runner)))
    assert job.code == 0
    assert "findings" not in job.outputs
    ((how, text),) = github.written
    assert how == "POST /issues/7/comments"
    assert "broad-token-creator" in text


def test_the_pull_request_is_the_one_at_this_commit(second: Runner, runner: Runner, github: GitHub) -> None:
    report = json.loads((data_of(runner) / "report.json").read_text())
    (data_of(runner) / "report.json").write_text(json.dumps(report | {"pull_request": 1, "number": 1}))
    github.pulls = [{"number": 6, "head": {"sha": "c" * 40}}]
    assert second.run(comment_from=str(data_of(runner))).code == 0
    assert github.written == []


@pytest.mark.parametrize("content", ["", "[]", "null", "{" * 100_000, None])
def test_what_is_no_report_is_an_error(second: Runner, runner: Runner, content: str | None) -> None:
    path = data_of(runner) / "report.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    job = second.run(comment_from=str(data_of(runner)))
    assert job.code == 2
    assert "has no usable report.json" in job.log


def test_a_link_is_no_report(second: Runner, runner: Runner) -> None:
    path = data_of(runner) / "report.json"
    path.rename(path.with_name("real.json"))
    path.symlink_to("real.json")
    assert second.run(comment_from=str(data_of(runner))).code == 2


def test_the_second_workflow_needs_a_right_of_its_own(second: Runner, runner: Runner, github: GitHub) -> None:
    github.denied = True
    log = second.run(comment_from=str(data_of(runner))).log
    assert "GitHub answers 403 (Forbidden) (the job needs the permission pull-requests: write)" in log


HOSTILE = "@octocat [x](https://evil.example) <img src=x> ![i](y) #1 | `c` \n## Approved\n<!-- iamlint: x --> $x$"


def test_nothing_of_a_fork_is_more_than_text() -> None:
    finding = {
        "severity": HOSTILE, "rule": HOSTILE, "message": HOSTILE, "path": HOSTILE, "line": 1, "address": HOSTILE,
    }  # fmt: skip
    pair = {"principal": HOSTILE, "account": HOSTILE, "method": HOSTILE, "cause": {"path": HOSTILE, "line": "1"}}
    report = {
        "findings": [finding, {"line": -1, "path": 7}, "x", None],
        "errors": [{"path": ")](https://evil.example", "line": 2, "reason": HOSTILE}],
        "configuration": {"path": HOSTILE},
        "accepted": "x",
    }
    pair["environments"] = [HOSTILE, 7]
    compared = {
        "opened": [pair],
        "gained": [{"role": HOSTILE, "resource": [HOSTILE], "environments": HOSTILE, "path": [{"to": HOSTILE}]}],
    }
    event = Event("https://github.com", "owner/repo", HEAD)
    text = comment(report, compared, event, HOSTILE)
    assert text.count("<!--") == 1
    for bad in ("@octocat", "](https://evil", "<img", "![", "#1 ", "## Approved", "`c`", "$x$", "\x1b"):
        assert bad not in text, bad
    assert text.count("](") == text.count(f"](https://github.com/owner/repo/blob/{HEAD}/")


def test_access_that_opens_in_an_environment_names_it() -> None:
    pair = {"principal": "user:ana", "account": "ci", "method": "m", "environments": ["dev", "prod"]}
    text = comment({"findings": []}, {"opened": [pair], "gained": []}, Event("", ""), "iamlint")
    assert "| user:ana (in dev, prod) | ci |" in text


def test_a_role_that_an_account_has_names_the_account() -> None:
    role = {"principal": "user:ana", "role": "roles/viewer", "resource": "project shop"}
    gained = [role, {**role, "path": [{"to": "serviceAccount:relay"}, {"to": "serviceAccount:ci"}]}]
    text = comment({"findings": []}, {"opened": [], "gained": gained}, Event("", ""), "iamlint")
    assert "| user:ana | roles/viewer |" in text
    assert "| user:ana as serviceAccount:ci | roles/viewer |" in text


def test_only_a_cause_in_the_checked_commit_is_a_link() -> None:
    pairs = [
        {"principal": who, "account": "ci", "method": "m", "cause": {"path": "main.tf", "file": file, "line": 3}}
        for who, file in (("user:ana", "infra/main.tf"), ("user:eve", None))
    ]
    text = comment(
        {"findings": []}, {"opened": pairs, "gained": []}, Event("https://github.com", "o/r", HEAD), "iamlint"
    )
    ana, eve = (next(line for line in text.splitlines() if who in line) for who in ("user:ana", "user:eve"))
    assert ana.endswith(f"| [infra/main.tf:3](https://github.com/o/r/blob/{HEAD}/infra/main.tf#L3) |")
    assert eve.endswith("| main.tf:3, which the head does not have |")


ARGUMENT = {"severity": "high", "rule": "x", "message": "m", "path": "main.tf", "line": 3}


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ({"working_directory": "."}, f"[main.tf:3](https://github.com/o/r/blob/{HEAD}/main.tf#L3)"),
        (
            {"working_directory": "teams/a"},
            f"[teams/a/main.tf:3](https://github.com/o/r/blob/{HEAD}/teams/a/main.tf#L3)",
        ),
        ({"working_directory": None}, f"[main.tf:3](https://github.com/o/r/blob/{HEAD}/main.tf#L3)"),
        ({"working_directory": "../.."}, "| ../../main.tf:3 |"),
        ({"working_directory": "/etc"}, "| /etc/main.tf:3 |"),
        (
            {"findings": [ARGUMENT | {"origin": {"path": "prod.tfvars", "line": 7}}], "working_directory": "a"},
            f"[a/prod.tfvars:7](https://github.com/o/r/blob/{HEAD}/a/prod.tfvars#L7)",
        ),
        (
            {"findings": [], "errors": [{"path": "main.tf", "line": 2, "reason": "r"}], "working_directory": "a"},
            f"- [a/main.tf:2](https://github.com/o/r/blob/{HEAD}/a/main.tf#L2): r",
        ),
        ({"findings": [], "errors": [{"path": "command line", "line": 1, "reason": "r"}]}, "\n- command line: r\n"),
        ({"findings": [], "errors": [{"path": "b.tf", "line": 1}]}, "## iamlint prod: no findings; 1 error\n"),
        ({"min_severity": {"findings_left_out": 2}}, "0 unknown, 2 below the lowest severity left out."),
    ],
)
def test_places_are_those_of_the_repository(report: dict[str, Any], expected: str) -> None:
    event = Event("https://github.com", "o/r", HEAD)
    assert expected in comment({"findings": [ARGUMENT], **report}, None, event, "prod")


def test_its_size_is_limited() -> None:
    finding = {"severity": "high", "rule": "x", "message": "&" * 10_000, "path": "a" * 200, "line": 1}
    errors = [{"path": "p" * 290, "line": n, "reason": "<" * 300} for n in range(50)]
    text = comment({"findings": [finding] * 50, "errors": errors}, None, Event("", ""), "iamlint")
    assert len(text) < LARGEST + 100
    assert "… and 40 more findings." in text


@pytest.mark.parametrize(
    "event",
    [None, [], {"pull_request": 3}, {"pull_request": {"number": "7", "head": []}}, {"workflow_run": {"id": {}}}],
)
def test_an_event_of_another_shape_names_nothing(event: Any, tmp_path: Path) -> None:
    (tmp_path / "e").write_text(json.dumps(event))
    found = Event.of({"GITHUB_EVENT_PATH": str(tmp_path / "e"), "GITHUB_SHA": "x"})
    assert (found.pull_request, found.commit, found.source_url) == (None, "", "")
