"""What the checks look at: the settings, the world around them, and what earlier checks opened."""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import SplitResult, unquote, urlsplit

import httpx

from app.doctor.classes import StorageClass
from app.doctor.gateways import GatewayName
from app.doctor.shops import EngineShop
from app.settings import Settings
from provisioner.domain.engines import EngineCatalogue
from provisioner.kubernetes.api import KubeApi
from provisioner.storage.database import Database

HTTP_SECONDS = 5.0
Resolve = Callable[[str], Awaitable[list[str]]]
"""Returns the addresses of a host name. Raises OSError when it has none."""


async def resolve(host: str) -> list[str]:
    """Ask the machine's resolver; see ``Resolve``."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Installation:
    """The installation under examination.

    ``host`` is where the platform itself answers, if the operator named it: a host name or an
    address (https://…). ``gateway`` is the Gateway that leads there, if one does. ``stack`` closes
    what the checks have opened. The fields at the end are each set by one check, and read by those
    that need it.
    """

    settings: Settings
    stack: AsyncExitStack
    host: str | None = None
    gateway: GatewayName | None = None
    is_before_install: bool = False
    resolve: Resolve = resolve
    now: Callable[[], datetime] = _utc_now
    shop_name: str = field(default_factory=lambda: f"doctor-{secrets.token_hex(4)}")
    """A name that no shop has: only a wildcard record resolves it."""

    catalogue: EngineCatalogue = field(init=False)
    api: KubeApi = field(init=False)
    database: Database = field(init=False)
    shops: list[EngineShop] = field(init=False)
    storage_classes: list[StorageClass] = field(init=False)
    shop_addresses: list[str] = field(init=False)
    host_addresses: list[str] = field(init=False)

    @property
    def own(self) -> SplitResult:
        """The platform's own address, as far as the operator named it."""
        host = self.host or ""
        return urlsplit(host if "://" in host else f"//{host}")

    @property
    def host_name(self) -> str:
        """The platform's own host name, or "" if the operator named none."""
        return self.own.hostname or ""

    @property
    def shop(self) -> SplitResult:
        """The address of a shop with the name ``shop_name``."""
        return urlsplit(self.settings.shop_url.replace("{name}", self.shop_name))

    @property
    def shop_port(self) -> int:
        return self.shop.port or (443 if self.shop.scheme == "https" else 80)

    @property
    def is_shop_asked(self) -> bool:
        """Whether a store is READY only once its own address answered the platform."""
        return self.settings.reachability_check and self.settings.ingress is None

    def secrets(self) -> list[str]:
        """Return the values of the settings that must not be shown."""
        settings = self.settings
        urls = (settings.database_url, settings.rate_limit_storage)
        shown = [settings.metrics_token, settings.smtp_password, settings.backup_key]
        found = [secret.get_secret_value() for secret in shown if secret is not None]
        for url in urls:
            if password := _password(url):
                found += [password, unquote(password)]
        return found

    def http(self, *, is_verified: bool = True) -> httpx.AsyncClient:
        """Return a client that follows no redirect; it trusts whom the shops' check trusts."""
        trust = self.settings.trust() if is_verified else False
        return httpx.AsyncClient(verify=trust, timeout=HTTP_SECONDS)


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:
        return None
