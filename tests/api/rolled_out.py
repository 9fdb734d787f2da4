"""Rollouts in the API of a service whose cluster does not answer: shops wait for their turns."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import BACKUPS, running_service
from tests.e2e.service import Service
from tests.engine_versions import NEWER, charts
from tests.postgres import PostgresServer

COUNTS = "counts { status count }"
SHOPS = "storeId storeName formerVersion status message operationId"
ROLLOUT = f"""engine version canaries parallel stopAfterFailures status reason askedBy endedAt
  {COUNTS} stores(first: 2) {{ pageInfo {{ hasNextPage }} edges {{ node {{ {SHOPS} }} }} }}"""
UPGRADE = f"""mutation ($input: UpgradeStoresInput!) {{ upgradeStores(input: $input) {{
  rollout {{ id {ROLLOUT} }} plan {{ {COUNTS} stores {{ {SHOPS} }} }}
  errors {{ code field message }} }} }}"""
CHANGE = """mutation ($input: %sRolloutInput!) { %sRollout(input: $input) {
  rollout { id status reason endedAt } errors { code field message } } }"""
NODE = f"query ($id: ID!) {{ node(id: $id) {{ id ... on Rollout {{ {ROLLOUT} }} }} }}"
FOLLOW = f"""subscription ($id: ID!) {{ rolloutStatus(id: $id) {{
  status reason {COUNTS} }} }}"""
STATUSES = ("PENDING", "RUNNING", "SUCCEEDED", "FAILED", "SKIPPED")
FAILURE = "It broke."


def start(
    stack: ExitStack, request: pytest.FixtureRequest, folder: Path, database: str, **more: str
) -> Service:
    """Start a service with versions that follow each other, that keeps backups."""
    settings = BACKUPS | {"STORE_PLATFORM_CHARTS": str(charts(folder))} | more
    if database == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.url(stack.enter_context(server.database()))
        settings["STORE_PLATFORM_DATABASE_URL"] = url
    return stack.enter_context(running_service(folder, **settings))


def upgrade_stores(service: Service, token: str, **given: Any) -> dict[str, Any]:
    """Return the payload of ``upgradeStores``."""
    asked = {"engine": "woocommerce", "version": NEWER, **given}
    payload: dict[str, Any] = service.execute(token, UPGRADE, input=asked)["upgradeStores"]
    return payload


def change(service: Service, token: str, verb: str, rollout_id: str) -> dict[str, Any]:
    """Return the payload of ``stopRollout`` or ``resumeRollout``."""
    document = CHANGE % (verb.capitalize(), verb)
    payload: dict[str, Any] = service.execute(token, document, input={"id": rollout_id})
    return dict(payload[f"{verb}Rollout"])


def counted(**numbers: int) -> list[dict[str, Any]]:
    """Return how many turns have each status, as the API tells it."""
    return [{"status": status, "count": numbers.get(status, 0)} for status in STATUSES]


def end_turn(service: Service, rollout_id: str, position: int, status: str) -> None:
    """Record how the turn of a shop has ended, as no cluster can do it here."""
    key = rollout_id.removeprefix("rollout_")
    (store_id,) = service.sql(
        "UPDATE rollout_stores SET operation_number = 1"
        " WHERE rollout_id = :id AND position = :position RETURNING store_id",
        id=key, position=position,
    )  # fmt: skip
    service.sql(
        "UPDATE operations SET status = :status, reason_code = :code, reason_message = :message"
        " WHERE store_id = :id AND number = 1 RETURNING number",
        id=store_id[0], status=status,
        code="OTHER" if status == "FAILED" else None,
        message=FAILURE if status == "FAILED" else None,
    )  # fmt: skip


def become(service: Service, rollout_id: str, status: str, reason: str = "") -> None:
    """Record that a rollout has come to its end, or was stopped."""
    service.sql(
        "UPDATE rollouts SET status = :status, reason = :reason, ended_at = 1780000000000000"
        " WHERE id = :id RETURNING id",
        id=rollout_id.removeprefix("rollout_"), status=status, reason=reason,
    )  # fmt: skip


def refusals(payload: Mapping[str, Any]) -> list[tuple[str, str | None, str]]:
    """Return why a mutation was refused."""
    assert payload["rollout"] is None
    assert payload.get("plan") is None
    return [(item["code"], item["field"], item["message"]) for item in payload["errors"]]
