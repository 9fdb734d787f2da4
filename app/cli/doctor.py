"""Command ``python -m app doctor``: looks at everything that the installation needs."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Annotated

import typer

from app.doctor.checks import checks_for
from app.doctor.examination import examine
from app.doctor.findings import Finding
from app.doctor.gateways import GatewayName
from app.doctor.installation import Installation
from app.doctor.report import as_json, as_text, is_healthy
from app.doctor.threads import AbandonedThreads
from app.settings import Settings
from app.telemetry import logging

_Gateway = Annotated[
    str | None,
    typer.Option(
        metavar="NAMESPACE/NAME[/LISTENER]",
        help="The Gateway that leads to the platform, if one does.",
    ),
]


def add_doctor_command(cli: typer.Typer, read_settings: Callable[[], Settings]) -> None:
    """Add the command; ``read_settings`` is called when it runs."""

    @cli.command("doctor")
    def doctor(
        *,
        is_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
        is_before_install: Annotated[
            bool,
            typer.Option(
                "--before-install",
                help="Leave out what only the installed release has: its account's rights, its"
                " admission policy, its volume, its server for backups of shops.",
            ),
        ] = False,
        host: Annotated[
            str | None,
            typer.Option(
                help="The host name of the platform itself, or its address (https://…), to have it"
                " and its certificate looked at."
            ),
        ] = None,
        gateway: _Gateway = None,
    ) -> None:
        """Look at everything that the platform needs, and say what to do where it is amiss.

        Nothing is changed. The exit code is 0 if nothing failed, 1 otherwise, and 2 if the settings
        cannot be read.
        """
        settings = read_settings()
        # What libraries have to say is in the findings; stdout is the report's alone.
        logging.configure(logging.LogLevel.ERROR, settings.log_format)
        installed = partial(
            Installation,
            settings,
            host=host or None,
            gateway=_gateway(gateway) if gateway else None,
            is_before_install=is_before_install,
        )
        findings = asyncio.run(_examined(installed))
        typer.echo(as_json(findings) if is_json else as_text(findings))
        if not is_healthy(findings):
            raise typer.Exit(1)


async def _examined(installed: Callable[..., Installation]) -> dict[str, Finding]:
    asyncio.get_running_loop().set_default_executor(AbandonedThreads())
    async with AsyncExitStack() as stack:
        installation = installed(stack=stack)
        return await examine(checks_for(installation.settings), installation)


def _gateway(given: str) -> GatewayName:
    namespace, _, rest = given.partition("/")
    name, _, listener = rest.partition("/")
    if not namespace or not name:
        raise typer.BadParameter(f"{given!r} is not NAMESPACE/NAME.", param_hint="--gateway")
    return GatewayName(namespace, name, listener or None)
