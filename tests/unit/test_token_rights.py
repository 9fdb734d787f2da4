"""Who may make, see and revoke which tokens, and until when those live."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from provisioner.domain.errors import RefusedError
from provisioner.domain.identities import Identity, Role, UsedToken
from provisioner.domain.owners import COMMAND_LINE, Owner, local
from provisioner.services.tokens import TokenService
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.token_tree import AccessToken, IssuerTrust
from provisioner.storage.tokens import IssuedToken, TokenRepository
from provisioner.testing import HandClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ISSUER = "https://issuer.example"
DAY = timedelta(days=1)
VIEWER, OPERATOR, ADMIN = Role.VIEWER, Role.OPERATOR, Role.ADMIN
AUDIT = cast("AuditedAction", object())
"""Handed on as it is."""

NOT_FOUND = ("NOT_FOUND", "id", "There is no such token; it may have another owner.")


@dataclass
class RecordedTokens:
    """Tokens in memory; ``calls`` are the changes and pages that were asked for."""

    issuer: IssuerTrust | None = None
    tokens: dict[str, AccessToken] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    async def issue(self, owner: Owner, role: Role, *, audit: object, **given: Any) -> IssuedToken:
        assert audit is AUDIT
        self.calls.append((owner, role, given))
        return ISSUED

    async def get(self, token_id: str) -> AccessToken | None:
        return self.tokens.get(token_id)

    async def revoke(self, token_id: str, *, audit: object) -> AccessToken | None:
        assert audit is AUDIT
        self.calls.append(("revoke", token_id))
        return self.tokens.pop(token_id, None)

    async def page(self, **given: Any) -> str:
        self.calls.append(("page", given))
        return "page"


@pytest.fixture
def tokens() -> RecordedTokens:
    return RecordedTokens()


@pytest.fixture
def service(tokens: RecordedTokens) -> TokenService:
    return TokenService(cast("TokenRepository", tokens), HandClock(NOW))


def caller(role: Role, *, ends: datetime | None = None, owner: Owner | None = None) -> Identity:
    """Return who signs in with a token of ours."""
    whose = owner or local("anna")
    return Identity(whose, role, UsedToken("used", whose, is_owners_own=True, expires_at=ends))


def from_issuer(role: Role = OPERATOR) -> Identity:
    return Identity(Owner(ISSUER, "anna"), role)


def a_token(role: Role = OPERATOR, owner: Owner | None = None) -> AccessToken:
    return AccessToken(
        id="t", owner=owner or local("anna"), role=role, description="", created_at=NOW,
        expires_at=None, last_used_at=None, revoked_at=None,
    )  # fmt: skip


ISSUED = IssuedToken(a_token(), "sp_secret")


async def refusals(work: Any) -> list[tuple[str, str | None, str]]:
    with pytest.raises(RefusedError) as refused:
        await work
    return [(found.code, found.field, found.message) for found in refused.value.refusals]


async def test_what_is_made_where_nothing_is_said(
    tokens: RecordedTokens, service: TokenService
) -> None:
    end = NOW + DAY
    assert await service.create(caller(OPERATOR, ends=end), role=VIEWER, audit=AUDIT) == ISSUED
    assert tokens.calls == [
        (
            local("anna"),
            VIEWER,
            {
                "description": "",
                "expires_at": end,
                "maker": local("anna"),
                "parent_id": "used",
            },
        )
    ]


@pytest.mark.parametrize(
    ("mine", "asked", "is_made"),
    [
        (OPERATOR, VIEWER, True),
        (OPERATOR, OPERATOR, True),
        (OPERATOR, ADMIN, False),
        (ADMIN, VIEWER, True),
        (ADMIN, OPERATOR, True),
        (ADMIN, ADMIN, True),
    ],
)
async def test_no_token_outranks_who_makes_it(
    tokens: RecordedTokens, service: TokenService, mine: Role, asked: Role, *, is_made: bool
) -> None:
    work = service.create(caller(mine), role=asked, audit=AUDIT)
    if is_made:
        assert await work == ISSUED
        assert [role for _, role, _ in tokens.calls] == [asked]
    else:
        message = "Your role is operator: a token of yours can have that role at most."
        assert await refusals(work) == [("FORBIDDEN", "role", message)]
        assert tokens.calls == []


@pytest.mark.parametrize("asked", list(Role))
async def test_a_viewer_makes_none(
    tokens: RecordedTokens, service: TokenService, asked: Role
) -> None:
    assert await refusals(service.create(caller(VIEWER), role=asked, audit=AUDIT)) == [
        (
            "FORBIDDEN",
            None,
            "Your role is viewer, which cannot make tokens. Ask an admin for the operator role.",
        )
    ]
    assert tokens.calls == []


async def test_whose_it_is(tokens: RecordedTokens, service: TokenService) -> None:
    for mine, named in ((OPERATOR, None), (OPERATOR, "anna"), (ADMIN, "anna")):
        await service.create(caller(mine), role=VIEWER, owner=named, audit=AUDIT)
    await service.create(caller(ADMIN), role=VIEWER, owner=" bea ", audit=AUDIT)
    assert [owner for owner, _, _ in tokens.calls] == [*[local("anna")] * 3, local("bea")]
    assert {given["maker"] for _, _, given in tokens.calls} == {local("anna")}


async def test_an_operator_makes_none_for_another(
    tokens: RecordedTokens, service: TokenService
) -> None:
    assert await refusals(
        service.create(caller(OPERATOR), role=VIEWER, owner="bea", audit=AUDIT)
    ) == [
        (
            "FORBIDDEN",
            "owner",
            "Only an admin can make tokens for others; leave `owner` out to make your own.",
        )
    ]
    assert tokens.calls == []


async def test_another_with_the_name_of_a_local_owner_is_another(service: TokenService) -> None:
    stranger = caller(OPERATOR, owner=Owner(ISSUER, "anna"))
    ((code, where, _),) = await refusals(
        service.create(stranger, role=VIEWER, owner="anna", audit=AUDIT)
    )
    assert (code, where) == ("FORBIDDEN", "owner")


async def test_an_owner_without_a_name(tokens: RecordedTokens, service: TokenService) -> None:
    assert await refusals(
        service.create(caller(ADMIN), role=VIEWER, owner="\u0430nna", audit=AUDIT)
    ) == [
        (
            "OWNER_INVALID",
            "owner",
            (
                "An owner's name has 1 to 128 printable characters, with letters of one script"
                " only: no Cyrillic `a` in a Latin name."
            ),
        )
    ]
    assert tokens.calls == []


@pytest.mark.parametrize("description", ["", "x" * 200, "Fünf ✓"])
async def test_descriptions(
    tokens: RecordedTokens, service: TokenService, description: str
) -> None:
    await service.create(caller(OPERATOR), role=VIEWER, description=description, audit=AUDIT)
    assert [given["description"] for _, _, given in tokens.calls] == [description]


@pytest.mark.parametrize("description", ["x" * 201, "a\nb", "a\x1bb"])
async def test_what_is_no_description(
    tokens: RecordedTokens, service: TokenService, description: str
) -> None:
    work = service.create(caller(OPERATOR), role=VIEWER, description=description, audit=AUDIT)
    message = "Say what the token is for in up to 200 printable characters."
    assert await refusals(work) == [("DESCRIPTION_INVALID", "description", message)]
    assert tokens.calls == []


@pytest.mark.parametrize("days", [1, 3650])
async def test_days(tokens: RecordedTokens, service: TokenService, days: int) -> None:
    await service.create(caller(OPERATOR), role=VIEWER, expires_in_days=days, audit=AUDIT)
    assert [given["expires_at"] for _, _, given in tokens.calls] == [NOW + days * DAY]


@pytest.mark.parametrize("days", [-1, 0, 3651])
async def test_what_is_no_number_of_days(
    tokens: RecordedTokens, service: TokenService, days: int
) -> None:
    work = service.create(caller(OPERATOR), role=VIEWER, expires_in_days=days, audit=AUDIT)
    message = (
        "Let it expire after 1 to 3650 days; leave it out for a token that lives as long as what"
        " you sign in with."
    )
    assert await refusals(work) == [("EXPIRY_INVALID", "expiresInDays", message)]
    assert tokens.calls == []


async def test_no_token_outlives_what_it_is_made_with(
    tokens: RecordedTokens, service: TokenService
) -> None:
    ends_first = caller(OPERATOR, ends=NOW + 2 * DAY)
    await service.create(ends_first, role=VIEWER, expires_in_days=1, audit=AUDIT)
    await service.create(ends_first, role=VIEWER, expires_in_days=2, audit=AUDIT)
    await service.create(ends_first, role=VIEWER, audit=AUDIT)
    ends = [given["expires_at"] for _, _, given in tokens.calls]
    assert ends == [NOW + DAY, NOW + 2 * DAY, NOW + 2 * DAY]
    assert await refusals(
        service.create(ends_first, role=VIEWER, expires_in_days=3, audit=AUDIT)
    ) == [
        (
            "EXPIRY_INVALID",
            "expiresInDays",
            (
                "A token ends no later than what it is made with: this one can live until"
                " 2026-01-03T00:00:00+00:00. Leave the days out to let it live so long."
            ),
        )
    ]
    assert len(tokens.calls) == 3


async def test_everything_that_is_wrong_is_said_at_once(service: TokenService) -> None:
    work = service.create(
        caller(OPERATOR), role=ADMIN, owner="bea", description="\n", expires_in_days=0, audit=AUDIT
    )
    wrong = [where for _, where, _ in await refusals(work)]
    assert wrong == ["owner", "role", "description", "expiresInDays"]


@pytest.mark.parametrize("trust", [None, IssuerTrust(ISSUER, timedelta())])
async def test_an_issuers_people_make_none_unless_it_is_said(
    tokens: RecordedTokens, service: TokenService, trust: IssuerTrust | None
) -> None:
    tokens.issuer = trust
    assert await refusals(service.create(from_issuer(), role=VIEWER, audit=AUDIT)) == [
        (
            "FORBIDDEN",
            None,
            (
                "Whoever signs in with the issuer cannot make tokens here. Sign in with a token of"
                " the platform, or ask an operator to allow it (oidc_token_days)."
            ),
        )
    ]
    assert tokens.calls == []


async def test_tokens_of_an_issuers_people_end(
    tokens: RecordedTokens, service: TokenService
) -> None:
    tokens.issuer = IssuerTrust(ISSUER, 30 * DAY)
    await service.create(from_issuer(), role=VIEWER, audit=AUDIT)
    ((owner, _, given),) = tokens.calls
    assert owner == Owner(ISSUER, "anna")
    assert (given["expires_at"], given["parent_id"]) == (NOW + 30 * DAY, None)
    assert await refusals(
        service.create(from_issuer(), role=VIEWER, expires_in_days=31, audit=AUDIT)
    )


@pytest.mark.parametrize(
    "trust", [None, IssuerTrust(ISSUER, timedelta()), IssuerTrust(ISSUER, DAY)]
)
async def test_the_command_line_is_no_issuers(
    tokens: RecordedTokens, service: TokenService, trust: IssuerTrust | None
) -> None:
    tokens.issuer = trust
    await service.create(Identity(COMMAND_LINE, ADMIN), role=ADMIN, audit=AUDIT)
    ((_, _, given),) = tokens.calls
    assert (given["expires_at"], given["parent_id"]) == (None, None)


async def test_a_token_of_ours_ends_by_itself_whoever_has_it(
    tokens: RecordedTokens, service: TokenService
) -> None:
    tokens.issuer = IssuerTrust(ISSUER, DAY)
    assert service.latest_end(caller(OPERATOR, owner=Owner(ISSUER, "anna"))) is None
    assert service.latest_end(from_issuer()) == NOW + DAY
    tokens.issuer = None
    assert service.latest_end(from_issuer()) is None


async def test_another_s_token_is_not_found(tokens: RecordedTokens, service: TokenService) -> None:
    tokens.tokens["t"] = a_token()
    assert await service.get(caller(VIEWER), "t") == a_token()
    assert await service.get(caller(ADMIN, owner=local("bea")), "t") == a_token()
    for stranger in (local("bea"), Owner(ISSUER, "anna")):
        who = caller(OPERATOR, owner=stranger)
        for work in (service.get(who, "t"), service.revoke(who, "t", audit=AUDIT)):
            assert await refusals(work) == [NOT_FOUND]
    assert await refusals(service.get(caller(ADMIN), "other")) == [NOT_FOUND]
    assert tokens.calls == []


@pytest.mark.parametrize(
    ("mine", "its", "is_revoked"),
    [
        (VIEWER, VIEWER, True),
        (VIEWER, OPERATOR, False),
        (VIEWER, ADMIN, False),
        (OPERATOR, VIEWER, True),
        (OPERATOR, OPERATOR, True),
        (OPERATOR, ADMIN, False),
        (ADMIN, ADMIN, True),
    ],
)
async def test_nobody_revokes_what_may_do_more(
    tokens: RecordedTokens, service: TokenService, mine: Role, its: Role, *, is_revoked: bool
) -> None:
    tokens.tokens["t"] = a_token(its)
    if is_revoked:
        assert await service.revoke(caller(mine), "t", audit=AUDIT) == a_token(its)
        assert tokens.calls == [("revoke", "t")]
    else:
        message = (
            f"The token's role is {its.lower()}, and yours is {mine.lower()}: sign in with a token"
            " of that role, or ask an admin."
        )
        assert await refusals(service.revoke(caller(mine), "t", audit=AUDIT)) == [
            ("FORBIDDEN", "id", message)
        ]
        assert tokens.calls == []


async def test_a_token_that_goes_while_it_is_revoked(
    tokens: RecordedTokens, service: TokenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_: str, *, audit: object) -> None:  # noqa: ARG001
        return None

    tokens.tokens["t"] = a_token()
    monkeypatch.setattr(tokens, "revoke", gone)
    assert await refusals(service.revoke(caller(OPERATOR), "t", audit=AUDIT)) == [NOT_FOUND]


@pytest.mark.parametrize(
    ("role", "owner"), [(VIEWER, local("anna")), (OPERATOR, local("anna")), (ADMIN, None)]
)
async def test_only_admins_list_everyones(
    tokens: RecordedTokens, service: TokenService, role: Role, owner: Owner | None
) -> None:
    await service.page(caller(role), first=7, after="here", with_revoked=True)
    assert tokens.calls == [
        ("page", {"owner": owner, "first": 7, "after": "here", "with_revoked": True})
    ]


def test_roles_are_kept_by_these_names() -> None:
    assert [role.value for role in Role] == ["VIEWER", "OPERATOR", "ADMIN"]


@pytest.mark.parametrize(
    ("who", "sees_all", "in_person", "is_issuers"),
    [
        (caller(OPERATOR), False, True, False),
        (caller(ADMIN), True, True, False),
        (from_issuer(VIEWER), False, True, True),
        (Identity(COMMAND_LINE, ADMIN), True, True, False),
        (
            replace(caller(OPERATOR), token=UsedToken("t", local("root"), is_owners_own=False)),
            False, False, False,
        ),
    ],
)  # fmt: skip
def test_what_an_identity_says(
    who: Identity, *, sees_all: bool, in_person: bool, is_issuers: bool
) -> None:
    assert (who.sees_all_stores, who.is_owner_in_person, who.is_from_issuer) == (
        sees_all,
        in_person,
        is_issuers,
    )
