"""``/config.json``: what the pages need to know before anybody has signed in. It has no secrets."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app import __version__
from app.auth.settings import OidcSettings


def config_route(oidc: OidcSettings | None) -> Route:
    """Return the route. Its answer has ``oidc: null`` where pages cannot sign in with an issuer."""
    offered = None
    if oidc is not None and oidc.client_id is not None:
        offered = {
            "issuer": oidc.issuer,
            "clientId": oidc.client_id,
            "scopes": list(oidc.scopes),
        }
    content = {"version": __version__, "oidc": offered}

    async def config(_: Request) -> JSONResponse:
        # A restart may change the settings: browsers must ask each time.
        return JSONResponse(content, headers={"Cache-Control": "no-cache"})

    return Route("/config.json", config)
