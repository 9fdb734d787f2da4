"""The ingress controller of kind: its manifest is what a real API server takes."""

from pathlib import Path

import yaml

from app.local import kind
from app.local.cluster import LocalCluster

MANIFEST = Path(kind.__file__).with_name("ingress.yaml")


def test_the_manifest_is_taken_without_a_warning(
    local_cluster: LocalCluster, namespace: str
) -> None:
    """In a namespace that is there: a dry run makes none for the objects that follow."""
    objects = list(yaml.safe_load_all(MANIFEST.read_text()))
    for item in objects:
        if "namespace" in item["metadata"]:
            item["metadata"]["namespace"] = namespace
    taken = local_cluster.kubectl(
        "apply", "--dry-run=server", "--warnings-as-errors", "--output=name", "--filename=-",
        stdin=yaml.safe_dump_all(objects),
    )  # fmt: skip
    assert len(taken.split()) == len(objects)
