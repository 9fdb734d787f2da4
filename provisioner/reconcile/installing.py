"""Has helm install the shop of a store, open to visitors or closed to them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine, EngineVersion
from provisioner.domain.errors import StoreFailedError
from provisioner.domain.stores import Reason, Store
from provisioner.reconcile.chart_inputs import store_values
from provisioner.reconcile.context import ReconcileContext


async def install(
    context: ReconcileContext,
    store: Store,
    engine: Engine,
    *,
    secrets: Sequence[str],
    is_closed: bool = False,
) -> str:
    """Install the version that the store is to have; return helm's scrubbed output.

    ``secrets`` are removed from the output. Whoever is closed to visitors has no route at any
    moment, also if the service is killed right after helm. Raises StoreFailedError when the version
    is no longer offered, and the errors of ``ports.Helm``.
    """
    version = engine.version(store.installed_version)
    if version is None:
        raise missing(f"Version {store.installed_version} of engine {engine.name}")
    closed = engine.while_closed if is_closed else {}
    output = await context.helm.install(
        release=store.release,
        namespace=store.namespace,
        chart=Path(engine.chart),
        values={**chart_values(context, store, engine, version), **closed},
        values_files=context.settings.values_files.get(engine.name, ()),
        secrets=secrets,
    )
    if is_closed:
        # An engine need not say by which values its shops are closed.
        await context.releases.hide(store.namespace, store.release)
    return output


def chart_values(
    context: ReconcileContext, store: Store, engine: Engine, version: EngineVersion
) -> Mapping[str, object]:
    """Return the Helm values of an open shop, which go over the operator's."""
    return {**version.values, **store_values(context, store, engine)}


def missing(what: str) -> StoreFailedError:
    """Return the error for something of an engine that was removed from the charts."""
    message = (
        f"{what} is no longer offered here. Add it back to the charts and restart the platform,"
        " which reads them at its start; then retry the store."
    )
    return StoreFailedError(Reason(ReasonCode.ENGINE_MISSING, message))
