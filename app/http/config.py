"""``/config.json``: what the pages must know before anybody has signed in. Nothing secret."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app import __version__
from app.auth.settings import OidcSettings


def config_route(oidc: OidcSettings | None) -> Route:
    """Return the route; ``oidc`` is null in it when the pages cannot sign in with an issuer."""
    offered = None
    if oidc is not None and oidc.client_id is not None:
        offered = {
            "issuer": oidc.issuer,
            "clientId": oidc.client_id,
            "scopes": list(oidc.scopes),
        }
    content = {"version": __version__, "oidc": offered}

    async def config(_: Request) -> JSONResponse:
        return JSONResponse(content, headers={"Cache-Control": "no-cache"})

    return Route("/config.json", config)
