"""An editor for tests: pygls's own client, which starts the server as an editor does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient


class Editor(LanguageClient):
    """Keeps what the server sends: diagnostics by URI, and messages."""

    def __init__(self) -> None:
        super().__init__("tests", "1")
        self.diagnostics: dict[str, list[lsp.Diagnostic]] = {}
        self.messages: list[str] = []

        @self.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            self.diagnostics[params.uri] = list(params.diagnostics)

        @self.feature(lsp.WINDOW_SHOW_MESSAGE)
        def shown(params: lsp.ShowMessageParams) -> None:
            self.messages.append(params.message)

    def open(self, path: Path, text: str) -> str:
        """Open a buffer; return its URI."""
        document = lsp.TextDocumentItem(path.as_uri(), "terraform", 1, text)
        self.text_document_did_open(lsp.DidOpenTextDocumentParams(document))
        return path.as_uri()

    def change(self, uri: str, text: str, version: int = 2) -> None:
        """Replace the text of a buffer."""
        document = lsp.VersionedTextDocumentIdentifier(version, uri)
        whole = lsp.TextDocumentContentChangeWholeDocument(text)
        self.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [whole]))

    def close(self, uri: str) -> None:
        """Close a buffer."""
        self.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)))

    async def told(self, uri: str, *, until: set[str]) -> list[lsp.Diagnostic]:
        """Wait until the diagnostics of a file are those of some rules."""
        for _ in range(1200):
            found = self.diagnostics.get(uri)
            if found is not None and {str(one.code) for one in found} == until:
                return found
            await asyncio.sleep(0.05)
        pytest.fail(f"the diagnostics stayed {self.diagnostics.get(uri)}, messages: {self.messages}")

    async def actions(self, uri: str, at: lsp.Position) -> dict[str, lsp.CodeAction]:
        """Return the edits that are offered at a place, by title."""
        return {title: one for title, one in (await self.offers(uri, at)).items() if isinstance(one, lsp.CodeAction)}

    async def offers(self, uri: str, at: lsp.Position) -> dict[str, lsp.CodeAction | lsp.Command]:
        """Return all that can be done at a place, by title."""
        found = await self.text_document_code_action_async(
            lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), lsp.Range(at, at), lsp.CodeActionContext([]))
        )
        return {one.title: one for one in found or ()}


@asynccontextmanager
async def editor(root: Path, *encodings: lsp.PositionEncodingKind) -> AsyncIterator[Editor]:
    """Start a server for a folder, and end it."""
    client = Editor()
    await client.start_io(sys.executable, "-I", "-m", "iamlint", "server")
    try:
        await client.initialize_async(
            lsp.InitializeParams(
                capabilities=lsp.ClientCapabilities(
                    general=lsp.GeneralClientCapabilities(position_encodings=list(encodings) or None)
                ),
                workspace_folders=[lsp.WorkspaceFolder(root.as_uri(), "infra")],
            )
        )
        client.initialized(lsp.InitializedParams())
        yield client
        await client.shutdown_async(None)
        client.exit(None)
    finally:
        await client.stop()
