"""Signing in with a one-time link: through the command line, the API, and the audit log."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.api.conftest import running_service
from tests.api.wire import Answer, closed_with, post, send, socket
from tests.e2e.service import Service

REDEEM = """mutation ($code: String!) { redeemSignInCode(input: {code: $code}) {
  secret token { owner role description } errors { code field message } } }"""
HELLO = {"query": "{ __typename }"}
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


def redeem(api: Service, code: str, token: str | None = None, **headers: str) -> Answer:
    return post(api, {"query": REDEEM, "variables": {"code": code}}, token, **headers)


def refused_with(answer: Answer) -> list[str]:
    """Return the codes of a refusal that is told in the payload."""
    payload = answer.data["redeemSignInCode"]
    assert (payload["secret"], payload["token"]) == (None, None)
    return [error["code"] for error in payload["errors"]]


def limited_in(answer: Answer) -> str:
    """Return what an answer says came too often."""
    (error,) = answer.errors
    assert (answer.codes, "secret" in answer.text) == (["RATE_LIMITED"], False)
    found = re.fullmatch(r"Too many (.+)\. Try again in \d+ s\.", error["message"])
    assert found is not None, error
    return found[1]


def issued(api: Service) -> tuple[list[tuple[Any, ...]], ...]:
    """Read everything that a redemption changes."""
    return (
        api.sql("SELECT digest, redeemed_at FROM sign_in_codes ORDER BY digest"),
        api.sql("SELECT id FROM tokens ORDER BY id"),
    )


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


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with little patience, behind a proxy on this machine; its log has no code in it."""
    with running_service(
        tmp_path_factory.mktemp("crowded"),
        # By the month: when an hour ends, there is room for one more at once.
        STORE_PLATFORM_MUTATION_RATE_PER_CALLER="3/month",
        STORE_PLATFORM_ANONYMOUS_OPERATION_RATE="5/month",
        STORE_PLATFORM_FAILED_SIGN_IN_RATE="2/month",
        STORE_PLATFORM_TRUSTED_PROXIES="127.0.0.0/8",
    ) as running:
        yield running
        assert "spc_" not in running.log.read_text()


def entries_from(service: Service, address: str) -> list[tuple[Any, ...]]:
    """Read what was recorded of an address."""
    return service.sql(
        "SELECT actor, role, action, outcome, code, arguments FROM audit"
        " WHERE address = :address ORDER BY id",
        address=address,
    )


def test_the_rate_of_those_who_have_not_signed_in(crowded: Service) -> None:
    """They are turned away, and nobody who is signed in is, from the same address."""
    there, token = {"X_Forwarded_For": "10.3.0.1"}, crowded.token("erin")
    code = crowded.code(token)
    for _ in range(3):
        assert refused_with(redeem(crowded, "spc_guess", **there)) == ["CODE_UNKNOWN"]
    before = issued(crowded)
    assert limited_in(redeem(crowded, code, **there)) == "changes"
    assert issued(crowded) == before
    told = '{"numberThisHour": 2}'  # of three
    assert entries_from(crowded, "10.3.0.1")[-1] == (
        None, None, "redeemSignInCode", "REFUSED", "CODE_UNKNOWN", told
    )  # fmt: skip
    assert redeem(crowded, code, token, **there).data["redeemSignInCode"]["errors"] == []


def use_up(service: Service, there: dict[str, str]) -> None:
    """Ask for all that an address may without a sign-in, as a stranger there does."""
    for _ in range(3):
        assert refused_with(redeem(service, "spc_guess", **there)) == ["CODE_UNKNOWN"]
    assert limited_in(redeem(service, "spc_guess", **there)) == "changes"
    assert post(service, HELLO, **there).errors == []
    assert limited_in(post(service, HELLO, **there)) == "requests without a sign-in"


def fail_to_sign_in(service: Service, there: dict[str, str]) -> None:
    """Fail as often as an address may."""
    for _ in range(2):
        assert post(service, {"query": VIEWER}, "sp_wrong", **there).codes == ["UNAUTHENTICATED"]
    assert limited_in(post(service, {"query": VIEWER}, "sp_wrong", **there)) == "failed sign-ins"


def test_a_good_code_is_redeemed_whatever_others_do_at_its_address(crowded: Service) -> None:
    # Given an address where a stranger has used up everything, and a code there
    there = {"X_Forwarded_For": "10.3.0.2"}
    use_up(crowded, there)
    fail_to_sign_in(crowded, there)
    code = crowded.code(crowded.token("fred"))
    before = issued(crowded)
    # When it comes like anything that nobody has signed in for, then it waits like that
    assert limited_in(redeem(crowded, code, **there)) == "requests without a sign-in"
    assert issued(crowded) == before
    # And when it comes as the credential too, then it is redeemed at once
    made = redeem(crowded, code, code, **there).data["redeemSignInCode"]
    assert (made["token"]["owner"], made["errors"]) == ("fred", [])
    assert crowded.execute(made["secret"], VIEWER) == {
        "viewer": {"name": "fred", "role": "OPERATOR"}
    }
    assert entries_from(crowded, "10.3.0.2")[-1] == (
        "fred", "OPERATOR", "redeemSignInCode", "ACCEPTED", None, "{}"
    )  # fmt: skip


def made_up(_: Service) -> str:
    return "spc_guess"


def used(service: Service) -> str:
    code = service.code(service.token("gail"))
    assert redeem(service, code, code).data["redeemSignInCode"]["errors"] == []
    return code


def expired(service: Service) -> str:
    return service.code(service.token("gail"), seconds=0)


@pytest.mark.parametrize(
    ("make", "says", "address"),
    [
        (made_up, "CODE_UNKNOWN", "10.3.1.1"),
        (used, "CODE_USED", "10.3.1.2"),
        (expired, "CODE_EXPIRED", "10.3.1.3"),
    ],
)
def test_a_code_that_is_not_good_is_a_failed_sign_in(
    crowded: Service, make: Callable[[Service], str], says: str, address: str
) -> None:
    code, there = make(crowded), {"X_Forwarded_For": address}
    before = issued(crowded)
    for _ in range(2):
        assert refused_with(redeem(crowded, code, code, **there)) == [says]
    assert limited_in(redeem(crowded, code, code, **there)) == "failed sign-ins"
    assert issued(crowded) == before
    # What was told is recorded once each, as the mutation that was refused
    assert entries_from(crowded, address) == [
        (None, None, "redeemSignInCode", "REFUSED", says, f'{{"numberThisHour": {number}}}')
        for number in (1, 2)
    ]


def test_a_code_that_is_not_good_has_no_rates_of_its_own(crowded: Service) -> None:
    there = {"X_Forwarded_For": "10.3.0.3"}
    use_up(crowded, there)
    before = issued(crowded)
    for said in ["requests without a sign-in"] * 2 + ["failed sign-ins"]:
        assert limited_in(redeem(crowded, "spc_guess", "spc_guess", **there)) == said
    assert issued(crowded) == before


def test_who_has_a_good_code_is_limited_by_it(crowded: Service) -> None:
    there, elsewhere = {"X_Forwarded_For": "10.3.0.4"}, {"X_Forwarded_For": "10.3.0.5"}
    token = crowded.token("hugo")
    one, other, third = [crowded.code(token) for _ in range(3)]
    for _ in range(3):  # of 5 requests that it may bring: enough are left to be refused changes
        assert refused_with(redeem(crowded, "spc_guess", one, **there)) == ["CODE_UNKNOWN"]
    for _ in range(5):
        assert post(crowded, HELLO, other, **there).errors == []
    # Wherever it comes from; and what is refused uses nothing up
    before = issued(crowded)
    for place in (there, elsewhere):
        assert limited_in(redeem(crowded, other, other, **place)) == "requests without a sign-in"
        assert limited_in(redeem(crowded, one, one, **place)) == "changes"
    assert issued(crowded) == before
    # And nobody else is limited by that
    use_up(crowded, there)
    assert redeem(crowded, third, third, **there).data["redeemSignInCode"]["errors"] == []


def test_a_code_allows_nothing_but_to_be_redeemed(crowded: Service) -> None:
    code, there = crowded.code(crowded.token("iris")), {"X_Forwarded_For": "10.3.0.6"}
    before = issued(crowded)
    make = 'mutation { createToken(input: {role: VIEWER, description: "x"}) { secret } }'
    follow = "subscription { storesChanged { cursor } }"
    for query in (VIEWER, make, "{ __schema { types { name } } }"):
        assert post(crowded, {"query": query}, code, **there).codes == ["UNAUTHENTICATED"]
    answer = post(crowded, {"query": follow}, code, Accept="text/event-stream", **there)
    assert "UNAUTHENTICATED" in answer.text
    assert issued(crowded) == before


async def test_a_code_opens_no_websocket(crowded: Service) -> None:
    there = {"X_Forwarded_For": "10.3.0.7"}
    fail_to_sign_in(crowded, there)
    code = crowded.code(crowded.token("jane"))
    before = issued(crowded)
    codes = []
    for given in (code, code, "spc_guess"):
        async with socket(crowded, **there) as opened:
            payload = {"authorization": f"Bearer {given}"}
            await send(opened, {"type": "connection_init", "payload": payload})
            codes.append((await closed_with(opened))[0])
    assert codes == [4403, 4403, 1013]  # the last by the rate of failed sign-ins
    assert issued(crowded) == before
