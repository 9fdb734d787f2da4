"""What is shared among subscribers: only what is known to depend on the store's state alone."""

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from app.graphql.app import build_schema
from app.graphql.shareable import shareable
from app.graphql.shared_rendering import visibility
from provisioner.domain.identities import Identity, Role
from provisioner.domain.owners import Owner, local
from tests.e2e.service import FOLLOW

SCHEMA = build_schema()._schema
OPERATIONS = Path(__file__).resolve().parents[2] / "dashboard/src/features/stores/operations.ts"

WITH_VARIABLES = """subscription ($id: ID!, $a: Boolean!, $b: Boolean!, $c: Boolean!) {
  storeStatus(id: $id) { version ...All @skip(if: $c) } }
fragment All on StoreUpdate { store { ... @include(if: $b) { name } ...Of } }
fragment Of on Store { name @include(if: $a) diagnostics { attempt } }"""
IN_A_FRAGMENT = """subscription { storeStatus(id: 1) { store { ...More } } }
fragment More on Store { name ... { events(first: 1) { edges { cursor } } } }"""


def variables(text: str, operation_name: str | None = None) -> tuple[str, ...] | None:
    document = parse(text)
    assert validate(SCHEMA, document) == []
    found = shareable(SCHEMA, document, operation_name)
    return None if found is None else found.variables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FOLLOW, ()),
        ("subscription { storeStatus(id: 1) { version events { message } __typename } }", ()),
        ("subscription { s: storeStatus(id: 1) { store { pods { containers { image } } } } }", ()),
        ("subscription { storeStatus(id: 1) { store { operation { reason { code } } } } }", ()),
        (WITH_VARIABLES, ("a", "b", "c")),
    ],
)
def test_shared_by_all_with_the_same_variables(text: str, expected: tuple[str, ...]) -> None:
    assert variables(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "subscription { storesChanged { cursor } }",
        # Reads the database for its caller
        "subscription { storeStatus(id: 1) { store { events { edges { cursor } } } } }",
        "subscription { storeStatus(id: 1) { store { lastBackup { madeAt } } } }",
        IN_A_FRAGMENT,
        # Through an interface: that its fields are plain is not known
        "subscription { storeStatus(id: 1) { store { ... on Node { id } } } }",
        "subscription { ...Root } fragment Root on Subscription { storeStatus(id: 1) { version } }",
        "query { viewer { name } }",
    ],
)
def test_executed_for_each(text: str) -> None:
    assert variables(text) is None


def test_the_operation_that_is_asked_for() -> None:
    text = (
        "subscription A { storeStatus(id: 1) { version } }"
        " subscription B { storesChanged { cursor } }"
    )
    assert variables(text, "A") == ()
    assert variables(text, "B") is None


def test_who_sees_the_same() -> None:
    admins = {visibility(Identity(local(name), Role.ADMIN)) for name in ("one", "other")}
    assert len(admins) == 1
    others = {
        visibility(Identity(owner, role))
        for owner in (local("one"), local("other"), Owner("https://issuer.example", "one"))
        for role in (Role.OPERATOR, Role.VIEWER)
    }
    assert len(others) == 6
    assert admins & others == set()


def test_what_the_dashboard_follows_is_shared() -> None:
    documents = re.findall(r"graphql\(`(.*?)`\)", OPERATIONS.read_text(), re.DOTALL)
    fragments = "".join(text for text in documents if text.strip().startswith("fragment"))
    (followed,) = (text for text in documents if "subscription StoreStatus" in text)
    document = parse(followed + fragments)
    assert shareable(SCHEMA, document, "StoreStatus") is not None
