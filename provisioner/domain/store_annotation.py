"""The annotation on a store's namespace, from which the store's record can be built again.

It holds what nothing else in the cluster tells. It is one JSON value and not a key for each field,
because it is written, compared and read as a whole: fields of two moments never stand side by side,
a text of any kind needs no rules of its own, and ``version`` says how all of it is to be read.

Status, steps and events are not in it. They change all the time, and the platform finds out for
itself in which state a store is. Only what the cluster does not show is told: that its shop is
suspended, which is somebody's wish, and that it is installed closed, so that helm has no route to
put back.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from provisioner.domain.codes import ReasonCode
from provisioner.domain.emails import is_email
from provisioner.domain.names import is_store_id, refuse_name
from provisioner.domain.owners import Owner
from provisioner.domain.stores import Reason, Store, StoreStatus, StoreTask, new_store
from provisioner.domain.titles import normal_title
from provisioner.domain.transitions import is_installed_closed

_VERSION: Literal[1] = 1
_CLOSED = Reason(
    ReasonCode.NOT_READY,
    "It was found again in the cluster in the middle of an upgrade, a restore or a resume, and its"
    " shop is closed to visitors. See that its data are right, then retry to open it.",
)
_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class AnnotationError(ValueError):
    """An annotation cannot be used; the message is a sentence that says why."""


class _Owner(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    source: _Text
    subject: _Text
    display_name: str


class _Annotation(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True,
    omit_defaults=True,
):  # fmt: skip
    """The fields of a store that the annotation has; ``created_at`` has microseconds.

    ``is_copy``, ``is_suspended`` and ``is_closed`` are there only where they hold, the plans where
    the store names them, and ``title`` where it is not the name. A version of the platform that
    does not know them refuses the annotation, and so makes no shop of a copy, and no shop with
    smaller volumes.
    """

    version: Literal[1]
    id: str
    name: str
    owner: _Owner
    engine: _Text
    engine_version: _Text
    release: _Text
    host: _Text
    url: _Text
    contact_email: str | None
    created_at: _Moment
    is_copy: bool = False
    is_suspended: bool = False
    is_closed: bool = False
    plan: _Text | None = None
    storage_plan: _Text | None = None
    title: str | None = None


class _AnyVersion(msgspec.Struct):
    version: int


_any_versions = msgspec.json.Decoder(_AnyVersion)
_annotations = msgspec.json.Decoder(_Annotation)


def annotation_for(store: Store) -> str:
    """Return the annotation of a store; it is the same text as long as the fields are the same."""
    owner = store.owner
    annotation = _Annotation(
        version=_VERSION,
        id=store.id,
        name=store.name,
        owner=_Owner(source=owner.source, subject=owner.subject, display_name=owner.display_name),
        engine=store.engine,
        engine_version=store.engine_version,
        release=store.release,
        host=store.host,
        url=store.url,
        contact_email=store.contact_email,
        created_at=store.created_at,
        is_copy=store.is_copy,
        plan=store.plan,
        storage_plan=store.storage_plan,
        is_suspended=store.status is StoreStatus.SUSPENDED or store.task is StoreTask.SUSPEND,
        is_closed=is_installed_closed(store),
        title=store.chosen_title,
    )
    return msgspec.json.encode(annotation).decode()


def store_from(text: str, *, namespace: str, store_id: str) -> Store:
    """Return the record of the store that the annotation of a namespace tells of.

    It is that of a new store, of a SUSPENDED one, or of a FAILED one whose shop is closed.

    ``store_id`` is the id in the namespace's label. Raises AnnotationError when the annotation
    cannot be read, or when it is that of another store or namespace.
    """
    found = _decoded(text)
    problem = _contradiction(found, namespace, store_id) or _fault(found)
    if problem:
        raise AnnotationError(problem)
    store = new_store(
        store_id=found.id,
        name=found.name,
        owner=Owner(found.owner.source, found.owner.subject, found.owner.display_name),
        engine=found.engine,
        engine_version=found.engine_version,
        release=found.release,
        host=found.host,
        url=found.url,
        contact_email=found.contact_email,
        is_copy=found.is_copy,
        plan=found.plan,
        now=found.created_at.astimezone(UTC),
    )
    store = replace(store, storage_plan=found.storage_plan, chosen_title=found.title)
    if found.is_suspended:
        return replace(store, status=StoreStatus.SUSPENDED)
    return replace(store, status=StoreStatus.FAILED, reason=_CLOSED) if found.is_closed else store


def _decoded(text: str) -> _Annotation:
    try:
        version = _any_versions.decode(text).version
        if version != _VERSION:
            raise AnnotationError(
                f"The annotation has version {version}, and this version of the platform reads"
                f" {_VERSION}."
            )
        return _annotations.decode(text)
    except msgspec.DecodeError as error:
        raise AnnotationError(f"The annotation cannot be read: {error}.") from error


def _contradiction(found: _Annotation, namespace: str, store_id: str) -> str:
    """Return how the annotation contradicts its namespace, or ""."""
    if found.id != store_id:
        return f"The annotation is of the store {found.id!r}, and the label of {store_id!r}."
    # The end of the name is what ``release_for`` makes of the id. So an annotation that was copied
    # together with the label does not make another namespace the store's.
    if found.release != namespace or not namespace.endswith(f"-{store_id[:12]}"):
        return (
            f"The annotation is of the store {found.id!r} with the release {found.release!r}, which"
            " do not belong to a namespace of this name."
        )
    return ""


def _fault(found: _Annotation) -> str:
    """Return which field of the annotation no store could have, or ""."""
    if not is_store_id(found.id):
        return f"The annotation's id {found.id!r} is not that of a store."
    # Which names are reserved is a setting, which may have changed since the store was made.
    if refuse_name(found.name, reserved=()) is not None:
        return f"The annotation's name {found.name!r} is not that of a store."
    if not _is_address(found.url, found.host):
        return f"The annotation's url {found.url!r} is not an address of the host {found.host!r}."
    if found.contact_email is not None and not is_email(found.contact_email):
        return f"The annotation's contactEmail {found.contact_email!r} is not an e-mail address."
    if found.title is not None and normal_title(found.title) != found.title:
        return f"The annotation's title {found.title!r} is not that of a store."
    return ""


def _is_address(url: str, host: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    # The dashboard makes a link of it, so it must lead to a page.
    return parts.scheme in ("http", "https") and parts.hostname == host
