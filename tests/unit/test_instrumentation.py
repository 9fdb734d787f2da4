"""What the domain tells whoever measures it."""

from pathlib import Path

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import HelmError, HelmKilledError
from provisioner.domain.names import new_store_id
from provisioner.domain.owners import local
from provisioner.domain.stores import new_store
from provisioner.helm.program import Call, HelmProgram, HelmSettings
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.queue import Lane, WorkQueue
from provisioner.reconcile.reconciler import Reconciler
from provisioner.storage.stores import StoreRepository
from provisioner.testing import AlwaysAnswers, RecordedMeasurements, SimulatedCluster
from tests.unit.test_reconciler_machine import ENGINE

STEPS = [
    ("NAMESPACE", "SUCCEEDED"),
    ("CREDENTIALS", "SUCCEEDED"),
    ("HELM_INSTALL", "SUCCEEDED"),
    ("WORKLOADS_READY", "SUCCEEDED"),
    ("SETUP_JOB", "SKIPPED"),
    ("REACHABLE", "SUCCEEDED"),
]


@pytest.mark.parametrize(
    ("is_image_missing", "status", "steps"),
    [
        (False, "READY", STEPS),
        (True, "FAILED", [*STEPS[:3], ("WORKLOADS_READY", "FAILED")]),
    ],
)
async def test_work_and_its_steps(
    repository: StoreRepository,
    is_image_missing: bool,  # noqa: FBT001
    status: str,
    steps: list[tuple[str, str]],
) -> None:
    clock, measurements = SystemClock(), RecordedMeasurements()
    cluster = SimulatedCluster(clock.now)
    cluster.is_image_missing = is_image_missing
    context = ReconcileContext(
        records=repository, cluster=cluster, helm=cluster, releases=cluster,
        observer=cluster, jobs=cluster, prober=AlwaysAnswers(), engines={"tiny": ENGINE},
        clock=clock,
        settings=WorkSettings(), measurements=measurements,
    )  # fmt: skip
    store_id = new_store_id()
    store = await repository.create(
        new_store(
            store_id=store_id, name="shop", owner=local("anna"), engine="tiny", engine_version="1",
            release="tiny-1", host="shop", url="http://shop", now=clock.now(),
        ),
        idempotency_key=None,
    )  # fmt: skip
    reconciler = Reconciler(context, WorkQueue())
    await reconciler._reconcile(store.id, Lane.PROVISION)

    common = {"engine": "tiny", "store_id": store_id}
    assert measurements.ended == [
        *(("step", {"step": name, **common}, outcome) for name, outcome in steps),
        ("work", {"action": "PROVISION", **common}, status),
    ]


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ("exit 0", "SUCCEEDED"),
        ("echo no >&2; exit 1", "FAILED"),
        ("kill -KILL $$", "KILLED"),
        ("sleep 60", "FAILED"),
    ],
)
async def test_runs_of_helm(tmp_path: Path, script: str, outcome: str) -> None:
    program = tmp_path / "helm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    measurements = RecordedMeasurements()
    settings = HelmSettings(str(program), tmp_path / "state", timeout_seconds=1, grace_seconds=1)

    try:
        await HelmProgram(settings, measurements).call(Call("try", "tiny-1"), ["uninstall"])
    except (HelmError, HelmKilledError):
        assert outcome != "SUCCEEDED"

    assert measurements.ended == [("helm", {"verb": "uninstall", "release": "tiny-1"}, outcome)]
