"""Defines the command ``storectl mcp``, which an assistant starts and talks to."""

import signal
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from app.storectl import account
from app.storectl.errors import UsageError
from app.storectl.terminal import connected, run, warn

_MISSING = (
    "`storectl mcp` needs the optional part `mcp`, which is not installed. Install it with:"
    " pipx inject store-platform mcp, or in a checkout: pipx install --force '.[mcp]'"
)


def serve(
    *,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Offer only tools that change nothing.")
    ] = False,
    allow_destructive: Annotated[
        bool,
        typer.Option(
            "--allow-destructive",
            help="Offer the tools that delete a store or put a backup in its place, too.",
        ),
    ] = False,
) -> None:
    """Serve your stores to an assistant, by the Model Context Protocol (MCP) on standard input.

    The assistant has your rights on the platform, and is never shown the password of a shop.
    """
    if read_only and allow_destructive:
        raise UsageError("Choose one of --read-only and --allow-destructive.")
    if find_spec("mcp") is None:
        raise UsageError(_MISSING)
    # The account is chosen once: a sign-in elsewhere must not turn a conversation to other stores.
    chosen = account.current()
    # Imported here, because they take a second that no other command needs.
    from app.storectl.mcp.server import Access, made  # noqa: PLC0415

    # The library reads standard input in a thread, which Python would wait for after Ctrl-C. So
    # the signal itself ends the process: there is nothing to tidy up.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.stdin is not None and sys.stdin.isatty():
        warn("This is for assistants, which start it themselves. Ctrl-C ends it.")
    access = Access.of(read_only=read_only, allow_destructive=allow_destructive)
    run(made(connected(chosen), url=chosen.url, access=access).run_stdio_async())
