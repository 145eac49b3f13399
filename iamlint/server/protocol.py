"""The Language Server Protocol: requests and answers of an editor. Nothing here depends on how a check works."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from iamlint import __version__
from iamlint.files.disk import DISK
from iamlint.location import SourceText, Unreadable
from iamlint.server import completion, diagnostics
from iamlint.server.hover import hover, rule_text
from iamlint.server.origins import origins
from iamlint.server.places import offset_of, path_of, range_of
from iamlint.server.session import Session
from iamlint.server.words import word_at

PAUSE = 0.1
"""Seconds without a further change before a check begins."""
_STACK = 64 * 1024 * 1024
"""Bytes of stack of the thread that checks: references are followed by recursion."""
_PROPOSED: dict[completion.Kind, lsp.CompletionItemKind] = {
    "role": lsp.CompletionItemKind.EnumMember,
    "permission": lsp.CompletionItemKind.Value,
    "principal": lsp.CompletionItemKind.Reference,
    "rule": lsp.CompletionItemKind.Keyword,
}


_Asked = lsp.HoverParams | lsp.CompletionParams | lsp.DefinitionParams


class Server(LanguageServer):
    """One editor's server. Checks run in a thread of their own, one at a time; all else runs between them."""

    def __init__(self) -> None:
        super().__init__("iamlint", __version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental)
        self.session = Session(Path.cwd())
        self.checking = asyncio.Lock()
        self.published: dict[Path, list[lsp.Diagnostic]] = {}
        self._edits = 0
        self._waiting: asyncio.Task[None] | None = None
        self._told: tuple[Unreadable, ...] = ()

    def begin(self, root: Path | None) -> None:
        """Take over the editor's folder: places are relative to the working directory."""
        if root is not None and DISK.is_directory(root):
            os.chdir(root)
        self.session = Session(Path.cwd(), str(self.workspace.position_encoding))

    def keep(self, uri: str) -> None:
        """Take over the text of a buffer."""
        path = path_of(uri)
        if path is not None:
            self.session.take(path, self.workspace.get_text_document(uri).source)

    def schedule(self) -> None:
        """Check soon; a check that has not begun yet is replaced, and one that only completes an answer is given up."""
        self._edits += 1
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.ensure_future(self._check())

    async def _check(self) -> None:
        await asyncio.sleep(PAUSE)
        self._waiting = None  # a later change no longer stops this check, but begins another after it
        async with self.checking:
            edits = self._edits
            await _in_thread(lambda: self.session.check(first=True))
            self._publish()
            if not self.session.is_whole:
                await _in_thread(lambda: self.session.check(is_wanted=lambda: edits == self._edits))
                self._publish()
            self.session.tidy()

    def _publish(self) -> None:
        """Show the diagnostics of each file where they are new."""
        session = self.session
        found = {path: diagnostics.diagnostics(session, path) for path in session.problems}
        found |= {path: [] for path in session.buffers if path not in found}
        for path in sorted({*found, *self.published}):
            told = found.get(path, [])
            if told != self.published.get(path):
                self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(path.as_uri(), told))
        self.published = found
        for note in session.notes if session.notes != self._told else ():
            self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, f"iamlint: {note.reason}"))
        self._told = session.notes


async def _in_thread(work: Any) -> None:
    """Run work in a thread with a large stack, and wait for it."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # the waiting caller raises it
            failed.append(error)
        loop.call_soon_threadsafe(done.set)

    before = threading.stack_size(_STACK)
    try:
        threading.Thread(target=run, name="check", daemon=True).start()
    finally:
        threading.stack_size(before)
    await done.wait()
    if failed:
        raise failed[0]


def serve() -> None:
    """Answer an editor on standard input and output until it ends."""
    gc.disable()  # a collection would delay an answer: `Session.tidy` makes one after each
    server = Server()
    _documents(server)
    _questions(server)
    _places(server)
    server.start_io()


def _documents(server: Server) -> None:
    @server.feature(lsp.INITIALIZED)
    def initialized(_params: lsp.InitializedParams) -> None:
        folders = list(server.workspace.folders)
        uri = folders[0] if folders else server.workspace.root_uri
        server.begin(path_of(uri) if uri else None)
        server.schedule()

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        server.keep(params.text_document.uri)
        server.schedule()

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        server.keep(params.text_document.uri)
        server.schedule()

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        path = path_of(params.text_document.uri)
        if path is not None:
            server.session.close(path)
        server.schedule()

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def saved(_params: lsp.DidSaveTextDocumentParams) -> None:
        server.schedule()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched(_params: lsp.DidChangeWatchedFilesParams) -> None:
        server.schedule()


def _questions(server: Server) -> None:
    """Register what is asked about the word at a position: what it is, and how it may continue."""

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hovered(params: lsp.HoverParams) -> lsp.Hover | None:
        at = _at(server, params)
        word = word_at(*at) if at else None
        told = hover(server.session, word) if word else None
        if at is None or word is None or told is None:
            return None
        return lsp.Hover(
            lsp.MarkupContent(lsp.MarkupKind.Markdown, told),
            range_of(at[0].location(word.start, word.end), at[0], server.session.encoding),
        )

    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=['"', "/", ".", "[", ":"]))
    def completed(params: lsp.CompletionParams) -> lsp.CompletionList:
        at = _at(server, params)
        wanted = completion.wanted_at(*at) if at else None
        if wanted is None or at is None:
            return lsp.CompletionList(False, [])
        typed = at[0].location(at[1] - len(wanted.typed), at[1])
        place = range_of(typed, at[0], server.session.encoding)
        found = completion.proposals(server.session, wanted)
        items = [
            lsp.CompletionItem(
                name,
                kind=_PROPOSED[wanted.kind],
                detail=about or None,
                filter_text=name,
                text_edit=lsp.TextEdit(place, name),
            )
            for name, about in found
        ]
        return lsp.CompletionList(len(items) >= completion.MOST, items)


def _places(server: Server) -> None:
    """Register what is answered by places: where something is written, and what may be done there."""

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def defined(params: lsp.DefinitionParams) -> list[lsp.Location]:
        at, path = _at(server, params), path_of(params.text_document.uri)
        word = word_at(*at) if at else None
        if path is None or word is None or word.kind != "reference":
            return []
        encoding = server.session.encoding
        found = origins(server.session, path, word.text)
        return [lsp.Location(one.as_uri(), range_of(where, text, encoding)) for one, where, text in found]

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION)
    async def acted(params: lsp.CodeActionParams) -> list[lsp.CodeAction | lsp.Command]:
        path = path_of(params.text_document.uri)
        async with server.checking:
            return list(diagnostics.actions(server.session, path, params.range)) if path else []

    @server.command(diagnostics.EXPLAIN)
    def explained(name: str) -> None:
        rule = server.session.rules.get(name)
        told = rule_text(rule) if rule else f"there is no rule {name}"
        server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Info, told))


def _at(server: Server, params: _Asked) -> tuple[SourceText, int] | None:
    """Return the text of a document, and the offset of a position in it."""
    path = path_of(params.text_document.uri)
    text = server.session.text(path) if path else None
    return (text, offset_of(params.position, text, server.session.encoding)) if text else None
