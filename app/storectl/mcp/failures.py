"""Turns storectl's errors into errors of a tool, which the assistant reads."""

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from mcp.types import CallToolResult, TextContent

from app.storectl.errors import Problem, StorectlError
from app.storectl.printable import printable

P = ParamSpec("P")
T = TypeVar("T")

_REMEDIES = {
    "UNAUTHENTICATED": "Ask the user to run `storectl login`, and to start this server again.",
    "UNREACHABLE": "Ask the user whether the platform runs and the address is right; then repeat.",
    "RATE_LIMITED": "Wait a little, then repeat it.",
    "NOT_FOUND": "Call list_stores for the names and ids of the stores.",
    "ENGINE_UNKNOWN": "Call list_engines for the engines.",
    "ENGINE_UNAVAILABLE": "Call list_engines for the engines that are available.",
    "VERSION_UNKNOWN": "Call list_engines for the versions.",
    "NOT_UPGRADABLE": "Call get_store: its upgrades are the versions that it can get.",
    "NO_WAY_BACK": "Call list_backups for what restore_in_place can put in its place instead.",
    "ENGINE_NEEDED": "Call list_engines, and pass the name of one as engine.",
    "NAME_TAKEN": "Ask the user for another name.",
    "NAME_KEPT": "Ask the user for another name.",
    "NAME_RESERVED": "Ask the user for another name.",
    "BACKUP_UNKNOWN": "Call list_backups for the numbers of the backups.",
    "LOSS_NOT_ACCEPTED": "Tell the user what would be lost. Pass accept_loss_since only if they"
    " agree.",
    "ENGINE_MISMATCH": "Tell the user. Leave as_copy out only if they agree: a shop that is no copy"
    " writes to its customers.",
    "BACKUPS_NOT_SET_UP": "Tell the user; only the platform's operator can set backups up.",
    "CHECK_UNDER_WAY": "Ask list_backups what came of the check in some minutes.",
    "TOO_MANY_PINNED": "Ask the user which of the pinned backups to unpin; list_backups has them.",
    "FORBIDDEN": "Tell the user that their token does not allow it.",
}
"""What the assistant can do. The platform's own remedy, if any, is in the message."""


def answering(
    tool: Callable[P, Awaitable[T]],
) -> Callable[P, Awaitable[T | CallToolResult]]:
    """Return a tool that answers an error of storectl as data, and lets all others pass."""

    @wraps(tool)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> T | CallToolResult:
        try:
            return await tool(*args, **kwargs)
        except StorectlError as error:
            return failed(error)

    return answer


def failed(error: StorectlError) -> CallToolResult:
    """Return an error's problems, both as structured content and as the same in JSON."""
    told = {"errors": [_told(problem) for problem in error.problems]}
    text = TextContent(type="text", text=json.dumps(told))
    return CallToolResult(content=[text], structured_content=told, is_error=True)


def _told(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "field": problem.field,
        "message": printable(problem.message),
        "remedy": _REMEDIES.get(problem.code),
    }
