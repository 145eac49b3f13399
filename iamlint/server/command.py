"""The command `server`."""

from __future__ import annotations

import click


@click.command()
def server() -> None:
    """Serve an editor: diagnostics as you type, hover, completion and fixes.

    It speaks the Language Server Protocol over standard input and output; an editor starts it. docs/editors.md shows
    how.
    """
    from iamlint.server.protocol import serve

    serve()
