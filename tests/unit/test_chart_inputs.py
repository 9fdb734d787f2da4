"""A store's chart is given its Secrets and its values, and the mail server if it sends mail."""

import base64
import json
from dataclasses import replace
from typing import cast

import pytest

from provisioner.domain.backups import BackupSettings
from provisioner.domain.clock import SystemClock
from provisioner.domain.engines import Engine, GeneratedSecret, load_engine
from provisioner.domain.mail import MailSecurity, MailServer
from provisioner.domain.registries import RegistryCredentials
from provisioner.domain.stores import Store
from provisioner.reconcile.chart_inputs import ensure_secrets, store_values
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.namespaces import namespace_labels
from provisioner.storage.stores import StoreRepository
from provisioner.testing import AlwaysAnswers, SimulatedCluster
from tests.charts.rendering import MEDUSA
from tests.stores import a_store

ENGINE = load_engine(MEDUSA)
SILENT = replace(ENGINE, sends_mail=False)
MAIL = MailServer("mail.test", 587, MailSecurity.STARTTLS, "{name}@shops.test", "shops", "secret")
BACKUPS = BackupSettings(
    repository="rest:http://backups:8000", key="k" * 32, accounts=None, port=8000, interval=None
)
OPEN_MAIL = MailServer("mail.test", 25, MailSecurity.NONE)


@pytest.fixture
def store() -> Store:
    return a_store()


def context(
    repository: StoreRepository, cluster: SimulatedCluster, mail: MailServer | None,
    *, registries: RegistryCredentials | None = None, backups: BackupSettings | None = None,
) -> ReconcileContext:  # fmt: skip
    return ReconcileContext(
        records=repository, cluster=cluster, helm=cluster, releases=cluster, observer=cluster,
        jobs=cluster,
        prober=AlwaysAnswers(), engines={}, clock=SystemClock(),
        settings=WorkSettings(mail=mail, registries=registries, backups=backups),
    )  # fmt: skip


async def secrets_of(cluster: SimulatedCluster, store: Store) -> dict[str, dict[str, str]]:
    return {name: dict(of) for name, of in cluster.namespaces[store.namespace].secrets.items()}


async def made(
    repository: StoreRepository, cluster: SimulatedCluster, store: Store,
    engine: Engine = ENGINE, mail: MailServer | None = MAIL,
) -> tuple[str, list[str]]:  # fmt: skip
    await cluster.ensure_namespace(store.namespace, namespace_labels(store))
    return await ensure_secrets(context(repository, cluster, mail), store, engine)


async def test_the_account_at_the_mail_server_is_set_anew_and_passwords_are_not(
    repository: StoreRepository, store: Store
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    await made(repository, cluster, store)
    first = await secrets_of(cluster, store)
    assert first["store-mail"] == {"username": "shops", "password": "secret"}

    message, hidden = await made(repository, cluster, store, mail=replace(MAIL, password="new"))

    assert await secrets_of(cluster, store) == {
        **first, "store-mail": {"username": "shops", "password": "new"},
    }  # fmt: skip
    assert set(hidden) == {*first["store-credentials"].values(), "new"}
    assert message == (
        "Secret store-credentials holds 5 generated values."
        " Secret store-mail holds the account at the mail server."
    )


async def test_the_credentials_for_registries_are_set_anew(
    repository: StoreRepository, store: Store
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    await cluster.ensure_namespace(store.namespace, namespace_labels(store))
    for word in ("old", "new"):
        given = registries(word)
        work = context(repository, cluster, None, registries=given)
        message, hidden = await ensure_secrets(work, store, ENGINE)
        assert (await secrets_of(cluster, store))["store-pull"] == {
            ".dockerconfigjson": given.config
        }
        assert word in hidden
        assert base64.b64encode(f"robot:{word}".encode()).decode() in hidden
        assert message.endswith(
            " Secret store-pull holds the credentials for the registries of its images."
        )
        assert store_values(work, store, ENGINE)["imagePullSecrets"] == ["store-pull"]


async def test_an_engine_that_takes_no_pull_secrets_gets_none(
    repository: StoreRepository, store: Store
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    await cluster.ensure_namespace(store.namespace, namespace_labels(store))
    engine = replace(ENGINE, takes_pull_secrets=False)
    work = context(repository, cluster, None, registries=registries("word"))
    await ensure_secrets(work, store, engine)
    assert (await secrets_of(cluster, store)).keys() == {"store-credentials"}
    assert "imagePullSecrets" not in store_values(work, store, engine)


def registries(password: str) -> RegistryCredentials:
    auth = base64.b64encode(f"robot:{password}".encode()).decode()
    return RegistryCredentials.parse(json.dumps({"auths": {"registry.test": {"auth": auth}}}))


@pytest.mark.parametrize(("engine", "mail"), [(SILENT, MAIL), (ENGINE, OPEN_MAIL), (ENGINE, None)])
async def test_without_an_account_there_is_no_secret_of_it(
    repository: StoreRepository, store: Store, engine: Engine, mail: MailServer | None
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    message, hidden = await made(repository, cluster, store, engine, mail)
    assert (await secrets_of(cluster, store)).keys() == {"store-credentials"}
    assert message == "Secret store-credentials holds 5 generated values."
    assert len(hidden) == 5


async def test_generated_values_are_as_long_as_asked_and_differ(
    repository: StoreRepository, store: Store
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    engine = replace(
        ENGINE, credentials=(GeneratedSecret("short", 16), GeneratedSecret("long", 64))
    )
    await made(repository, cluster, store, engine)
    values = (await secrets_of(cluster, store))["store-credentials"]
    assert {key: len(value) for key, value in values.items()} == {"short": 16, "long": 64}
    assert values["short"] not in values["long"]


def test_the_values_say_which_store_it_is(repository: StoreRepository, store: Store) -> None:
    values = store_values(
        context(repository, SimulatedCluster(SystemClock().now), None), store, ENGINE
    )
    assert values == {
        "store": {
            "id": store.id, "name": store.name, "host": store.host, "url": store.url,
            "credentialsSecret": "store-credentials",
        },
        "password": {"enabled": True},
    }  # fmt: skip


def test_the_values_say_who_the_merchant_is(repository: StoreRepository, store: Store) -> None:
    store = replace(store, contact_email="ada@example.com")
    cluster = SimulatedCluster(SystemClock().now)
    given = store_values(context(repository, cluster, None), store, ENGINE)["store"]
    assert isinstance(given, dict)
    assert given["adminEmail"] == "ada@example.com"


def test_the_values_say_how_mail_leaves(repository: StoreRepository, store: Store) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    assert store_values(context(repository, cluster, MAIL), store, ENGINE)["mail"] == {
        "host": "mail.test", "port": 587, "security": "starttls",
        "from": f"{store.name}@shops.test", "credentialsSecret": "store-mail",
    }  # fmt: skip
    assert store_values(context(repository, cluster, OPEN_MAIL), store, ENGINE)["mail"] == {
        "host": "mail.test", "port": 25, "security": "none", "from": "", "credentialsSecret": "",
    }  # fmt: skip
    assert "mail" not in store_values(context(repository, cluster, MAIL), store, SILENT)


async def test_a_store_that_can_be_backed_up_gets_its_repository(
    repository: StoreRepository, store: Store
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    await cluster.ensure_namespace(store.namespace, namespace_labels(store))
    work = context(repository, cluster, None, backups=BACKUPS)
    engine = replace(SILENT, backup_counts=("orders",))

    message, hidden = await ensure_secrets(work, store, engine)

    made = (await secrets_of(cluster, store))["store-backup"]
    assert made == {
        "RESTIC_REPOSITORY": f"rest:http://backups:8000/{store.id}/",
        "RESTIC_PASSWORD": BACKUPS.repository_password(store.id),
    }
    assert made["RESTIC_PASSWORD"] in hidden
    assert message.endswith(" Secret store-backup holds the account for its backups.")
    assert store_values(work, store, engine)["backup"] == {
        "enabled": True, "secret": "store-backup", "port": 8000,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "backups"), [(None, True), (("orders",), False)], ids=["engine", "platform"]
)
async def test_without_backups_there_is_neither_secret_nor_value(
    repository: StoreRepository,
    store: Store,
    counts: tuple[str, ...] | None,
    backups: bool,  # noqa: FBT001
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    await cluster.ensure_namespace(store.namespace, namespace_labels(store))
    work = context(repository, cluster, None, backups=BACKUPS if backups else None)
    engine = replace(SILENT, backup_counts=counts)
    await ensure_secrets(work, store, engine)
    assert (await secrets_of(cluster, store)).keys() == {"store-credentials"}
    assert "backup" not in store_values(work, store, engine)


async def test_the_plan_of_a_store_goes_over_the_operators(
    repository: StoreRepository, store: Store
) -> None:
    work = context(repository, SimulatedCluster(SystemClock().now), None)
    assert "plan" not in store_values(work, store, ENGINE)  # the operator's values say it
    assert store_values(work, replace(store, plan="medium"), ENGINE)["plan"] == "medium"
    larger = store_values(work, replace(store, plan="small", storage_plan="medium"), ENGINE)
    assert (larger["plan"], larger["storagePlan"]) == ("small", "medium")


async def test_a_copy_has_no_account_at_the_mail_server(
    repository: StoreRepository, store: Store
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    copy = replace(store, is_copy=True)
    await made(repository, cluster, copy)
    assert set(await secrets_of(cluster, copy)) == {"store-credentials"}

    work = context(repository, cluster, MAIL)
    values = store_values(work, copy, ENGINE)
    assert "mail" not in values
    assert values["store"] == {**cast("dict[str, object]", values["store"]), "isCopy": True}
    assert "isCopy" not in cast("dict[str, object]", store_values(work, store, ENGINE)["store"])
