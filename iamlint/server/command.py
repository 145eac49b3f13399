"""The command `server`."""

from __future__ import annotations

import click


@click.command()
def server() -> None:
    """Serve an editor: diagnostics as you type, hover, completion and fixes.

    It speaks the Language Server Protocol over standard input and output; an editor starts it. docs/editors.md shows
    how.
    """
    import sys

    from iamlint.server.protocol import serve

    if sys.stdin.isatty():
        from iamlint.cli.console import tell

        tell("note: an editor starts this command, and it waits for one: docs/editors.md shows how (Ctrl-C ends it)")
    serve()
