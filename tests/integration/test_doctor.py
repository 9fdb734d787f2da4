"""The doctor on a healthy installation, and on ones that are broken in one place each."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from app.doctor.findings import Finding, Verdict, failed, ok, skipped, warning
from app.doctor.gateways import GatewayName
from app.doctor.threads import AbandonedThreads
from app.local.cluster import LocalCluster
from tests.conftest import MIGRATED
from tests.images.rest_server import RestServer
from tests.integration.doctor_servers import PASSWORD, SHOPS, shown_by, web_server
from tests.integration.doctor_world import (
    ACCOUNTS,
    BACKUP_KEY,
    NAME,
    PLATFORM_HOST,
    REMOVAL,
    SHOP,
    WEAK,
    World,
    closed_port,
    healthy_world,
    remember,
)
from tests.integration.test_foreign_kinds import GATEWAY_API, await_established, published
from tests.postgres import PostgresServer

Findings = dict[str, Finding]
BEHIND_KUBERNETES = (
    "cluster-clock", "cluster", "rights", "admission", "storage", "ingress-class", "gateway",
)  # fmt: skip
VOLUMES_BEHIND = {"volumes": skipped("It cannot be looked at: see storage.")}
SERVER_BEHIND = {"backup-server": skipped("It cannot be looked at: see backups.")}
BACKUPS_BEHIND = {"backups": skipped("It cannot be looked at: see rights."), **SERVER_BEHIND}


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory,
    local_cluster: LocalCluster,
    migrated_postgres: PostgresServer,
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("doctor")
    space = local_cluster.kubectl_json("get", "namespace", "kube-system")
    with ExitStack() as stack:
        url = migrated_postgres.url(stack.enter_context(migrated_postgres.database(MIGRATED)))
        asyncio.run(remember(url, space["metadata"]["uid"]))
        with healthy_world(folder, local_cluster, url) as made:
            yield made


@pytest.fixture
def copied(migrated_postgres: PostgresServer) -> Iterator[str]:
    """The URL of a migrated database that no other test uses."""
    with migrated_postgres.database(MIGRATED) as name:
        yield migrated_postgres.url(name)


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a database without tables."""
    with postgres.database() as name:
        yield postgres.url(name)


@pytest.fixture(autouse=True)
def trusted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(world.folder / "ca.pem"))


@pytest.fixture(scope="module")
def healthy(world: World) -> Findings:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(world.folder / "ca.pem"))
        return steady(asyncio.run(world.examined()))


def steady(findings: Findings) -> Findings:
    """Return them without the room on the disk, which changes."""
    return {
        name: replace(finding, seen=re.sub(r"\d+ MiB", "… MiB", finding.seen))
        for name, finding in findings.items()
    }


def behind(check: str, *names: str) -> Findings:
    return {name: skipped(f"It cannot be looked at: see {check}.") for name in names}


def test_nothing_is_amiss(world: World, healthy: Findings) -> None:
    at = f"127.0.0.1:{world.web_port}"
    database = world.given["database_url"].rpartition("@")[2]
    versions = r"v?\d+\.\d+(\.\d+)?( \([^)]+\))?"
    told = {name: re.sub(versions, "…", finding.seen) for name, finding in healthy.items()}
    assert told["database"] == (
        f"PostgreSQL … answers at {re.sub(versions, '…', database)}, on this machine. Its schema"
        " is that of this version."
    )
    assert told["kubernetes"] == "Kubernetes … answers."
    verdicts = {name: finding.verdict for name, finding in healthy.items()}
    assert verdicts.pop("gateway") is Verdict.SKIPPED  # there is an Ingress in its place
    assert set(verdicts.values()) == {Verdict.OK}
    assert not any(finding.remedy for finding in healthy.values())
    seen = {name: finding.seen for name, finding in healthy.items()}
    assert seen["engines"] == "Shops can be rendered of these engines: woocommerce."
    assert seen["cluster"] == "It is the cluster that the stores live in."
    assert seen["rights"] == "The account has all 22 rights that the platform needs."
    assert seen["admission"] == "An admission policy keeps the account to the stores' namespaces."
    assert seen["storage"] == "The volumes of woocommerce are of the StorageClass doctor-fast."
    assert seen["volumes"] == (
        "Volumes of the StorageClass doctor-fast (csi.test) can grow. Snapshots cannot be made of"
        " them."
    )
    assert seen["ingress-class"] == "Shops of woocommerce have the IngressClass doctor."
    assert seen["names"] == "A shop's name leads to 127.0.0.1."
    assert seen["ingress"] == (
        f"The ingress controller answers at https://{at} (with 404, as no shop is there)."
    )
    assert seen["certificate"].startswith(f"The certificate for {SHOP} is trusted, and ends on ")
    own = f"The certificate for {PLATFORM_HOST} is trusted, and ends on "
    assert seen["host-certificate"].startswith(own)
    assert seen["registry"] == f"The registry {at} answers."
    assert seen["redis"] == "Redis answers."
    assert seen["mail"] == (
        f"The mail server 127.0.0.1:{world.mail_port} answers, and lets the shops sign in."
    )
    assert seen["issuer"] == f"The issuer {world.issuer.url} gives 1 keys."
    assert seen["backups"] == (
        f"The Secret {NAME}/{ACCOUNTS} can be used. The Secret {NAME}/{REMOVAL} can be used. The"
        f" CronJob {NAME}/{REMOVAL} removes old backups, and has not run yet."
    )
    assert seen["backup-server"] == (
        f"The server for backups 127.0.0.1:{world.backup_server.port} answers, and asks for an"
        " account."
    )


async def test_nothing_is_left_behind(world: World, healthy: Findings) -> None:
    before = world.cluster.kubectl("get", "namespaces", "-o", "name")
    assert steady(await world.examined()) == healthy
    assert world.cluster.kubectl("get", "namespaces", "-o", "name") == before
    assert not (world.folder / "state").exists()


class TestBroken:
    """Each is told by one check; whatever builds on it is skipped, and all else is as before."""

    async def test_no_such_storage_class(self, world: World, healthy: Findings) -> None:
        values = world.values("no-class", storage="missing")
        found = steady(await world.examined(chart_values=values))
        known = "(there are: doctor-fast, doctor-folders, standard)"
        assert found == {
            **healthy,
            "storage": failed(
                "There is no StorageClass missing, which the values of woocommerce name: its"
                " volumes stay pending.",
                f"Create it, or name another {known} in the values of woocommerce.",
            ),
            **VOLUMES_BEHIND,
        }

    async def test_no_default_class(self, world: World, healthy: Findings) -> None:
        mark = "storageclass.kubernetes.io/is-default-class"
        world.cluster.kubectl("annotate", "storageclass", "standard", f"{mark}-")
        try:
            found = await world.examined(chart_values=world.values("no-default", storage=""))
        finally:
            world.cluster.kubectl("annotate", "storageclass", "standard", f"{mark}=true")
        known = "(there are: doctor-fast, doctor-folders, standard)"
        assert steady(found) == {
            **healthy,
            "storage": failed(
                "No StorageClass is the cluster's default, and the values of woocommerce name"
                " none: its volumes stay pending.",
                f"Make one the default, or name one {known} in the values of woocommerce.",
            ),
            **VOLUMES_BEHIND,
        }

    async def test_volumes_that_hold_nobody(self, world: World, healthy: Findings) -> None:
        values = world.values("folders", storage="doctor-folders")
        assert steady(await world.examined(chart_values=values)) == {
            **healthy,
            "storage": ok("The volumes of woocommerce are of the StorageClass doctor-folders."),
            "volumes": warning(
                "Volumes of the StorageClass doctor-folders (rancher.io/local-path) do not hold a"
                " shop to their size: one shop can fill the node's disk for all. They cannot grow:"
                " a shop that has filled its volume stays as it is.",
                "Watch the nodes' disks, or use a driver that enforces sizes and expands volumes.",
            ),
        }

    async def test_no_such_ingress_class(self, world: World, healthy: Findings) -> None:
        values = world.values("no-ingress", ingress="missing")
        assert steady(await world.examined(chart_values=values)) == {
            **healthy,
            "ingress-class": failed(
                "There is no IngressClass missing, which the values of woocommerce name: no"
                " controller leads anybody to its shops.",
                "Install the controller, or name another class (there are: doctor) in the values"
                " of woocommerce.",
            ),
        }

    async def test_no_default_ingress_class(self, world: World, healthy: Findings) -> None:
        values = world.values("no-default-ingress", ingress="")
        assert steady(await world.examined(chart_values=values)) == {
            **healthy,
            "ingress-class": warning(
                "No IngressClass is the cluster's default, and the values of woocommerce name"
                " none: only a controller that takes what has no class leads anybody to its shops.",
                "Make one the default, or name one (there are: doctor) in the values of"
                " woocommerce.",
            ),
        }

    async def test_images_that_no_registry_has(self, world: World) -> None:
        values = world.values("local-images", registry="")
        found = (await world.examined(chart_values=values))["registry"]
        assert found.verdict is Verdict.WARNING
        assert found.seen.startswith("These images name no registry: mysql:8.4, woocommerce:")
        silent = world.values("silent", registry=f"127.0.0.1:{closed_port()}/")
        found = (await world.examined(chart_values=silent))["registry"]
        assert found.verdict is Verdict.WARNING
        assert "does not answer from here" in found.seen

    async def test_a_right_and_the_policy_are_missing(
        self, world: World, healthy: Findings
    ) -> None:
        found = await world.examined(kubeconfig=world.kubeconfig(WEAK))
        assert steady(found) == {
            **healthy,
            "rights": failed(
                "The platform's account may not: delete namespaces.",
                "Give it the roles of charts/store-platform (serviceAccount.create), or others with"
                " the same rules.",
            ),
            **BACKUPS_BEHIND,
            "admission": warning(
                "No admission policy keeps the account to the stores' namespaces: who steals it"
                " can read every Secret of the cluster.",
                "Install the policy of charts/store-platform (serviceAccount.onlyInStores), with"
                " its binding.",
            ),
        }

    async def test_another_cluster(self, world: World, healthy: Findings, copied: str) -> None:
        await remember(copied, "another")
        found = steady(await world.examined(database_url=copied))
        told = found["cluster"]
        assert told.verdict is Verdict.FAILED
        assert told.seen.startswith(
            "The stores live in another cluster, whose kube-system has the uid another; this"
        )
        at = (world.given["database_url"].rpartition("/")[2], copied.rpartition("/")[2])
        database = ok(healthy["database"].seen.replace(*at))
        assert found == {**healthy, "database": database, "cluster": told}

    async def test_no_cluster(self, world: World, healthy: Findings, tmp_path: Path) -> None:
        file = tmp_path / "kubeconfig"
        there = world.kubeconfig(WEAK).read_text()
        port = closed_port()
        file.write_text(re.sub(r"server: \S+", f"server: https://127.0.0.1:{port}", there))
        found = steady(await world.examined(kubeconfig=file))
        assert found.pop("kubernetes").seen.startswith("The cluster did not answer: ")
        rest = {name: finding for name, finding in healthy.items() if name != "kubernetes"}
        assert found == {
            **rest,
            **behind("kubernetes", *BEHIND_KUBERNETES),
            **VOLUMES_BEHIND,
            **BACKUPS_BEHIND,
        }

    async def test_a_name_that_is_not_found(self, world: World, healthy: Findings) -> None:
        async def only_the_host(host: str) -> list[str]:
            if host == "platform.test":
                return ["127.0.0.1"]
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        assert steady(await world.examined(resolve=only_the_host)) == {
            **healthy,
            "names": failed(
                f"A shop's name is not found: {SHOP} (Name or service not known).",
                "Add a wildcard record to the DNS that leads the names of"
                f" {world.given['shop_url']} to the ingress controller, or set"
                " STORE_PLATFORM_WILDCARD_RECORD=false if each shop's record is made with the"
                " shop.",
            ),
            **behind("names", "ingress", "certificate"),
        }

    async def test_no_ingress_controller(self, world: World, healthy: Findings) -> None:
        port = closed_port()
        found = steady(await world.examined(shop_url=f"https://{{name}}.shops.test:{port}"))
        certificate = found["certificate"]
        assert certificate.seen.startswith("No certificate is shown at 127.0.0.1 (")
        assert found == {
            **healthy,
            "ingress": failed(
                f"No ingress controller answers at https://127.0.0.1:{port} (All connection"
                " attempts failed): no shop could become READY.",
                "Install one, lead the shops' names to it, or set STORE_PLATFORM_INGRESS to where"
                " it can be reached from here.",
            ),
            "certificate": skipped(certificate.seen),
        }

    @pytest.mark.parametrize(
        ("names", "words"),
        [
            ((SHOPS,), "unable to get local issuer certificate"),
            (
                ("other.test",),
                f"Hostname mismatch, certificate is not valid for '{SHOP}'.",
            ),
        ],
    )
    async def test_a_certificate_that_is_not_trusted(
        self, world: World, healthy: Findings, names: tuple[str, ...], words: str
    ) -> None:
        ca = trustme.CA() if names == (SHOPS,) else world.ca
        with web_server(shown_by(ca, *names)) as port:
            found = steady(await world.examined(shop_url=f"https://{{name}}.shops.test:{port}"))
        answers = healthy["ingress"].seen.replace(str(world.web_port), str(port))
        assert found == {
            **healthy,
            "ingress": ok(answers),
            "certificate": failed(
                f"The certificate for {SHOP} is not trusted ({words}): every store would be kept"
                " from READY, since its address is asked first.",
                "Have a trusted issuer make a wildcard certificate, and make it the ingress"
                " controller's default; or trust your own issuer with"
                " STORE_PLATFORM_TRUSTED_AUTHORITIES; or switch the question off with"
                " STORE_PLATFORM_REACHABILITY_CHECK=false.",
            ),
        }

    async def test_nobody_trusts_it_but_the_platform_does_not_ask(self, world: World) -> None:
        with web_server(shown_by(trustme.CA(), SHOPS)) as port:
            url = f"https://{{name}}.shops.test:{port}"
            found = await world.examined(shop_url=url, ingress=f"https://127.0.0.1:{port}")
        assert found["certificate"].verdict is Verdict.WARNING
        assert found["certificate"].seen.endswith(": browsers would warn every shopper.")
        assert found["ingress"].verdict is Verdict.OK

    async def test_a_certificate_that_ends_soon(self, world: World, healthy: Findings) -> None:
        end = datetime.now(UTC) + timedelta(days=7, hours=12)
        with web_server(shown_by(world.ca, SHOPS, not_after=end)) as port:
            found = steady(await world.examined(shop_url=f"https://{{name}}.shops.test:{port}"))
        assert found == {
            **healthy,
            "ingress": ok(healthy["ingress"].seen.replace(str(world.web_port), str(port))),
            "certificate": warning(
                f"The certificate for {SHOP} is trusted, and ends on {end:%Y-%m-%d}, in 7 days.",
                "See that it is renewed, and that the ingress controller takes the new one.",
            ),
        }

    async def test_each_shop_has_a_record_of_its_own(self, world: World, healthy: Findings) -> None:
        async def only_the_host(host: str) -> list[str]:
            if host == PLATFORM_HOST:
                return ["127.0.0.1"]
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        assert steady(await world.examined(resolve=only_the_host, wildcard_record=False)) == {
            **healthy,
            "names": skipped(
                "Each shop's record is made with the shop (STORE_PLATFORM_WILDCARD_RECORD=false),"
                " so there is none to be looked up for one that does not exist."
            ),
            **behind("names", "ingress", "certificate"),
        }

    async def test_the_platforms_certificate_is_not_trusted(
        self, world: World, healthy: Findings
    ) -> None:
        with web_server(shown_by(world.ca, SHOPS)) as port:
            host = f"https://{PLATFORM_HOST}:{port}"
            found = steady(await world.examined(host=host))
            before = await world.examined(host=host, is_before_install=True)
        seen = (
            f"The certificate for {PLATFORM_HOST} is not trusted (Hostname mismatch, certificate is"
            f" not valid for '{PLATFORM_HOST}'.): browsers keep people from signing in."
        )
        remedy = (
            "Have a trusted issuer make a certificate for this name, in the Secret of the"
            " platform's Ingress (access.tls.secretName) or at its Gateway; or trust your own"
            " issuer with STORE_PLATFORM_TRUSTED_AUTHORITIES."
        )
        assert found == {**healthy, "host-certificate": failed(seen, remedy)}
        assert before["host-certificate"] == warning(seen, remedy)

    async def test_the_platforms_certificate_ends_soon(
        self, world: World, healthy: Findings
    ) -> None:
        end = datetime.now(UTC) + timedelta(days=13, hours=12)
        with web_server(shown_by(world.ca, PLATFORM_HOST, not_after=end)) as port:
            found = steady(await world.examined(host=f"https://{PLATFORM_HOST}:{port}"))
        assert found == {
            **healthy,
            "host-certificate": warning(
                f"The certificate for {PLATFORM_HOST} is trusted, and ends on {end:%Y-%m-%d}, in 13"
                " days.",
                "See that it is renewed, and that the ingress controller takes the new one.",
            ),
        }

    async def test_nobody_answers_for_the_platform(self, world: World, healthy: Findings) -> None:
        host = f"https://{PLATFORM_HOST}:{closed_port()}"
        found = steady(await world.examined(host=host))
        before = await world.examined(host=host, is_before_install=True)
        told = found.pop("host-certificate")
        assert told.verdict is Verdict.WARNING
        assert told.seen.startswith(f"Nobody answers by HTTPS for {PLATFORM_HOST} at 127.0.0.1:")
        assert found == {name: f for name, f in healthy.items() if name != "host-certificate"}
        assert before["host-certificate"].verdict is Verdict.SKIPPED
        assert before["host-certificate"].seen.endswith(
            ", which is no fault before the first installation."
        )

    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            ("unreachable", "Connect call failed"),
            ("wrong password", "password authentication failed"),
            ("newer schema", "A newer version of the platform has migrated the database"),
        ],
    )
    async def test_no_database(
        self,
        world: World,
        healthy: Findings,
        postgres: PostgresServer,
        copied: str,
        fault: str,
        words: str,
    ) -> None:
        name = copied.rpartition("/")[2]
        url = copied
        if fault == "unreachable":
            url = copied.replace(f":{postgres.port}/", f":{closed_port()}/")
        elif fault == "wrong password":
            url = postgres.url(name, password="wrong-s3cret")
        else:
            newer = "UPDATE alembic_version SET version_num = '9999'"
            await asyncio.to_thread(postgres.execute, newer, name)
        found = steady(await world.examined(database_url=url))
        told = found.pop("database")
        assert told.verdict is Verdict.FAILED
        assert words in told.seen
        assert "s3cret" not in told.seen + told.remedy
        rest = {name: finding for name, finding in healthy.items() if name != "database"}
        assert found == {**rest, **behind("database", "database-clock", "cluster")}

    async def test_a_database_that_is_not_migrated(
        self, world: World, healthy: Findings, empty: str
    ) -> None:
        found = steady(await world.examined(database_url=empty))
        before = await world.examined(database_url=empty, is_before_install=True)
        assert found == {
            **healthy,
            "database": warning(
                "The database has no tables yet: nothing has started on it that is of this"
                " version.",
                "Start the service, or run `python -m app migrate`.",
            ),
            "cluster": skipped(
                "The platform knows no cluster yet: it has not started on this database."
            ),
        }
        assert before["database"].verdict is Verdict.OK

    async def test_no_redis(self, world: World, healthy: Findings) -> None:
        world.redis.end()
        try:
            found = steady(await world.examined())
        finally:
            world.redis.start()
        told = found.pop("redis")
        assert told.verdict is Verdict.FAILED
        assert told.seen.endswith(": each replica counts rates by itself.")
        assert found == {name: f for name, f in healthy.items() if name != "redis"}

    async def test_a_mail_server_that_refuses_the_shops(
        self, world: World, healthy: Findings
    ) -> None:
        assert steady(await world.examined(smtp_password="wrong-s3cret")) == {
            **healthy,
            "mail": failed(
                f"The mail server 127.0.0.1:{world.mail_port} refuses the shops' user or password"
                " (535).",
                "Mend STORE_PLATFORM_SMTP_USERNAME and STORE_PLATFORM_SMTP_PASSWORD.",
            ),
        }

    async def test_an_issuer_without_discovery(self, world: World, healthy: Findings) -> None:
        url = f"{world.issuer.url}/other"
        document = f"{url}/.well-known/openid-configuration"
        assert steady(await world.examined(oidc_issuer=url)) == {
            **healthy,
            "issuer": failed(
                f"The issuer {url} gives no keys (Client error '404 Not Found' for url"
                f" '{document}'): nobody can sign in with it.",
                "Mend STORE_PLATFORM_OIDC_ISSUER (or …_OIDC_JWKS_URL), or the issuer.",
            ),
        }

    async def test_a_clock_that_is_off(self, world: World, healthy: Findings) -> None:
        found = steady(await world.examined(ahead=timedelta(minutes=2)))
        remedy = "Have NTP set the clocks of this machine and of that one."
        for name, whose in (("cluster-clock", "API server"), ("database-clock", "database")):
            told = found.pop(name)
            assert re.fullmatch(rf"The {whose}'s clock is 1[12]\d s behind ours\.", told.seen)
            assert (told.verdict, told.remedy) == (Verdict.FAILED, remedy)
        assert found == {name: f for name, f in healthy.items() if not name.endswith("-clock")}

    @pytest.mark.parametrize("fault", ["missing", "old"])
    async def test_no_helm(
        self, world: World, healthy: Findings, tmp_path: Path, fault: str
    ) -> None:
        program = tmp_path / "helm"
        if fault == "old":
            program.write_text("#!/bin/sh\nprintf v3.19.0\n")
            program.chmod(0o700)
        seen = {
            "missing": f"There is no program {program}.",
            "old": f"{program} is helm v3.19.0, and the platform needs helm 4.",
        }
        assert steady(await world.examined(helm=str(program))) == {
            **healthy,
            "helm": failed(seen[fault], "Install helm 4, or set STORE_PLATFORM_HELM to its path."),
            **behind("helm", "engines"),
            **behind("engines", "storage", "ingress-class", "gateway", "registry"),
            **VOLUMES_BEHIND,
        }


class TestBackups:
    def write_accounts(self, world: World, htpasswd: str | None) -> None:
        patch = json.dumps({"data": {"htpasswd": htpasswd}})
        world.cluster.kubectl("-n", NAME, "patch", "secret", ACCOUNTS, f"--patch={patch}")

    async def test_none_are_made(self, world: World, healthy: Findings) -> None:
        found = await world.examined(backup_repository=None)
        assert steady(found) == {
            **healthy,
            "rights": ok("The account has all 17 rights that the platform needs."),
            "backups": skipped(
                "No backups of stores are made (STORE_PLATFORM_BACKUP_REPOSITORY is unset)."
            ),
            **SERVER_BEHIND,
        }

    async def test_no_server(self, world: World, healthy: Findings) -> None:
        """Before the platform has started once, that is no fault: the server waits for it."""
        place = f"127.0.0.1:{closed_port()}"
        before = await world.examined(backup_repository=f"rest:http://{place}")
        self.write_accounts(world, "")  # as it is without shops
        try:
            found = await world.examined(backup_repository=f"rest:http://{place}")
        finally:
            self.write_accounts(world, None)
        waits = skipped(
            f"The server for backups {place} waits for its accounts, which the platform writes once"
            " it has started.",
            "Run the doctor again two minutes after the platform's start. If it says the same, see"
            " backup_accounts_not_written in its log.",
        )
        silent = failed(
            f"The server for backups {place} does not answer (All connection attempts failed): no"
            " backup is made.",
            "See that it runs and that network policies let this machine reach it, or mend"
            " STORE_PLATFORM_BACKUP_REPOSITORY. At its first start it takes up to two minutes to"
            " hear of its accounts.",
        )
        assert steady(before) == {**healthy, "backup-server": waits}
        assert steady(found) == {**healthy, "backup-server": silent}

    async def test_a_server_that_asks_for_no_account(
        self, world: World, healthy: Findings, tmp_path: Path
    ) -> None:
        with RestServer(tmp_path, options=["--no-auth"]) as server:
            place = f"127.0.0.1:{server.port}"
            found = await world.examined(backup_repository=f"rest:http://{place}")
        assert steady(found) == {
            **healthy,
            "backup-server": warning(
                f"The server for backups {place} answers with 405, where rest-server asks for an"
                " account (401).",
                "Have rest-server ask for accounts (--htpasswd-file, --private-repos, no"
                " --no-auth), or mend STORE_PLATFORM_BACKUP_REPOSITORY if something else answers"
                " there.",
            ),
        }

    async def test_rights_in_the_platforms_own_namespace(
        self, world: World, healthy: Findings
    ) -> None:
        found = await world.examined(backup_removal=f"{NAME}/other")
        assert steady(found) == {
            **healthy,
            "rights": failed(
                f"The platform's account may not: get secrets {NAME}/other, patch secrets"
                f" {NAME}/other, get cronjobs.batch {NAME}/other.",
                "Give it the roles of charts/store-platform (serviceAccount.create), or others with"
                " the same rules.",
            ),
            **BACKUPS_BEHIND,
        }

    async def test_what_the_release_made_is_gone(self, world: World, healthy: Findings) -> None:
        there = [
            world.cluster.kubectl_json("-n", NAME, "get", kind, name)
            for kind, name in (("secret", ACCOUNTS), ("cronjob", REMOVAL))
        ]
        for item in there:
            del item["metadata"]["resourceVersion"], item["metadata"]["uid"]
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": there})
        world.cluster.kubectl("delete", "-f", "-", stdin=listed)
        try:
            found = await world.examined()
        finally:
            world.cluster.kubectl("create", "-f", "-", stdin=listed)
        made = (
            "Upgrade the platform's release with backups.enabled, which makes it, or name another"
        )
        setting = "in STORE_PLATFORM_BACKUP"
        assert steady(found) == {
            **healthy,
            "backups": failed(
                f"There is no Secret {NAME}/{ACCOUNTS}: no shop is given an account at the server."
                f" There is no CronJob {NAME}/{REMOVAL}: no old backup is removed.",
                f"{made} {setting}_ACCOUNTS. {made} {setting}_REMOVAL.",
            ),
            **SERVER_BEHIND,
        }


class TestGateway:
    """Shops and platform that are reached by a Gateway, whose kind is as its makers publish it."""

    @pytest.fixture
    def known(self, world: World) -> Iterator[World]:
        module, checksum, file = GATEWAY_API
        kind = f"--filename={published(module, checksum, file.replace('httproutes', 'gateways'))}"
        world.cluster.kubectl("apply", "--server-side", kind)
        try:
            await_established(world.cluster, kind)
            yield world
        finally:
            world.cluster.kubectl("delete", kind)

    def make(self, world: World, allowed: dict[str, Any]) -> None:
        listener = {
            "name": "shops", "protocol": "HTTPS", "port": 443, "hostname": SHOPS,
            "tls": {"certificateRefs": [{"name": "wildcard"}]}, "allowedRoutes": allowed,
        }  # fmt: skip
        gateway = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "public"},
            "spec": {"gatewayClassName": "some", "listeners": [listener]},
        }
        world.cluster.kubectl("-n", NAME, "apply", "-f", "-", stdin=json.dumps(gateway))

    def programme(self, world: World) -> None:
        """Say what the controller says of a Gateway that is at work."""
        well = [
            {
                "type": name, "status": "True", "reason": name, "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }
            for name in ("Accepted", "Programmed")
        ]  # fmt: skip
        patch = json.dumps({"status": {"conditions": well}})
        world.cluster.kubectl(
            "-n", NAME, "patch", "gateway", "public", "--subresource=status", "--type=merge",
            f"--patch={patch}",
        )  # fmt: skip

    async def look(self, world: World, **given: Any) -> Finding:
        values = world.values("gateway", gateway="public")
        return (await world.examined(chart_values=values, **given))["gateway"]

    async def test_there_is_none(self, world: World, healthy: Findings) -> None:
        values = world.values("gateway", gateway="public")
        assert steady(await world.examined(chart_values=values)) == {
            **healthy,
            "ingress-class": skipped("No engine's shops have an Ingress."),
            "gateway": failed(
                f"There is no Gateway {NAME}/public: nobody is led to shops of woocommerce.",
                "Install a controller of the Gateway API, and create the Gateway, or name another.",
            ),
        }

    async def test_from_one_that_nobody_looks_after_to_one_at_work(self, known: World) -> None:
        self.make(known, {"namespaces": {"from": "Same"}})
        found = await self.look(known)
        assert found.verdict is Verdict.FAILED
        assert found.seen.startswith(f"The Gateway {NAME}/public is not Accepted (")
        self.programme(known)
        assert (await self.look(known)).seen == (
            f"The Gateway {NAME}/public takes no routes from the stores' namespaces (listener"
            " shops): nobody is led to shops of woocommerce."
        )
        managed = {"matchLabels": {"app.kubernetes.io/managed-by": "store-platform"}}
        self.make(known, {"namespaces": {"from": "Selector", "selector": managed}})
        assert await self.look(known) == ok(
            f"The Gateway {NAME}/public leads to shops of woocommerce by its listener shops."
        )
        own = await self.look(known, gateway=GatewayName(NAME, "public"))
        assert own.seen.startswith(
            f"No listener of the Gateway {NAME}/public is there for HTTP of {PLATFORM_HOST}: "
        )


async def test_before_the_installation(world: World, healthy: Findings) -> None:
    """What only the release has is left out, whoever asks."""
    found = steady(await world.examined(is_before_install=True))
    left_out = ("state", "rights", "admission", "backups", "backup-server")
    not_there = skipped("It is part of the release, which is not installed yet.")
    assert found == {
        **healthy,
        **dict.fromkeys(left_out, not_there),
        "database": ok(healthy["database"].seen),
    }


async def test_everything_hangs(world: World) -> None:
    """The doctor gives up, and says of each what it waited for."""
    asyncio.get_running_loop().set_default_executor(AbandonedThreads())
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        at = f"127.0.0.1:{silent.getsockname()[1]}"
        kubeconfig = world.folder / "silent.kubeconfig"
        there = world.kubeconfig(WEAK).read_text()
        kubeconfig.write_text(re.sub(r"server: \S+", f"server: https://{at}", there))
        found = await world.examined(
            kubeconfig=kubeconfig,
            database_url=f"postgresql://me:s3cret@{at}/shops?sslmode=disable",
            rate_limit_storage=f"redis://{at}",
            smtp_port=silent.getsockname()[1],
            oidc_issuer=f"http://{at}",
            shop_url=f"https://{{name}}.shops.test:{silent.getsockname()[1]}",
            chart_values=world.values("hanging", registry=f"{at}/"),
        )
    verdicts = {name: found[name].verdict for name in found}
    assert verdicts == {
        **dict.fromkeys(found, Verdict.SKIPPED),
        **dict.fromkeys(
            ("settings", "state", "helm", "engines", "names", "host", "host-certificate"),
            Verdict.OK,
        ),
        **dict.fromkeys(
            ("kubernetes", "database", "ingress", "redis", "mail", "issuer"), Verdict.FAILED
        ),
        "registry": Verdict.WARNING,
    }


class TestCommand:
    def run(
        self, world: World, *arguments: str, **settings: object
    ) -> subprocess.CompletedProcess[str]:
        given = {
            **world.given,
            "ingress": f"https://127.0.0.1:{world.web_port}",  # names are the machine's to find
            "unavailable_engines": json.dumps(world.given["unavailable_engines"]),
            **settings,
        }
        environment = {f"STORE_PLATFORM_{name.upper()}": str(it) for name, it in given.items()}
        return subprocess.run(
            [sys.executable, "-m", "app", "doctor", *arguments],
            env={**os.environ, **environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def test_for_scripts(self, world: World) -> None:
        done = self.run(world, "--json")
        assert done.stderr == ""
        report = json.loads(done.stdout)
        told = {check["check"]: check["verdict"] for check in report["checks"]}
        assert done.returncode == 0, done.stdout
        assert report["healthy"] is True
        assert told.pop("names") == "WARNING"
        unknown = ("certificate", "host", "host-certificate", "gateway")
        assert {told.pop(name) for name in unknown} == {"SKIPPED"}
        assert set(told.values()) == {"OK"}

    def test_for_people(self, world: World) -> None:
        done = self.run(
            world, rate_limit_storage=f"redis://:s3cret-of-redis@127.0.0.1:{closed_port()}"
        )
        assert done.returncode == 1
        assert done.stderr == ""
        assert "\nFAILED   redis             Redis does not answer (" in done.stdout
        assert done.stdout.endswith("\n1 FAILED, 1 WARNING, 20 OK, 4 SKIPPED.\n")
        for secret in (PASSWORD, BACKUP_KEY, "s3cret-of-redis", "secret%2Fwith", "secret/with"):
            assert secret not in done.stdout

    def test_settings_that_cannot_be_read(self, world: World) -> None:
        done = self.run(world, port="none")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("STORE_PLATFORM_PORT: ")
