"""``--write-baseline``: one line a finding, sorted, the same from every folder, with the reasons of before."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from program import run

RULE = "broad-token-creator"
NAME = ".iamlint-baseline.json"


def member(name: str, who: str = "user:ana@example.com", project: str = "shop") -> str:
    return (
        f'resource "google_project_iam_member" "{name}" {{\n  project = "{project}"\n'
        f'  role    = "roles/iam.serviceAccountTokenCreator"\n  member  = "{who}"\n}}\n'
    )


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """Two root modules and one that both call, in a repository."""
    (tmp_path / ".git").mkdir()
    call = 'module "grants" {\n  source = "../m"\n  who    = "user:cy@example.com"\n}\n'
    inner = member("in", "X").replace('"X"', "var.who") + 'variable "who" {}\n'
    files = {"a/main.tf": member("b") + member("a"), "z/main.tf": member("z") + call, "m/main.tf": inner}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
    return tmp_path


def entries(path: Path) -> list[dict[str, Any]]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = document["findings"]
    return found


def edit(path: Path, **keys: Any) -> None:
    """Write keys into the first entry, as a person would: in place, one line a finding."""
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[1] = lines[1].replace('"ends"', f'{json.dumps(keys)[1:-1]}, "ends"', 1)
    path.write_text("\n".join(lines), encoding="utf-8")


def test_one_line_a_finding_sorted_and_without_what_moves(estate: Path) -> None:
    done = run("check", ".", "--write-baseline", NAME, cwd=estate)
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        0,
        f"baseline {NAME}: 4 findings (4 new, 0 kept, 0 removed)",
    )
    assert "no findings; 4 accepted" in done.stdout
    lines = (estate / NAME).read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[-1], len(lines)) == ('{"iamlint_baseline": 2, "findings": [', "]}", 6)
    assert [one["address"] for one in entries(estate / NAME)] == [
        "google_project_iam_member.a",
        "google_project_iam_member.b",
        "module.grants.google_project_iam_member.in",
        "google_project_iam_member.z",
    ]
    assert not {"line", "column", "message"} & set().union(*entries(estate / NAME))


def test_the_next_step_is_said_once_unless_the_configuration_has_it(estate: Path) -> None:
    write = ("check", ".", "--write-baseline")
    assert f"write `baseline: {NAME}` into the configuration" in run(*write, NAME, cwd=estate).stderr
    assert "next:" not in run(*write, NAME, cwd=estate).stderr
    (estate / NAME).unlink()
    (estate / ".iamlint.yaml").write_text("baseline: other.json\n", encoding="utf-8")
    (estate / "other.json").write_text('{"iamlint_baseline": 2, "findings": []}\n', encoding="utf-8")
    assert "write `baseline: a/known.json` into" in run(*write, "known.json", cwd=estate / "a").stderr
    (estate / ".iamlint.yaml").write_text(f"baseline: {NAME}\n", encoding="utf-8")
    done = run(*write, f"../{NAME}", cwd=estate / "a")
    assert done.stderr.startswith("baseline ")
    assert "next:" not in done.stderr


def test_the_same_bytes_from_three_directories_and_twice(estate: Path) -> None:
    texts = set()
    for cwd, given in ((".", "."), ("a", ".."), ("m", str(estate)), (".", ".")):
        run("check", given, "--write-baseline", os.path.relpath(estate / NAME, estate / cwd), cwd=estate / cwd)
        texts.add((estate / NAME).read_bytes())
    assert len(texts) == 1


def test_it_accepts_in_a_folder_what_was_found_at_the_top_and_the_other_way_round(estate: Path) -> None:
    run("check", ".", "--write-baseline", NAME, cwd=estate)
    for folder in ("a", "z"):
        done = run("check", ".", "--baseline", f"../{NAME}", cwd=estate / folder)
        assert (done.returncode, "no findings" in done.stdout) == (0, True), done.stdout
    (estate / NAME).unlink()
    for folder in ("a", "z"):
        run("check", ".", "--write-baseline", f"../{NAME}", cwd=estate / folder)
    assert run("check", ".", "--baseline", NAME, cwd=estate).returncode == 0


def test_what_was_not_checked_stays_and_what_is_gone_goes(estate: Path) -> None:
    run("check", ".", "--write-baseline", NAME, cwd=estate)
    whole = (estate / NAME).read_bytes()
    run("check", "m", "--write-baseline", NAME, "--baseline", NAME, cwd=estate)  # its caller is not read
    run("check", "a", "--write-baseline", NAME, cwd=estate)
    run("check", ".", "--select", "public-grant", "--write-baseline", NAME, cwd=estate)
    assert (estate / NAME).read_bytes() == whole
    (estate / "a" / "main.tf").write_text(member("a"), encoding="utf-8")
    done = run("check", "a", "--write-baseline", NAME, cwd=estate)
    assert done.stderr == f"baseline {NAME}: 3 findings (0 new, 3 kept, 1 removed)\n"
    assert [one["path"] for one in entries(estate / NAME)] == ["a/main.tf", "m/main.tf", "z/main.tf"]


def test_reasons_and_days_stay(estate: Path) -> None:
    run("check", ".", "--write-baseline", NAME, cwd=estate)
    edit(estate / NAME, reason="moves to groups", until="2097-01-31")
    (estate / "a" / "iam.tf").write_text(member("a") + member("new"), encoding="utf-8")
    (estate / "a" / "main.tf").write_text(member("b"), encoding="utf-8")
    run("check", ".", "--write-baseline", NAME, cwd=estate)
    told = [(one["address"][-2:], one.get("reason"), one.get("until")) for one in entries(estate / NAME)]
    assert told[0] == (".a", "moves to groups", "2097-01-31")
    assert [reason for _, reason, _ in told] == ["moves to groups", None, None, None, None]
    report = json.loads(run("check", ".", "--baseline", NAME, "--format", "json", cwd=estate).stdout)
    assert [one["reason"] for one in report["accepted"]].count("moves to groups") == 1
    assert [one["reason"] for one in report["accepted"]].count("it is in the baseline") == 4


def test_until_is_the_last_day(estate: Path) -> None:
    run("check", "a", "--write-baseline", NAME, cwd=estate)
    edit(estate / NAME, until="2026-11-28")
    for day, found in (("2026-11-28", []), ("2026-11-29", ["expired-acceptance", RULE])):
        done = run("check", "a", "--baseline", NAME, "--as-of", day, "--format", "json", cwd=estate)
        assert [one["rule"] for one in json.loads(done.stdout)["findings"]] == found
    run("check", "a", "--write-baseline", NAME, "--as-of", "2026-11-29", cwd=estate)
    assert entries(estate / NAME)[0]["until"] == "2026-11-28"  # writing again promises nothing new


def test_a_wrong_day_is_an_error_at_its_line(estate: Path) -> None:
    run("check", "a", "--write-baseline", NAME, cwd=estate)
    edit(estate / NAME, until="next year")
    done = run("check", "a", "--baseline", NAME, cwd=estate)
    assert done.returncode == 2
    assert f"{NAME}:2:" in done.stderr
    assert "`until` is not a date: 'next year'" in done.stderr


def test_worse_is_new_and_a_second_writing_accepts_it(estate: Path) -> None:
    run("check", "a", "--write-baseline", NAME, cwd=estate)
    text = (estate / NAME).read_text(encoding="utf-8").replace('"severity": "high"', '"severity": "low"', 1)
    (estate / NAME).write_text(text, encoding="utf-8")
    done = run("check", "a", "--baseline", NAME, cwd=estate)
    assert (done.returncode, done.stdout.count("it was of low severity")) == (1, 1)
    assert run("check", "a", "--write-baseline", NAME, cwd=estate).returncode == 0
    assert run("check", "a", "--baseline", NAME, cwd=estate).returncode == 0


def test_nothing_is_gone_after_an_error(estate: Path) -> None:
    run("check", ".", "--write-baseline", NAME, cwd=estate)
    before = (estate / NAME).read_bytes()
    (estate / "a" / "main.tf").write_text('resource "x" {', encoding="utf-8")
    done = run("check", ".", "--write-baseline", NAME, cwd=estate)
    assert done.returncode == 2
    assert "4 findings (0 new, 4 kept, 0 removed; after an error no entry is removed)" in done.stderr
    assert (estate / NAME).read_bytes() == before
    (estate / NAME).unlink()
    assert run("check", ".", "--write-baseline", NAME, cwd=estate).returncode == 2
    assert len(entries(estate / NAME)) == 2  # those of the other folders


@pytest.mark.parametrize("text", ["", "x", "[]", '{"a": 1}', member("a")])
def test_no_other_file_is_written_over(estate: Path, text: str) -> None:
    (estate / "a" / "main.tf").write_text(text, encoding="utf-8")
    other = estate / "notes.txt"
    other.write_text(text, encoding="utf-8")
    done = run("check", "z", "--baseline", NAME, "--write-baseline", "notes.txt", cwd=estate)
    assert done.returncode == 2  # no such baseline
    done = run("check", "z", "--write-baseline", "notes.txt", cwd=estate)
    assert done.returncode == 2
    assert other.read_text(encoding="utf-8") == text


def test_a_link_out_of_the_repository_is_not_followed(estate: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("home") / "rc"
    outside.write_text('{"iamlint_baseline": 2, "findings": [\n]}\n', encoding="utf-8")
    (estate / NAME).symlink_to(outside)
    done = run("check", ".", "--write-baseline", NAME, cwd=estate)
    assert done.returncode == 2
    assert "a symbolic link leads out of the repository" in done.stderr
    assert len(outside.read_text(encoding="utf-8").splitlines()) == 2


def test_an_earlier_report_becomes_a_baseline(estate: Path) -> None:
    old = run("check", ".", "--format", "json", cwd=estate).stdout
    (estate / NAME).write_text(old, encoding="utf-8")
    run("check", "a", "--write-baseline", NAME, cwd=estate)
    assert len(entries(estate / NAME)) == 4
    assert run("check", ".", "--baseline", NAME, cwd=estate).returncode == 0
    once = (estate / NAME).read_bytes()
    run("check", ".", "--write-baseline", NAME, cwd=estate)
    assert len((estate / NAME).read_bytes().splitlines()) == len(once.splitlines()) == 6


def test_the_configuration_names_it(estate: Path) -> None:
    (estate / ".iamlint.yaml").write_text(f"baseline: {NAME}\n", encoding="utf-8")
    missing = run("check", ".", cwd=estate)
    assert (missing.returncode, NAME in missing.stderr) == (2, True)
    assert run("check", ".", "--write-baseline", NAME, cwd=estate).returncode == 0
    done = run("check", ".", cwd=estate)
    assert done.returncode == 0
    assert f"4 findings accepted by the baseline {NAME}" in done.stdout
    assert run("check", ".", "--no-ignore", cwd=estate).returncode == 1
    assert run("check", ".", "--no-config", cwd=estate).returncode == 1
    before = (estate / NAME).read_bytes()
    assert run("check", ".", "--output", f"json={NAME}", cwd=estate).returncode == 2
    assert (estate / NAME).read_bytes() == before


@pytest.mark.parametrize(
    "option", ["--hook", "--no-ignore", "--changed-since=HEAD", "--stdin-name=a/x.tf", "-", "--fix"]
)
def test_a_part_of_the_findings_is_no_baseline(estate: Path, option: str) -> None:
    done = run("check", "a/main.tf", option, "--write-baseline", NAME, cwd=estate)
    assert (done.returncode, (estate / NAME).exists()) == (2, False)


def test_what_others_accept_is_not_in_it(estate: Path) -> None:
    text = member("a").replace("{\n", "{ # iamlint: ignore[broad-token-creator] reviewed\n", 1) + member("b")
    (estate / "a" / "main.tf").write_text(text, encoding="utf-8")
    run("check", "a", "--write-baseline", NAME, cwd=estate)
    assert [one["address"][-2:] for one in entries(estate / NAME)] == [".b"]
