"""A little OIDC issuer on loopback, with keys of its own, that counts what it is asked."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.authorization_codes import CLIENT_ID, Answer, AuthorizationCodes, Grant, as_json

AUDIENCE = "store-platform"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def _first_key() -> rsa.RSAPrivateKey:
    """Make the key that every issuer begins with once: it takes a while."""
    return rsa_key()


class Issuer:
    """An issuer: ``keys`` are those it publishes, by id; ``is_down`` has it answer 503.

    People sign in to it at ``/authorize``, with no password: their roles are in ``people``.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, PrivateKey] = {"one": _first_key()}
        self.asked: Counter[str] = Counter()
        self.is_down = False
        self.claimed_issuer = url
        self.claimed_keys: object = f"{url}/keys"
        self.people: dict[str, list[str]] = {"alice": ["operator"], "nobody-here": []}
        self.codes = AuthorizationCodes()

    @property
    def token_origin(self) -> str:
        """Where its tokens come from: another origin than the issuer's, as with some."""
        return self.url.replace("127.0.0.1", "localhost")

    def claims(self, **given: Any) -> dict[str, Any]:
        """Return the claims of a good token; one that is given as None is left out."""
        now = int(time.time())
        whole = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "alice",
            "iat": now,
            "exp": now + 300,
            "roles": ["operator"],
            **given,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def token(
        self,
        *,
        kid: str | None = "one",
        key: PrivateKey | None = None,
        headers: dict[str, Any] | None = None,
        **given: Any,
    ) -> str:
        """Return a signed token, by the key of this id unless another is given."""
        signer = self.keys[kid or "one"] if key is None else key
        algorithm = "RS256" if isinstance(signer, rsa.RSAPrivateKey) else "ES256"
        head = ({} if kid is None else {"kid": kid}) | (headers or {})
        return jwt.encode(self.claims(**given), signer, algorithm=algorithm, headers=head)

    def get(self, path: str, given: dict[str, str]) -> Answer:
        if path == "/.well-known/openid-configuration":
            return as_json(self._discovery())
        if path == "/keys":
            return as_json({"keys": [_published(kid, key) for kid, key in self.keys.items()]})
        if path == "/authorize":
            return self.codes.authorize(given, list(self.people))
        return as_json({"error": "not_found"}, 404)

    def post(self, path: str, given: dict[str, str]) -> Answer:
        if path != "/token":
            return as_json({"error": "not_found"}, 404)
        granted = self.codes.redeem(given)
        return self._tokens(granted) if isinstance(granted, Grant) else granted

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.claimed_issuer,
            "jwks_uri": self.claimed_keys,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.token_origin}/token",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _tokens(self, grant: Grant) -> Answer:
        roles = self.people[grant.person]
        return as_json(
            {
                "access_token": self.token(sub=grant.person, roles=roles),
                "id_token": self.token(
                    sub=grant.person, aud=CLIENT_ID, roles=None, nonce=grant.nonce
                ),
                "token_type": "Bearer",
                "expires_in": 300,
            }
        )


def _published(kid: str, key: PrivateKey) -> dict[str, Any]:
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        found = RSAAlgorithm.to_jwk(public, as_dict=True)
    else:
        found = ECAlgorithm.to_jwk(public, as_dict=True)
    return {**found, "kid": kid, "use": "sig"}


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Give an issuer that answers until the context is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            self.reply(issuer.get, asked.path, asked.query)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.reply(issuer.post, self.path, body.decode())

        def reply(
            self, answer: Callable[[str, dict[str, str]], Answer], path: str, form: str
        ) -> None:
            issuer.asked[path] += 1
            given = dict(parse_qsl(form))
            found = as_json(None, 503) if issuer.is_down else answer(path, given)
            self.send_response(found.status)
            self.send_header("Access-Control-Allow-Origin", "*")
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(found.body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
