"""Finds what differs between an object in the cluster and the same object as it should be. Pure.

The API server sends both; the second is the result of a dry run. So both have every default filled
in and every quantity written in the same form. What still differs was changed from outside.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# The API server changes these itself with every write, the one of the dry run included.
_BOOKKEEPING = frozenset({"managedFields", "resourceVersion", "generation"})
_PRIVATE = frozenset({"annotations", "args", "binaryData", "command", "data", "env", "stringData"})
"""Fields that may contain a password: a difference in them is told without its values."""
_CONTROLLERS = "kube-controller-manager"
_SHOWN = 3  # differences of one object that a sentence names
_VALUE = 80  # characters of a value that a sentence shows


@dataclass(frozen=True, slots=True)
class _Absent:
    """Stands for a field that does not exist. None would not do: it is a value of JSON (null)."""


_ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Difference:
    """One field whose value is ``found`` instead of ``wanted``.

    In ``path``, an item of a list is a name or an index in brackets, such as ``[web]`` or ``[0]``.
    """

    path: tuple[str, ...]
    found: object
    wanted: object

    def __str__(self) -> str:
        where = ".".join(self.path).replace(".[", "[")
        if self.found == _ABSENT:
            return f"{where} was removed"
        if self.wanted == _ABSENT:
            return f"{where} was added"
        values = (self.found, self.wanted)
        if _PRIVATE.intersection(self.path) or any(isinstance(v, dict | list) for v in values):
            return f"{where} was changed"
        found, wanted = (json.dumps(value, ensure_ascii=False)[:_VALUE] for value in values)
        return f"{where} was {found} instead of {wanted}"


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Difference]:
    """Return what differs, apart from the status, bookkeeping, and what controllers have set.

    kube-controller-manager may change the fields that it has written: the replicas of a Deployment
    with a HorizontalPodAutoscaler, for example.
    """
    owned = [
        entry.get("fieldsV1", {})
        for entry in found["metadata"].get("managedFields", ())
        if entry.get("manager") == _CONTROLLERS
    ]
    return [
        difference
        for difference in _walk((), _essence(found), _essence(wanted))
        if not any(_owns(fields, difference.path) for fields in owned)
    ]


def sentence(name: str, found: list[Difference]) -> str:
    """Return the first few differences of the object ``name``, in words."""
    more = len(found) - _SHOWN
    said = ", ".join(map(str, found[:_SHOWN]))
    return f"{name}: {said}{f' and {more} more' if more > 0 else ''}"


def _essence(item: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in item["metadata"].items() if key not in _BOOKKEEPING}
    return {**item, "metadata": metadata, "status": None}


def _walk(path: tuple[str, ...], found: object, wanted: object) -> Iterator[Difference]:
    if found == wanted:
        return
    left, right = _fields(found), _fields(wanted)
    if left is None or right is None or type(found) is not type(wanted):
        yield Difference(path, found, wanted)
        return
    for key in sorted(left.keys() | right.keys()):
        yield from _walk((*path, key), left.get(key, _ABSENT), right.get(key, _ABSENT))


def _fields(value: object) -> Mapping[str, object] | None:
    """Return the parts of an object or list by name, or None for any other value."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return None
    # Items are matched by name where they have one, as containers do. By index, one container that
    # was added in front would make all the others look changed. The lengths are equal only if every
    # item has a name, and no two have the same.
    named = {f"[{item['name']}]": item for item in value if _has_name(item)}
    if len(named) == len(value):
        return named
    return {f"[{index}]": item for index, item in enumerate(value)}


def _has_name(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), str)


def _owns(fields: object, path: tuple[str, ...]) -> bool:
    """Return whether a FieldsV1 set contains this path. Paths through lists are not followed.

    FieldsV1 is the form of an object's ``managedFields``: nested objects, each key ``f:<field>``.
    """
    for key in path:
        if not isinstance(fields, dict) or f"f:{key}" not in fields:
            return False
        fields = fields[f"f:{key}"]
    return True
