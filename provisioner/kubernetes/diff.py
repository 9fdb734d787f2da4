"""What differs between an object in the cluster and the same object as it should be. Pure.

Both come from the API server, the second from a dry run, so that every default is filled in and
every quantity written the same way in both: what still differs was changed from outside.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_BOOKKEEPING = frozenset({"managedFields", "resourceVersion", "generation"})
_PRIVATE = frozenset({"annotations", "args", "binaryData", "command", "data", "env", "stringData"})
"""Fields in which a password may stand: their values are not told."""
_CONTROLLERS = "kube-controller-manager"
_SHOWN = 3
_VALUE = 80  # characters


@dataclass(frozen=True, slots=True)
class _Absent:
    """Stands for a field that is not there."""


_ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is ``found`` and not ``wanted``; an item of a list is named in brackets."""

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
    """Return what differs, but for the status, bookkeeping, and what controllers have set.

    A field that kube-controller-manager has written is its own to change: the replicas of a
    Deployment with a HorizontalPodAutoscaler, say.
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
    """Return the differences of the object ``name`` in words, the first few of them."""
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
    """Return the parts of an object or list by name, None where it has none."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return None
    named = {f"[{item['name']}]": item for item in value if _has_name(item)}
    if len(named) == len(value):
        return named
    return {f"[{index}]": item for index, item in enumerate(value)}


def _has_name(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), str)


def _owns(fields: object, path: tuple[str, ...]) -> bool:
    """Tell whether a FieldsV1 set has this path. Paths through lists are not followed."""
    for key in path:
        if not isinstance(fields, dict) or f"f:{key}" not in fields:
            return False
        fields = fields[f"f:{key}"]
    return True
