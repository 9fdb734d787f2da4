"""The platform's API, with every way to fail put into one of storectl's errors."""

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

from app.storectl import documents
from app.storectl.account import Account
from app.storectl.errors import (
    LocalError,
    NoSuchStoreError,
    NotSignedInError,
    RefusedError,
    StorectlError,
    UnreachableError,
    refuse,
)
from app.storectl.proxies import proxy_for

Data = dict[str, Any]

_TIMEOUT_SECONDS = 30.0
_MOST_SAID = 300  # of what answered in the platform's place, perhaps with a whole page
_PAGE = 100  # the most that the API gives
_PAUSE_SECONDS = (0.5, 10.0)
_PATIENCE_SECONDS = 300.0
_UNAUTHORIZED, _TOO_MANY = 401, 429
_REJECTED = 4403  # the close code of a websocket whose token is not, or no longer, valid
_SIGN_IN = "The token is not valid, or not any more. Run `storectl login` with another."


class Api:
    """One platform, for one signed-in user."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def execute(self, document: str, **variables: Any) -> Data:
        """Run a query or mutation; return its data. Raises StorectlError."""
        transport = HTTPXAsyncTransport(
            url=self._account.http_url,
            headers={"Authorization": f"Bearer {self._account.token}"},
            timeout=_TIMEOUT_SECONDS,
            proxy=proxy_for(self._account.url),
            verify=self._tls(),
            trust_env=False,  # its own reading of the environment; see ``proxies``
        )
        request = _request(document, variables)
        try:
            async with Client(transport=transport, execute_timeout=None) as session:
                data: Data | None = await session.execute(request)
        except AssertionError:  # how gql takes an answer with null for both data and errors
            data = None
        except (TransportError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._told(error) from error
        if not isinstance(data, dict) or not _asked_for(request) <= data.keys():
            raise UnreachableError(
                f"At {self._account.url} there is something else than a store platform."
            )
        return data

    async def change(self, mutation: str, /, **values: Any) -> Data:
        """Run a mutation on a store; return the store. Raises RefusedError with what is wrong."""
        payload = (await self.execute(documents.mutation(mutation), input=values))["payload"]
        refuse(payload["errors"])
        return dict(payload["store"])

    async def store(self, key: str) -> Data:
        """Return the store with this id or, while it lives, this name. Raises NoSuchStoreError."""
        is_id = key.startswith("store_")
        document = documents.STORE_BY_ID if is_id else documents.STORE_BY_NAME
        store = (await self.execute(document, key=key))["store"]
        if store is None:
            hint = "" if is_id else " If it is deleted already, give its id."
            raise NoSuchStoreError(f"You have no store {key}.{hint}")
        return dict(store)

    async def engines(self) -> list[Data]:
        """Return the engines on offer."""
        return list((await self.execute(documents.ENGINES))["engines"])

    async def stores(self, **wanted: object) -> list[Data]:
        """Return all stores that the filter lets through, in order of their names."""
        return await self._all("stores", documents.STORES, first=_PAGE, filter=wanted)

    async def tokens(self, *, include_revoked: bool) -> list[Data]:
        """Return the access tokens that the user may see."""
        return await self._all("tokens", documents.TOKENS, includeRevoked=include_revoked)

    async def events(self, store_id: str) -> list[Data]:
        """Return everything that happened to a store, oldest first."""
        return await self._all("store events", documents.EVENTS, id=store_id)

    async def follow(
        self, store_id: str, *, after: int | None, on_lost: Callable[[], None]
    ) -> AsyncGenerator[Data, None]:
        """Yield a store's updates until it is deleted, over as many connections as it takes.

        A new connection goes on after the last update, so none is missed and none comes twice.
        ``on_lost`` is called when a connection is lost, once until the next update. Raises
        UnreachableError when there was none for five minutes.
        """
        clock = asyncio.get_running_loop().time
        failures, last_heard = 0, clock()
        while True:
            try:
                async with aclosing(self._updates(store_id, after)) as updates:
                    async for update in updates:
                        after, failures, last_heard = update["version"], 0, clock()
                        yield update
                    return
            except UnreachableError:
                if clock() - last_heard > _PATIENCE_SECONDS:
                    raise
                if failures == 0:
                    on_lost()
                failures += 1
            await asyncio.sleep(_pause(failures))

    async def _all(self, path: str, document: str, **variables: object) -> list[Data]:
        """Return what is on all pages of the connection that ``path`` leads to in an answer."""
        nodes: list[Data] = []
        after = None
        while True:
            page: Any = await self.execute(document, after=after, **variables)
            for name in path.split():
                page = page[name]
                if page is None:
                    return nodes  # such as a store that was removed for good meanwhile
            nodes += [edge["node"] for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                return nodes
            after = page["pageInfo"]["endCursor"]

    async def _updates(self, store_id: str, after: int | None) -> AsyncGenerator[Data, None]:
        transport = WebsocketsTransport(
            url=self._account.websocket_url,
            ssl=self._tls() if self._account.websocket_url.startswith("wss") else False,
            connect_args={"proxy": proxy_for(self._account.url)},
            init_payload={"authorization": f"Bearer {self._account.token}"},
            ping_interval=20,
            pong_timeout=10,
        )
        request = _request(documents.FOLLOW, {"id": store_id, "after": after})
        try:
            async with (
                Client(transport=transport, execute_timeout=None) as session,
                aclosing(session.subscribe(request)) as frames,
            ):
                async for frame in frames:
                    yield frame["storeStatus"]
        except (TransportError, TimeoutError, OSError, WebSocketException) as error:
            raise self._told(error) from error

    def _tls(self) -> ssl.SSLContext:
        """Return what decides whom to believe, for requests and websockets alike."""
        try:
            return httpx.create_ssl_context(trust_env=self._account.url.startswith("https"))
        except OSError as error:
            raise LocalError(
                "The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be used:"
                f" {error.strerror or error}."
            ) from error

    def _told(self, error: Exception) -> StorectlError:
        """Return the error of ours that a transport's stands for."""
        if isinstance(error, TransportQueryError):
            return _query_error(error.errors or [])
        cause = _root_cause(error)
        if isinstance(cause, ConnectionClosed) and cause.rcvd and cause.rcvd.code == _REJECTED:
            return NotSignedInError(_SIGN_IN)
        if isinstance(error, TransportServerError) and error.code == _UNAUTHORIZED:
            return NotSignedInError(_SIGN_IN)
        if isinstance(error, TransportServerError) and error.code == _TOO_MANY:
            return RefusedError("The platform asks to slow down. Wait a little, then try again.")
        why = (str(cause) or type(cause).__name__)[:_MOST_SAID].rstrip(".")
        return UnreachableError(f"The platform at {self._account.url} cannot be reached: {why}.")


def _root_cause(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _query_error(errors: list[Data]) -> StorectlError:
    codes = {(error.get("extensions") or {}).get("code") for error in errors}
    message = "\n".join(str(error.get("message")) for error in errors)
    if "UNAUTHENTICATED" in codes:
        return NotSignedInError(_SIGN_IN)
    if "UNAVAILABLE" in codes:
        return UnreachableError(message)
    return NoSuchStoreError(message) if codes == {"NOT_FOUND"} else RefusedError(message)


def _asked_for(request: GraphQLRequest) -> set[str]:
    """Return the names that an answer to a request has at its top."""
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
    first, cap = _PAUSE_SECONDS
    ceiling = min(cap, first * 2.0 ** min(failures, 10))
    return random.uniform(ceiling / 4, ceiling)  # noqa: S311 - spreads load, guards nothing
