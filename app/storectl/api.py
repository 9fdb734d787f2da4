"""Calls the platform's API, and turns every failure into one of storectl's errors."""

import asyncio
import random
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import httpx
from gql import Client, GraphQLRequest
from gql.transport.exceptions import (
    TransportError,
    TransportQueryError,
    TransportServerError,
)
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import FieldNode, OperationDefinitionNode
from websockets.exceptions import ConnectionClosed, WebSocketException

from app.storectl import documents, rollout_documents
from app.storectl.account import Account
from app.storectl.errors import (
    LocalError,
    NoSuchStoreError,
    NotSignedInError,
    Problem,
    RefusedError,
    StorectlError,
    UnreachableError,
    refuse,
)
from app.storectl.proxies import proxy_for

Data = dict[str, Any]

_TIMEOUT_SECONDS = 30.0
_MOST_SAID = 300  # characters: a proxy may answer in the platform's place with a whole page
_PAGE = 100  # the most stores that the API returns in one page
_PAUSE_SECONDS = (0.5, 10.0)  # before a new connection: the first pause, and the longest
_PATIENCE_SECONDS = 300.0  # for which a watch tries to reconnect
_UNAUTHORIZED, _TOO_MANY = 401, 429
_REJECTED = 4403  # the close code of a websocket whose token is invalid, or has become so
_SIGN_IN = "The token is not valid, or no longer valid. Run `storectl login` with another token."


class Api:
    """Calls the API of one platform for one signed-in user."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def execute(self, document: str, **variables: Any) -> Data:
        """Run a query or mutation, and return its data. Raises StorectlError."""
        transport = HTTPXAsyncTransport(
            url=self._account.http_url,
            headers={"Authorization": f"Bearer {self._account.token}"},
            timeout=_TIMEOUT_SECONDS,
            proxy=proxy_for(self._account.url),
            verify=self._tls(),
            # httpx would read the proxies from the environment in its own way: see ``proxies``.
            trust_env=False,
        )
        request = _request(document, variables)
        try:
            async with Client(transport=transport, execute_timeout=None) as session:
                data: Data | None = await session.execute(request)
        except AssertionError:  # gql raises it when both ``data`` and ``errors`` are null
            data = None
        except (TransportError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._told(error) from error
        # Another server may answer with JSON as well, even with a field ``data``.
        if not isinstance(data, dict) or not _asked_for(request) <= data.keys():
            raise UnreachableError(
                f"The server at {self._account.url} is something else than a store platform."
                " Check the address."
            )
        return data

    async def change(self, mutation: str, /, **values: Any) -> Data:
        """Run a mutation on a store, and return the store.

        Raises RefusedError or NoSuchStoreError with the messages of the payload's errors.
        """
        payload = (await self.execute(documents.mutation(mutation), input=values))["payload"]
        refuse(payload["errors"])
        return dict(payload["store"])

    async def store(self, key: str) -> Data:
        """Return the store with this id or name; a deleted store has only its id.

        Raises NoSuchStoreError.
        """
        # No name can look like an id, because names have no underscore.
        is_id = key.startswith("store_")
        document = documents.STORE_BY_ID if is_id else documents.STORE_BY_NAME
        store = (await self.execute(document, key=key))["store"]
        if store is None:
            hint = "" if is_id else " If it is already deleted, use its id."
            raise NoSuchStoreError(f"You have no store {key}.{hint}")
        return dict(store)

    async def engines(self) -> list[Data]:
        """Return the engines that the platform offers."""
        return list((await self.execute(documents.ENGINES))["engines"])

    async def stores(self, **wanted: object) -> list[Data]:
        """Return all stores that match the filter, ordered by name."""
        return await self.connection("stores", documents.STORES, first=_PAGE, filter=wanted)

    async def tokens(self, *, include_revoked: bool) -> list[Data]:
        """Return the access tokens that the user may see."""
        return await self.connection("tokens", documents.TOKENS, includeRevoked=include_revoked)

    async def events(self, store_id: str) -> list[Data]:
        """Return all events of a store, oldest first."""
        return await self.connection("store events", documents.EVENTS, id=store_id)

    async def operations(self, store_id: str) -> list[Data]:
        """Return everything that was done with a store, newest first, with its steps."""
        return await self.connection("store operations", documents.OPERATIONS, id=store_id)

    async def backups(self, store_id: str) -> list[Data]:
        """Return all backups of a store, newest first."""
        return await self.connection("store backups", documents.BACKUPS, id=store_id, first=_PAGE)

    async def backup(self, key: str, number: int | None) -> Data:
        """Return the backup with this number of a store, by the store's id or name.

        None stands for the newest. Raises NoSuchStoreError, and RefusedError if there is no such
        backup.
        """
        for backup in await self.backups((await self.store(key))["id"]):
            if number in (None, backup["number"]):
                return backup
        which = "no backup" if number is None else f"no backup {number}"
        message = f"There is {which} of {key}. List those that there are: storectl backups {key}"
        raise RefusedError(message, [Problem("BACKUP_UNKNOWN", message)])

    async def way_back(self, store_id: str) -> Data | None:
        """Return the backup of a shop as it was before it got its present version, or None."""
        store = (await self.execute(documents.WAY_BACK, id=store_id))["store"]
        return store["wayBack"] if store else None

    async def change_backup(self, mutation: str, key: str, number: int | None) -> Data:
        """Run a mutation on a backup of a store, as in ``backup``, and return the backup.

        Raises NoSuchStoreError, and RefusedError if there is no such backup, or with the messages
        of the payload's errors.
        """
        given = {"id": (await self.backup(key, number))["id"]}
        payload = (await self.execute(documents.backup_mutation(mutation), input=given))["payload"]
        refuse(payload["errors"])
        return dict(payload["backup"])

    async def follow(
        self, store_id: str, *, after: int | None, on_lost: Callable[[], None]
    ) -> AsyncGenerator[Data, None]:
        """Yield a store's updates until it is deleted, and reconnect when a connection is lost.

        A new connection resumes after the last update, so that no update is missed or repeated.
        ``on_lost`` is called once when a connection is lost, and again only after a next update.
        Raises UnreachableError when no connection could be made for five minutes.
        """
        seen = after
        updates = _kept_up(lambda: self._updates(store_id, seen), on_lost)
        async with aclosing(updates) as stream:
            async for update in stream:
                seen = update["version"]
                yield update

    def follow_rollout(
        self, rollout_id: str, *, on_lost: Callable[[], None]
    ) -> AsyncGenerator[Data, None]:
        """Yield the states of a rollout, and reconnect as ``follow``.

        A new connection begins with the present state, even if that was yielded before.
        """
        return _kept_up(lambda: self._rollout_states(rollout_id), on_lost)

    async def connection(self, path: str, document: str, **variables: object) -> list[Data]:
        """Return the nodes on all pages of a connection.

        ``path`` names the fields that lead to the connection, separated by spaces.
        """
        nodes: list[Data] = []
        after = None
        while True:
            page: Any = await self.execute(document, after=after, **variables)
            for name in path.split():
                page = page[name]
                if page is None:
                    return nodes  # for example, the store's record was removed between two pages
            nodes += [edge["node"] for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                return nodes
            after = page["pageInfo"]["endCursor"]

    def _updates(self, store_id: str, after: int | None) -> AsyncGenerator[Data, None]:
        variables = {"id": store_id, "after": after}
        return self._subscribed("storeStatus", documents.FOLLOW, variables)

    def _rollout_states(self, rollout_id: str) -> AsyncGenerator[Data, None]:
        return self._subscribed("rolloutStatus", rollout_documents.FOLLOW, {"id": rollout_id})

    async def _subscribed(
        self, field: str, document: str, variables: Data
    ) -> AsyncGenerator[Data, None]:
        transport = WebsocketsTransport(
            url=self._account.websocket_url,
            # By default two are offered, and gql takes the other one if a proxy in front writes the
            # header of the server's choice in another case, as those in Go do.
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
            ssl=self._tls() if self._account.websocket_url.startswith("wss") else False,
            connect_args={"proxy": proxy_for(self._account.url)},
            # ``execute_timeout`` below is None, because an update may be long in coming. Pings find
            # a dead connection instead, and they keep proxies from closing an idle one.
            init_payload={"authorization": f"Bearer {self._account.token}"},
            ping_interval=20,
            pong_timeout=10,
        )
        request = _request(document, variables)
        try:
            async with (
                Client(transport=transport, execute_timeout=None) as session,
                aclosing(session.subscribe(request)) as frames,
            ):
                async for frame in frames:
                    yield frame[field]
        except (TransportError, TimeoutError, OSError, WebSocketException) as error:
            raise self._told(error) from error

    def _tls(self) -> ssl.SSLContext:
        """Return the TLS settings for both requests and websockets. Raises LocalError."""
        # httpx makes them for both, so that both libraries trust the same certificates. Plain HTTP
        # needs none, so a wrong variable must not stop it.
        try:
            return httpx.create_ssl_context(trust_env=self._account.url.startswith("https"))
        except OSError as error:
            raise LocalError(
                "The certificates in SSL_CERT_FILE or SSL_CERT_DIR cannot be used:"
                f" {error.strerror or error}."
            ) from error

    def _told(self, error: Exception) -> StorectlError:
        """Return storectl's error for an error of a transport."""
        if isinstance(error, TransportQueryError):
            return _query_error(error.errors or [])
        # gql wraps the errors of the websocket library, so the close code is on the root cause.
        cause = _root_cause(error)
        if isinstance(cause, ConnectionClosed) and cause.rcvd and cause.rcvd.code == _REJECTED:
            return NotSignedInError(_SIGN_IN)
        if isinstance(error, TransportServerError) and error.code == _UNAUTHORIZED:
            return NotSignedInError(_SIGN_IN)
        if isinstance(error, TransportServerError) and error.code == _TOO_MANY:
            message = "The platform asks to slow down. Wait a little, then try again."
            return RefusedError(message, [Problem("RATE_LIMITED", message)])
        why = (str(cause) or type(cause).__name__)[:_MOST_SAID].rstrip(".")
        return UnreachableError(f"The platform at {self._account.url} cannot be reached: {why}.")


async def _kept_up(
    connect: Callable[[], AsyncGenerator[Data, None]], on_lost: Callable[[], None]
) -> AsyncGenerator[Data, None]:
    """Yield what a subscription yields, and subscribe again whenever a connection is lost."""
    clock = asyncio.get_running_loop().time
    failures, lost_at = 0, 0.0
    while True:
        try:
            async with aclosing(connect()) as updates:
                async for update in updates:
                    failures = 0
                    yield update
                return
        # Other errors are final: a new connection does not mend an invalid token or a missing
        # store.
        except UnreachableError:
            # Counted from the loss, not from the last update: a ready store is quiet for days.
            if failures == 0:
                lost_at = clock()
                on_lost()
            elif clock() - lost_at > _PATIENCE_SECONDS:
                raise
            failures += 1
        await asyncio.sleep(_pause(failures))


def _root_cause(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _query_error(errors: list[Data]) -> StorectlError:
    problems = [_problem(error) for error in errors]
    codes = {problem.code for problem in problems}
    message = "\n".join(problem.message for problem in problems)
    if "UNAUTHENTICATED" in codes:
        return NotSignedInError(_SIGN_IN)
    if "UNAVAILABLE" in codes:
        return UnreachableError(message, problems)
    kind = NoSuchStoreError if codes == {"NOT_FOUND"} else RefusedError
    return kind(message, problems)


def _problem(error: Data) -> Problem:
    """Return the problem in one of the errors of a GraphQL answer; its code may be missing."""
    known = error.get("extensions") or {}
    code, field = known.get("code") or RefusedError.code, known.get("field")
    return Problem(str(code), str(error.get("message")), None if field is None else str(field))


def _asked_for(request: GraphQLRequest) -> set[str]:
    """Return the names of the top-level fields in an answer to a request."""
    return {
        (item.alias or item.name).value
        for part in request.document.definitions
        if isinstance(part, OperationDefinitionNode)
        for item in part.selection_set.selections
        if isinstance(item, FieldNode)
    }


def _request(document: str, variables: Data) -> GraphQLRequest:
    return GraphQLRequest(document, variable_values=variables)


def _pause(failures: int) -> float:
    # Exponential, with jitter: after a restart of the service all watches come back, and should
    # not do so at the same moment. The exponent is capped, because floats overflow.
    first, cap = _PAUSE_SECONDS
    ceiling = min(cap, first * 2.0 ** min(failures, 10))
    return random.uniform(ceiling / 4, ceiling)  # noqa: S311 - spreads load, guards nothing
