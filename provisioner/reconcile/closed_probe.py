"""Asks a shop that no visitors are led to yet whether it works.

An upgraded shop is asked at its Service inside the cluster, with the headers of an ingress
controller, before its Ingress or HTTPRoute is put back. So one that does not work takes no order
that is lost when the shop is put back as it was.

Where the platform runs outside of the cluster, the cluster's own addresses may lead nowhere. Then
nothing is known of the shop, and it is asked once it is open, as a new one is.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from provisioner.domain.engines import Engine, ShopService
from provisioner.domain.errors import NotFoundError, ServiceUnreachableError
from provisioner.domain.stores import Store
from provisioner.readiness import Assessment
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.steps import Outcome

_PAUSE_SECONDS = 1.0
_UNREACHED_TRIES = 5
"""So many tries in a row that make no connection, while all pods are ready, say that there is no
way from here. One may only be early: the nodes learn of a new pod's address after the platform."""
_WALKS_BEFORE = 2  # so that one request that is lost does not make a shop one that never sold

_SWITCHED_OFF = "Not checked: the check of the shop's address is switched off here."
_NO_WAY = (
    "The shop cannot be asked before it is opened, from where the platform runs; it is asked then."
)


async def can_buy(context: ReconcileContext, store: Store, engine: Engine) -> bool:
    """Return whether a shopper gets to the check-out of the open shop now, by its address.

    False as well where shops' addresses are not checked, and for an engine without a walk.
    """
    if not (engine.walk and context.settings.is_reachability_checked):
        return False
    for number in range(_WALKS_BEFORE):
        if number:
            await asyncio.sleep(_PAUSE_SECONDS)
        if await context.prober.walk_problem(store, engine.walk) is None:
            return True
    return False


async def can_be_probed(context: ReconcileContext, store: Store, engine: Engine) -> bool:
    """Return whether the open shop answers now at its Service, from where the platform runs.

    Something else may answer in its place outside of the cluster, such as a proxy of the network.
    Raises ClusterUnreachableError and ClusterRejectedError.
    """
    service = engine.shop_service
    if service is None or not context.settings.is_reachability_checked:
        return False
    with suppress(NotFoundError, ServiceUnreachableError):
        address = await context.cluster.service_address(
            store.namespace, service.name_of(store), service.port
        )
        if address is not None:
            path, base = engine.ready_path, f"http://{address}"
            return await context.prober.problem(store, path, behind=base) is None
    return False


async def probe_closed(
    context: ReconcileContext,
    store: Store,
    engine: Engine,
    *,
    walks: bool,
    check: Callable[[], Awaitable[Assessment]],
    report: Callable[[str], Awaitable[object]],
) -> Outcome:
    """Ask the shop behind its closed door until it answers, for as long as the caller lets it.

    With ``walks`` a shopper has to get to its check-out too. ``check`` is called before each try,
    returns how the pods are, and raises when the store cannot become ready any more. ``report`` is
    called with what is waited for. The outcome is skipped where the shop cannot be asked.

    Raises what ``check`` raises, ClusterUnreachableError and ClusterRejectedError.
    """
    if not context.settings.is_reachability_checked:
        return Outcome(_SWITCHED_OFF, is_skipped=True)
    if engine.shop_service is None:
        message = f"Shops of {engine.display_name} are asked once they are opened."
        return Outcome(message, is_skipped=True)
    door = _ClosedDoor(context, store, engine, engine.shop_service, walks=walks)
    while True:
        said = await door.knock(await check())
        if isinstance(said, Outcome):
            return said
        await report(said)
        await asyncio.sleep(_PAUSE_SECONDS)


class _ClosedDoor:
    """The tries to ask one shop at its Service.

    ``_unreached`` is how many of them in a row made no connection. Once one did, there is a way: it
    is the shop's own fault then if nobody connects any more.
    """

    def __init__(
        self,
        context: ReconcileContext,
        store: Store,
        engine: Engine,
        service: ShopService,
        *,
        walks: bool,
    ) -> None:
        self._context = context
        self._store = store
        self._engine = engine
        self._service = service
        self._walk = engine.walk if walks else ()
        self._has_way = False
        self._unreached = 0

    async def knock(self, assessment: Assessment) -> Outcome | str:
        """Ask once; return the outcome, or else what is waited for, as a sentence."""
        if not assessment.are_workloads_ready:
            self._unreached = 0  # whatever is not reached now does not tell of the way there
            return assessment.waiting_for
        name, port = self._service.name_of(self._store), self._service.port
        try:
            address = await self._context.cluster.service_address(self._store.namespace, name, port)
        except NotFoundError:
            return f"There is no Service {name} with port {port}, by which the shop is asked."
        if address is None:
            message = f"Service {name} has no address in the cluster; the shop is asked once open."
            return Outcome(message, is_skipped=True)
        try:
            problem = await self._problem(f"http://{address}")
        except ServiceUnreachableError as error:
            self._unreached += 1
            if self._unreached >= _UNREACHED_TRIES and not self._has_way:
                return Outcome(_NO_WAY, is_skipped=True)
            return f"The shop is not reached at its Service {name} yet: {error}"
        self._has_way, self._unreached = True, 0
        return self._good if problem is None else problem

    async def _problem(self, base: str) -> str | None:
        """Return what keeps shoppers from buying, as a sentence, or None."""
        prober = self._context.prober
        problem = await prober.problem(self._store, self._engine.ready_path, behind=base)
        if problem is not None:
            return f"The shop does not answer yet: {problem}"
        self._has_way = True
        if self._walk:
            problem = await prober.walk_problem(self._store, self._walk, behind=base)
            if problem is not None:
                return f"The shop answers, but a shopper cannot buy yet: {problem}"
        return None

    @property
    def _good(self) -> Outcome:
        if self._walk:
            return Outcome(
                "A shopper gets to the check-out, before any visitor is led to the shop."
            )
        return Outcome("The shop answers, before any visitor is led to it.")
