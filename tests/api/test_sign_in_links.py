"""Signing in with a one-time link: through the command line, the API, and the audit log."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import running_service
from tests.api.wire import Answer, post
from tests.e2e.service import Service

REDEEM = """mutation ($code: String!) { redeemSignInCode(input: {code: $code}) {
  secret token { owner role description } errors { code field message } } }"""
VIEWER = "{ viewer { name role } }"
AUDIT = (
    "SELECT actor, role, action, outcome, code, arguments FROM audit WHERE id > :last ORDER BY id"
)
PAGE = "https://shops.example.com/stores"

Link = Callable[[str], str]
Entries = Callable[[], list[tuple[Any, ...]]]


@pytest.fixture
def entries(api: Service) -> Entries:
    """Read what was recorded since the test began."""
    ((last,),) = api.sql("SELECT COALESCE(MAX(id), 0) FROM audit")
    return lambda: api.sql(AUDIT, last=last)


def code_for(api: Service, token: str) -> str:
    """Return the code of a new link, as the command line prints it."""
    link = api.link(token, PAGE)
    found = re.fullmatch(re.escape(PAGE) + r"#code=(spc_[\w-]{43})", link)
    assert found is not None, link
    assert token not in link
    return found[1]


def redeem(api: Service, code: str, token: str | None = None) -> Answer:
    return post(api, {"query": REDEEM, "variables": {"code": code}}, token)


def test_a_link_signs_in_once(api: Service, entries: Entries) -> None:
    # Given a link for a viewer
    token = api.token("amy", "viewer")
    code = code_for(api, token)
    ((token_id,),) = api.sql("SELECT token_id FROM sign_in_codes ORDER BY created_at DESC LIMIT 1")
    # When it is used, then a new token signs in as they
    first = redeem(api, code).data["redeemSignInCode"]
    assert first["token"] == {
        "owner": "amy",
        "role": "VIEWER",
        "description": "Signed in with a link",
    }
    assert first["secret"] not in (code, token)
    assert api.execute(first["secret"], VIEWER) == {"viewer": {"name": "amy", "role": "VIEWER"}}
    # And not a second time
    before = api.sql("SELECT id FROM tokens ORDER BY id")
    second = redeem(api, code).data["redeemSignInCode"]
    assert (second["secret"], second["token"]) == (None, None)
    assert [(e["code"], e["field"]) for e in second["errors"]] == [("CODE_USED", "code")]
    assert api.sql("SELECT id FROM tokens ORDER BY id") == before
    # And who made it and who used it is on record, without the code
    assert entries()[:2] == [
        ("command line", "ADMIN", "createSignInCode", "ACCEPTED", None,
         f'{{"id": "token_{token_id}"}}'),
        ("amy", "VIEWER", "redeemSignInCode", "ACCEPTED", None, "{}"),
    ]  # fmt: skip


def test_whoever_is_signed_in_already_becomes_the_links_owner(
    api: Service, entries: Entries
) -> None:
    code = code_for(api, api.token("bob"))
    made = redeem(api, code, api.token("carol", "admin")).data["redeemSignInCode"]
    assert made["token"]["owner"] == "bob"
    assert entries()[-1][:3] == ("bob", "OPERATOR", "redeemSignInCode")


FOREIGN = json.dumps({"query": 'mutation { redeemSignInCode(input: {code: "CODE"}) { secret } }'})
PART = f'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{FOREIGN}\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", FOREIGN),
        ("application/x-www-form-urlencoded", "query=" + json.loads(FOREIGN)["query"]),
        ("multipart/form-data; boundary=x", PART),
    ],
)
def test_another_sites_page_redeems_nothing(api: Service, kind: str, body: str) -> None:
    """What a browser sends for any page without asking us first: neither done, nor answered."""
    code = code_for(api, api.token("dora"))
    answer = post(
        api, body.replace("CODE", code), Content_Type=kind, Origin="https://elsewhere.example"
    )
    assert "secret" not in answer.text
    assert "access-control-allow-origin" not in answer.headers
    assert redeem(api, code).data["redeemSignInCode"]["errors"] == []


def test_the_rate_of_those_who_have_not_signed_in(tmp_path_factory: pytest.TempPathFactory) -> None:
    """They are turned away, and nobody who is signed in is, from the same address."""
    with running_service(
        tmp_path_factory.mktemp("hasty"), STORE_PLATFORM_MUTATION_RATE_PER_CALLER="3/hour"
    ) as service:
        token = service.token("erin")
        code = code_for(service, token)
        for _ in range(3):
            assert redeem(service, "spc_guess").errors == []
        refused = redeem(service, code)
        recorded = service.sql(AUDIT, last=0)
        assert recorded[-1][:5] == (None, None, "redeemSignInCode", "REFUSED", "CODE_UNKNOWN")
        assert refused.codes == ["RATE_LIMITED"]
        assert "secret" not in refused.text
        ((redeemed_at,),) = service.sql("SELECT redeemed_at FROM sign_in_codes")
        assert redeemed_at is None
        assert redeem(service, code, token).data["redeemSignInCode"]["errors"] == []
