"""Ends a service in the middle of its work, as kill -9 does."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

Work = Callable[..., Awaitable[object]]


def ends_after(writes: int, patch: pytest.MonkeyPatch, *places: tuple[object, str]) -> None:
    """Have the service end after so many more writes by these methods."""
    left = writes

    def ending(work: Work) -> Work:
        async def ends(*given: object, **more: object) -> object:
            nonlocal left
            made = await work(*given, **more)
            left -= 1
            if left < 0:
                raise asyncio.CancelledError
            return made

        return ends

    for owner, name in places:
        patch.setattr(owner, name, ending(getattr(owner, name)))
