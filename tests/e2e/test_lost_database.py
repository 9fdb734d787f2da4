"""A lost database: the stores' records come back from their namespaces, and the shops go on."""

import asyncio
import json
import subprocess
import sys
import time

from tests.e2e.conftest import NewService
from tests.e2e.service import ROOT, Service, events_of
from tests.e2e.test_delete import a_store, deleted
from tests.e2e.test_recovery import Follower

KEY = "store-platform.dev/record"
_PATIENCE_SECONDS = 60.0
_FIELDS = "id, name, owner_source, owner, owner_name, engine, engine_version, namespace, release"
_RECORD = f"SELECT {_FIELDS}, host, url, contact_email, created_at FROM stores ORDER BY name"  # noqa: S608


def adopt(service: Service, *arguments: str) -> list[str]:
    """Run the command as an operator does; return the lines that it prints."""
    return subprocess.run(
        [sys.executable, "-m", "app", "adopt", *arguments], cwd=ROOT, env=service.environment,
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip


def annotation(store: Follower) -> str | None:
    found = store.service.cluster.kubectl_json("get", "namespace", store.namespace)
    text: str | None = found["metadata"].get("annotations", {}).get(KEY)
    return text


def lose_database(service: Service) -> None:
    files = list(service.folder.glob("platform.db*"))
    assert files
    for file in files:
        file.unlink()


async def test_the_stores_come_back_from_the_cluster(new_service: NewService) -> None:
    # Given two ready stores, one of them older than the annotation
    service = new_service()
    service.start()
    tea, pie = a_store(service, "tea"), a_store(service, "pie")
    for store in (tea, pie):
        await store.until("READY")
        written = annotation(store)
        assert written is not None
        assert json.loads(written)["name"] in {"tea", "pie"}
    before = annotation(pie)
    service.cluster.kubectl("annotate", "namespace", pie.namespace, f"{KEY}-")
    service.stop()
    service.start()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while annotation(pie) != before:
        assert time.monotonic() < deadline, annotation(pie)
        await asyncio.sleep(0.2)
    records = service.sql(_RECORD)
    service.stop()

    # When the database is lost, and the service starts with an empty one
    lose_database(service)
    service.start()
    *listed, outlook = adopt(service)
    told = {
        f"{store.namespace}: {name}, of merchant (local), "
        for name, store in (("tea", tea), ("pie", pie))
    }
    assert {line[: line.index("woocommerce")] for line in listed} == told
    assert all(line.endswith(": helm's release is there.") for line in listed)
    assert outlook == "Nothing was changed. Run again with --yes to record these 2 stores."
    assert service.sql(_RECORD) == []

    # Then the records are those of before, and the service finds the shops open by itself
    *_, done = adopt(service, "--yes")
    assert done == "Recorded 2 stores. Restart the service, so that it takes up what was recorded."
    assert service.sql(_RECORD) == records
    service.stop()
    service.start()
    for known in (tea, pie):
        store = Follower(service, service.token("merchant"), known.store_id)
        await store.until("READY")
        statuses = [e["status"] for e in events_of(store.updates) if e["kind"] == "STATUS"]
        assert statuses == ["DEGRADED", "READY"]
        await deleted(store)
    assert adopt(service) == ["Nothing was changed. There is no store to record."]
