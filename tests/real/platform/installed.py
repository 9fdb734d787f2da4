"""The service as pods, asked through the ingress as everybody asks it."""

import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

from gql import Client
from gql.transport.httpx import HTTPXTransport
from gql.transport.websockets import WebsocketsTransport

from tests.e2e.service import Service
from tests.real.platform.release import Release

_SECONDS = 120.0


@dataclass
class InstalledService(Service):
    """A service that helm has installed. ``address`` is where its ingress listens."""

    release: Release | None = None
    host: str = "platform.store.localhost"
    address: str = "http://127.0.0.1"
    trust: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return self.address

    def token(self, owner: str, role: str = "operator", *, seconds: float | None = None) -> str:
        """Return a new token, made in a pod as operators make the first."""
        assert self.release is not None
        assert seconds is None
        return self.release.exec(
            "python", "-m", "app", "token", "create", owner, "--role", role
        ).strip()

    def link(self, token: str, page: str) -> str:
        """Return a link to a page that signs in as a token's owner, once."""
        assert self.release is not None
        command = ("python", "-m", "app", "token", "link", page)
        return self.release.exec(*command, stdin=token).strip()

    def http(self, token: str) -> Client:
        headers = {"Authorization": f"Bearer {token}", "Host": self.host}
        return Client(
            transport=HTTPXTransport(
                url=f"{self.address}/graphql", headers=headers, timeout=_SECONDS,
                verify=self.trust or True,
            )
        )  # fmt: skip

    def websocket(self, token: str) -> Client:
        place = urlsplit(self.address)
        is_private = place.scheme == "https"
        port = place.port or (443 if is_private else 80)
        return Client(
            transport=WebsocketsTransport(
                url=f"{'wss' if is_private else 'ws'}://{self.host}/graphql",
                subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
                init_payload={"authorization": f"Bearer {token}"},
                connect_timeout=_SECONDS,
                ack_timeout=_SECONDS,
                ssl=self.trust or False,
                # A pod that is killed says nothing to whoever waits for it.
                ping_interval=5,
                pong_timeout=5,
                connect_args={"host": place.hostname, "port": port},
            )
        )

    def status(self, path: str) -> tuple[int, str]:
        """Return a page's HTTP status and body; 0 when nothing answers."""
        asked = urllib.request.Request(self.address + path, headers={"Host": self.host})
        try:
            with urllib.request.urlopen(asked, timeout=30, context=self.trust) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)
