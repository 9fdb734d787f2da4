"""Who may do what: every operation of the contract, for every role, on whosesoever store.

The table is whole: a root field of the schema without an entry fails a test here.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.graphql.app import build_schema
from tests.api.conftest import Records
from tests.api.test_backups import add_backups
from tests.e2e.curl import events
from tests.e2e.service import NO_TLS, Service

ROLES = ("viewer", "operator", "admin")
NO_STORE = "store_" + "0" * 32
NO_TOKEN = "token_" + "0" * 16
NO_BACKUP = "backup_" + "0" * 32 + "_1"
NO_ROLLOUT = "rollout_" + "0" * 32


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, and what comes of it for each of ROLES: a word each, by whose store it is on.

    ``ok``; ``null``; ``seen`` or ``unseen``, of the store in a list; or the code of a refusal.
    ``nobody`` is the word for whoever has not signed in.
    """

    field: str
    document: str
    outcomes: dict[str, str]
    nobody: str = "UNAUTHENTICATED"


def mutation(
    field: str, arguments: str, nobody: str = "UNAUTHENTICATED", **outcomes: str
) -> Operation:
    document = f"{{ {field}(input: {{{arguments}}}) {{ errors {{ code }} }} }}"
    return Operation(field, document, outcomes, nobody)


_ALWAYS = "ok ok ok"
_VISIBLE = {"own": _ALWAYS, "others": "null null ok", "no": "null null null"}
_LISTED = {"own": "seen seen seen", "others": "unseen unseen seen"}

QUERIES = (
    Operation("store", "{ store(id: $id) { id } }", _VISIBLE),
    Operation("node", "{ node(id: $id) { id } }", _VISIBLE),
    Operation("storeByName", "{ storeByName(name: $name) { id } }", _VISIBLE),
    Operation("stores", "{ stores(first: 100) { edges { node { id } } } }", _LISTED),
    Operation("engines", "{ engines { name } }", {"no": _ALWAYS}),
    Operation("viewer", "{ viewer { name } }", {"no": _ALWAYS}),
    Operation("platform", "{ platform { version } }", {"no": _ALWAYS}),
    Operation("tokens", "{ tokens(first: 100) { edges { node { id } } } }", {"no": _ALWAYS}),
    Operation(
        "auditLog", "{ auditLog { edges { node { id } } } }", {"no": "FORBIDDEN FORBIDDEN ok"}
    ),
    Operation("offeredStores", "{ offeredStores { storeId } }", {"no": _ALWAYS}),
    Operation(
        "rollouts", "{ rollouts { edges { node { id } } } }", {"no": "FORBIDDEN FORBIDDEN ok"}
    ),
)
MUTATIONS = (
    mutation("createStore", 'name: $new, engine: "woocommerce"', no="FORBIDDEN ok ok"),
    *(
        mutation(
            field, "id: $id", own="FORBIDDEN ok ok", others="FORBIDDEN NOT_FOUND ok",
            no="FORBIDDEN NOT_FOUND NOT_FOUND",
        )
        for field in ("deleteStore", "cancelStore")
    ),
    *(
        mutation(
            field, "id: $id", own="FORBIDDEN OPERATION_UNDER_WAY OPERATION_UNDER_WAY",
            others="FORBIDDEN NOT_FOUND OPERATION_UNDER_WAY", no="FORBIDDEN NOT_FOUND NOT_FOUND",
        )
        for field in ("retryStore", "suspendStore", "resumeStore", "restartStore")
    ),
    *(
        mutation(
            field, "id: $id", own=f"FORBIDDEN {refusal} {refusal}",
            others=f"FORBIDDEN NOT_FOUND {refusal}", no="FORBIDDEN NOT_FOUND NOT_FOUND",
        )
        for field, refusal in (("upgradeStore", "NOT_UPGRADABLE"), ("rollbackStore", "NO_WAY_BACK"))
    ),
    mutation(
        "changePlan", 'id: $id, plan: "huge"', own="FORBIDDEN PLAN_UNKNOWN PLAN_UNKNOWN",
        others="FORBIDDEN NOT_FOUND PLAN_UNKNOWN", no="FORBIDDEN NOT_FOUND NOT_FOUND",
    ),
    mutation(
        "createBackup", "id: $id", own="FORBIDDEN BACKUPS_NOT_SET_UP BACKUPS_NOT_SET_UP",
        others="FORBIDDEN NOT_FOUND BACKUPS_NOT_SET_UP", no="FORBIDDEN NOT_FOUND NOT_FOUND",
    ),
    *(
        mutation(
            field, "id: $backup", own="FORBIDDEN BACKUPS_NOT_SET_UP BACKUPS_NOT_SET_UP",
            others="FORBIDDEN BACKUPS_NOT_SET_UP BACKUPS_NOT_SET_UP",
            no="FORBIDDEN BACKUPS_NOT_SET_UP BACKUPS_NOT_SET_UP",
        )
        for field in ("restoreBackup", "verifyBackup")
    ),
    *(
        mutation(
            field, "id: $backup", own="FORBIDDEN ok ok", others="FORBIDDEN NOT_FOUND ok",
            no="FORBIDDEN NOT_FOUND NOT_FOUND",
        )
        for field in ("pinBackup", "unpinBackup")
    ),
    mutation(
        "revealAdminPassword", "id: $id", own="FORBIDDEN NOT_AVAILABLE NOT_AVAILABLE",
        others="NOT_FOUND NOT_FOUND FORBIDDEN", no="NOT_FOUND NOT_FOUND NOT_FOUND",
    ),
    mutation(
        "createSignInLink", "id: $id", own="FORBIDDEN NOT_READY NOT_READY",
        others="NOT_FOUND NOT_FOUND FORBIDDEN", no="NOT_FOUND NOT_FOUND NOT_FOUND",
    ),
    mutation(
        "resetAdminPassword", "id: $id", own="FORBIDDEN OPERATION_UNDER_WAY OPERATION_UNDER_WAY",
        others="NOT_FOUND NOT_FOUND FORBIDDEN", no="NOT_FOUND NOT_FOUND NOT_FOUND",
    ),
    mutation(
        "transferStore", 'id: $id, to: ""', own="FORBIDDEN OWNER_INVALID OWNER_INVALID",
        others="FORBIDDEN NOT_FOUND OWNER_INVALID", no="FORBIDDEN NOT_FOUND NOT_FOUND",
    ),
    mutation("transferStore", 'id: $id, to: "bob"', others="FORBIDDEN NOT_FOUND ok"),
    mutation(
        "renameStore", 'id: $id, title: "A Shop"', own="FORBIDDEN ok ok",
        others="FORBIDDEN NOT_FOUND ok", no="FORBIDDEN NOT_FOUND NOT_FOUND",
    ),
    mutation(
        "withdrawTransfer", "id: $id", own="FORBIDDEN NO_OFFER NO_OFFER",
        others="FORBIDDEN NOT_FOUND NO_OFFER", no="FORBIDDEN NOT_FOUND NOT_FOUND",
    ),
    *(
        mutation(
            field, "id: $id", own="FORBIDDEN NOT_FOUND NOT_FOUND",
            others="FORBIDDEN NOT_FOUND NOT_FOUND", no="FORBIDDEN NOT_FOUND NOT_FOUND",
        )
        for field in ("acceptTransfer", "declineTransfer")
    ),
    mutation(
        "upgradeStores", 'engine: "woocommerce", version: "7.1"',
        no="FORBIDDEN FORBIDDEN BACKUPS_NOT_SET_UP",
    ),
    *(
        mutation(field, "id: $rollout", no="FORBIDDEN FORBIDDEN NOT_FOUND")
        for field in ("stopRollout", "resumeRollout")
    ),
    mutation("createToken", "role: VIEWER", no="FORBIDDEN ok ok"),
    mutation("createToken", "role: OPERATOR", no="FORBIDDEN ok ok"),
    mutation("createToken", "role: ADMIN", no="FORBIDDEN FORBIDDEN ok"),
    mutation("createToken", 'role: VIEWER, owner: "others"', others="FORBIDDEN FORBIDDEN ok"),
    mutation(
        "revokeToken", "id: $token", own="FORBIDDEN ok ok", others="NOT_FOUND NOT_FOUND ok",
        no="NOT_FOUND NOT_FOUND NOT_FOUND",
    ),
    mutation(
        "redeemSignInCode", 'code: "spc_guess"', nobody="CODE_UNKNOWN",
        no="CODE_UNKNOWN CODE_UNKNOWN CODE_UNKNOWN",
    ),
)  # fmt: skip
SUBSCRIPTIONS = (
    Operation(
        "storeStatus", "{ storeStatus(id: $id) { version } }",
        {"own": _ALWAYS, "others": "NOT_FOUND NOT_FOUND ok", "no": "NOT_FOUND NOT_FOUND NOT_FOUND"},
    ),
    Operation("storesChanged", "{ storesChanged(after: $after) { stores { id } } }", _LISTED),
    Operation(
        "rolloutStatus", "{ rolloutStatus(id: $rollout) { status } }",
        {"no": "FORBIDDEN FORBIDDEN NOT_FOUND"},
    ),
)  # fmt: skip
_VARIABLES = {
    "id": "ID!", "name": "String!", "new": "String!", "token": "ID!", "backup": "ID!",
    "after": "String", "rollout": "ID!",
}  # fmt: skip


def cases() -> list[Any]:
    """Return every line of the table: an operation and whose store it is on."""
    kinds = {"query": QUERIES, "mutation": MUTATIONS, "subscription": SUBSCRIPTIONS}
    return [
        pytest.param(kind, operation, whose, id=f"{operation.field}-{whose}")
        for kind, operations in kinds.items()
        for operation in operations
        for whose in operation.outcomes
    ]


class Scene:
    """Callers of every role, a store that is theirs, another's or not there, and such a token.

    The store has a backup.
    """

    def __init__(self, api: Service, whose: str, *, is_stream: bool) -> None:
        self.api = api
        api.sql("DELETE FROM tokens RETURNING id")  # an owner may only have so many
        self.callers = {role: api.token("caller", role=role) for role in ROLES} | {"nobody": ""}
        self.variables: dict[str, Any] = {"id": NO_STORE, "name": "no-store", "token": NO_TOKEN}
        self.variables |= {"backup": NO_BACKUP, "rollout": NO_ROLLOUT}
        self.variables["after"] = cursor(api) if is_stream else None
        if whose != "no":
            operator = api.token("caller" if whose == "own" else "others")
            made = api.create(operator, "the-shop")["store"]
            issued = api.execute(operator, _CREATE_TOKEN)["createToken"]["token"]
            self.variables |= {"id": made["id"], "name": "the-shop", "token": issued["id"]}
            add_backups(api, made["id"], 1)
            self.variables["backup"] = f"backup_{made['id'].removeprefix('store_')}_1"

    def document(self, kind: str, operation: Operation) -> tuple[str, dict[str, Any]]:
        used = {name for name in _VARIABLES if f"${name}" in operation.document}
        declared = ", ".join(f"${name}: {_VARIABLES[name]}" for name in sorted(used))
        head = f"{kind} ({declared})" if used else kind
        return f"{head} {operation.document}", {name: self.variables[name] for name in used}

    def run(self, kind: str, operation: Operation, role: str) -> dict[str, Any]:
        """Return the answer: data and errors; a subscription's first frame."""
        self.variables["new"] = f"new-{role}"
        document, variables = self.document(kind, operation)
        caller = self.callers[role]
        if kind == "subscription":
            return asyncio.run(_first_frame(self.api, caller, document, variables))
        headers = {"Authorization": f"Bearer {caller}"} if caller else {}
        body = {"query": document, "variables": variables}
        found: dict[str, Any] = httpx.post(
            f"{self.api.url}/graphql", json=body, headers=headers, verify=NO_TLS
        ).json()
        return found


_CREATE_TOKEN = "mutation { createToken(input: {role: OPERATOR}) { token { id } } }"


def cursor(api: Service) -> str:
    """Return where the changes of stores are now."""
    document = "subscription { storesChanged { cursor } }"
    frame = asyncio.run(_first_frame(api, api.token("others"), document, {}))
    found: str = frame["data"]["storesChanged"]["cursor"]
    return found


async def _first_frame(
    api: Service, token: str, document: str, variables: dict[str, Any]
) -> dict[str, Any]:
    async with events(api, token, document, **variables) as stream, asyncio.timeout(30):
        async for event in stream:
            if event.name == "next":
                frame: dict[str, Any] = event.data
                return frame
    raise AssertionError("The stream ended.")


def outcome(answer: dict[str, Any], operation: Operation, store_id: str) -> str:
    """Return what came of it, in the table's words."""
    if errors := answer.get("errors"):
        code: str = errors[0]["extensions"]["code"]
        return code
    value = answer["data"][operation.field]
    if value is None:
        return "null"
    if isinstance(value, dict) and value.get("errors"):
        refused: str = value["errors"][0]["code"]
        return refused
    if operation.outcomes is _LISTED:
        return "seen" if store_id in json.dumps(value) else "unseen"
    return "ok"


@pytest.mark.parametrize(("kind", "operation", "whose"), cases())
def test_permission(
    api: Service,
    records: Callable[[], Records],
    kind: str,
    operation: Operation,
    whose: str,
) -> None:
    scene = Scene(api, whose, is_stream=kind == "subscription")
    words = operation.outcomes[whose].split()
    expected = {"nobody": operation.nobody, **dict(zip(ROLES, words, strict=True))}
    refused = [role for role, word in expected.items() if word not in {"ok", "seen"}]
    before, found = (records(), api.sql(_LIVE_TOKENS)), {}
    for role in refused:
        answer = scene.run(kind, operation, role)
        found[role] = outcome(answer, operation, scene.variables["id"])
        assert "the-shop" not in json.dumps(answer.get("data"))
    assert (records(), api.sql(_LIVE_TOKENS)) == before
    for role in expected.keys() - set(refused):
        answer = scene.run(kind, operation, role)
        found[role] = outcome(answer, operation, scene.variables["id"])
    assert found == expected


_LIVE_TOKENS = "SELECT id, owner, role FROM tokens WHERE revoked_at IS NULL ORDER BY id"


def test_the_table_is_whole() -> None:
    schema = build_schema()._schema
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    for root, operations in zip(roots, (QUERIES, MUTATIONS, SUBSCRIPTIONS), strict=True):
        assert root is not None
        assert set(root.fields) == {operation.field for operation in operations}
