"""The list of stores' namespaces comes in chunks, and is all of them or an error."""

import json
from typing import Any, cast

import pytest

from provisioner.domain.cluster import NamespaceMarks
from provisioner.domain.errors import ClusterUnreachableError
from provisioner.kubernetes.api import ApiSettings, KubeApi
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.labels import STORE_LABEL


class ScriptedApi:
    """Answers with one chunk after the other, and keeps what it was asked."""

    def __init__(self, *chunks: str) -> None:
        self.settings = ApiSettings(chunk_size=2)
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self._chunks = list(chunks)

    async def call(self, method: str, path: str, *, query: list[tuple[str, str]]) -> bytes:
        self.asked.append((method, path, dict(query)))
        return self._chunks.pop(0).encode()


def chunk(*items: dict[str, Any], more: str = "") -> str:
    metadata = {"resourceVersion": "7", "continue": more}
    return json.dumps({"metadata": metadata, "items": items or None})


def namespace(name: str, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": {STORE_LABEL: name}, **metadata}}


def cluster(api: ScriptedApi) -> KubeCluster:
    return KubeCluster(cast("KubeApi", api))


async def test_the_chunks_are_put_together() -> None:
    api = ScriptedApi(
        chunk(
            namespace("a", annotations={"note": "ü"}),
            namespace("b", deletionTimestamp="2026-06-01T12:00:00Z"),
            more="next",
        ),
        chunk(namespace("c")),
    )
    assert await cluster(api).store_namespaces() == [
        NamespaceMarks("a", {STORE_LABEL: "a"}, {"note": "ü"}),
        NamespaceMarks("b", {STORE_LABEL: "b"}, {}, is_terminating=True),
        NamespaceMarks("c", {STORE_LABEL: "c"}, {}),
    ]
    where, first = "/api/v1/namespaces", {"labelSelector": STORE_LABEL, "limit": "2"}
    assert api.asked == [("GET", where, first), ("GET", where, {**first, "continue": "next"})]


async def test_there_may_be_none() -> None:
    assert await cluster(ScriptedApi(chunk())).store_namespaces() == []


@pytest.mark.parametrize("answer", ["", "<html>", "{}", '{"metadata": {}}'])
async def test_what_is_no_list_is_not_taken_for_an_empty_one(answer: str) -> None:
    with pytest.raises(ClusterUnreachableError, match="not a list"):
        await cluster(ScriptedApi(answer)).store_namespaces()
