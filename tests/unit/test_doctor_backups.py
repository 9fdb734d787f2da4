"""What the doctor says of backups: of what is in the cluster for them, and of their server."""

import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from app.doctor.checks.backup_server import check_backup_server
from app.doctor.checks.backups import check_backups
from app.doctor.checks.rights import Right, rights_for
from app.doctor.findings import Finding, Verdict, failed, ok, skipped, warning
from app.doctor.installation import Installation, Resolve
from app.settings import Settings
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterRejectedError, NotFoundError
from provisioner.domain.stores import Reason

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOST = "backups.store-platform.svc"
PLACE = f"{HOST}:8000"
ACCOUNTS = "/api/v1/namespaces/platform/secrets/accounts"
REMOVAL = "/api/v1/namespaces/platform/secrets/removal"
CRON_JOB = "/apis/batch/v1/namespaces/platform/cronjobs/removal"
NO_BACKUPS = skipped("No backups of stores are made (STORE_PLATFORM_BACKUP_REPOSITORY is unset).")
UPGRADE = (
    "Upgrade the platform's release with backups.enabled: its Role and its admission policy let the"
    " platform use it."
)
RUNS = (
    "See that it runs and that network policies let this machine reach it, or mend"
    " STORE_PLATFORM_BACKUP_REPOSITORY. At its first start it takes up to two minutes to hear of"
    " its accounts."
)


class ApiWithObjects:
    """An API server that has an object at each path, or raises; it remembers what was written."""

    def __init__(self, **status: str) -> None:
        self.there: dict[str, dict[str, Any]] = {
            ACCOUNTS: {"data": {"htpasswd": ""}},
            REMOVAL: {},
            CRON_JOB: {"spec": {"jobTemplate": {}}, "status": status},
        }
        self.refusal: Exception | None = None
        self.written: list[tuple[str, str, object, object]] = []

    async def call(
        self, method: str, path: str, *, query: object = None, body: object = None
    ) -> bytes:
        if path not in self.there:
            raise NotFoundError(path)
        if method != "GET":
            self.written.append((method, path, query, body))
            if self.refusal is not None:
                raise self.refusal
        return msgspec.json.encode(self.there[path])


def refusal(status: int, words: str) -> ClusterRejectedError:
    reason = Reason(ReasonCode.CLUSTER_REFUSED, words)
    return ClusterRejectedError(reason, status=status, words=words)


def installed(api: ApiWithObjects | None = None, **changes: Any) -> Installation:
    given = {
        "backup_repository": f"rest:http://{PLACE}",
        "backup_key": "k" * 32,
        "backup_accounts": "platform/accounts",
        "backup_removal": "platform/removal",
        **changes,
    }
    installation = Installation(Settings(**given), AsyncExitStack(), now=lambda: NOW)
    installation.api = api or ApiWithObjects()  # type: ignore[assignment]
    return installation


async def test_none_are_made() -> None:
    installation = installed(backup_repository=None)
    assert await check_backups(installation) == NO_BACKUPS
    assert await check_backup_server(installation) == NO_BACKUPS


class TestInTheCluster:
    SECRETS = (
        "The Secret platform/accounts can be used. The Secret platform/removal can be used. The"
        " CronJob platform/removal"
    )

    async def test_only_dry_runs_are_made(self) -> None:
        api = ApiWithObjects()
        found = await check_backups(installed(api))
        assert found == ok(f"{self.SECRETS} removes old backups, and has not run yet.")
        dry_run = [("dryRun", "All")]
        assert api.written == [("PATCH", path, dry_run, {}) for path in (ACCOUNTS, REMOVAL)]

    async def test_nothing_removes_them(self) -> None:
        api = ApiWithObjects()
        found = await check_backups(installed(api, backup_removal=None))
        assert found == ok("The Secret platform/accounts can be used.")

    @pytest.mark.parametrize(
        ("ago", "succeeded", "told"),
        [
            (10, 9, "removed old backups last at 2026-11-29 03:00 UTC."),
            (7, 31, "was last started at 2026-11-29 05:00 UTC, and may be at it."),
        ],
    )
    async def test_a_run_that_is_well(self, ago: int, succeeded: int, told: str) -> None:
        found = await check_backups(installed(ApiWithObjects(**status(ago, succeeded))))
        assert found.verdict is Verdict.OK
        assert found.seen.endswith(told)

    @pytest.mark.parametrize("succeeded", [32, None])
    async def test_a_run_that_has_failed(self, succeeded: int | None) -> None:
        found = await check_backups(installed(ApiWithObjects(**status(8, succeeded))))
        assert found == warning(
            "The CronJob platform/removal, which removes old backups, was last started at"
            " 2026-11-29 04:00 UTC and has not succeeded since.",
            "See the log of its Jobs' pods, or their events if there are none; the next run does"
            " it all again.",
        )

    @pytest.mark.parametrize(
        ("path", "told", "setting"),
        [
            (
                ACCOUNTS,
                "There is no Secret platform/accounts: no shop is given an account at the server.",
                "STORE_PLATFORM_BACKUP_ACCOUNTS",
            ),
            (
                REMOVAL,
                "There is no Secret platform/removal: no old backup is removed.",
                "STORE_PLATFORM_BACKUP_REMOVAL",
            ),
            (
                CRON_JOB,
                "There is no CronJob platform/removal: no old backup is removed.",
                "STORE_PLATFORM_BACKUP_REMOVAL",
            ),
        ],
    )
    async def test_something_is_missing(self, path: str, told: str, setting: str) -> None:
        api = ApiWithObjects()
        del api.there[path]
        assert await check_backups(installed(api)) == failed(
            told,
            "Upgrade the platform's release with backups.enabled, which makes it, or name another"
            f" in {setting}.",
        )

    async def test_a_policy_that_forbids_it(self) -> None:
        api = ApiWithObjects()
        api.refusal = refusal(403, "ValidatingAdmissionPolicy 'p' denied request: No.")
        found = await check_backups(installed(api, backup_removal=None))
        assert found == failed(
            "The platform cannot use the Secret platform/accounts (ValidatingAdmissionPolicy 'p'"
            " denied request: No): no shop is given an account at the server.",
            UPGRADE,
        )

    async def test_a_webhook_that_knows_no_dry_runs(self) -> None:
        """It would be asked before each write, and is not: nothing is known of it."""
        api = ApiWithObjects()
        api.refusal = refusal(400, 'admission webhook "w" does not support dry run')
        assert (await check_backups(installed(api))).verdict is Verdict.OK


def status(started: int, succeeded: int | None) -> dict[str, str]:
    """Return a CronJob's status, by the hours since it started and succeeded last."""
    found = {"lastScheduleTime": started, "lastSuccessfulTime": succeeded}
    return {
        name: (NOW - timedelta(hours=hours)).isoformat()
        for name, hours in found.items()
        if hours is not None
    }


async def nobody(_: str) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def somebody(_: str) -> list[str]:
    return ["10.96.0.7"]


class TestServer:
    @pytest.fixture(autouse=True)
    def outside(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    @pytest.fixture
    def look(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
        async def look(
            answer: int | Exception,
            api: ApiWithObjects | None = None,
            resolve: Resolve = nobody,
            **changes: Any,
        ) -> Finding:
            def answered(request: httpx.Request) -> httpx.Response:
                assert "Authorization" not in request.headers
                if isinstance(answer, Exception):
                    raise answer
                return httpx.Response(answer)

            transport = httpx.MockTransport(answered)
            monkeypatch.setattr(
                Installation, "http", lambda _: httpx.AsyncClient(transport=transport)
            )
            installation = installed(api, **changes)
            installation.resolve = resolve
            return await check_backup_server(installation)

        return look

    async def test_it_asks_for_an_account(self, look: Callable[..., Any]) -> None:
        good = ok(f"The server for backups {PLACE} answers, and asks for an account.")
        assert await look(401) == good
        # What is in the address is for restic, and shown to nobody.
        assert await look(401, backup_repository=f"rest:http://me:s3cret@{PLACE}") == good

    async def test_something_else_answers(self, look: Callable[..., Any]) -> None:
        assert await look(404) == warning(
            f"The server for backups {PLACE} answers with 404, where rest-server asks for an"
            " account (401).",
            "Have rest-server ask for accounts (--htpasswd-file, --private-repos, no --no-auth), or"
            " mend STORE_PLATFORM_BACKUP_REPOSITORY if something else answers there.",
        )

    async def test_it_is_behind_a_proxy_and_away(self, look: Callable[..., Any]) -> None:
        assert await look(503) == failed(
            f"The server for backups {PLACE} answers with 503: no backup is made.", RUNS
        )

    async def test_a_name_within_the_cluster_is_not_looked_up_outside(
        self, look: Callable[..., Any]
    ) -> None:
        assert await look(httpx.ConnectError("Name or service not known")) == skipped(
            f"{PLACE} is a name within the cluster, which this machine does not know. Run the"
            " doctor in a pod of the API to have it looked at."
        )

    @pytest.mark.parametrize(
        ("place", "resolve", "is_pod"),
        [(PLACE, nobody, True), (PLACE, somebody, False), ("b.example.com", nobody, False)],
        ids=["in a pod", "by a VPN", "a public name"],
    )
    async def test_it_does_not_answer(
        self,
        look: Callable[..., Any],
        monkeypatch: pytest.MonkeyPatch,
        *,
        place: str,
        resolve: Resolve,
        is_pod: bool,
    ) -> None:
        if is_pod:
            monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
        found = await look(
            httpx.ConnectTimeout(""), resolve=resolve, backup_repository=f"rest:http://{place}/a"
        )
        assert found == failed(
            f"The server for backups {place} does not answer (ConnectTimeout): no backup is made.",
            RUNS,
        )

    async def test_it_waits_for_its_accounts(self, look: Callable[..., Any]) -> None:
        api = ApiWithObjects()
        api.there[ACCOUNTS] = {}
        found = await look(httpx.ConnectError("refused"), api, resolve=somebody)
        assert found == skipped(
            f"The server for backups {PLACE} waits for its accounts, which the platform writes once"
            " it has started.",
            "Run the doctor again two minutes after the platform's start. If it says the same, see"
            " backup_accounts_not_written in its log.",
        )
        assert api.written == []


class TestRights:
    def test_in_words(self) -> None:
        assert str(Right("patch", "", "secrets", "a", "platform")) == "patch secrets platform/a"
        assert str(Right("bind", "g", "clusterroles", "a")) == "bind clusterroles.g a"
        assert str(Right("get", "", "pods/log")) == "get pods/log"

    def test_nothing_is_asked_for_where_nothing_removes_backups(self) -> None:
        backups = installed(backup_removal=None).settings.backups()
        more = set(rights_for("role", backups)) - set(rights_for("role", None))
        assert more == {
            Right(verb, "", "secrets", "accounts", "platform") for verb in ("get", "patch")
        }
