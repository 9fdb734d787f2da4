"""How the doctor runs its checks and reports them, and the checks that ask nobody."""

import asyncio
import json
import smtplib
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.doctor.checks.admission import check_admission
from app.doctor.checks.certificate import check_host_certificate
from app.doctor.checks.clocks import check_cluster_clock, check_database_clock
from app.doctor.checks.database import check_database
from app.doctor.checks.kubernetes import check_kubernetes
from app.doctor.checks.mail import check_mail
from app.doctor.checks.names import check_host, check_names
from app.doctor.checks.settings import check_settings
from app.doctor.checks.state import check_state
from app.doctor.checks.storage import check_volumes
from app.doctor.classes import ClassMetadata, StorageClass
from app.doctor.examination import Check, examine
from app.doctor.findings import Finding, Verdict, failed, ok, skipped, warning, worst
from app.doctor.gateways import GatewayName
from app.doctor.installation import Installation
from app.doctor.report import as_json, as_text
from app.doctor.shops import Image, shop_of
from app.doctor.threads import AbandonedThreads
from app.settings import Settings
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import (
    ClusterRejectedError,
    DatabaseUnavailableError,
    NotFoundError,
)
from provisioner.domain.stores import Reason
from tests.simulated_time import in_simulated_time

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
Look = Callable[[Installation], Awaitable[Finding]]


def installed(
    *,
    host: str | None = None,
    is_before_install: bool = False,
    **settings: Any,
) -> Installation:
    return Installation(
        Settings(**settings),
        AsyncExitStack(),
        host=host,
        is_before_install=is_before_install,
        now=lambda: NOW,
        shop_name="doctor-1",
    )


def saying(finding: Finding) -> Look:
    async def look(_: Installation) -> Finding:
        return finding

    return look


def breaking(error: Exception) -> Look:
    async def look(_: Installation) -> Finding:
        raise error

    return look


async def hanging(_: Installation) -> Finding:
    await asyncio.Event().wait()
    raise AssertionError


class TestExamination:
    async def test_what_is_needed_comes_first(self) -> None:
        checks = (
            Check("good", saying(ok("Good."))),
            Check("doubtful", saying(warning("Doubtful.", "Look.")), needs=("good",)),
            Check("after", saying(ok("After.")), needs=("good", "doubtful")),
            Check("bad", saying(failed("Bad.", "Mend it."))),
            Check("behind", saying(ok("Behind.")), needs=("good", "bad")),
            Check("far behind", saying(ok("Far behind.")), needs=("behind",)),
        )
        assert await examine(checks, installed()) == {
            "good": ok("Good."),
            "doubtful": warning("Doubtful.", "Look."),
            "after": ok("After."),
            "bad": failed("Bad.", "Mend it."),
            "behind": skipped("It cannot be looked at: see bad."),
            "far behind": skipped("It cannot be looked at: see behind."),
        }

    async def test_what_the_release_has_is_left_out_before_it_is_there(self) -> None:
        checks = (
            Check("rights", saying(ok("Good.")), is_before_install=False),
            Check("helm", saying(ok("Good."))),
        )
        assert await examine(checks, installed(is_before_install=True)) == {
            "rights": skipped("It is part of the release, which is not installed yet."),
            "helm": ok("Good."),
        }

    @in_simulated_time
    async def test_each_has_its_time(self) -> None:
        checks = (
            Check("hanging", hanging),
            Check("behind", saying(ok("Good.")), needs=("hanging",)),
            Check("quick", saying(ok("Good."))),
        )

        findings = await examine(checks, installed())
        assert findings == {
            "hanging": failed(
                "There was no answer within 8 s.",
                "See that it runs, and that a firewall or network policy lets this machine reach"
                " it.",
            ),
            "behind": skipped("It cannot be looked at: see hanging."),
            "quick": ok("Good."),
        }
        assert asyncio.get_running_loop().time() == pytest.approx(8)

    @in_simulated_time
    async def test_all_together_have_theirs(self) -> None:
        chain = ("0", "1", "2", "3", "4")

        async def slow(_: Installation) -> Finding:
            await asyncio.sleep(7)
            return ok("Good.")

        checks = [
            Check(name, slow, needs=(chain[at - 1],) if at else ()) for at, name in enumerate(chain)
        ]

        findings = await examine(checks, installed())
        verdicts = [finding.verdict for finding in findings.values()]
        assert verdicts == [Verdict.OK] * 2 + [Verdict.FAILED] * 3
        assert findings["4"].seen == "There was no answer within 18 s."
        assert asyncio.get_running_loop().time() == pytest.approx(18)

    async def test_errors_are_findings(self) -> None:
        checks = (
            Check("foreseen", breaking(DatabaseUnavailableError("The database has gone."))),
            Check("unforeseen", breaking(ZeroDivisionError())),
        )
        assert await examine(checks, installed()) == {
            "foreseen": failed(
                "The database has gone.", "Run the doctor again: it went well a moment ago."
            ),
            "unforeseen": failed(
                "The check met an error that it does not know: ZeroDivisionError",
                "Report it, with the version and this line; the other checks are not affected.",
            ),
        }

    async def test_no_secret_is_told(self) -> None:
        installation = installed(
            database_url="postgresql://me:pass%2Fword@db/shops",
            rate_limit_storage="redis://:rediss3cret@there:1",
            smtp_host="mail",
            smtp_username="me",
            smtp_password="smtps3cret",
            metrics_token="metrics-s3cret-token",
            backup_key="backup-s3cret-key",
        )
        told = (
            "pass%2Fword pass/word rediss3cret smtps3cret metrics-s3cret-token backup-s3cret-key"
            " redis://x:unknown-one@host"
        )
        found = await examine([Check("all", breaking(ValueError(told)))], installation)
        assert found["all"].seen == (
            "The check met an error that it does not know: [hidden] [hidden] [hidden] [hidden]"
            " [hidden] [hidden] redis://x:[hidden]@host"
        )


async def test_a_thread_that_hangs_is_left_behind() -> None:
    threads = AbandonedThreads()
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(threads, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await loop.run_in_executor(threads, lambda: 1 / 0)
    ours, theirs = socket.socketpair()
    with ours:
        hangs = threads.submit(theirs.recv, 1)
        threads.shutdown(wait=True)
        assert not hangs.done()
        ours.send(b"x")
        assert hangs.result() == b"x"
        theirs.close()


def test_the_worst_is_told() -> None:
    findings = [ok("A."), warning("B.", "Mend."), ok("C."), warning("D.", "Mend."), skipped("E.")]
    assert worst(findings) == warning("B. D.", "Mend.")
    assert worst([*findings, failed("F.", "Now.")]) == failed("F.", "Now.")


FINDINGS = {
    "helm": ok("helm is there."),
    "names": failed("Not\nfound\x1b.", "Add it."),
    "redis": skipped("None."),
}


def test_for_people() -> None:
    assert as_text(FINDINGS) == (
        "OK       helm   helm is there.\n"
        "FAILED   names  Not found\\x1b.\n"
        "                → Add it.\n"
        "SKIPPED  redis  None.\n"
        "1 FAILED, 0 WARNING, 1 OK, 1 SKIPPED."
    )


def test_for_scripts() -> None:
    assert json.loads(as_json(FINDINGS)) == {
        "healthy": False,
        "checks": [
            {"check": "helm", "verdict": "OK", "seen": "helm is there.", "remedy": ""},
            {
                "check": "names",
                "verdict": "FAILED",
                "seen": "Not\nfound\x1b.",
                "remedy": "Add it.",
            },
            {"check": "redis", "verdict": "SKIPPED", "seen": "None.", "remedy": ""},
        ],
    }


class TestShops:
    def test_everything_that_names_something(self) -> None:
        shop = shop_of(
            "some",
            """
kind: PersistentVolumeClaim
spec: {storageClassName: fast}
---
kind: StatefulSet
spec:
  volumeClaimTemplates: [{spec: {}}]
  template:
    spec:
      initContainers: [{image: a/b:1}]
      containers: [{image: ghcr.io/a/b:1, imagePullPolicy: Never}]
---
---
kind: CronJob
spec: {jobTemplate: {spec: {template: {spec: {containers: [{image: "localhost/c:2"}]}}}}}
---
kind: Ingress
spec: {ingressClassName: traefik}
---
kind: HTTPRoute
spec:
  parentRefs:
    - {name: public, namespace: edge, sectionName: shops}
    - {name: inner, namespace: edge}
    - {name: no-gateway, namespace: edge, kind: Service}
    - {name: of-its-own-namespace}
""",
        )
        assert shop.storage_classes == {"fast", None}
        assert shop.ingress_classes == {"traefik"}
        assert shop.gateways == {
            GatewayName("edge", "public", "shops"),
            GatewayName("edge", "inner"),
        }
        assert shop.images == {
            Image("a/b:1", "IfNotPresent"),
            Image("ghcr.io/a/b:1", "Never"),
            Image("localhost/c:2", "IfNotPresent"),
        }

    @pytest.mark.parametrize(
        ("reference", "registry"),
        [
            ("mysql:8", None),
            ("store-platform/api:1", None),
            ("docker.io/library/mysql:8", "docker.io"),
            ("registry:5000/a:1", "registry:5000"),
            ("localhost/a:1", "localhost"),
        ],
    )
    def test_registries(self, reference: str, registry: str | None) -> None:
        assert Image(reference, "Always").registry == registry


async def wildcard(_: str) -> list[str]:
    return ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]


async def no_such_name(_: str) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


class TestNames:
    SHOPS = "https://{name}.shops.example.com"
    WORDS = "A shop's name is not found: doctor-1.shops.example.com (Name or service not known)."
    REMEDY = (
        "Add a wildcard record to the DNS that leads the names of https://{name}.shops.example.com"
        " to the ingress controller, or set STORE_PLATFORM_WILDCARD_RECORD=false if each shop's"
        " record is made with the shop."
    )

    async def test_found(self) -> None:
        installation = installed(shop_url=self.SHOPS)
        installation.resolve = wildcard
        found = await check_names(installation)
        assert found == ok("A shop's name leads to 192.0.2.1, 192.0.2.2, 192.0.2.3.")
        assert installation.shop_addresses == await wildcard("")

    async def test_not_found(self) -> None:
        installation = installed(shop_url=self.SHOPS)
        installation.resolve = no_such_name
        assert await check_names(installation) == failed(self.WORDS, self.REMEDY)

    @pytest.mark.parametrize(
        "settings", [{"reachability_check": False}, {"ingress": "http://traefik"}]
    )
    async def test_not_found_where_the_platform_does_not_ask(self, settings: Any) -> None:
        installation = installed(shop_url=self.SHOPS, **settings)
        installation.resolve = no_such_name
        assert await check_names(installation) == warning(self.WORDS, self.REMEDY)
        assert installation.shop_addresses == []

    async def test_each_shop_has_its_own(self) -> None:
        installation = installed(shop_url=self.SHOPS, wildcard_record=False)
        installation.resolve = no_such_name
        assert await check_names(installation) == skipped(
            "Each shop's record is made with the shop (STORE_PLATFORM_WILDCARD_RECORD=false), so"
            " there is none to be looked up for one that does not exist."
        )
        # A wildcard that is there all the same is used by the checks that follow.
        installation.resolve = wildcard
        assert (await check_names(installation)).verdict is Verdict.OK

    async def test_of_this_machine(self) -> None:
        installation = installed(ingress="http://traefik")
        installation.resolve = no_such_name
        assert await check_names(installation) == skipped(
            "Browsers find *.localhost on their own machine, and nobody else does."
        )

    async def test_the_host(self) -> None:
        installation = installed(host="platform.example.com")
        installation.resolve = wildcard
        assert await check_host(installation) == ok(
            "platform.example.com leads to 192.0.2.1, 192.0.2.2, 192.0.2.3."
        )
        installation.resolve = no_such_name
        seen = (
            "The platform's own name is not found: platform.example.com (Name or service not"
            " known)."
        )
        remedy = "Add a record to the DNS that leads it to the ingress controller or gateway."
        assert await check_host(installation) == failed(seen, remedy)
        installation.is_before_install = True
        assert await check_host(installation) == warning(seen, remedy)

    async def test_the_host_of_an_address(self) -> None:
        installation = installed(host="https://platform.example.com:8443/")
        installation.resolve = wildcard
        assert (await check_host(installation)).seen.startswith("platform.example.com leads to ")
        assert installation.host_addresses == await wildcard("")

    async def test_no_host(self) -> None:
        assert (await check_host(installed())).verdict is Verdict.SKIPPED
        local = installed(host="platform.store.localhost")
        assert (await check_host(local)).verdict is Verdict.SKIPPED


class TestSettings:
    async def test_as_they_are(self) -> None:
        installation = installed()
        assert await check_settings(installation) == ok(
            "The settings can be read, and there are engines: medusa, woocommerce."
        )
        assert list(installation.catalogue) == ["medusa", "woocommerce"]

    async def test_no_engine(self, tmp_path: Path) -> None:
        found = await check_settings(installed(charts=(tmp_path,)))
        assert found == failed(
            "There is no engine: no folder has an engine.yaml. Set STORE_PLATFORM_CHARTS to the"
            " folder that holds the engines.",
            "Mend it: the service does not start before.",
        )

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("https://shops.test", "All shops would have the address https://shops.test."),
            ("https://{shop}.test", "The shops' address https://{shop}.test cannot be filled in."),
        ],
    )
    async def test_one_address_for_all(self, url: str, words: str) -> None:
        assert await check_settings(installed(shop_url=url)) == failed(
            words,
            "Set STORE_PLATFORM_SHOP_URL to an address such as https://{name}.shops.example.com.",
        )

    async def test_values_of_no_engine(self, tmp_path: Path) -> None:
        (tmp_path / "woocomerce.yaml").touch()
        (tmp_path / "medusa.yaml").touch()
        assert await check_settings(installed(chart_values=tmp_path)) == warning(
            "No engine has the values in woocomerce.yaml: they change nothing.",
            "Name the files after engines: medusa, woocommerce.",
        )

    async def test_no_values(self, tmp_path: Path) -> None:
        missing = tmp_path / "missing"
        assert await check_settings(installed(chart_values=missing)) == warning(
            f"There is no folder {missing}: every engine's own values hold.",
            "Set STORE_PLATFORM_CHART_VALUES to the folder with <engine>.yaml.",
        )


def listed(folder: Path) -> list[Path]:
    return list(folder.iterdir())


class TestState:
    async def test_nothing_is_left_behind(self, tmp_path: Path) -> None:
        installation = installed(
            state_dir=tmp_path / "a" / "b", database_url=f"sqlite:///{tmp_path}/c/d.db"
        )
        assert (await check_state(installation)).verdict is Verdict.OK
        assert listed(tmp_path) == []

    async def test_a_folder_that_is_none(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        installation = installed(state_dir=file, database_url="postgresql://db/shops")
        assert await check_state(installation) == failed(
            f"{file} cannot be written to: Not a directory.",
            f"Let the user of this process write to {file}.",
        )

    @pytest.mark.parametrize(
        ("free", "verdict"),
        [(63, Verdict.FAILED), (64, Verdict.WARNING), (511, Verdict.WARNING), (512, Verdict.OK)],
    )
    async def test_room(
        self, free: int, verdict: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = SimpleNamespace(free=free << 20)
        monkeypatch.setattr("app.doctor.checks.state.shutil.disk_usage", lambda _: usage)
        installation = installed(state_dir=tmp_path, database_url="postgresql://db/shops")
        found = await check_state(installation)
        remedy = "" if verdict is Verdict.OK else "Make room on its disk."
        assert found == Finding(verdict, f"{tmp_path} has {free} MiB free.", remedy)


class TestProblems:
    """What the errors of a start say is told once, with their remedy where remedies are."""

    async def test_no_kubeconfig(self, tmp_path: Path) -> None:
        file = tmp_path / "missing"
        assert await check_kubernetes(installed(kubeconfig=file)) == failed(
            f"The kubeconfig {file} cannot be used: There is no file {file}.",
            "Set STORE_PLATFORM_KUBECONFIG to a file that `kubectl` can use.",
        )

    async def test_no_database(self) -> None:
        url = "postgresql://me@127.0.0.1:1/shops"
        found = await check_database(installed(database_url=url))
        assert found.verdict is Verdict.FAILED
        assert found.seen.startswith("The database at 127.0.0.1:1/shops cannot be used: ")
        assert found.seen.endswith(".")
        assert not found.seen.endswith("..")
        assert found.remedy == "Check that it runs, and the database URL."
        assert "Check" not in found.seen


class TestHostCertificate:
    """Where nobody can be asked; the rest is in the integration tests, with real servers."""

    @pytest.mark.parametrize(
        ("host", "seen"),
        [
            (
                "platform.test",
                "Name the platform's address with --host https://… to have it looked at.",
            ),
            ("http://platform.test", "The platform has plain http."),
            (
                "https://platform.test",
                "No certificate is shown for platform.test, whose address is not known yet.",
            ),
        ],
    )
    async def test_nothing_to_ask(self, host: str, seen: str) -> None:
        installation = installed(host=host)
        installation.host_addresses = []
        assert await check_host_certificate(installation) == skipped(seen)


class ApiWithClock:
    """An API server whose clock differs from ours."""

    def __init__(self, apart: timedelta) -> None:
        self.clock = SimpleNamespace(now=lambda: NOW + apart)


class TestClocks:
    REMEDY = "Have NTP set the clocks of this machine and of that one."

    @pytest.mark.parametrize(
        ("seconds", "finding"),
        [
            (5, ok("The API server's clock and ours are less than 5 s apart.")),
            (-5, ok("The API server's clock and ours are less than 5 s apart.")),
            (6, warning("The API server's clock is 6 s ahead of ours.", REMEDY)),
            (-60, warning("The API server's clock is 60 s behind ours.", REMEDY)),
            (61, failed("The API server's clock is 61 s ahead of ours.", REMEDY)),
        ],
    )
    async def test_apart(self, seconds: int, finding: Finding) -> None:
        installation = installed()
        installation.api = ApiWithClock(timedelta(seconds=seconds))  # type: ignore[assignment]
        assert await check_cluster_clock(installation) == finding

    async def test_sqlite_has_none(self) -> None:
        installation = installed()
        installation.database = SimpleNamespace(is_sqlite=True)  # type: ignore[assignment]
        assert await check_database_clock(installation) == skipped(
            "SQLite has this machine's clock."
        )


class ApiThatSays:
    """An API server that answers every request with the same, or refuses it."""

    def __init__(self, answer: bytes | Exception) -> None:
        self._answer = answer

    async def call(self, *_: object, **__: object) -> bytes:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def refusal(words: str) -> ClusterRejectedError:
    return ClusterRejectedError(Reason(ReasonCode.CLUSTER_REFUSED, words), status=403, words=words)


class TestAdmission:
    async def look(self, answer: bytes | Exception, role: str | None = "role") -> Finding:
        installation = installed(store_role=role)
        installation.api = ApiThatSays(answer)  # type: ignore[assignment]
        return await check_admission(installation)

    async def test_no_policy(self) -> None:
        assert await self.look(b"{}") == warning(
            "No admission policy keeps the account to the stores' namespaces: who steals it can"
            " read every Secret of the cluster.",
            "Install the policy of charts/store-platform (serviceAccount.onlyInStores), with its"
            " binding.",
        )

    async def test_refused_by_a_policy(self) -> None:
        error = refusal("ValidatingAdmissionPolicy 'store-platform' with binding … denied request")
        assert await self.look(error) == ok(
            "An admission policy keeps the account to the stores' namespaces."
        )

    async def test_refused_for_want_of_the_right(self) -> None:
        found = await self.look(refusal("namespaces is forbidden"))
        assert found == skipped("Whether an admission policy is bound is not known: see rights.")

    async def test_an_account_with_its_rights_everywhere(self) -> None:
        found = await self.look(AssertionError("nothing is asked"), role=None)
        assert found.verdict is Verdict.SKIPPED


def class_of(provisioner: str, *, can_grow: bool = True) -> StorageClass:
    return StorageClass(provisioner, ClassMetadata("fast"), allow_volume_expansion=can_grow)


class TestVolumes:
    REMEDY = "Watch the nodes' disks, or use a driver that enforces sizes and expands volumes."
    GROWS = "Volumes of the StorageClass fast (csi.test) can grow."

    async def look(self, found: StorageClass, snapshots: bytes | Exception) -> Finding:
        installation = installed()
        installation.storage_classes = [found]
        installation.api = ApiThatSays(snapshots)  # type: ignore[assignment]
        return await check_volumes(installation)

    @pytest.mark.parametrize(
        ("snapshots", "told"),
        [
            (b'{"items": [{"driver": "csi.test"}]}', " Snapshots can be made of them."),
            (b'{"items": [{"driver": "other"}]}', " Snapshots cannot be made of them."),
            (NotFoundError("no such kind"), " Snapshots cannot be made of them."),
            (refusal("forbidden"), ""),
        ],
    )
    async def test_good_ones(self, snapshots: bytes | Exception, told: str) -> None:
        assert await self.look(class_of("csi.test"), snapshots) == ok(self.GROWS + told)

    async def test_those_of_k3s(self) -> None:
        found = await self.look(
            class_of("rancher.io/local-path", can_grow=False), NotFoundError("no such kind")
        )
        assert found == warning(
            "Volumes of the StorageClass fast (rancher.io/local-path) do not hold a shop to their"
            " size: one shop can fill the node's disk for all. They cannot grow: a shop that has"
            " filled its volume stays as it is.",
            self.REMEDY,
        )


class TestMail:
    HOST = "maildev.mail.svc.cluster.local"

    @pytest.fixture(autouse=True)
    def nobody_is_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(smtplib, "SMTP", refuse)
        monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    async def test_a_name_within_the_cluster_is_not_looked_up_outside(self) -> None:
        assert await check_mail(installed(smtp_host=self.HOST)) == skipped(
            f"{self.HOST}:587 is a name within the cluster, which this machine does not know. Run"
            " the doctor in a pod of the API to have it looked at."
        )

    async def test_in_a_pod_it_has_to_be_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
        assert (await check_mail(installed(smtp_host=self.HOST))).verdict is Verdict.FAILED

    async def test_a_public_name_has_to_be_known_everywhere(self) -> None:
        found = await check_mail(installed(smtp_host="smtp.example.com"))
        assert found.verdict is Verdict.FAILED
