"""How long an attempt at a store may take."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.engines import load_engine
from provisioner.domain.owners import local
from provisioner.domain.stores import new_store
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.provisioning import time_limit
from provisioner.testing import AlwaysAnswers, SimulatedCluster

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ENGINE = load_engine(Path(__file__).resolve().parents[2] / "charts" / "woocommerce")
STORE = new_store(
    store_id="0" * 32, name="shop", owner=local("merchant"), engine=ENGINE.name,
    engine_version="1", release="woo-1", host="h", url="http://h", now=NOW,
)  # fmt: skip


@pytest.mark.parametrize(
    ("platforms", "engines", "limit"), [(10, None, 10), (10, 15, 15), (30, 15, 30), (1, None, 1)]
)
def test_the_longer_of_the_platforms_and_the_engines(
    platforms: int, engines: int | None, limit: int
) -> None:
    own = None if engines is None else timedelta(minutes=engines)
    context = context_with(platforms, own)
    assert time_limit(context, STORE) == timedelta(minutes=limit)


def test_an_engine_that_is_no_longer_offered() -> None:
    context = replace(context_with(10, timedelta(minutes=15)), engines={})
    assert time_limit(context, STORE) == timedelta(minutes=10)


def context_with(minutes: int, own: timedelta | None) -> ReconcileContext:
    cluster = SimulatedCluster(lambda: NOW)
    return ReconcileContext(
        records=None,  # type: ignore[arg-type]  # a limit is nothing of the database's
        cluster=cluster, helm=cluster, releases=cluster, observer=cluster, jobs=cluster,
        prober=AlwaysAnswers(),
        engines={ENGINE.name: replace(ENGINE, provision_timeout=own)}, clock=SystemClock(),
        settings=WorkSettings(provision_timeout=timedelta(minutes=minutes)),
    )  # fmt: skip
