"""Which differences count as drift, and how they are told."""

from typing import Any

import pytest

from provisioner.kubernetes.diff import differences, sentence


def an_object(spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "metadata": {"name": "web", "resourceVersion": "1", "generation": 1, **metadata},
        "spec": spec,
        "status": {"replicas": 0},
    }


def told(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    return [str(item) for item in differences(an_object(found), an_object(wanted))]


def test_nothing_that_only_the_server_counts() -> None:
    found = an_object({"replicas": 1})
    wanted = {**an_object({"replicas": 1}, resourceVersion="2", generation=2), "status": {}}
    assert differences(found, wanted) == []


@pytest.mark.parametrize(
    ("found", "wanted", "words"),
    [
        ({"replicas": 3}, {"replicas": 1}, "spec.replicas was 3 instead of 1"),
        ({"paused": True}, {}, "spec.paused was added"),
        ({}, {"type": "ClusterIP"}, "spec.type was removed"),
        ({"ports": [1]}, {"ports": [1, 2]}, "spec.ports[1] was removed"),
        ({"rule": "x"}, {"rule": {"a": 1}}, "spec.rule was changed"),
        (
            {"containers": [{"name": "b", "image": "x"}, {"name": "a"}]},
            {"containers": [{"name": "a"}, {"name": "b", "image": "y"}]},
            'spec.containers[b].image was "x" instead of "y"',
        ),
    ],
)
def test_one_change(found: dict[str, Any], wanted: dict[str, Any], words: str) -> None:
    assert told(found, wanted) == [words]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ({"data": {"password": "secret"}}, {"data": {"password": "s3cr3t"}}),
        ({"env": [{"name": "P", "value": "secret"}]}, {"env": [{"name": "P", "value": "s3cr3t"}]}),
        ({"args": ["--password=secret"]}, {"args": ["--password=s3cr3t"]}),
    ],
)
def test_a_password_is_never_told(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    (words,) = told(found, wanted)
    assert words.endswith(" was changed")
    assert "secret" not in words
    assert "s3cr3t" not in words


def test_what_a_controller_has_set_is_its_own() -> None:
    scaled = {"manager": "kube-controller-manager", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    by_hand = {"manager": "kubectl", "fieldsV1": {"f:spec": {"f:paused": {}}}}
    found = an_object({"replicas": 3, "paused": True}, managedFields=[scaled, by_hand])
    wanted = an_object({"replicas": 1, "paused": False})
    assert [str(item) for item in differences(found, wanted)] == [
        "spec.paused was true instead of false"
    ]


def test_the_first_few_of_many() -> None:
    found = differences(an_object(dict.fromkeys("abcde", 1)), an_object(dict.fromkeys("abcde", 2)))
    assert sentence("Deployment web", found) == (
        "Deployment web: spec.a was 1 instead of 2, spec.b was 1 instead of 2,"
        " spec.c was 1 instead of 2 and 2 more"
    )
