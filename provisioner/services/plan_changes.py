"""Has the shops of stores given other plans, and says before what that means, for a known caller.

Callers change their own stores, and admins all. A store of somebody else is "not found".
"""

from collections.abc import Sequence

from provisioner.domain.cluster import Volume
from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import Engine, EngineCatalogue
from provisioner.domain.errors import (
    ClusterRejectedError,
    ClusterUnreachableError,
    Refusal,
    RefusedError,
)
from provisioner.domain.identities import Identity
from provisioner.domain.plan_changes import (
    PlanOffer,
    engine_gone,
    not_changeable_now,
    plan_offers,
    refuse_plan,
)
from provisioner.domain.ports import Cluster
from provisioner.domain.stores import PlanChange, Store, StoreTarget, StoreTask
from provisioner.domain.transitions import takes_tasks
from provisioner.services.permissions import require_operator
from provisioner.services.shop_tasks import ShopTasks
from provisioner.services.store_queries import StoreQueries
from provisioner.storage.audit_log import AuditedAction


class PlanChanges:
    """Changes plans; ``stores`` says which stores a caller may see.

    Whether volumes can grow is asked of the cluster each time: a class may come to allow it.
    """

    def __init__(
        self, *, stores: StoreQueries, engines: EngineCatalogue, cluster: Cluster, tasks: ShopTasks
    ) -> None:
        self._stores = stores
        self._engines = engines
        self._cluster = cluster
        self._tasks = tasks

    async def offers(self, store: Store) -> Sequence[PlanOffer]:
        """Return the other plans of a store's engine, and how its shop would get each.

        None while the store is to be deleted. Raises RefusedError while the cluster does not say.
        """
        engine = self._engines.get(store.engine)
        if engine is None or not engine.plans or store.target is StoreTarget.DELETED:
            return []
        return plan_offers(store, engine, await self._volumes(store))

    async def change(
        self, caller: Identity, store_id: str, plan: str, *, audit: AuditedAction
    ) -> Store:
        """Have a store's shop given another plan; return the store.

        Raises NotFoundError, or RefusedError: FORBIDDEN, PLAN_UNKNOWN, PLAN_NOT_CHANGEABLE,
        VOLUMES_CANNOT_GROW, or OPERATION_UNDER_WAY.
        """
        require_operator(caller)
        store = await self._stores.get(caller, store_id)
        engine = self._engines.get(store.engine)
        if engine is None:
            raise RefusedError(engine_gone(store))
        if engine.plan(plan) is None:
            raise RefusedError(refuse_plan(store, engine, plan))
        message = f"{caller.owner.label} asked for the plan {plan}."
        # Of a store that takes no task this says why, and that something is under way.
        is_open = takes_tasks(store.status, store.target) and store.task is None
        return await self._tasks.begin(
            store.id, StoreTask.PLAN, message, not_changeable_now,
            plan_change=await self._change(store, engine, plan) if is_open else None,
            audit=audit,
        )  # fmt: skip

    async def _change(self, store: Store, engine: Engine, plan: str) -> PlanChange:
        """Return what is done for this plan. Raises RefusedError when it cannot be had."""
        offers = plan_offers(store, engine, ())
        offer = next((item for item in offers if item.plan.name == plan), None)
        if offer is None:
            raise RefusedError(refuse_plan(store, engine, plan))
        if offer.change is None:  # the cluster is asked only where volumes have to grow
            offers = plan_offers(store, engine, await self._volumes(store))
            offer = next(item for item in offers if item.plan.name == plan)
        if offer.change is None:
            raise RefusedError(Refusal(RefusalCode.VOLUMES_CANNOT_GROW, offer.message, "plan"))
        return offer.change

    async def _volumes(self, store: Store) -> Sequence[Volume]:
        try:
            return await self._cluster.volumes(store.namespace)
        except (ClusterUnreachableError, ClusterRejectedError) as error:
            message = (
                "Whether the shop's volumes can grow cannot be asked of the cluster right now:"
                f" {error} Ask again in a moment."
            )
            raise RefusedError(Refusal(RefusalCode.PLAN_NOT_CHANGEABLE, message, "id")) from error
