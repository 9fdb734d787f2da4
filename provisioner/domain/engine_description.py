"""The format of engine.yaml, and what is wrong with a file although each field fits.

msgspec checks types and patterns, and names the field in its errors. The rest of the code uses
``engines.Engine``.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import msgspec

from provisioner.domain.plans import PlanInFile

_Label = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=40)]
_Resources = dict[str, str | int | float]
_Path = Annotated[str, msgspec.Meta(pattern=r"^/")]


class _File(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """Base of the parts of engine.yaml: fields in camelCase, and unknown fields are an error."""


class _Workload(_File):
    component: _Label
    kind: Literal["Deployment", "StatefulSet"]
    replicas: Annotated[int, msgspec.Meta(ge=1)] = 1


class _GeneratedSecret(_File):
    key: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]+$")]
    length: Annotated[int, msgspec.Meta(ge=16, le=128)] = 32


class _Version(_File):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    default: bool = False
    values: dict[str, object] = {}
    follows: list[str] = []
    what_is_new: Annotated[str, msgspec.Meta(max_length=500)] = ""


class _PageVisit(_File):
    path: Annotated[str, msgspec.Meta(pattern=r"^(/|\{\w+\})")]
    form: dict[str, str] = {}
    finds: dict[str, str] = {}


class ShopServiceInFile(_File):
    """The Service that shoppers' requests go to."""

    component: _Label
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 80


class _SignIn(_File):
    path: _Path
    key: str


class _Backup(_File):
    counts: Annotated[list[_Label], msgspec.Meta(min_length=1)]
    closed_by: list[_Label] = []


class Description(_File):
    """A whole engine.yaml; CONTRIBUTING.md ("Add an engine") explains each field."""

    api_version: Literal["store-platform.dev/v1"]
    name: _Label
    display_name: str
    description: str
    # Short, because the prefix begins the names of the release and of its pods (see ``names``).
    release_prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9]{0,11}$")]
    workloads: Annotated[list[_Workload], msgspec.Meta(min_length=1)]
    versions: Annotated[list[_Version], msgspec.Meta(min_length=1)]
    setup_job: _Label | None = None
    shop_path: _Path = "/"
    admin_path: _Path = "/"
    ready_path: _Path = "/"
    admin_user: Annotated[str, msgspec.Meta(pattern=r"^([^{}]|\{email\})*$")] = ""
    admin_password_key: str = ""
    provision_timeout_seconds: Annotated[int, msgspec.Meta(ge=60, le=3600)] | None = None
    credentials: list[_GeneratedSecret] = []
    walk: list[_PageVisit] = []
    shop_service: ShopServiceInFile | None = None
    sends_mail: bool = False
    takes_pull_secrets: bool = False
    backup: _Backup | None = None
    while_closed: dict[str, object] = {}
    makes_copies: bool = False
    resets_passwords: bool = False
    sign_in: _SignIn | None = None
    resources: _Resources = {}
    plans: dict[_Label, PlanInFile] = {}


def fault(found: Description) -> str | None:
    """Return what is wrong across several fields, without a full stop, or None."""
    return (
        _wrong_version(found.versions)
        or _wrong_component(found)
        or _wrong_visit(found.walk)
        or _wrong_closing(found)
        or _wrong_access(found)
    )


def _wrong_version(versions: Sequence[_Version]) -> str | None:
    """Return what is wrong with the versions and what they follow, or None."""
    if sum(version.default for version in versions) != 1:
        return "exactly one of `versions` must have `default: true`"
    names = [version.name for version in versions]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        return f"`versions` has {', '.join(twice)} more than once"
    for version in versions:
        # What it follows may be offered no more: a shop that has it keeps it until its upgrade.
        if version.name in version.follows:
            return f"version {version.name!r} cannot follow itself"
    return None


def _wrong_access(found: Description) -> str | None:
    """Return what is wrong with the ways in to the administration, or None."""
    if found.admin_password_key not in ("", *(item.key for item in found.credentials)):
        return "`adminPasswordKey` must be a key of `credentials`"
    if found.resets_passwords and not found.admin_password_key:
        return "`resetsPasswords` needs an `adminPasswordKey`"
    if found.sign_in is not None and not found.resets_passwords:
        # By its template the platform sees that a shop's chart has both.
        return "`signIn` needs `resetsPasswords`"
    if found.sign_in is not None and found.sign_in.key not in {c.key for c in found.credentials}:
        return "`signIn.key` must be a key of `credentials`"
    return None


def _wrong_component(found: Description) -> str | None:
    """Return what is wrong with the components that serve or close a shop, or None."""
    known = {workload.component for workload in found.workloads}
    named = found.backup.closed_by if found.backup else []
    if unknown := [component for component in named if component not in known]:
        return f"`backup.closedBy` names {', '.join(unknown)}, which `workloads` does not have"
    service = found.shop_service
    if service is not None and service.component not in known:
        return f"`shopService` names {service.component}, which `workloads` does not have"
    return None


def _wrong_closing(found: Description) -> str | None:
    """Return what is wrong with the values of a shop that is closed, or None."""
    # The platform sets values as a whole, so one of the two would be lost.
    set_twice = {
        key for version in found.versions for key in version.values if key in found.while_closed
    }
    if set_twice:
        names = ", ".join(sorted(set_twice))
        return f"`whileClosed` and the `values` of a version both set {names}"
    return None


def _wrong_visit(walk: Iterable[_PageVisit]) -> str | None:
    """Return what is wrong with a walk: a page's pattern, or a name that no earlier page has."""
    known: set[str] = set()
    for number, visit in enumerate(walk):
        for text in (visit.path, *visit.form.values()):
            try:
                text.format_map(dict.fromkeys(known, ""))
            except (KeyError, ValueError, IndexError) as error:
                return f"$.walk[{number}]: {text!r} has a name that no earlier page has ({error})"
        for name, pattern in visit.finds.items():
            try:
                re.compile(pattern)
            except re.error as error:
                return f"$.walk[{number}].finds.{name} is no regular expression ({error})"
            known.add(name)
    return None
