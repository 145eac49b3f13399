"""A real client talks to the server: diagnostics, hover, completion, definitions, fixes, and what it must survive."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from editor import Editor, editor
from lsprotocol import types as lsp

from iamlint.server.diagnostics import diagnostics
from iamlint.server.session import Session

BAD = """\
variable "who" {
  default = "user:ana@example.com"
}

resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""
GOOD = BAD.replace("roles/iam.serviceAccountTokenCreator", "roles/logging.viewer")
WIDE = GOOD.replace("  role    = ", "  /* \U0001f642 */ role    = ").replace("logging.viewer", "logging.viewr")
ROLE = lsp.Position(6, 30)
RULE = "broad-token-creator"

Story = Callable[[Editor, Path], Awaitable[None]]


async def diagnostics_follow_the_buffer(client: Editor, path: Path) -> None:
    uri = client.open(path, BAD)
    (found,) = await client.told(uri, until={RULE})
    assert (found.range.start.line, found.severity, found.source) == (6, lsp.DiagnosticSeverity.Error, "iamlint")
    client.change(uri, GOOD)
    await client.told(uri, until=set())
    client.change(uri, f"# \U0001f642\n{BAD}", 3)
    (found,) = await client.told(uri, until={RULE})
    assert found.range.start.line == 7
    client.close(uri)
    await client.told(uri, until={RULE})
    assert path.read_text(encoding="utf-8") == BAD


async def a_role_and_a_principal_are_explained(client: Editor, path: Path) -> None:
    uri = client.open(path, BAD)
    await client.told(uri, until={RULE})
    document = lsp.TextDocumentIdentifier(uri)
    role = await client.text_document_hover_async(lsp.HoverParams(document, ROLE))
    assert role is not None
    assert isinstance(role.contents, lsp.MarkupContent)
    assert "**roles/iam.serviceAccountTokenCreator** (Service Account Token Creator)" in role.contents.value
    assert "Its holder can:" in role.contents.value
    assert "groups administrator" not in role.contents.value, "a way that needs no permission is not the role's"
    assert role.range == lsp.Range(lsp.Position(6, 13), lsp.Position(6, 49))
    who = await client.text_document_hover_async(lsp.HoverParams(document, lsp.Position(7, 20)))
    assert who is not None
    assert isinstance(who.contents, lsp.MarkupContent)
    assert who.contents.value.startswith("**user:ana@example.com**")
    assert await client.text_document_hover_async(lsp.HoverParams(document, lsp.Position(3, 0))) is None


async def roles_principals_and_rules_are_proposed(client: Editor, path: Path) -> None:
    uri = client.open(path, BAD)
    await client.told(uri, until={RULE})
    typed = BAD.replace("roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountTok")
    client.change(uri, f"{typed}# iamlint: ignore[broad\n")
    document = lsp.TextDocumentIdentifier(uri)

    async def proposed(line: int, character: int) -> list[str]:
        found = await client.text_document_completion_async(
            lsp.CompletionParams(document, lsp.Position(line, character))
        )
        assert isinstance(found, lsp.CompletionList)
        return [item.label for item in found.items]

    assert await proposed(6, 40) == ["roles/iam.serviceAccountTokenCreator"]
    assert "user:ana@example.com" in await proposed(7, 13)
    assert RULE in await proposed(9, 23)
    assert await proposed(4, 3) == []


async def the_origin_of_a_variable_is_found(client: Editor, path: Path) -> None:
    (path.parent / "terraform.tfvars").write_text('who = "user:eve@example.com"\n', encoding="utf-8")
    uri = client.open(path, BAD.replace('member  = "user:ana@example.com"', "member  = var.who"))
    await client.told(uri, until={RULE})
    where = await client.text_document_definition_async(
        lsp.DefinitionParams(lsp.TextDocumentIdentifier(uri), lsp.Position(7, 17))
    )
    assert isinstance(where, list)
    places = {(Path(one.uri).name, one.range.start.line) for one in where if isinstance(one, lsp.Location)}
    assert places == {("main.tf", 0), ("terraform.tfvars", 0)}
    (found,) = await client.told((path.parent / "terraform.tfvars").as_uri(), until={RULE})
    assert [one.message for one in found.related_information or ()] == ["the argument is here"]


async def a_finding_is_accepted_with_a_reason(client: Editor, path: Path) -> None:
    uri = client.open(path, BAD)
    await client.told(uri, until={RULE})
    action = (await client.actions(uri, ROLE))[f"Accept {RULE} here, with a reason"]
    assert action.edit is not None
    assert action.edit.changes is not None
    (edit,) = action.edit.changes[uri]
    assert edit.range.start == edit.range.end == lsp.Position(6, 0)
    lines = BAD.splitlines(keepends=True)
    client.change(uri, "".join([*lines[:6], edit.new_text, *lines[6:]]))
    await client.told(uri, until=set())


async def a_finding_within_a_text_is_not_accepted_there(client: Editor, path: Path) -> None:
    text = BAD.replace("iam_member", "iam_binding").replace(
        'member  = "user:ana@example.com"', 'members = split("\\n", trimspace(<<EOT\nuser:ana@example.com\nEOT\n  ))'
    )
    uri = client.open(path, text)
    (found,) = await client.told(uri, until={RULE})
    assert text.splitlines()[found.range.start.line] == "user:ana@example.com"
    assert not await client.actions(uri, found.range.start), "a comment would be a member"


async def a_fix_is_offered_and_mends(client: Editor, path: Path) -> None:
    text = BAD.replace("roles/iam.serviceAccountTokenCreator", "roles/logging.viewr")
    uri = client.open(path, text)
    await client.told(uri, until={"unknown-role"})
    (fix,) = [one for one in (await client.actions(uri, ROLE)).values() if one.is_preferred]
    assert fix.edit is not None
    assert fix.edit.changes is not None
    (edit,) = fix.edit.changes[uri]
    line = text.splitlines()[6]
    mended = line[: edit.range.start.character] + edit.new_text + line[edit.range.end.character :]
    assert mended == line.replace("viewr", "viewer")
    client.change(uri, text.replace(line, mended))
    await client.told(uri, until=set())


async def a_rule_is_explained(client: Editor, path: Path) -> None:
    uri = client.open(path, BAD)
    await client.told(uri, until={RULE})
    command = (await client.offers(uri, ROLE))[f"Explain {RULE}"]
    assert isinstance(command, lsp.Command)
    await client.workspace_execute_command_async(lsp.ExecuteCommandParams(command.command, command.arguments))
    await asyncio.sleep(0.2)
    assert any(message.startswith(f"**{RULE}** (high)") for message in client.messages)


async def nothing_is_offered_for_what_is_not_checked_yet(client: Editor, path: Path) -> None:
    uri = client.open(path, BAD)
    await client.told(uri, until={RULE})
    client.change(uri, f"\n{BAD}")
    assert await client.offers(uri, ROLE) == {}


async def broken_buffers_and_lost_files_are_no_end(client: Editor, path: Path) -> None:
    uri = client.open(path, BAD)
    await client.told(uri, until={RULE})
    client.change(uri, BAD + 'resource "a" {\n')
    assert len(await client.told(uri, until={RULE, "unreadable"})) == 2
    path.unlink()
    client.close(uri)
    await client.told(uri, until=set())
    client.protocol.notify("textDocument/didNonsense", {"a": 1})
    client.open(path.with_name("untitled"), "nothing of ours")
    client.text_document_did_open(
        lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem("untitled:Untitled-1", "terraform", 1, BAD))
    )
    client.open(path, BAD)
    await client.told(uri, until={RULE})


async def columns_are_in_the_unit_agreed_on(client: Editor, path: Path) -> None:
    uri = client.open(path, WIDE)
    (found,) = await client.told(uri, until={"unknown-role"})
    assert found.range.start == lsp.Position(6, 20)


STORIES: list[Story] = [
    diagnostics_follow_the_buffer,
    a_role_and_a_principal_are_explained,
    roles_principals_and_rules_are_proposed,
    the_origin_of_a_variable_is_found,
    a_finding_is_accepted_with_a_reason,
    a_finding_within_a_text_is_not_accepted_there,
    a_fix_is_offered_and_mends,
    a_rule_is_explained,
    nothing_is_offered_for_what_is_not_checked_yet,
    broken_buffers_and_lost_files_are_no_end,
    columns_are_in_the_unit_agreed_on,
]


def test_an_editor_is_served(tmp_path: Path) -> None:
    """One server answers all, each story in a folder of its own: to start one takes longer than a story."""
    failed: dict[str, BaseException] = {}

    async def tell() -> None:
        async with editor(tmp_path, lsp.PositionEncodingKind.Utf32) as client:
            for number, story in enumerate(STORIES):
                path = tmp_path / f"{number}" / "main.tf"
                path.parent.mkdir()
                path.write_text(BAD, encoding="utf-8")
                try:
                    await asyncio.wait_for(story(client, path), 60)
                except (AssertionError, TimeoutError, pytest.fail.Exception) as error:
                    failed[story.__name__] = error

    asyncio.run(tell())
    assert failed == {}


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 23), ("utf-16", 21), ("utf-32", 20)])
def test_columns_are_in_each_unit(encoding: str, column: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path.resolve() / "main.tf"
    path.write_text(WIDE, encoding="utf-8")
    monkeypatch.chdir(path.parent)
    session = Session(path.parent, encoding)
    session.check()
    (found,) = diagnostics(session, path)
    assert (found.code, found.range.start) == ("unknown-role", lsp.Position(6, column))
