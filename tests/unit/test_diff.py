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
        ({"rule": [1]}, {"rule": "x"}, "spec.rule was changed"),
        ({"rule": {"[0]": 1}}, {"rule": [1]}, "spec.rule was changed"),
        ({"class": "größer"}, {"class": "kleiner"},
         'spec.class was "größer" instead of "kleiner"'),
        ({"class": "x" * 100}, {"class": "y" * 78},
         f'spec.class was "{"x" * 79} instead of "{"y" * 78}"'),
        # Parts of a list go by their names only if each has one of its own
        ({"l": [{"name": "a", "x": 1}, {"x": 2}]}, {"l": [{"name": "a", "x": 1}, {"x": 3}]},
         "spec.l[1].x was 2 instead of 3"),
        ({"l": [{"name": "a", "x": 1}, {"name": "a"}]}, {"l": [{"name": "a"}, {"name": "a"}]},
         "spec.l[0].x was added"),
        ({"l": [{"name": 1, "x": 1}]}, {"l": [{"name": 1, "x": 2}]},
         "spec.l[0].x was 1 instead of 2"),
        (
            {"containers": [{"name": "b", "image": "x"}, {"name": "a"}]},
            {"containers": [{"name": "a"}, {"name": "b", "image": "y"}]},
            'spec.containers[b].image was "x" instead of "y"',
        ),
    ],
)  # fmt: skip
def test_one_change(found: dict[str, Any], wanted: dict[str, Any], words: str) -> None:
    assert told(found, wanted) == [words]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ({"data": {"password": "secret"}}, {"data": {"password": "s3cr3t"}}),
        ({"env": [{"name": "P", "value": "secret"}]}, {"env": [{"name": "P", "value": "s3cr3t"}]}),
        *(
            ({name: ["--password=secret"]}, {name: ["--password=s3cr3t"]})
            for name in ("annotations", "args", "binaryData", "command", "stringData")
        ),
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


@pytest.mark.parametrize("fields", [None, {"f:spec": {}}, {"f:spec": None}, {"f:status": {}}])
def test_what_a_controller_has_not_set_is_told(fields: object) -> None:
    entry = {"manager": "kube-controller-manager"}
    found = an_object(
        {"replicas": 3}, managedFields=[entry if fields is None else {**entry, "fieldsV1": fields}]
    )
    assert [str(change) for change in differences(found, an_object({"replicas": 1}))] == [
        "spec.replicas was 3 instead of 1"
    ]


def test_what_only_one_controller_has_set_is_its_own() -> None:
    manager = "kube-controller-manager"
    entries = [
        {"manager": manager, "fieldsV1": {"f:status": {}}},
        {"manager": manager, "fieldsV1": {"f:spec": {"f:replicas": {}}}},
    ]
    found = an_object({"replicas": 3}, managedFields=entries)
    assert differences(found, an_object({"replicas": 1})) == []


def test_three_are_told_in_full() -> None:
    found = differences(an_object(dict.fromkeys("abc", 1)), an_object(dict.fromkeys("abc", 2)))
    assert sentence("Deployment web", found) == (
        "Deployment web: spec.a was 1 instead of 2, spec.b was 1 instead of 2,"
        " spec.c was 1 instead of 2"
    )


def test_one_more_than_is_told_in_full() -> None:
    found = differences(an_object(dict.fromkeys("abcd", 1)), an_object(dict.fromkeys("abcd", 2)))
    assert sentence("Deployment web", found).endswith("spec.c was 1 instead of 2 and 1 more")


def test_the_first_few_of_many() -> None:
    found = differences(an_object(dict.fromkeys("abcde", 1)), an_object(dict.fromkeys("abcde", 2)))
    assert sentence("Deployment web", found) == (
        "Deployment web: spec.a was 1 instead of 2, spec.b was 1 instead of 2,"
        " spec.c was 1 instead of 2 and 2 more"
    )
