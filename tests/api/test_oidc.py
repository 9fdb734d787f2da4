"""Tokens of an OIDC issuer: a real little one, that signs with keys made for the test."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from gql.transport.exceptions import TransportQueryError

from app.auth.issuer_keys import IssuerKeys
from app.auth.oidc import InvalidJwtError, JwtVerifier
from app.auth.settings import OidcSettings
from provisioner.domain.identities import Identity, Role
from provisioner.domain.owners import Owner
from tests.api.conftest import unreachable_cluster
from tests.api.test_sockets import close_of, connected
from tests.e2e.service import NO_TLS, Service
from tests.issuer import AUDIENCE, Issuer, ec_key, rsa_key, running_issuer

VIEWER = "{ viewer { name role } }"
CREATE_TOKEN = "mutation { createToken(input: {role: VIEWER}) { secret errors { code } } }"
SIGN_INS = """{ auditLog(filter: {action: "SIGN_IN"}) {
  edges { node { actor code clientAddress } } } }"""


class Door:
    """A verifier with a clock for the keys that the test sets."""

    def __init__(self, issuer: Issuer, http: httpx.AsyncClient, **more: Any) -> None:
        self.seconds = 0.0
        self._keys = IssuerKeys(http, issuer=issuer.url, jwks_url=None, now=lambda: self.seconds)
        given: dict[str, Any] = {
            "issuer": issuer.url,
            "audience": AUDIENCE,
            "client_id": None,
            "scopes": ("openid",),
            "token_origins": (),
            "jwks_url": None,
            "algorithms": ("RS256", "ES256"),
            "name_claim": "sub",
            "display_name_claim": "preferred_username",
            "clients": (),
            "roles_claim": "roles",
            "roles": {"viewer": Role.VIEWER, "operator": Role.OPERATOR, "boss": Role.ADMIN},
            "leeway": timedelta(seconds=30),
            **more,
        }
        self._verifier = JwtVerifier(OidcSettings(**given), self._keys)

    async def keys_are_there(self) -> None:
        """Wait for the look at the issuer that is under way."""
        assert self._keys._fetching is not None
        await self._keys._fetching

    async def identity(self, token: str) -> Identity:
        return (await self._verifier.verify(token))[0]

    async def refusal(self, token: str) -> str:
        """Return the code with which a token is refused."""
        with pytest.raises(InvalidJwtError) as refused:
            await self._verifier.verify(token)
        return refused.value.code


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5, verify=NO_TLS) as client:
        yield client


@pytest.fixture
def door(issuer: Issuer, http: httpx.AsyncClient) -> Door:
    return Door(issuer, http)


def part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def identity(issuer: Issuer, role: Role = Role.OPERATOR) -> Identity:
    """Return who its tokens are of, unless told otherwise."""
    return Identity(Owner(issuer.url, "alice"), role)


async def test_good_tokens(issuer: Issuer, door: Door) -> None:
    assert await door.identity(issuer.token()) == identity(issuer)
    issuer.keys["two"] = ec_key()
    door.seconds += 60
    assert await door.identity(issuer.token(kid="two")) == identity(issuer)
    assert await door.identity(issuer.token(exp=10**15)) == identity(issuer)
    several = issuer.token(aud=["other", AUDIENCE], roles=["viewer", "boss", "unknown", 7])
    assert await door.identity(several) == identity(issuer, Role.ADMIN)
    assert await door.identity(issuer.token(roles="viewer operator")) == identity(issuer)


async def test_claims_of_other_names(issuer: Issuer, http: httpx.AsyncClient) -> None:
    door = Door(issuer, http, name_claim="login", roles_claim="realm_access.roles")
    token = issuer.token(login="bob", realm_access={"roles": ["viewer"]})
    assert await door.identity(token) == Identity(Owner(issuer.url, "bob"), Role.VIEWER)


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"email": "ada@example.com"}, "ada@example.com"),
        ({"email": "ada@example.com", "email_verified": True}, "ada@example.com"),
        ({"email": "ada@example.com", "email_verified": False}, None),
        ({"email": "ada"}, None),
        ({"email": ["ada@example.com"]}, None),
        ({}, None),
    ],
)
async def test_the_address_that_an_issuer_tells(
    issuer: Issuer, door: Door, claims: dict[str, Any], email: str | None
) -> None:
    assert (await door.identity(issuer.token(**claims))).email == email


_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"iss": "https://elsewhere.example"}, "JWT_ISSUER_WRONG"),
        ({"aud": "other"}, "JWT_AUDIENCE_WRONG"),
        ({"aud": None}, "JWT_CLAIM_MISSING"),
        ({"iss": None}, "JWT_CLAIM_MISSING"),
        ({"exp": None}, "JWT_CLAIM_MISSING"),
        ({"exp": int(time.time()) - 31}, "JWT_EXPIRED"),
        ({"nbf": int(time.time()) + 86_400}, "JWT_NOT_YET_VALID"),
        ({"sub": None}, "JWT_NAME_UNUSABLE"),
        ({"sub": ""}, "JWT_NAME_UNUSABLE"),
        ({"sub": "a\nb"}, "JWT_NAME_UNUSABLE"),
        ({"sub": "a" * 129}, "JWT_NAME_UNUSABLE"),
        ({"sub": " alice"}, "JWT_NAME_UNUSABLE"),
        ({"sub": "\uff21lice"}, "JWT_NAME_UNUSABLE"),
        ({"sub": "\u0430lice"}, "JWT_NAME_UNUSABLE"),
        ({"iat": int(time.time()) + 86_400}, "JWT_NOT_YET_VALID"),
        ({"at_hash": "x"}, "JWT_TYPE_WRONG"),
        ({"typ": "ID"}, "JWT_TYPE_WRONG"),
        ({"typ": "Refresh"}, "JWT_TYPE_WRONG"),
        ({"events": {_LOGOUT: {}}}, "JWT_TYPE_WRONG"),
        ({"htm": "POST", "htu": "https://x"}, "JWT_TYPE_WRONG"),
        ({"roles": None}, "JWT_WITHOUT_ROLE"),
        ({"roles": []}, "JWT_WITHOUT_ROLE"),
        ({"roles": ["stranger"]}, "JWT_WITHOUT_ROLE"),
        ({"roles": {"admin": True}}, "JWT_WITHOUT_ROLE"),
    ],
)
async def test_bad_claims(issuer: Issuer, door: Door, given: dict[str, Any], code: str) -> None:
    assert await door.refusal(issuer.token(**given)) == code


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt", "JWT", "jwt"])
async def test_what_an_access_token_calls_itself(issuer: Issuer, door: Door, kind: str) -> None:
    assert await door.identity(issuer.token(headers={"typ": kind})) == identity(issuer)
    assert await door.identity(issuer.token(headers={"typ": None})) == identity(issuer)


@pytest.mark.parametrize("kind", ["logout+jwt", "dpop+jwt", "secevent+jwt", "id+jwt", 7])
async def test_what_else_an_issuer_signs(issuer: Issuer, door: Door, kind: object) -> None:
    assert await door.refusal(issuer.token(headers={"typ": kind})) == "JWT_TYPE_WRONG"


async def test_what_must_be_understood_and_is_not(issuer: Issuer, door: Door) -> None:
    for names in (["exp"], ["b64"], []):
        token = issuer.token(headers={"crit": names})
        assert await door.refusal(token) == "JWT_MALFORMED"


async def test_id_tokens_where_the_client_is_the_audience(
    issuer: Issuer, http: httpx.AsyncClient
) -> None:
    door = Door(issuer, http, client_id=AUDIENCE)
    signs: list[dict[str, Any]] = [{"at_hash": "x"}, {"typ": "ID"}]
    for marks in signs:
        assert await door.identity(issuer.token(**marks)) == identity(issuer)
    assert await door.refusal(issuer.token(typ="Logout")) == "JWT_TYPE_WRONG"


@pytest.mark.parametrize(
    ("given", "is_let_in"),
    [
        ({"azp": "dashboard"}, True),
        ({"client_id": "storectl"}, True),
        ({"azp": "dashboard", "client_id": "dashboard"}, True),
        ({"azp": "stranger"}, False),
        ({"azp": "dashboard", "client_id": "stranger"}, False),
        ({"azp": ["dashboard"]}, False),
        ({"azp": ""}, False),
        ({}, False),
    ],
)
async def test_clients_that_are_named(
    issuer: Issuer, http: httpx.AsyncClient, given: dict[str, Any], *, is_let_in: bool
) -> None:
    token = issuer.token(**given)
    door = Door(issuer, http, clients=("dashboard", "storectl"))
    if is_let_in:
        assert await door.identity(token) == identity(issuer)
    else:
        assert await door.refusal(token) == "JWT_CLIENT_WRONG"
    assert await Door(issuer, http).identity(token) == identity(issuer)


@pytest.mark.parametrize(
    ("claim", "shown"), [("Alice A.", "Alice A."), ("\u0430lice", ""), (7, ""), (None, "")]
)
async def test_what_people_are_called(
    issuer: Issuer, door: Door, claim: object, shown: str
) -> None:
    found = await door.identity(issuer.token(preferred_username=claim))
    assert (found.owner.subject, found.owner.display_name) == ("alice", shown)


async def test_its_clock_may_be_a_little_off(issuer: Issuer, door: Door) -> None:
    now = int(time.time())
    assert await door.identity(issuer.token(exp=now - 5, nbf=now + 5, iat=now + 5))


async def test_no_signature(issuer: Issuer, door: Door) -> None:
    unsigned = jwt.encode(issuer.claims(), "", algorithm="none", headers={"kid": "one"})
    assert await door.refusal(unsigned) == "JWT_ALGORITHM_REFUSED"


async def test_signed_with_the_public_key_as_a_secret(issuer: Issuer, door: Door) -> None:
    public = issuer.keys["one"].public_key()
    secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # By hand: no decent library signs so.
    signed = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'one'})}.{part(issuer.claims())}"
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    forged = f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    assert await door.refusal(forged) == "JWT_ALGORITHM_REFUSED"


async def test_signed_by_another(issuer: Issuer, door: Door) -> None:
    assert await door.refusal(issuer.token(key=rsa_key())) == "JWT_SIGNATURE_WRONG"
    assert await door.refusal(issuer.token(key=ec_key())) == "JWT_ALGORITHM_REFUSED"


async def test_an_algorithm_that_the_operator_does_not_accept(
    issuer: Issuer, http: httpx.AsyncClient
) -> None:
    door = Door(issuer, http, algorithms=("ES256",))
    assert await door.refusal(issuer.token()) == "JWT_ALGORITHM_REFUSED"


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "..", "a" * 20_000, "eyJhbGciOiJSUzI1NiJ9.e30."]
)
async def test_nonsense(door: Door, token: str) -> None:
    assert await door.refusal(token) in {"JWT_MALFORMED", "JWT_KEY_UNKNOWN"}


async def test_rotation(issuer: Issuer, door: Door) -> None:
    await door.identity(issuer.token())
    issuer.keys["two"] = rsa_key()
    door.seconds += 11
    assert await door.identity(issuer.token(kid="two"))
    old = issuer.token()
    del issuer.keys["one"]
    assert await door.identity(old)
    door.seconds += 601
    await door.identity(old)  # its key is still known, and looked for anew
    await door.keys_are_there()
    assert await door.refusal(old) == "JWT_KEY_UNKNOWN"


async def test_unknown_key_ids_do_not_become_requests(issuer: Issuer, door: Door) -> None:
    forger = rsa_key()
    for number in range(200):
        assert await door.refusal(issuer.token(kid=f"k{number}", key=forger)) == "JWT_KEY_UNKNOWN"
    assert issuer.asked == {"/.well-known/openid-configuration": 1, "/keys": 1}
    assert await door.identity(issuer.token())
    door.seconds += 10
    await door.refusal(issuer.token(kid="again", key=forger))
    assert issuer.asked["/keys"] == 2


async def test_an_issuer_that_is_down(issuer: Issuer, door: Door) -> None:
    issuer.is_down = True
    assert await door.refusal(issuer.token()) == "JWT_KEY_UNKNOWN"
    issuer.is_down = False
    door.seconds += 10
    assert await door.identity(issuer.token())
    issuer.is_down = True
    door.seconds += 100_000
    assert await door.identity(issuer.token())
    assert await door.identity(issuer.token())


async def test_a_discovery_document_of_another_issuer(issuer: Issuer, door: Door) -> None:
    issuer.claimed_issuer = "https://elsewhere.example"
    assert await door.refusal(issuer.token()) == "JWT_KEY_UNKNOWN"
    assert issuer.asked["/keys"] == 0


@pytest.mark.parametrize("keys", [None, 7, "", "/keys", "file:///etc/passwd", "http://[::1"])
async def test_a_discovery_document_that_leads_to_no_keys(
    issuer: Issuer, door: Door, keys: object
) -> None:
    issuer.claimed_keys = keys
    assert await door.refusal(issuer.token()) == "JWT_KEY_UNKNOWN"
    assert issuer.asked == {"/.well-known/openid-configuration": 1}


async def test_an_issuer_that_is_down_is_not_asked_for_each_token(
    issuer: Issuer, door: Door
) -> None:
    issuer.is_down = True
    for number in range(200):
        token = issuer.token(kid=f"k{number}", key=issuer.keys["one"])
        assert await door.refusal(token) == "JWT_KEY_UNKNOWN"
    assert issuer.asked == {"/.well-known/openid-configuration": 1}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Issuer]]:
    """A service that trusts an issuer, and the issuer."""
    with running_issuer() as issuer:
        settings = {
            "STORE_PLATFORM_OIDC_ISSUER": issuer.url,
            "STORE_PLATFORM_OIDC_AUDIENCE": AUDIENCE,
            "STORE_PLATFORM_OIDC_CLIENT_ID": "dashboard",
            "STORE_PLATFORM_OIDC_SCOPES": "openid roles",
            "STORE_PLATFORM_OIDC_LEEWAY_SECONDS": "0",
            "STORE_PLATFORM_OIDC_ROLES": "operator=operator, boss=admin",
        }
        folder = tmp_path_factory.mktemp("oidc")
        running = Service(folder, unreachable_cluster(folder), settings)
        running.start(wait_until_ready=False)
        yield running, issuer
        running.stop()


def test_a_refused_one_is_recorded(service: tuple[Service, Issuer]) -> None:
    api, issuer = service
    with pytest.raises(TransportQueryError) as refused:
        api.execute(issuer.token(exp=int(time.time()) - 1), VIEWER)
    assert refused.value.errors is not None
    assert [error["extensions"]["code"] for error in refused.value.errors] == ["UNAUTHENTICATED"]
    admin = issuer.token(sub="zoe", roles=["boss"])
    (edge,) = api.execute(admin, SIGN_INS)["auditLog"]["edges"]
    assert edge["node"] == {"actor": None, "code": "JWT_EXPIRED", "clientAddress": "127.0.0.1"}


async def test_a_websocket_ends_with_it(service: tuple[Service, Issuer]) -> None:
    api, issuer = service
    async with connected(api, issuer.token(exp=int(time.time()) + 2)) as socket:
        assert await close_of(socket) == (4403, "Credential no longer valid", [])


def test_what_the_pages_are_told(service: tuple[Service, Issuer]) -> None:
    api, issuer = service
    status, body = api.status("/config.json")
    assert (status, json.loads(body)["oidc"]) == (
        200,
        {"issuer": issuer.url, "clientId": "dashboard", "scopes": ["openid", "roles"]},
    )
