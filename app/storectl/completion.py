"""Names of stores for the shell's completion: what can be had in a moment, else none."""

import asyncio

_SECONDS = 5.0
_MOST = 100


def store_names(incomplete: str) -> list[str]:
    """Return the names of the user's stores that begin like this. Never fails."""
    try:
        return asyncio.run(_names(incomplete))
    except Exception:  # noqa: BLE001 - a completion has nobody to tell what went wrong
        return []


async def _names(incomplete: str) -> list[str]:
    from app.storectl import documents  # noqa: PLC0415 - only when the user presses tab
    from app.storectl.terminal import connected  # noqa: PLC0415

    async with asyncio.timeout(_SECONDS):
        data = await connected().execute(
            documents.STORES, first=_MOST, filter={"nameContains": incomplete}
        )
    names = [edge["node"]["name"] for edge in data["stores"]["edges"]]
    return [name for name in names if name.startswith(incomplete)]
