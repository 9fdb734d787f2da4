"""Gives the platform its rights in the stores' namespaces, one namespace at a time.

``WorkSettings.store_role`` names the ClusterRole that the platform binds itself to in each of them.
If it is unset, the platform already has its rights, such as those of an administrator.
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
"""How long a rejection for missing rights may still pass, after the rights were given."""
_ROUND_SECONDS = 1800.0
_NO_RIGHT = re.compile(r'forbidden: User "[^"]*" cannot \w+ resource')
"""RBAC's words for a rejection. Admission policies and quotas use others, with the same status."""

T = TypeVar("T")


async def ensure_rights(context: ReconcileContext, namespace: str) -> bool:
    """Give the platform its rights in a namespace, unless it has them everywhere.

    Return whether rights are given by namespace here. Raises the errors of ``ports.Cluster``.
    """
    if context.settings.store_role is None:
        return False
    await context.cluster.ensure_role_binding(namespace, context.settings.store_role)
    return True


class Settling:
    """Treats a rejection for missing rights as one that passes, shortly after they were given.

    A cluster may have several API servers, which learn of a new RoleBinding one after the other.
    The next request may go to one that does not know it yet.
    """

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self) -> None:
        """Start the period in which rejections pass: the rights have just been given."""
        self._until = asyncio.get_running_loop().time() + SETTLING_SECONDS

    async def of(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do ``work`` and return its result; turn an early rejection into ClusterUnreachableError.

        That error is transient, so the step is tried again.
        """
        try:
            return await work()
        except TerminalError as error:
            is_early = asyncio.get_running_loop().time() < self._until
            # helm's error quotes only the end of its output, so the output is searched as well.
            if is_early and _NO_RIGHT.search(f"{error}\n{error.output}"):
                raise ClusterUnreachableError(
                    f"The cluster has not heard of the platform's rights there yet: {error}"
                ) from error
            raise


class RightsKeeper:
    """Gives the platform its rights in every store's namespace: at the start, then every half hour.

    So stores that are older than this way of giving rights get them too, and a binding that
    somebody removed comes back.
    """

    def __init__(
        self, context: ReconcileContext, stores: Callable[[], Awaitable[Sequence[Store]]]
    ) -> None:
        self._context = context
        self._stores = stores

    async def run(self) -> NoReturn:
        """Go through all stores again and again, for ever. A failure is only logged.

        The next round tries again, and this root task must not end.
        """
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
            return  # the store has no namespace yet, or no longer
        except StorePlatformError as error:
            _log.warning("rights_missing", store_id=store.id, reason=str(error))
