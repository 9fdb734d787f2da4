"""A store that is offered to another owner, who sees nothing of it until they accept it."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from gql import gql
from gql.transport.exceptions import TransportQueryError

from provisioner.services.transfers import ADVICE
from tests.api.conftest import Records, records_of, running_service
from tests.api.test_audit import entries_of
from tests.api.test_quota import quota_of
from tests.e2e.service import FOLLOW, Service
from tests.issuer import AUDIENCE, Issuer, running_issuer

Read = Callable[[], Records]
STORE = """query ($id: ID!) { store(id: $id) { name owner
  offer { to toSource offeredBy offeredAt expiresAt }
  operations { edges { node { kind } } } events { edges { node { kind status message } } } } }"""
STORES = "{ stores { totalCount edges { node { name } } } }"
OFFERED = """{ offeredStores { storeId storeName engine resources { cpu memory storage } offeredBy
  offeredAt expiresAt } }"""
CHANGES = """subscription ($after: String) { storesChanged(after: $after) {
  cursor stores { name owner } goneStoreIds } }"""
CREATE_TOKEN = """mutation ($input: CreateTokenInput!) { createToken(input: $input) {
  secret errors { code } } }"""
GONE = "This store has another owner now, who accepted it, so you cannot see it any more."
NOT_OFFERED = (
    "This store is not offered to you. The offer may have been withdrawn, or have run out; or it"
    " names you in another way than you have signed in now."
)


def ask(api: Service, token: str, name: str, store_id: str, **more: Any) -> dict[str, Any]:
    """Run one of the four mutations; return its payload."""
    shown = {"accept": "store { owner } advice", "decline": "offer { storeName }"}
    mutation = "transferStore" if name == "offer" else f"{name}Transfer"
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = f"""mutation ($input: {kind}!) {{ payload: {mutation}(input: $input) {{
      {shown.get(name, "store { owner offer { to } }")} errors {{ code field message }} }} }}"""
    found: dict[str, Any] = api.execute(token, document, input={"id": store_id, **more})["payload"]
    return found


def refused(payload: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(error["code"], error["field"]) for error in payload["errors"]]


def offered_to(api: Service, token: str) -> list[str]:
    return [offer["storeName"] for offer in api.execute(token, OFFERED)["offeredStores"]]


@pytest.fixture
def dora(api: Service) -> str:
    return api.token("dora")


@pytest.fixture
def ugo(api: Service) -> str:
    return api.token("ugo")


@pytest.fixture
def shop(api: Service, dora: str) -> str:
    """Return the id of dora's store."""
    made: str = api.create(dora, "the-shop")["store"]["id"]
    return made


@pytest.mark.both_databases
def test_a_store_changes_hands(api: Service, dora: str, ugo: str, shop: str) -> None:
    payload = ask(api, dora, "offer", shop, to="ugo")
    assert payload == {"store": {"owner": "dora", "offer": {"to": "ugo"}}, "errors": []}
    (offer,) = api.execute(ugo, OFFERED)["offeredStores"]
    seen = api.execute(dora, STORE, id=shop)["store"]["offer"]
    assert seen == {
        "to": "ugo", "toSource": "local", "offeredBy": "dora",
        "offeredAt": offer["offeredAt"], "expiresAt": offer["expiresAt"],
    }  # fmt: skip
    assert (offer["storeId"], offer["storeName"], offer["engine"], offer["offeredBy"]) == (
        shop, "the-shop", "woocommerce", "dora",
    )  # fmt: skip
    assert set(offer["resources"]) == {"cpu", "memory", "storage"}
    # Nothing else of it is theirs to see.
    assert api.execute(ugo, STORE, id=shop) == {"store": None}
    assert api.execute(ugo, STORES)["stores"]["totalCount"] == 0

    taken = ask(api, ugo, "accept", shop)
    assert taken == {"store": {"owner": "ugo"}, "advice": ADVICE, "errors": []}
    assert "set a new one by `resetAdminPassword`" in ADVICE
    assert offered_to(api, ugo) == []
    assert api.execute(dora, STORE, id=shop) == {"store": None}
    assert api.execute(dora, STORES)["stores"]["totalCount"] == 0
    store = api.execute(ugo, STORE, id=shop)["store"]
    assert (store["owner"], store["offer"]) == ("ugo", None)
    assert [edge["node"]["kind"] for edge in store["operations"]["edges"]] == ["CREATE"]
    told = [edge["node"] for edge in store["events"]["edges"] if edge["node"]["kind"] == "TRANSFER"]
    assert [event["status"] for event in told] == ["OFFERED", "ACCEPTED"]
    assert told[1]["message"] == "ugo accepted the store, and is its owner now."
    assert refused(api.delete(dora, shop)) == [("NOT_FOUND", "id")]
    kept = [
        (item["actor"], item["action"], item["arguments"]) for item in entries_of(api, storeId=shop)
    ]
    assert kept[1:3] == [
        ("dora", "transferStore", {"id": shop, "to": "ugo"}),
        ("ugo", "acceptTransfer", {"id": shop}),
    ]


def test_an_offer_to_nobody_looks_like_any_other(api: Service, dora: str, ugo: str) -> None:
    assert api.execute(ugo, STORES)["stores"]["totalCount"] == 0  # ugo is somebody
    told = []
    for name, to in (("first-shop", "ugo"), ("second-shop", "nobody")):
        store_id = api.create(dora, name)["store"]["id"]
        payload = ask(api, dora, "offer", store_id, to=to)
        assert payload["errors"] == []
        shown = str(api.execute(dora, STORE, id=store_id)["store"]["offer"].keys())
        told.append((str(payload).replace(to, "?"), shown))
    assert told[0] == told[1]


def test_declined_and_withdrawn(api: Service, dora: str, ugo: str, shop: str) -> None:
    ask(api, dora, "offer", shop, to="ugo")
    assert ask(api, ugo, "decline", shop) == {"offer": {"storeName": "the-shop"}, "errors": []}
    assert offered_to(api, ugo) == []
    ask(api, dora, "offer", shop, to="ugo")
    payload = ask(api, dora, "withdraw", shop)
    assert payload == {"store": {"owner": "dora", "offer": None}, "errors": []}
    accepted = ask(api, ugo, "accept", shop)
    assert refused(accepted) == [("NOT_FOUND", "id")]
    assert accepted["errors"][0]["message"] == NOT_OFFERED
    assert accepted["advice"] is None
    assert api.execute(dora, STORE, id=shop)["store"]["owner"] == "dora"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"to": ""}, [("OWNER_INVALID", "to")]),
        ({"to": "x" * 129}, [("OWNER_INVALID", "to")]),
        ({"to": "\N{CYRILLIC SMALL LETTER A}da"}, [("OWNER_INVALID", "to")]),
        ({"to": "ugo", "toSource": "elsewhere"}, [("OWNER_INVALID", "toSource")]),
        ({"to": "", "toSource": ""}, [("OWNER_INVALID", "to"), ("OWNER_INVALID", "toSource")]),
        ({"to": "dora"}, [("OWNER_INVALID", "to")]),
        ({"to": "\N{FULLWIDTH LATIN SMALL LETTER D}ora "}, [("OWNER_INVALID", "to")]),
    ],
)
def test_a_taker_who_cannot_be(
    api: Service, records: Read, dora: str, shop: str, given: dict[str, str], expected: object
) -> None:
    before = records()
    assert refused(ask(api, dora, "offer", shop, **given)) == expected
    assert records() == before


def test_what_is_refused_changes_nothing(
    api: Service, records: Read, dora: str, ugo: str, shop: str
) -> None:
    viewer, eve = api.token("ugo", role="viewer"), api.token("eve")
    before = records()
    assert refused(ask(api, dora, "withdraw", shop)) == [("NO_OFFER", "id")]
    assert refused(ask(api, ugo, "offer", shop, to="eve")) == [("NOT_FOUND", "id")]
    assert records() == before
    ask(api, dora, "offer", shop, to="ugo")
    before = records()
    assert refused(ask(api, dora, "offer", shop, to="eve")) == [("OFFER_OPEN", "id")]
    for name in ("accept", "decline"):
        for token, code in ((viewer, "FORBIDDEN"), (eve, "NOT_FOUND"), (dora, "NOT_FOUND")):
            assert [error[0] for error in refused(ask(api, token, name, shop))] == [code]
        assert refused(ask(api, ugo, name, "store_1")) == [("NOT_FOUND", "id")]
    assert records() == before
    # What is being deleted is not offered any more.
    api.delete(dora, shop)
    before = records()
    assert offered_to(api, ugo) == []
    assert refused(ask(api, ugo, "accept", shop)) == [("NOT_FOUND", "id")]
    assert refused(ask(api, dora, "offer", shop, to="ugo")) == [("NOT_TRANSFERABLE", "id")]
    assert records() == before


def test_only_in_person(api: Service, records: Read, dora: str, ugo: str, shop: str) -> None:
    root = api.token("root", role="admin")
    made_for = {
        owner: api.execute(root, CREATE_TOKEN, input={"role": "OPERATOR", "owner": owner})[
            "createToken"
        ]["secret"]
        for owner in ("dora", "ugo")
    }
    before = records()
    assert refused(ask(api, made_for["dora"], "offer", shop, to="ugo")) == [("FORBIDDEN", "id")]
    assert records() == before
    ask(api, dora, "offer", shop, to="ugo")
    before = records()
    assert refused(ask(api, made_for["dora"], "withdraw", shop)) == [("FORBIDDEN", "id")]
    assert offered_to(api, made_for["ugo"]) == ["the-shop"]
    assert refused(ask(api, made_for["ugo"], "accept", shop)) == [("FORBIDDEN", "id")]
    assert records() == before
    assert ask(api, ugo, "accept", shop)["errors"] == []


def test_admins_offer_others_stores_and_not_to_themselves(
    api: Service, records: Read, dora: str, ugo: str, shop: str
) -> None:
    root = api.token("root", role="admin")
    before = records()
    assert refused(ask(api, root, "offer", shop, to="root")) == [("OWNER_INVALID", "to")]
    assert refused(ask(api, root, "accept", shop)) == [("NOT_FOUND", "id")]
    assert records() == before
    assert ask(api, root, "offer", shop, to="ugo")["errors"] == []
    assert api.execute(dora, STORE, id=shop)["store"]["offer"]["offeredBy"] == "root"
    assert ask(api, dora, "withdraw", shop)["errors"] == []
    ask(api, root, "offer", shop, to="ugo")
    assert ask(api, ugo, "accept", shop)["store"] == {"owner": "ugo"}


@pytest.mark.both_databases
async def test_who_follows_it(api: Service, dora: str, ugo: str, shop: str) -> None:
    request, listed = gql(FOLLOW), gql(CHANGES)
    request.variable_values = {"id": shop}
    async with (
        api.websocket(dora) as hers,
        api.websocket(ugo) as his,
        aclosing(hers.subscribe(request)) as status,
        aclosing(hers.subscribe(listed)) as her_list,
        aclosing(his.subscribe(listed)) as his_list,
        asyncio.timeout(60),
    ):
        for stream in (status, her_list, his_list):
            start = await anext(stream)
        await asyncio.to_thread(ask, api, dora, "offer", shop, to="ugo")
        assert (await anext(status))["storeStatus"]["events"][-1]["status"] == "OFFERED"
        assert (await anext(her_list))["storesChanged"]["goneStoreIds"] == []
        await asyncio.to_thread(ask, api, ugo, "accept", shop)
        with pytest.raises(TransportQueryError) as ended:
            await anext(status)
        assert ended.value.errors is not None
        (error,) = ended.value.errors
        assert (error["message"], error["extensions"]["code"]) == (GONE, "NOT_FOUND")
        gone = (await anext(her_list))["storesChanged"]
        assert (gone["stores"], gone["goneStoreIds"]) == ([], [shop])
        come = (await anext(his_list))["storesChanged"]
        assert come["stores"] == [{"name": "the-shop", "owner": "ugo"}]
        assert come["goneStoreIds"] == []
    # Whoever was away meanwhile hears of it too.
    listed.variable_values = {"after": start["storesChanged"]["cursor"]}
    async with api.websocket(dora) as hers, aclosing(hers.subscribe(listed)) as her_list:
        since = (await anext(her_list))["storesChanged"]
    assert (since["stores"], since["goneStoreIds"]) == ([], [shop])


def test_two_who_accept_at_once(api: Service, dora: str, ugo: str, shop: str) -> None:
    ask(api, dora, "offer", shop, to="ugo")
    tokens = [ugo, *(api.token("ugo") for _ in range(3))]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda token: ask(api, token, "accept", shop), tokens))
    codes = sorted(error[0] for answer in answers for error in refused(answer))
    assert codes == ["NOT_FOUND"] * 3
    told = api.execute(ugo, STORE, id=shop)["store"]["events"]["edges"]
    assert [edge["node"]["status"] for edge in told].count("ACCEPTED") == 1


def test_a_taker_without_a_place(tmp_path: Path) -> None:
    with running_service(tmp_path, STORE_PLATFORM_MAX_STORES_PER_USER="1") as api:
        dora, ugo, read = api.token("dora"), api.token("ugo"), partial(records_of, api)
        shop = api.create(dora, "the-shop")["store"]["id"]
        own = api.create(ugo, "own-shop")["store"]["id"]
        ask(api, dora, "offer", shop, to="ugo")
        before = read()
        assert refused(ask(api, ugo, "accept", shop)) == [("USER_QUOTA_REACHED", None)]
        assert read() == before
        assert offered_to(api, ugo) == ["the-shop"]
        ask(api, ugo, "offer", own, to="eve")
        assert ask(api, api.token("eve"), "accept", own)["errors"] == []
        assert ask(api, ugo, "accept", shop)["errors"] == []
        assert (quota_of(api, dora), quota_of(api, ugo)) == ((0, 1, 1), (1, 1, 0))


@pytest.fixture(scope="module")
def with_issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Issuer]]:
    with running_issuer() as issuer:
        settings = {
            "STORE_PLATFORM_OIDC_ISSUER": issuer.url,
            "STORE_PLATFORM_OIDC_AUDIENCE": AUDIENCE,
        }
        with running_service(tmp_path_factory.mktemp("transfers"), **settings) as service:
            yield service, issuer


def test_an_issuers_people(with_issuer: tuple[Service, Issuer]) -> None:
    api, issuer = with_issuer
    ann = issuer.token(sub="00u1", preferred_username="ann")
    ben = issuer.token(
        sub="00u2", email="Ben@example.com", preferred_username="ben", email_verified=True
    )
    shop = api.create(ann, "anns-shop")["store"]["id"]
    # Anybody can enter an address that an issuer does not look at, and call themselves anything.
    others = (
        issuer.token(sub="00u3", email="ben@example.com"),
        issuer.token(sub="00u4", email="ben@example.com", email_verified=False),
        issuer.token(sub="00u5", preferred_username="ben@example.com"),
        api.token("00u2"),
    )
    ask(api, ann, "offer", shop, to="ben@example.com")
    for other in others:
        assert offered_to(api, other) == []
        assert refused(ask(api, other, "accept", shop)) == [("NOT_FOUND", "id")]
    assert ask(api, ben, "accept", shop)["store"] == {"owner": "00u2"}
    # By the unique name, at the same issuer as the owner.
    ask(api, ben, "offer", shop, to="00u1")
    assert offered_to(api, api.token("00u1")) == []
    assert ask(api, ann, "accept", shop)["store"] == {"owner": "00u1"}
    # And by a name of the platform's own.
    ask(api, ann, "offer", shop, to="ugo", toSource="local")
    assert offered_to(api, issuer.token(sub="ugo")) == []
    assert ask(api, api.token("ugo"), "accept", shop)["store"] == {"owner": "ugo"}
    assert refused(ask(api, ann, "withdraw", shop)) == [("NOT_FOUND", "id")]
