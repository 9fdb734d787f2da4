"""Which cluster the stores live in is remembered beside them, on both databases."""

import asyncio

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import OtherClusterError
from provisioner.domain.operations import OperationKind
from provisioner.domain.stores import StoreStatus
from provisioner.storage.cluster_memory import ClusterMemory
from provisioner.storage.database import Database
from provisioner.storage.stores import StoreRepository
from tests.stores import a_store


@pytest.fixture
def memory(database: Database) -> ClusterMemory:
    return ClusterMemory(database, SystemClock())


async def test_the_first_cluster_is_remembered(memory: ClusterMemory) -> None:
    assert await memory.remembered() is None
    await memory.recognise("first")
    await memory.recognise("first")
    assert await memory.remembered() == "first"


async def test_another_is_refused_while_there_are_stores(
    memory: ClusterMemory, repository: StoreRepository
) -> None:
    await memory.recognise("first")
    await repository.create(a_store())
    with pytest.raises(OtherClusterError) as refused:
        await memory.recognise("second")
    assert str(refused.value) == (
        "This is not the cluster that the stores live in, so nothing is done in it (its"
        " kube-system has the uid second, theirs first). Set STORE_PLATFORM_KUBECONFIG and"
        " STORE_PLATFORM_KUBE_CONTEXT, or the kubeconfig's current context, back to that"
        " cluster. If it is gone for good, run `python -m app cluster forget`: the platform"
        " then uses this cluster, and reports the stores as lost."
    )
    assert await memory.remembered() == "first"
    await memory.recognise("first")


async def test_another_is_taken_once_no_store_is_left(
    memory: ClusterMemory, repository: StoreRepository
) -> None:
    await memory.recognise("first")
    store = await repository.create(a_store())
    store = await repository.request_delete(store.id, "asked")
    store = await repository.transition(store, StoreStatus.DELETING, begins=OperationKind.DELETE)
    with pytest.raises(OtherClusterError):
        await memory.recognise("second")
    await repository.transition(store, StoreStatus.DELETED)
    await memory.recognise("second")
    assert await memory.remembered() == "second"


async def test_a_check_refuses_any_other_and_writes_nothing(memory: ClusterMemory) -> None:
    await memory.check("first")
    assert await memory.remembered() is None
    await memory.recognise("first")
    await memory.check("first")
    with pytest.raises(OtherClusterError):
        await memory.check("second")  # although there is no store that could be missing there
    assert await memory.remembered() == "first"


async def test_after_forgetting_the_next_is_taken(
    memory: ClusterMemory, repository: StoreRepository
) -> None:
    assert await memory.forget() is None
    await memory.recognise("first")
    await repository.create(a_store())
    assert await memory.forget() == "first"
    assert await memory.remembered() is None
    await memory.recognise("second")
    assert await memory.remembered() == "second"


async def test_of_two_clusters_met_at_once_one_is_remembered(
    memory: ClusterMemory, repository: StoreRepository
) -> None:
    await repository.create(a_store())
    ends = await asyncio.gather(
        memory.recognise("first"), memory.recognise("second"), return_exceptions=True
    )
    assert [type(end) for end in ends if end is not None] == [OtherClusterError]
    assert await memory.remembered() == ("first" if ends[0] is None else "second")
