"""The ASGI application."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from app.config import config_route
from app.graphql import GraphQLView, build_schema
from app.health import livez, readyz
from app.pages import page_routes
from app.settings import Settings
from provisioner.supervisor import running_platform


def create_app(settings: Settings) -> Starlette:
    """Return the application; the domain runs for as long as its lifespan does."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            async with running_platform(settings.platform()) as platform:
                app.state.platform = platform
                yield
        except BaseException:
            # A root task ended, which none may. Serving on without it would be to limp: stop, and
            # let whoever started this process start it again.
            signal.raise_signal(signal.SIGTERM)
            raise

    view = GraphQLView(build_schema(), allowed_origins=settings.allowed_origins)
    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/graphql", view, methods=["POST"]),
            WebSocketRoute("/graphql", view),
            config_route(settings.oidc()),
            Route("/livez", livez),
            Route("/readyz", readyz),
            *page_routes(settings.dashboard),
        ],
    )
