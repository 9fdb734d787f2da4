"""Completes names in the shell: those of profiles, and of what the platform has."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from app.storectl.api import Api

_SECONDS = 5.0  # the shell waits for the answer while the user does
_MOST = 100  # the most stores that the API returns in one page


def store_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the user's stores that begin with a text; never raise an exception."""
    return _of_platform(ctx, lambda api: _store_names(api, incomplete), incomplete)


def engine_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the platform's engines that begin with a text; never raise."""
    return _of_platform(ctx, _engine_names, incomplete)


def plan_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the plans of the engine that is named, or of all; never raise."""
    return _of_platform(ctx, lambda api: _plan_names(api, ctx.params.get("engine")), incomplete)


def backup_numbers(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the numbers of the backups of the store that is named before; never raise."""
    return _of_platform(ctx, lambda api: _backup_numbers(api, ctx.params["key"]), incomplete)


def upgrade_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the versions that the store that is named before can be upgraded to; never raise."""
    # Where the word to complete is an option's, the words before it are not assigned yet.
    return _of_platform(
        ctx, lambda api: _upgrade_names(api, ctx.params["key"] or ctx.args[0]), incomplete
    )


def profile_names(incomplete: str) -> list[str]:
    """Return the names of the profiles that begin with a text; never raise an exception."""
    try:
        from app.storectl import profiles  # noqa: PLC0415 - only when the user presses tab

        return _beginning(profiles.names(), incomplete)
    except Exception:  # noqa: BLE001 - a message would be written into the user's command line
        return []


def _of_platform(
    ctx: typer.Context,
    ask: Callable[["Api"], Coroutine[Any, Any, list[str]]],
    incomplete: str,
) -> list[str]:
    try:
        import asyncio  # noqa: PLC0415 - only when the user presses tab, as all below

        from app.storectl import profiles  # noqa: PLC0415
        from app.storectl.terminal import connected  # noqa: PLC0415

        # While the shell completes, no function of a command runs, so this is done here as well.
        profiles.choose(ctx.find_root().params.get("profile"))

        async def within_time() -> list[str]:
            async with asyncio.timeout(_SECONDS):
                return await ask(connected())

        return _beginning(asyncio.run(within_time()), incomplete)
    except Exception:  # noqa: BLE001 - a message would be written into the user's command line
        return []


async def _store_names(api: "Api", incomplete: str) -> list[str]:
    from app.storectl import documents  # noqa: PLC0415

    wanted = {"nameContains": incomplete}
    data = await api.execute(documents.STORES, first=_MOST, filter=wanted)
    return [edge["node"]["name"] for edge in data["stores"]["edges"]]


async def _engine_names(api: "Api") -> list[str]:
    return [engine["name"] for engine in await api.engines()]


async def _plan_names(api: "Api", engine: str | None) -> list[str]:
    found = [item for item in await api.engines() if engine in (None, item["name"])]
    return list(dict.fromkeys(plan["name"] for item in found for plan in item["plans"]))


async def _backup_numbers(api: "Api", key: str) -> list[str]:
    return [str(backup["number"]) for backup in await api.backups((await api.store(key))["id"])]


async def _upgrade_names(api: "Api", key: str) -> list[str]:
    return [version["name"] for version in (await api.store(key))["upgrades"]]


def _beginning(names: list[str], incomplete: str) -> list[str]:
    # The API's filter finds the text anywhere in a name.
    return [name for name in names if name.startswith(incomplete)]


Key = Annotated[
    str,
    typer.Argument(metavar="NAME_OR_ID", help="The store.", autocompletion=store_names),
]
"""The argument of a command on one store."""
