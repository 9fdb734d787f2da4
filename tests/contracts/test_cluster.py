"""``ports.Cluster``: asking Kubernetes for things, each request as good as its repetition."""

import asyncio
from datetime import timedelta
from functools import partial
from ipaddress import ip_address

import pytest

from provisioner.domain.cluster import NamespaceMarks
from provisioner.domain.errors import NotFoundError
from tests.contracts.conftest import LABELS, PATIENCE_SECONDS, World

SECRET = "credentials"
NOTE, OTHER = "store-platform.dev/note", "store-platform.dev/other"
TEXT = '{"name": "ünïque \\" 店",\n"more": ""}'


async def test_a_namespace_is_made_once(world: World) -> None:
    assert not await world.cluster.namespace_exists(world.namespace)
    assert await world.cluster.ensure_namespace(world.namespace, LABELS) is True
    assert await world.cluster.ensure_namespace(world.namespace, LABELS) is False
    assert await world.cluster.namespace_exists(world.namespace)


async def test_a_namespace_that_is_there_is_given_its_labels(world: World) -> None:
    await world.cluster.ensure_namespace(world.namespace, {"kept": "old", "changed": "old"})
    await world.cluster.ensure_namespace(world.namespace, {"changed": "new", "added": "new"})
    found = await world.labels()
    assert {**found, "kept": "old", "changed": "new", "added": "new"} == found


async def test_a_role_is_bound_once(world: World) -> None:
    with pytest.raises(NotFoundError):
        await world.cluster.ensure_role_binding(world.namespace, "edit")
    await world.create()
    assert await world.cluster.ensure_role_binding(world.namespace, "edit") is True
    assert await world.cluster.ensure_role_binding(world.namespace, "edit") is False


async def test_a_namespace_is_made_with_its_annotations(world: World) -> None:
    await world.cluster.ensure_namespace(world.namespace, LABELS, {NOTE: TEXT})
    marks = await world.cluster.namespace_marks(world.namespace)
    assert marks is not None
    assert (marks.name, marks.annotations, marks.is_terminating) == (
        world.namespace, {NOTE: TEXT}, False,
    )  # fmt: skip
    await world.cluster.ensure_namespace(world.namespace, LABELS, {NOTE: "new", OTHER: TEXT})
    marks = await world.cluster.namespace_marks(world.namespace)
    assert marks is not None
    assert marks.annotations == {NOTE: "new", OTHER: TEXT}


async def test_what_is_written_on_a_namespace_is_read_and_set(world: World) -> None:
    assert await world.cluster.namespace_marks(world.namespace) is None
    assert await world.cluster.mark_namespace(world.namespace, LABELS, {NOTE: TEXT}) is False
    assert not await world.cluster.namespace_exists(world.namespace)
    await world.cluster.ensure_namespace(world.namespace, {"kept": "old"}, {OTHER: "old"})
    assert await world.cluster.mark_namespace(world.namespace, LABELS, {NOTE: TEXT}) is True
    assert await world.cluster.mark_namespace(world.namespace, LABELS) is True
    found = await world.cluster.namespace_marks(world.namespace)
    assert found is not None
    assert {**found.labels, "kept": "old", **LABELS} == found.labels
    assert found.annotations == {OTHER: "old", NOTE: TEXT}


async def test_stores_namespaces_are_listed(world: World) -> None:
    async def listed() -> list[NamespaceMarks]:
        everyones = await world.cluster.store_namespaces()  # other tests may use this cluster too
        return [found for found in everyones if found.name == world.namespace]

    assert await listed() == []
    await world.cluster.ensure_namespace(world.namespace, {"kept": "old"}, {NOTE: TEXT})
    assert await listed() == []
    await world.cluster.mark_namespace(world.namespace, LABELS)
    assert await listed() == [await world.cluster.namespace_marks(world.namespace)]
    assert (await listed())[0].annotations == {NOTE: TEXT}


async def test_the_clusters_time_is_told_after_its_first_answer(world: World) -> None:
    await world.create()
    before = world.cluster.now()
    seen = await world.until(lambda now: now.namespace is not None)
    assert seen.namespace is not None
    assert before <= world.cluster.now() <= before + timedelta(seconds=PATIENCE_SECONDS)


async def test_a_secret_is_generated_once(world: World) -> None:
    await world.create()
    generated: list[str] = []

    def generate() -> dict[str, str]:
        generated.append("once more")
        return {"password": f"the {len(generated)}. ünïque", "empty": ""}

    for _ in range(2):
        found = await world.cluster.ensure_secret(world.namespace, SECRET, LABELS, generate)
        assert found == {"password": "the 1. ünïque", "empty": ""}
    assert generated == ["once more"]


async def test_two_who_generate_at_once_get_the_same(world: World) -> None:
    await world.create()

    async def ensure(value: str) -> dict[str, str]:
        found = await world.cluster.ensure_secret(
            world.namespace, SECRET, LABELS, lambda: {"password": value}
        )
        return dict(found)

    first, *others = await asyncio.gather(*(ensure(f"value-{index}") for index in range(4)))
    assert others == [first] * 3


async def test_a_secret_is_read(world: World) -> None:
    with pytest.raises(NotFoundError):
        await world.cluster.read_secret(world.namespace, SECRET)
    await world.create()
    with pytest.raises(NotFoundError):
        await world.cluster.read_secret(world.namespace, SECRET)
    await world.cluster.ensure_secret(world.namespace, SECRET, LABELS, lambda: {"a": "b"})
    assert await world.cluster.read_secret(world.namespace, SECRET) == {"a": "b"}


async def test_a_secret_is_replaced_whole(world: World) -> None:
    with pytest.raises(NotFoundError):
        await world.cluster.replace_secret(world.namespace, SECRET, LABELS, {"a": "b"})
    assert not await world.cluster.namespace_exists(world.namespace)
    await world.create()
    for values in ({"a": "1", "b": "2"}, {"b": "ü", "empty": ""}):
        await world.cluster.replace_secret(world.namespace, SECRET, LABELS, values)
        assert await world.cluster.read_secret(world.namespace, SECRET) == values


async def test_one_value_of_a_secret_is_set(world: World) -> None:
    await world.create()
    await world.cluster.replace_secret(world.namespace, "accounts", {}, {"a": "1", "b": "2"})

    await world.cluster.set_in_secret(world.namespace, "accounts", "b", "3")
    await world.cluster.set_in_secret(world.namespace, "accounts", "c", "4")

    found = await world.cluster.read_secret(world.namespace, "accounts")
    assert found == {"a": "1", "b": "3", "c": "4"}
    with pytest.raises(NotFoundError):
        await world.cluster.set_in_secret(world.namespace, "others", "b", "3")


async def test_values_of_a_secret_are_set_and_removed_at_once(world: World) -> None:
    await world.create()
    before = {"a": "1", "b": "2", "c": "3"}
    await world.cluster.replace_secret(world.namespace, "accounts", LABELS, before)

    changes = {"a": "ü", "b": None, "d": "", "never-there": None}
    await world.cluster.change_secret(world.namespace, "accounts", changes)

    found = await world.cluster.read_secret(world.namespace, "accounts")
    assert found == {"a": "ü", "c": "3", "d": ""}
    with pytest.raises(NotFoundError):
        await world.cluster.change_secret(world.namespace, "others", {"b": "3"})


async def test_changes_of_a_secret_at_once_lose_nothing(world: World) -> None:
    await world.create()
    await world.cluster.replace_secret(world.namespace, "accounts", {}, {"a": "1"})
    change = partial(world.cluster.change_secret, world.namespace, "accounts")
    await asyncio.gather(*(change({f"b{number}": "2"}) for number in range(3)))
    found = await world.cluster.read_secret(world.namespace, "accounts")
    assert found == {"a": "1", "b0": "2", "b1": "2", "b2": "2"}


async def test_no_secret_without_its_namespace(world: World) -> None:
    with pytest.raises(NotFoundError):
        await world.cluster.ensure_secret(world.namespace, SECRET, LABELS, lambda: {"a": "b"})
    assert not await world.cluster.namespace_exists(world.namespace)


async def test_a_namespace_is_deleted(world: World) -> None:
    await world.create()
    await world.until(lambda seen: seen.namespace is not None)  # or "gone" is "not seen yet"
    assert await world.cluster.delete_namespace(world.namespace) is True
    await world.until(lambda seen: seen.namespace is None)
    assert not await world.cluster.namespace_exists(world.namespace)
    assert await world.cluster.delete_namespace(world.namespace) is False


async def test_only_this_very_pod_is_deleted(world: World) -> None:
    await world.create()
    await world.install()
    pod = await world.pod()
    await world.cluster.delete_pod(world.namespace, pod.name, "another-uid")
    await world.cluster.delete_pod(world.namespace, "another-name", pod.uid)
    await world.cluster.delete_job(world.namespace, pod.name, pod.uid)
    assert [(seen.name, seen.uid) for seen in world.observer.observe(world.namespace).pods] == [
        (pod.name, pod.uid)
    ]
    await world.cluster.delete_pod(world.namespace, pod.name, pod.uid)
    await world.until(lambda seen: pod.uid not in [now.uid for now in seen.pods])
    await world.cluster.delete_pod(world.namespace, pod.name, pod.uid)  # gone is no error


async def test_what_is_in_no_namespace_can_be_deleted(world: World) -> None:
    await world.cluster.delete_pod(world.namespace, "pod", "uid")
    await world.cluster.delete_job(world.namespace, "job", "uid")


async def test_where_a_service_is_reached(world: World) -> None:
    with pytest.raises(NotFoundError):
        await world.cluster.service_address(world.namespace, f"{world.namespace}-web", 80)
    await world.create()
    await world.install()
    found = await world.cluster.service_address(world.namespace, f"{world.namespace}-web", 80)
    assert found is not None
    host, _, port = found.rpartition(":")
    assert (ip_address(host.strip("[]")).is_private, port) == (True, "80")
    headless = f"{world.namespace}-db"
    assert await world.cluster.service_address(world.namespace, headless, 80) is None
    with pytest.raises(NotFoundError):
        await world.cluster.service_address(world.namespace, f"{world.namespace}-web", 81)
    with pytest.raises(NotFoundError):
        await world.cluster.service_address(world.namespace, "another", 80)
    await world.uninstall()
    with pytest.raises(NotFoundError):
        await world.cluster.service_address(world.namespace, headless, 80)


async def test_a_log_that_is_not_there_is_empty(world: World) -> None:
    for previous in (False, True):
        assert (
            await world.cluster.log_tail(
                world.namespace, "pod", "web", lines=5, previous=previous
            )
            == ""
        )  # fmt: skip
