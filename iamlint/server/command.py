"""The command `server`."""

from __future__ import annotations

import click

from iamlint.addresses import page_address


@click.command(epilog=f"{page_address('editors')} shows how to set up an editor.")
def server() -> None:
    """Serve an editor: diagnostics as you type, hover, completion and fixes.

    It speaks the Language Server Protocol over standard input and output; an editor starts it.
    """
    import sys

    from iamlint.server.protocol import serve

    if sys.stdin.isatty():
        from iamlint.cli.console import tell

        how = page_address("editors")
        tell(f"note: an editor starts this command, and it waits for one: {how} shows how (Ctrl-C ends it)")
    serve()
