"""What is written on a store's namespace gives its record back, and nothing else does."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.backups import InPlaceRestore, RestoreSource, RestoreStage
from provisioner.domain.owners import Owner
from provisioner.domain.store_annotation import AnnotationError, annotation_for, store_from
from provisioner.domain.stores import Store, StoreStatus, StoreTask, new_store

ID = "0123456789abcdef0123456789abcdef"
NAMESPACE = "tiny-0123456789ab"
TEXT = st.text(min_size=1)
SOURCE = RestoreSource(ID, 3, "snapshot", "https://tea.shops.example", "ada", {"orders": 2})
UPGRADED = InPlaceRestore(SOURCE, RestoreStage.PREPARED)
LOADED = InPlaceRestore(SOURCE, RestoreStage.LOADING)


def shop(
    owner: Owner = Owner("https://issuer.example", "00u1", "Ada"), **changed: Any  # noqa: B008
) -> Store:  # fmt: skip
    return replace(
        new_store(
            store_id=ID, name="tea", owner=owner, engine="tiny", engine_version="1.0",
            release=NAMESPACE, host="tea.shops.example", url="https://tea.shops.example:8443/",
            contact_email="ada@example.com",
            now=datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC),
        ),
        **changed,
    )  # fmt: skip


def read(text: str, *, namespace: str = NAMESPACE, store_id: str = ID) -> Store:
    return store_from(text, namespace=namespace, store_id=store_id)


def test_it_is_json_with_every_field() -> None:
    assert json.loads(annotation_for(shop())) == {
        "version": 1,
        "id": ID,
        "name": "tea",
        "owner": {"source": "https://issuer.example", "subject": "00u1", "displayName": "Ada"},
        "engine": "tiny",
        "engineVersion": "1.0",
        "release": NAMESPACE,
        "host": "tea.shops.example",
        "url": "https://tea.shops.example:8443/",
        "contactEmail": "ada@example.com",
        "createdAt": "2026-06-01T12:00:00.123456Z",
    }


def test_only_of_a_copy_it_says_so() -> None:
    assert json.loads(annotation_for(shop(is_copy=True)))["isCopy"] is True


@pytest.mark.parametrize(
    "changed", [{"status": StoreStatus.SUSPENDED}, {"task": StoreTask.SUSPEND}]
)
def test_only_of_a_suspended_store_it_says_so(changed: dict[str, Any]) -> None:
    text = annotation_for(shop(**changed))
    assert json.loads(text)["isSuspended"] is True
    assert read(text) == shop(status=StoreStatus.SUSPENDED)


@pytest.mark.parametrize(
    "changed",
    [
        {"suspended_at": datetime(2026, 6, 2, tzinfo=UTC)},
        {"restore": UPGRADED},
        {"restore": LOADED},
    ],
)
def test_only_of_a_shop_that_is_installed_closed_it_says_so(changed: dict[str, Any]) -> None:
    for status in (StoreStatus.PROVISIONING, StoreStatus.UPDATING):
        text = annotation_for(shop(status=status, **changed))
        assert json.loads(text)["isClosed"] is True
        found = read(text)
        assert (found.status, found.reason is not None) == (StoreStatus.FAILED, True)
        assert found == shop(status=StoreStatus.FAILED, reason=found.reason)
    for status in (StoreStatus.QUEUED, StoreStatus.READY, StoreStatus.FAILED):
        assert "isClosed" not in json.loads(annotation_for(shop(status=status, **changed)))
    assert "isClosed" not in json.loads(annotation_for(shop(status=StoreStatus.PROVISIONING)))


@given(
    owner=st.builds(Owner, TEXT, TEXT, TEXT | st.just("")),
    created_at=st.datetimes(timezones=st.just(UTC)),
    contact_email=st.sampled_from([None, "ada@example.com"]),
    is_copy=st.booleans(),
    plan=st.sampled_from([None, "small"]),
    title=st.sampled_from([None, "Ada's Candles"]),
)
def test_the_record_comes_back_as_it_was(
    owner: Owner,
    created_at: datetime,
    contact_email: str | None,
    plan: str | None,
    title: str | None,
    *,
    is_copy: bool,
) -> None:
    made = shop(
        owner, created_at=created_at, updated_at=created_at, contact_email=contact_email,
        is_copy=is_copy, plan=plan, storage_plan=plan and "large", chosen_title=title,
    )  # fmt: skip
    found = read(annotation_for(made))
    assert found == made
    assert found.owner.display_name == owner.display_name


def test_only_its_own_fields_change_it() -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    known = shop(
        status=StoreStatus.DEGRADED, version=7, operation_number=3, updated_at=later, ready_at=later
    )
    assert annotation_for(known) == annotation_for(shop())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"version": 2}, "has version 2, and this version of the platform reads 1"),
        ({"version": "1"}, "cannot be read: Expected `int`, got `str` - at `$.version`"),
        ({"createdAt": "2026-06-01T12:00:00"}, "cannot be read"),
        ({"createdAt": 1}, "cannot be read"),
        ({"more": "of it"}, "unknown field `more`"),
        ({"owner": "ada"}, "at `$.owner`"),
        ({"engine": ""}, "at `$.engine`"),
        ({"id": "f" * 32}, f"of the store {'f' * 32!r}, and the label of {ID!r}"),
        ({"release": "tiny-ffffffffffff"}, "do not belong to a namespace of this name"),
        ({"name": "Tea"}, "name 'Tea' is not that of a store"),
        ({"url": "javascript:alert(1)"}, "is not an address of the host"),
        ({"url": "https://other.example"}, "is not an address of the host"),
        ({"url": "https://[tea"}, "is not an address of the host"),
        ({"contactEmail": "ada"}, "contactEmail 'ada' is not an e-mail address"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], words: str) -> None:
    text = json.dumps(json.loads(annotation_for(shop())) | changed)
    with pytest.raises(AnnotationError) as refused:
        read(text)
    assert words in str(refused.value)


@pytest.mark.parametrize("field", json.loads(annotation_for(shop())))
def test_no_field_may_be_missing(field: str) -> None:
    content = json.loads(annotation_for(shop()))
    del content[field]
    with pytest.raises(AnnotationError, match=field):
        read(json.dumps(content))


@pytest.mark.parametrize("text", ["", "tea", "[]", "null", '{"version": 1'])
def test_what_is_no_annotation_at_all(text: str) -> None:
    with pytest.raises(AnnotationError, match="cannot be read"):
        read(text)


def test_a_copy_on_another_namespace_is_not_the_stores() -> None:
    text = annotation_for(shop())
    with pytest.raises(AnnotationError, match="do not belong to a namespace of this name"):
        read(text, namespace="tiny-copy")
    with pytest.raises(AnnotationError, match="do not belong to a namespace of this name"):
        read(annotation_for(shop(release="tiny-copy")), namespace="tiny-copy")


def test_an_id_that_no_store_has() -> None:
    short = "0123456789ab"
    with pytest.raises(AnnotationError, match="is not that of a store"):
        read(annotation_for(shop(id=short)), store_id=short)
