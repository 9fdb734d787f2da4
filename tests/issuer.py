"""A little OIDC issuer on loopback, with keys of its own, that counts what it is asked."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

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
    """An issuer: ``keys`` are those it publishes, by id; ``is_down`` has it answer 503."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, PrivateKey] = {"one": _first_key()}
        self.asked: Counter[str] = Counter()
        self.is_down = False
        self.claimed_issuer = url

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

    def token(self, *, kid: str | None = "one", key: PrivateKey | None = None, **given: Any) -> str:
        """Return a signed token, by the key of this id unless another is given."""
        signer = self.keys[kid or "one"] if key is None else key
        algorithm = "RS256" if isinstance(signer, rsa.RSAPrivateKey) else "ES256"
        headers = None if kid is None else {"kid": kid}
        return jwt.encode(self.claims(**given), signer, algorithm=algorithm, headers=headers)

    def answer(self, path: str) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.claimed_issuer, "jwks_uri": f"{self.url}/keys"}
        if path == "/keys":
            return {"keys": [_published(kid, key) for kid, key in self.keys.items()]}
        return None


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
            issuer.asked[self.path] += 1
            content = None if issuer.is_down else issuer.answer(self.path)
            self.send_response(503 if content is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

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
