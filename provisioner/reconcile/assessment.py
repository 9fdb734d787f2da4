"""Assesses a store by what the watches show of it. Every time is by the cluster's clock."""

from datetime import datetime

from provisioner.domain.engines import Engine
from provisioner.domain.stores import Store
from provisioner.readiness import Assessment, assess
from provisioner.readiness.facts import LONG_AGO
from provisioner.reconcile.context import ReconcileContext


def look(
    context: ReconcileContext,
    store: Store,
    engine: Engine,
    *,
    is_building: bool,
    since: datetime | None = None,
) -> Assessment:
    """Assess the store at this moment.

    The setup Job counts only while the store is being built (``is_building``). Later it has done
    its work and may have been cleaned up. While the store is being built, events that ended before
    the operation are ignored; ones that ended before ``since``, by the cluster's clock, always are.
    """
    now = context.cluster.now()
    return assess(
        workloads=engine.workloads,
        setup_job=engine.setup_job if is_building else None,
        observation=context.observer.observe(store.namespace),
        now=now,
        grace_periods=context.settings.grace_periods,
        since=max(_began(context, store, now), since or LONG_AGO)
        if is_building
        else since or LONG_AGO,
    )


def _began(context: ReconcileContext, store: Store, now: datetime) -> datetime:
    """Return when the operation began, by the clock of ``now``, which is the cluster's.

    The database has that time by our own clock. So only how long ago it was can be compared.
    """
    began = store.operation_started_at or store.created_at
    return now - (context.clock.now() - began)
