"""Builds the GraphQL schema with its limits, and the view that serves it and signs callers in."""

import secrets
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import structlog
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry import Schema
from strawberry.exceptions import ConnectionRejectionError
from strawberry.extensions import MaskErrors
from strawberry.http import GraphQLRequestData
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UnsetType

from app import __version__
from app.auth.bearer import bearer_token, token_of_connection
from app.auth.sign_in import Authenticator
from app.auth.sockets import CredentialBoundHandler
from app.graphql.event_streams import EventStreamView
from app.graphql.operations import ObservedOperation
from app.graphql.plain_fields import PlainFieldExecutor
from app.graphql.shared_rendering import SharedRenderers
from app.graphql.sinks import SharingHandler
from app.http.addresses import Proxies, address_group, client_address
from app.http.encoding import encode_json
from app.http.unavailable import unavailable
from app.limits.documents import DocumentLimiter, DocumentPolicy
from app.limits.introspection import SchemaAnswers
from app.limits.operations import OperationLimiter, OperationTimeout
from app.limits.settings import Limits, LimitSettings
from app.limits.view import LimitedView
from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.domain.instrumentation import Unmeasured
from provisioner.domain.ports import Measurements
from provisioner.storage.sign_in_codes import CODE_PREFIX
from provisioner.storage.tokens import PREFIX, digest
from resolvers.context import Context
from resolvers.mutations import Mutation
from resolvers.queries import Query
from resolvers.subscriptions import Subscription

_log = structlog.get_logger(__name__)


_MISTAKES = (GraphQLError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""Errors that graphql-core and Strawberry raise about the caller's own document."""


class MaskUnexpectedErrors(MaskErrors):
    """Replaces the message of an unexpected exception with an id, and logs the exception with it.

    Errors in the caller's own document, and errors that are raised for the caller, keep their
    message.
    """

    def __init__(self) -> None:
        super().__init__(should_mask_error=_is_unexpected)

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        if isinstance(error.original_error, DatabaseUnavailableError):
            return unavailable(error.original_error)
        # The message may hold details that no caller should see, so only the id goes out. An
        # operator finds the traceback in the log by that id.
        error_id = secrets.token_hex(6)
        _log.error("unexpected_error", error_id=error_id, path=error.path, exc_info=error)
        return GraphQLError(
            f"Something went wrong on our side. It was recorded as {error_id}; try again, and name"
            " that id if it stays.",
            nodes=error.nodes,
            path=error.path,
            extensions={"code": "INTERNAL", "id": error_id},
        )


def _is_unexpected(error: GraphQLError) -> bool:
    # graphql-core wraps what a resolver raises and keeps it as ``original_error``. An error without
    # one comes from parsing or validating the document.
    original = error.original_error
    return original is not None and not isinstance(original, _MISTAKES)


class _Schema(Schema):
    """Strawberry's schema with our limits on documents and on time."""

    def __init__(self, *, limits: Limits, **options: Any) -> None:
        super().__init__(**options)
        self.documents = DocumentPolicy(self._schema, limits.documents)
        self.renderers = SharedRenderers(self._schema, self.documents.parse)
        self.answers = SchemaAnswers()
        self._timeout = OperationTimeout(limits.operation_seconds)

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Log nothing here: ``MaskUnexpectedErrors`` logs what is not the caller's own mistake."""

    def _get_execute_function(self) -> Callable[..., Any]:
        # Strawberry has no public hook around the execution. This private method is the one place
        # through which both HTTP and websockets run queries and mutations.
        return self._timeout.wrap(self.answers.wrap(super()._get_execute_function()))


def build_schema(measurements: Measurements | None = None, limits: Limits | None = None) -> _Schema:
    """Return the executable schema.

    Without ``measurements`` nothing is measured. Without ``limits`` the default limits apply.
    """
    told = measurements or Unmeasured()
    applied = limits or LimitSettings.model_validate({}).usage_limits()
    schema: _Schema = _Schema(
        limits=applied,
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        execution_context_class=PlainFieldExecutor,
        # The first extension is the outermost: Strawberry leaves them in reverse order. So
        # ObservedOperation sees the errors after MaskUnexpectedErrors has given them their codes.
        extensions=[
            lambda: ObservedOperation(told),
            MaskUnexpectedErrors,
            lambda: DocumentLimiter(schema.documents),
            lambda: OperationLimiter(applied, schema.answers),
        ],
    )
    return schema


class _SocketHandler(SharingHandler, CredentialBoundHandler):
    """Serves a websocket: guards it, ends it with its credential, and shares rendered updates."""

    schema: _Schema

    @property
    def renderers(self) -> SharedRenderers:
        return self.schema.renderers


class GraphQLView(LimitedView, EventStreamView):
    """Serves queries and mutations over POST, and subscriptions over websockets or as events.

    The websocket protocol is graphql-transport-ws; events are server-sent events.
    """

    authenticator: Authenticator
    """Set while the application's lifespan runs; nothing is served outside it."""

    guarded_handler_class = _SocketHandler

    def __init__(
        self,
        schema: _Schema,
        limits: Limits,
        *,
        allowed_origins: tuple[str, ...],
        proxies: Proxies,
    ) -> None:
        super().__init__(
            schema,
            limits,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL],
            allowed_origins=allowed_origins,
        )
        self._documents = schema.documents
        self._proxies = proxies

    def is_subscription(self, asked: GraphQLRequestData) -> bool:
        """Return whether a request asks for a subscription."""
        return self._documents.is_subscription(asked.query or "", asked.operation_name)

    def encode_json(self, data: object) -> str:
        """Return an answer as JSON text."""
        return encode_json(data)

    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,  # noqa: ARG002 - Strawberry's signature
    ) -> Context:
        """Return the context of a request or websocket; an HTTP request is also signed in."""
        context = Context(
            platform=request.app.state.platform,
            version=__version__,
            address=client_address(request, self._proxies),
        )
        # A websocket brings its token later, in the message ``connection_init``.
        if isinstance(request, Request):
            await self._sign_in(context, bearer_token(request.headers.get("authorization")))
        return context

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Sign a websocket's caller in; without a valid token the websocket is closed with 4403."""
        await self._sign_in(context, token_of_connection(context.connection_params))
        if context.caller is None:
            raise ConnectionRejectionError
        return await super().on_ws_connect(context)

    async def _sign_in(self, context: Context, token: str | None) -> None:
        """Find the caller by the token; count the request if it has no valid token.

        A request without a token counts as anonymous, one with a wrong token as a failed sign-in.
        Raises RateLimitedError when the address has had too many of either.
        """
        rates, address = self._limits.rates, context.address
        if token is None:
            await rates.count_anonymous_operation(address)
            return
        if token.startswith(CODE_PREFIX):
            await self._count_code(context, token)
            return
        # The token is looked up before anything is counted. So a valid token is let in, whatever
        # others at its address have done. The look-up needs no limit of its own, because it costs
        # less than the request around it: one row by its digest, or a tenth of a millisecond for an
        # issuer's signature.
        is_ours, turns = token.startswith(PREFIX), self._limits.sign_ins
        # Only a few look-ups of one address run at a time, to keep the database free for others.
        # An issuer's token does not queue, because no database is asked about it.
        async with turns.turn(address_group(address)) if is_ours else nullcontext():
            context.sign_in = await self.authenticator.sign_in(token, address=address)
        if context.sign_in is None:
            await rates.count_failed_sign_in(address)

    async def _count_code(self, context: Context, code: str) -> None:
        """Count a request that has a sign-in code as its bearer token.

        A good code is counted on its own, any other one with its address. The code signs nobody in:
        the mutation ``redeemSignInCode`` does that, and says and records why it refuses a code.
        """
        rates, address = self._limits.rates, context.address
        # Like a token, the code is looked up before anything is counted. So nobody else at the
        # address can hold up the person who redeems it.
        async with self._limits.sign_ins.turn(address_group(address)):
            is_good = await context.platform.sign_in_codes.is_good(code)
        if is_good:
            context.code_digest = digest(code)
        else:
            await rates.count_failed_sign_in(address)
        await rates.count_anonymous_operation(address, code=context.code_digest)
