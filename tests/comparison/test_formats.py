"""A comparison as text, as JSON and as Markdown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from iamlint.cli import main
from iamlint.comparison.formats import markdown, render, text
from iamlint.comparison.formats.json import SCHEMA
from iamlint.reporters.markdown import cell
from iamlint.reporters.parts.presentation import Presentation
from tests.comparison.conftest import TOKEN, Compare, account, in_project, on_account

LEDGER = account("ledger")
ANA = on_account("ana", "ledger", "user:ana@x.example")
ROLES = ("roles/run.admin", "roles/storage.admin", "roles/pubsub.admin")


def test_json_is_what_the_schema_says(compare: Compare) -> None:
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    unknown = on_account("x", "ledger", "user:eve@x.example", more='condition {\n title = "t"\n expression = var.x\n}')
    found = compare(LEDGER + ANA, LEDGER + 'variable "x" {}\n' + unknown + in_project("p", "group:g@x.example", TOKEN))
    told = json.loads(render("json", found, Presentation()))
    assert not list(validator.iter_errors(told))
    assert [one["principal"] for one in told["opened"]] == ["group:g@x.example"]
    assert [one["principal"] for one in told["closed"]] == ["user:ana@x.example"]
    assert {one.get("principal") for one in told["unknown"]} == {"user:eve@x.example"}
    assert told["opened"][0]["cause"]["path"] == "main.tf"
    assert "more unknown" not in render("text", found, Presentation())


def test_what_opens_comes_first(compare: Compare) -> None:
    text = render(
        "text", compare(LEDGER + ANA, LEDGER + on_account("eve", "ledger", "user:eve@x.example")), Presentation()
    )
    assert text.index("opens: user:eve") < text.index("closes: user:ana")
    assert "1 pair opened, 1 closed" in text


def test_what_one_line_makes_unknown_is_shown_in_part(compare: Compare) -> None:
    condition = 'condition {\n title = "t"\n expression = var.x\n}'
    members = ", ".join(f'"user:u{number:02}@x.example"' for number in range(12))
    binding = f"""
resource "google_service_account_iam_member" "x" {{
  for_each           = toset([{members}])
  service_account_id = google_service_account.ledger.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.value
  {condition}
}}
"""
    found = compare(LEDGER, LEDGER + 'variable "x" {}\n' + binding)
    lines = render("text", found, Presentation()).splitlines()
    assert len(found.unknown) >= 12
    shown = [line for line in lines if line.startswith("unknown: ")]
    assert len(shown) == 5
    assert f"... and {len(found.unknown) - 5} more unknown by head/main.tf:" in "\n".join(lines)


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_no_more_is_counted_than_is_left_out(form: str, compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (text, markdown):
        monkeypatch.setattr(module, "MOST_GROUPS", 1)
    one = LEDGER + in_project("p", "group:g@x.example", TOKEN)
    assert "more group" not in render(form, compare(LEDGER, one), Presentation())
    two = one + in_project("q", "group:h@x.example", "roles/storage.admin")
    assert "1 more group" in render(form, compare(LEDGER, two), Presentation())


def test_causes_are_links_into_the_head(compare: Compare, tmp_path: Path) -> None:
    """What was removed has no line there."""
    style = Presentation(directory=tmp_path, repository=tmp_path.parent, source_url="https://github.com/o/r/blob/c/")
    found = compare({"a b/main.tf": LEDGER + ANA}, {"a b/main.tf": LEDGER + on_account("e", "ledger", "user:eve@x.io")})
    markdown = render("markdown", found, style)
    linked, gone = (
        next(line for line in markdown.splitlines() if f"| {who}" in line) for who in ("user:eve", "user:ana")
    )
    path = f"{tmp_path.name}/head/a b/main.tf"
    assert f"[{cell(path)}:11](https://github.com/o/r/blob/c/{path.replace(' ', '%20')}#L11)" in linked
    assert "](" not in gone
    assert "which the head does not have" in gone
    causes = [one["cause"] for key in ("opened", "closed") for one in json.loads(render("json", found, style))[key]]
    assert [(one["path"], one["file"], one["side"]) for one in causes] == [
        ("a b/main.tf", path, "head"),
        ("a b/main.tf", None, "base"),
    ]


def test_a_picture_shows_the_end_of_a_long_name(compare: Compare) -> None:
    pool = "projects/123456789012/locations/global/workloadIdentityPools/ci"
    member = f"principalSet://iam.googleapis.com/{pool}/attribute.repository/acme/shop"
    told = render("markdown", compare(LEDGER, LEDGER + on_account("ci", "ledger", member)), Presentation())
    picture = told.partition("```mermaid")[2].partition("```")[0]
    assert '["principalSet://iam.g...ols/ci/attribute.repository/acme/shop"]' in picture
    assert '["ledger@shop"]' in picture


def test_a_picture_has_ten_nodes_at_most(compare: Compare) -> None:
    many = "".join(account(f"sa-{number:02}") for number in range(30))
    found = compare(many, many + in_project("p", "group:g@x.example", TOKEN))
    assert len(found.opened) == 30
    markdown = render("markdown", found, Presentation())
    picture = markdown.partition("```mermaid")[2].partition("```")[0]
    assert picture.count('["') == 10
    assert "and 27 more" in markdown


def test_hostile_names_stay_text(compare: Compare) -> None:
    hostile = '"user:a\\"];click n0 href(x)</code>\\n::error::|x@x.example"'
    grant = ANA.replace('"user:ana@x.example"', hostile)
    found = compare(LEDGER, LEDGER + grant)
    for form in ("text", "json", "markdown"):
        told = render(form, found, Presentation())
        assert "\n::error" not in told
        if form == "markdown":
            picture = told.partition("```mermaid")[2].partition("```")[0]
            assert "href" in picture
            assert not set(picture) & set("();<>\\") - set("->;")
            assert "</code>" not in told


def test_nothing_is_said_as_nothing(compare: Compare) -> None:
    found = compare(LEDGER + ANA, ANA + LEDGER)
    assert render("text", found, Presentation()) == "nothing opens or closes\n"
    assert "mermaid" not in render("markdown", found, Presentation())


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("head", "options", "code"),
    [(LEDGER, [], 0), (LEDGER + ANA, [], 1), (LEDGER + ANA, ["--exit-zero"], 0), ("resource {", [], 2)],
)
def test_exit_codes(
    head: str,
    options: list[str],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write("base/main.tf", LEDGER)
    write("head/main.tf", head)
    with pytest.raises(SystemExit) as done:
        main(["compare", "base", "head", "--format", "json", *options])
    assert done.value.code == code
    told = json.loads(capsys.readouterr().out)
    assert bool(told["errors"]) is (code == 2)


def test_a_side_that_is_not_there_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write("head/main.tf", LEDGER)
    with pytest.raises(SystemExit) as done:
        main(["compare", "nowhere", "head"])
    assert done.value.code == 2
    assert "nowhere" in capsys.readouterr().err


def test_the_same_role_on_many_resources_is_one_line(compare: Compare) -> None:
    roles = """
resource "google_project_iam_member" "m" {
  for_each = toset(["a", "b", "c", "d", "e"])
  project  = "shop-${each.key}"
  role     = "roles/storage.admin"
  member   = "group:g@x.example"
}
"""
    found = compare(LEDGER, LEDGER + roles + in_project("p", "group:g@x.example", "roles/run.admin"))
    text = render("text", found, Presentation())
    assert "gains: group:g@x.example roles/storage.admin on 5 projects (shop-a, shop-b, shop-c and 2 more)\n" in text
    assert "gains: group:g@x.example roles/run.admin on project shop\n" in text
    assert text.count("gains: ") == 2
    markdown = render("markdown", found, Presentation())
    assert "| 5 projects (shop-a, shop-b, shop-c and 2 more) |" in markdown
    assert "6 roles gained" in text


def test_what_an_account_gets_is_one_line_for_all_who_can_become_it(compare: Compare) -> None:
    people = "".join(on_account(name, "ledger", f"user:{name}@x.example") for name in ("ana", "bo", "cy", "di"))
    gain = in_project("p", "serviceAccount:ledger@shop.iam.gserviceaccount.com", "roles/storage.admin")
    found = compare(LEDGER + people, LEDGER + people + gain)
    text = render("text", found, Presentation())
    who = "4 principals (user:ana@x.example, user:bo@x.example, user:cy@x.example and 1 more)"
    of = "roles/storage.admin on project shop"
    assert f"gains: serviceAccount:ledger@shop.iam.gserviceaccount.com {of}\n" in text
    assert f"gains: {who} {of} as ledger@shop.iam.gserviceaccount.com\n" in text
    assert text.count("gains: ") == 2
    assert "and 1 more) | roles/storage.admin |" in render("markdown", found, Presentation())
    assert "5 roles gained" in text


def test_who_reaches_a_new_account_by_a_grant_of_its_own_is_one_group(compare: Compare) -> None:
    """Two principals stay apart: each is shown with its methods."""
    people = [in_project(f"p{number:02}", f"user:u{number:02}@x.example", TOKEN) for number in range(12)]
    for number, groups in ((2, 2), (12, 1)):
        base = "".join(people[:number])
        found = compare(base, base + LEDGER)
        assert len(found.opened) == number
        text, markdown = (render(form, found, Presentation()) for form in ("text", "markdown"))
        assert text.count("opens: ") == groups
        assert text.count("(roles/iam.serviceAccountTokenCreator on project shop)") == min(number, 10)
    assert "opens: 12 principals → ledger@shop.iam.gserviceaccount.com\n" in text
    assert "\n  ... and 2 more (--format json lists them)\n" in text
    assert "| 12 principals | ledger" in markdown
    assert "<br>and 2 more |" in markdown


def test_the_roles_on_one_resource_are_one_line(compare: Compare) -> None:
    roles = [in_project(f"r{at}", "group:g@x.example", role) for at, role in enumerate(ROLES)]
    head = "".join(roles).replace("group:g@x.example", "serviceAccount:ledger@shop.iam.gserviceaccount.com")
    found = compare(head, head + LEDGER + ANA)
    text = render("text", found, Presentation())
    one = next(line for line in text.splitlines() if line.startswith("gains: user:ana"))
    assert one.endswith(" on project shop as ledger@shop.iam.gserviceaccount.com")
    assert [role for role in ROLES if role not in one] == []
    assert "| group:g" not in render("markdown", found, Presentation())
