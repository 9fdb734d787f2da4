"""A shop's administrator: shown to its owner, read from the cluster, and kept nowhere."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.settings import Settings
from provisioner.domain.engines import load_engine
from provisioner.domain.errors import ClusterUnreachableError, RefusedError
from provisioner.domain.identities import Identity, Role, UsedToken
from provisioner.domain.names import new_store_id
from provisioner.domain.owners import Owner, local
from provisioner.domain.passwords import RESET_BY
from provisioner.domain.stores import Store, new_store
from provisioner.reconcile.namespaces import CREDENTIALS_SECRET
from provisioner.services.admin_login import AdminLogin, AdminLogins
from provisioner.testing import SimulatedCluster
from tests.simulated_time import in_simulated_time

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ENGINE = load_engine(Path(__file__).resolve().parents[2] / "charts" / "woocommerce")
OWNER = Identity(local("merchant"), Role.OPERATOR)
PASSWORD = "the-generated-password"


@pytest.fixture
def cluster() -> SimulatedCluster:
    return SimulatedCluster(lambda: NOW)


@pytest.fixture
def logins(cluster: SimulatedCluster) -> AdminLogins:
    return AdminLogins(cluster, {ENGINE.name: ENGINE})


def store(engine: str = ENGINE.name) -> Store:
    return new_store(
        store_id=new_store_id(), name="shop", owner=OWNER.owner, engine=engine, engine_version="1",
        release="woo-1", host="h", url="http://h", now=NOW,
    )  # fmt: skip


async def furnish(cluster: SimulatedCluster, values: Mapping[str, str]) -> None:
    await cluster.ensure_namespace("woo-1", {})
    await cluster.ensure_secret("woo-1", CREDENTIALS_SECRET, {}, lambda: values)


async def refusal(logins: AdminLogins, caller: Identity, of: Store) -> tuple[str, str | None]:
    with pytest.raises(RefusedError) as refused:
        await logins.read(caller, of)
    (only,) = refused.value.refusals
    assert PASSWORD not in only.message
    return only.code, only.field


async def test_the_owner(cluster: SimulatedCluster, logins: AdminLogins) -> None:
    await furnish(cluster, {"admin-password": PASSWORD, "mysql-password": "another"})
    login = await logins.read(OWNER, store())
    assert login == AdminLogin("admin", PASSWORD)
    by_token = replace(OWNER, token=UsedToken("t", OWNER.owner, is_owners_own=True))
    assert await logins.read(by_token, store()) == login
    assert PASSWORD not in repr(login)


async def test_one_that_was_set_anew_is_not_shown_again(
    cluster: SimulatedCluster, logins: AdminLogins
) -> None:
    await furnish(cluster, {"admin-password": PASSWORD, RESET_BY: "next-admin-password-1"})
    with pytest.raises(RefusedError) as refused:
        await logins.read(OWNER, store())
    (only,) = refused.value.refusals
    assert (only.code, only.field) == ("NOT_AVAILABLE", "id")
    assert only.message == (
        "There is no password to show: the one of admin was set anew, and shown then, or it is in a"
        " backup from before that. Set a new one with resetAdminPassword, which shows it once."
    )


async def test_a_name_that_is_the_merchants_address(cluster: SimulatedCluster) -> None:
    engine = replace(ENGINE, admin_user="{email}")
    await furnish(cluster, {"admin-password": PASSWORD})
    logins = AdminLogins(cluster, {ENGINE.name: engine})
    theirs = replace(store(), contact_email="ada@example.com")
    assert await logins.read(OWNER, theirs) == AdminLogin("ada@example.com", PASSWORD)
    assert await logins.read(OWNER, store()) == AdminLogin("admin@h", PASSWORD)


@pytest.mark.parametrize(
    "caller",
    [
        Identity(local("merchant"), Role.VIEWER),
        Identity(local("root"), Role.ADMIN),
        Identity(Owner("https://issuer.example", "merchant"), Role.ADMIN),
        Identity(OWNER.owner, Role.OPERATOR, UsedToken("t", local("root"), is_owners_own=False)),
        Identity(OWNER.owner, Role.ADMIN, UsedToken("t", None, is_owners_own=False)),
    ],
)
async def test_nobody_else(
    cluster: SimulatedCluster, logins: AdminLogins, caller: Identity
) -> None:
    await furnish(cluster, {"admin-password": PASSWORD})
    assert await refusal(logins, caller, store()) == ("FORBIDDEN", "id")


async def test_before_it_is_made_and_after_it_is_gone(
    cluster: SimulatedCluster, logins: AdminLogins
) -> None:
    assert await refusal(logins, OWNER, store()) == ("NOT_AVAILABLE", "id")
    await furnish(cluster, {"mysql-password": "another"})
    assert await refusal(logins, OWNER, store()) == ("NOT_AVAILABLE", "id")


async def test_a_cluster_that_does_not_answer(
    cluster: SimulatedCluster, logins: AdminLogins
) -> None:
    await furnish(cluster, {"admin-password": PASSWORD})
    cluster.faults.append(ClusterUnreachableError(f"secret: {PASSWORD}"))
    assert await refusal(logins, OWNER, store()) == ("NOT_AVAILABLE", "id")


class ClusterThatHangs(SimulatedCluster):
    """Accepts every request, and never answers."""

    async def read_secret(self, namespace: str, name: str) -> Mapping[str, str]:  # noqa: ARG002
        await asyncio.Event().wait()
        raise AssertionError


@in_simulated_time
async def test_a_cluster_that_hangs() -> None:
    logins = AdminLogins(ClusterThatHangs(lambda: NOW), {ENGINE.name: ENGINE})
    began = asyncio.get_running_loop().time()
    assert await refusal(logins, OWNER, store()) == ("NOT_AVAILABLE", "id")
    # Before the time is over that an operation may take.
    waited = asyncio.get_running_loop().time() - began
    assert waited < Settings.model_fields["operation_timeout_seconds"].default


async def test_an_engine_without_an_administrator(logins: AdminLogins) -> None:
    assert await refusal(logins, OWNER, store("other")) == ("NOT_AVAILABLE", "id")
