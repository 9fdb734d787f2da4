"""Puts the ASGI application together: routes, middleware, and the domain while it runs."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from app.auth.sign_in import running_authenticator
from app.graphql.app import GraphQLView, build_schema
from app.http.closed_shops import AtPort, closed_shops
from app.http.config import config_route
from app.http.exposition import MetricsEndpoint
from app.http.frontend import frontend_routes
from app.http.graphql_responses import only_post
from app.http.headers import SecurityHeaders, content_policy, origin_of, security_headers
from app.http.health import Readiness, livez
from app.http.requests import Requests
from app.http.tls import RedirectToTls
from app.http.unavailable import answer_unavailable
from app.limits.anonymous import AnonymousRequests
from app.limits.bodies import BodyLimit
from app.limits.closed_shops import ClosedShopFinder
from app.limits.rates import RateLimiter
from app.settings import Settings
from app.telemetry.metrics import PrometheusMeasurements
from app.telemetry.tracing import flush, traced
from provisioner.domain.errors import ConfigurationError, DatabaseUnavailableError
from provisioner.domain.ports import Measurements
from provisioner.platform import running_platform

_log = structlog.get_logger(__name__)


def create_app(settings: Settings) -> Starlette:
    """Return the application. The domain starts and stops with the application's lifespan."""
    counters = PrometheusMeasurements()
    measurements = traced(counters)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            async with (
                running_platform(settings.platform(), measurements) as platform,
                running_authenticator(
                    platform, settings.oidc(), trust=settings.trust()
                ) as authenticator,
            ):
                app.state.platform = platform
                app.state.stopping = asyncio.Event()
                # The view is made with the routes, before there is a database to sign in by.
                view.authenticator = authenticator
                yield
        except BaseException as error:
            if isinstance(error, ConfigurationError | DatabaseUnavailableError):
                _log.error("cannot_start", problem=str(error))
            # A root task has ended, which none may, or the start has failed. uvicorn would only log
            # that, and serve on without the task. Stop instead, and let whoever started this
            # process start it again.
            signal.raise_signal(signal.SIGTERM)
            raise
        finally:
            # Last, when nothing is counted or measured any more.
            limits.rates.close()
            await flush(measurements)

    limits = settings.usage_limits()
    view = GraphQLView(
        build_schema(measurements, limits),
        limits,
        allowed_origins=settings.allowed_origins,
        proxies=settings.proxies(),
    )
    return Starlette(
        lifespan=lifespan,
        exception_handlers={DatabaseUnavailableError: answer_unavailable},
        middleware=_middleware(settings, measurements, limits.rates),
        routes=_routes(settings, view, counters),
    )


def _routes(
    settings: Settings, view: GraphQLView, counters: PrometheusMeasurements
) -> list[BaseRoute]:
    # Starlette takes the first route that matches, and those of the pages match any path.
    return [
        Route("/graphql", view, methods=["POST"]),
        Route("/graphql", only_post, methods=["GET"]),
        WebSocketRoute("/graphql", view),
        config_route(settings.oidc()),
        Route("/livez", livez),
        Route("/readyz", Readiness(), methods=["GET"]),
        Route("/metrics", MetricsEndpoint(counters, settings.metrics_token)),
        *frontend_routes(settings.dashboard, has_graphiql=settings.graphiql),
    ]


def _middleware(
    settings: Settings, measurements: Measurements, rates: RateLimiter
) -> list[Middleware]:
    # The pages sign in with the issuer by themselves, so the browser must let them connect to it.
    oidc = settings.oidc()
    issuer = [origin_of(oidc.issuer), *oidc.token_origins] if oidc else []
    policy = content_policy(connect_to=issuer)
    headers = security_headers(policy=policy, hsts_seconds=settings.hsts_seconds)
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["POST"],
        # Last-Event-ID resumes an event stream; scripts may read only headers that are exposed.
        allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        expose_headers=["Retry-After"],
    )
    # From the outside in. Refusals by one of them get the headers and the line in the log of those
    # before it. A caller is counted before the body is read, which takes memory and time.
    return [
        *_visitors(settings, rates),
        Middleware(SecurityHeaders, headers=headers),
        Middleware(Requests, measurements=measurements),
        *([Middleware(RedirectToTls)] if settings.redirect_to_tls else []),
        *([cors] if settings.allowed_origins else []),
        Middleware(AnonymousRequests, rates=rates, proxies=settings.proxies()),
        Middleware(
            BodyLimit,
            max_bytes=settings.max_request_bytes,
            timeout_seconds=settings.request_timeout_seconds,
        ),
    ]


def _visitors(settings: Settings, rates: RateLimiter) -> list[Middleware]:
    """Return what leads visitors of closed shops away from everything else, if any come here."""
    if not settings.closed_shops_port:
        return []
    finder = ClosedShopFinder(rates=rates, proxies=settings.proxies())
    return [Middleware(AtPort, port=settings.closed_shops_port, other=closed_shops(finder.find))]
