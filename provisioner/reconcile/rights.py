"""The platform's rights in stores' namespaces, where it is given them one namespace at a time.

``WorkSettings.store_role`` names the ClusterRole that the platform binds itself to in each. Where
it is unset the platform has its rights already, such as an administrator's.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn, TypeVar

import structlog

from provisioner.domain.errors import (
    ClusterUnreachableError,
    NotFoundError,
    StorePlatformError,
    TerminalError,
)
from provisioner.domain.stores import Store
from provisioner.reconcile.context import ReconcileContext

_log = structlog.get_logger(__name__)

SETTLING_SECONDS = 30.0
_ROUND_SECONDS = 1800.0
_NO_RIGHT = re.compile(r'forbidden: User "[^"]*" cannot \w+ resource')
"""RBAC's words; an admission policy or a quota that forbids something has others."""

T = TypeVar("T")


async def ensure_rights(context: ReconcileContext, namespace: str) -> bool:
    """Have the platform's rights in a namespace; return whether they are given one by one.

    Raises what ``ports.Cluster`` does.
    """
    if context.settings.store_role is None:
        return False
    await context.cluster.ensure_role_binding(namespace, context.settings.store_role)
    return True


class Settling:
    """Takes a rejection for want of rights as passing, for a while after they were given.

    Several API servers hear of a RoleBinding one after the other, and what was asked of one may be
    asked of another next.
    """

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self) -> None:
        """Rights were given just now."""
        self._until = asyncio.get_running_loop().time() + SETTLING_SECONDS

    async def of(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do ``work``; raise ClusterUnreachableError in place of an early rejection."""
        try:
            return await work()
        except TerminalError as error:
            is_early = asyncio.get_running_loop().time() < self._until
            if is_early and _NO_RIGHT.search(f"{error}\n{error.output}"):
                raise ClusterUnreachableError(
                    f"The cluster has not heard of the platform's rights there yet: {error}"
                ) from error
            raise


class RightsKeeper:
    """Has the rights in every store's namespace: at the start, then every half an hour.

    So stores of a time before they were given like this get them, and a binding that somebody
    removed comes back.
    """

    def __init__(
        self, context: ReconcileContext, stores: Callable[[], Awaitable[Sequence[Store]]]
    ) -> None:
        self._context = context
        self._stores = stores

    async def run(self) -> NoReturn:
        """Go round, for ever. A failure is logged: the next round looks again."""
        while True:
            try:
                for store in await self._stores():
                    await self._ensure(store)
            except Exception:  # noqa: BLE001 - see the docstring
                _log.exception("rights_round_failed")
            await asyncio.sleep(_ROUND_SECONDS)

    async def _ensure(self, store: Store) -> None:
        try:
            await ensure_rights(self._context, store.namespace)
        except NotFoundError:
            return  # it has no namespace yet, or no more
        except StorePlatformError as error:
            _log.warning("rights_missing", store_id=store.id, reason=str(error))
