"""The whole service as its own process, the way users run it."""

import asyncio
import base64
import os
import signal
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from gql import Client, gql
from gql.client import AsyncClientSession
from gql.transport.httpx import HTTPXTransport
from gql.transport.websockets import WebsocketsTransport

from app.local.cluster import LocalCluster, tools
from app.local.cluster.ports import free_port
from provisioner.domain.clock import SystemClock
from provisioner.domain.identities import Role
from provisioner.domain.owners import COMMAND_LINE, local
from provisioner.storage.database import Database, Transaction
from provisioner.storage.migrations import migrate
from provisioner.storage.sign_in_codes import SignInCodes
from provisioner.storage.tokens import TokenRepository
from tests import forked
from tests.forked import Process

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 120.0  # on a busy machine
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of httpx that ask over plain HTTP: without it, each loads the public authorities
first, which takes 30 ms of CPU time and more."""


class _Websocket(WebsocketsTransport):
    """A websocket that is closed when it is given up before the service has acknowledged it.

    gql leaves such a one open (4.4.0, ``transport/common/base.py``), and Python warns of the socket
    in whatever test runs when it is collected.
    """

    async def connect(self) -> None:
        try:
            await super().connect()
        except BaseException:
            await self.adapter.close()
            raise


@dataclass
class Service:
    """A service with its own database, on a port of its own.

    The database is a file, unless the settings name another.
    """

    folder: Path
    cluster: LocalCluster
    settings: dict[str, str] = field(default_factory=dict)
    program: Sequence[str] = ("app", "serve")
    """The Python module that is run, and its arguments."""
    is_forked: bool = False
    """Whether it is forked by a process that has imported it, which takes a quarter of the CPU."""
    process: Process | None = None

    def __post_init__(self) -> None:
        self.port = free_port()

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "STORE_PLATFORM_PORT": str(self.port),
            "STORE_PLATFORM_DATABASE_URL": f"sqlite:///{self.folder}/platform.db",
            "STORE_PLATFORM_STATE_DIR": str(self.folder / "state"),
            "STORE_PLATFORM_KUBECONFIG": str(self.cluster.kubeconfig),
            "STORE_PLATFORM_HELM": str(tools.ensure_helm()),
            "STORE_PLATFORM_REACHABILITY_CHECK": "false",
            # Everything here comes from one address, and much of it within a minute.
            "STORE_PLATFORM_MUTATION_RATE_PER_CALLER": "100000/minute",
            "STORE_PLATFORM_MUTATION_RATE_PER_ADDRESS": "100000/minute",
            "STORE_PLATFORM_FAILED_SIGN_IN_RATE": "100000/minute",
            "STORE_PLATFORM_ANONYMOUS_OPERATION_RATE": "100000/minute",
            "STORE_PLATFORM_ANONYMOUS_PAGE_RATE": "100000/minute",
            **self.settings,
        }

    @property
    def database_url(self) -> str:
        return self.environment["STORE_PLATFORM_DATABASE_URL"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "service.log"

    def start(self, *, wait_until_ready: bool = True) -> None:
        with self.log.open("ab") as log:
            run = forked.start if self.is_forked else forked.start_anew
            self.process = run(self.program, self.environment, stdout=log, stderr=log)
        self.await_page("/readyz" if wait_until_ready else "/livez")

    def await_page(self, path: str) -> None:
        """Wait until a page of the started service answers 200."""
        assert self.process is not None
        deadline = time.monotonic() + _START_SECONDS
        while self.status(path)[0] != 200:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, (self.status(path), self.log.read_text())
            time.sleep(0.05)

    def await_words(self, path: str, words: str) -> tuple[int, str]:
        """Wait until a page has these words in it; return its HTTP status and body."""
        deadline = time.monotonic() + _START_SECONDS
        while words not in (said := self.status(path))[1]:
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
        return said

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=60)
            self.process = None

    def status(self, path: str) -> tuple[int, str]:
        """Return a page's HTTP status and body; 0 when nothing answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def token(self, owner: str, role: str = "operator", *, seconds: float | None = None) -> str:
        """Return a new token: what the command line does, without a process for each."""
        url = self.database_url
        is_new = self.process is None  # else the service has made the tables
        with ThreadPoolExecutor(1) as thread:  # a test may have an event loop of its own
            return thread.submit(
                asyncio.run, _issue(url, owner, Role(role.upper()), seconds, is_new=is_new)
            ).result()

    def code(self, token: str, *, seconds: float = 600) -> str:
        """Return a one-time code that signs in as a token's owner, without a process for each."""
        with ThreadPoolExecutor(1) as thread:  # see token
            return thread.submit(asyncio.run, _code(self.database_url, token, seconds)).result()

    def link(self, token: str, page: str) -> str:
        """Return a link to a page that signs in as a token's owner, once: the command line's."""
        program = ("app", "token", "link", page)
        done = forked.run(program, self.environment, given=token, seconds=_START_SECONDS)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def sql(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Run a statement in the service's database, beside the service; return the rows."""
        (rows,) = self.sql_each(statement, **values)
        return rows

    def sql_each(self, *statements: str, **values: object) -> list[list[tuple[Any, ...]]]:
        """Run statements one after the other, over one connection; return the rows of each."""
        with ThreadPoolExecutor(1) as thread:  # see token
            work = _sql(self.database_url, statements, values)
            return thread.submit(asyncio.run, work).result()

    def admin_password(self, namespace: str) -> str:
        """Return the password of a shop's administrator, from the cluster's Secret."""
        secret = self.cluster.kubectl_json("-n", namespace, "get", "secret", "store-credentials")
        return base64.b64decode(secret["data"]["admin-password"]).decode()

    def http(self, token: str) -> Client:
        headers = {"Authorization": f"Bearer {token}"}
        # httpx' 5 seconds pass on a busy machine.
        return Client(
            transport=HTTPXTransport(
                url=f"{self.url}/graphql",
                headers=headers,
                timeout=_START_SECONDS,
                verify=NO_TLS,
            )
        )

    def websocket(self, token: str) -> Client:
        return Client(
            transport=_Websocket(
                url=f"ws://127.0.0.1:{self.port}/graphql",
                subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
                init_payload={"authorization": f"Bearer {token}"},
                # gql's 10 seconds pass while commands that tests run hold up their event loop.
                connect_timeout=_START_SECONDS,
                ack_timeout=_START_SECONDS,
            )
        )

    def execute(self, token: str, document: str, **variables: Any) -> dict[str, Any]:
        """Run a query or mutation over HTTP."""
        request = gql(document)
        request.variable_values = variables
        result: dict[str, Any] = self.http(token).execute(request)
        return result

    def create(self, token: str, name: str, **more: Any) -> dict[str, Any]:
        """Create a WooCommerce store; return the payload."""
        given = {"name": name, "engine": "woocommerce", **more}
        payload: dict[str, Any] = self.execute(token, CREATE, input=given)["createStore"]
        return payload

    def delete(self, token: str, store_id: str) -> dict[str, Any]:
        payload: dict[str, Any] = self.execute(token, DELETE, input={"id": store_id})["deleteStore"]
        return payload


async def _sql(
    url: str, statements: Sequence[str], values: dict[str, object]
) -> list[list[tuple[Any, ...]]]:
    database = Database(url)
    await database.connect()
    try:
        found = [
            await database.transact(partial(_fetch, statement=statement, values=values))
            for statement in statements
        ]
    finally:
        await database.close()
    return [[tuple(row.values()) for row in rows] for rows in found]


async def _fetch(
    transaction: Transaction, statement: str, values: dict[str, object]
) -> Sequence[Mapping[str, Any]]:
    return await transaction.fetch_all(statement, values)


async def _issue(url: str, owner: str, role: Role, seconds: float | None, *, is_new: bool) -> str:
    if is_new:
        await migrate(url)
    database = Database(url)
    await database.connect()
    try:
        tokens, clock = TokenRepository(database, SystemClock()), SystemClock()
        expires_at = None if seconds is None else clock.now() + timedelta(seconds=seconds)
        return (
            await tokens.issue(local(owner), role, expires_at=expires_at, maker=COMMAND_LINE)
        ).secret
    finally:
        await database.close()


async def _code(url: str, secret: str, seconds: float) -> str:
    database, clock = Database(url), SystemClock()
    await database.connect()
    try:
        tokens = TokenRepository(database, clock)
        line = await tokens.find(secret)
        assert line is not None
        return await SignInCodes(database, tokens, clock).create(
            line.token, lifetime=timedelta(seconds=seconds), session=timedelta(days=1)
        )
    finally:
        await database.close()


CREATE = """mutation ($input: CreateStoreInput!) {
  createStore(input: $input) { store { id name status } errors { code field message } } }"""
DELETE = """mutation ($input: DeleteStoreInput!) {
  deleteStore(input: $input) { store { id status } errors { code field message } } }"""
FOLLOW = """subscription ($id: ID!, $after: Int) { storeStatus(id: $id, after: $after) {
  version
  events { version kind subject status message }
  store { status target reason { code message } diagnostics { namespace release }
          steps { name status message output } pods { name component status isReady } } } }"""


async def follow(
    session: AsyncClientSession, store_id: str, *, until: set[str], after: int | None = None
) -> list[dict[str, Any]]:
    """Return a store's updates up to and including the first in a status of ``until``."""
    request = gql(FOLLOW)
    request.variable_values = {"id": store_id, "after": after}
    updates: list[dict[str, Any]] = []
    async for frame in session.subscribe(request):
        updates.append(frame["storeStatus"])
        if updates[-1]["store"]["status"] in until:
            break
    return updates


def events_of(updates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all events of the updates, in the order in which they came."""
    return [event for update in updates for event in update["events"]]
