"""The tree of tokens: each is bounded by the one it was made with, and so on up to the first.

A token ends with those above it, be they revoked or expired, and allows no more than they do. This
is looked up at each sign-in, in one statement by primary keys; what is written when a token is made
or revoked follows the same rule, so that lists tell the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioner.domain.identities import Identity, Role, UsedToken
from provisioner.domain.owners import COMMAND_LINE, LOCAL, OPERATOR, Owner, owner_of
from provisioner.storage.database import Row, Transaction
from provisioner.storage.rows import from_micros, moment, to_micros

MAX_GENERATIONS = 10
"""Tokens from the first to the last of a line: what a sign-in may cost has a bound."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What is known of a token: everything but the token itself.

    ``maker`` is None for one from before that was written down. ``parent_id`` is the token that it
    was made with; None when it was made on the command line, or with an issuer's sign-in.
    """

    id: str
    owner: Owner
    role: Role
    description: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    maker: Owner | None = None
    parent_id: str | None = None

    @property
    def is_owners_own(self) -> bool:
        """Whether the owner made it, or had it from the command line."""
        return self.maker in (COMMAND_LINE, self.owner)

    @property
    def sources(self) -> set[str]:
        """Who vouches for its owner and its maker."""
        return {self.owner.source} | ({self.maker.source} if self.maker else set())


@dataclass(frozen=True, slots=True)
class IssuerTrust:
    """An issuer whose people sign in, and how long the tokens may live that they make with that."""

    source: str
    token_lifetime: timedelta


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token, then the one that it was made with, and so on. ``issuer`` is who is trusted now."""

    tokens: tuple[AccessToken, ...]
    issuer: IssuerTrust | None = None

    @property
    def token(self) -> AccessToken:
        """The token that the line is of."""
        return self.tokens[0]

    @property
    def identity(self) -> Identity:
        """Who signs in with the token, and what they may do."""
        return Identity(
            self.token.owner,
            min((token.role for token in self.tokens), key=list(Role).index),
            UsedToken(
                self.token.id,
                self.token.maker,
                is_owners_own=all(token.is_owners_own for token in self.tokens),
                expires_at=self.expires_at,
            ),
        )

    @property
    def expires_at(self) -> datetime | None:
        """When the first of them ends; None is never."""
        return min(filter(None, map(self._end, self.tokens)), default=None)

    def problem(self, now: datetime) -> str | None:
        """Return why nobody can sign in with the token, as a code, or None."""
        for token in self.tokens:
            kind = "TOKEN" if token is self.token else "TOKEN_PARENT"
            if token.revoked_at is not None:
                return f"{kind}_REVOKED"
            end = self._end(token)
            if end is not None and end <= now:
                return f"{kind}_EXPIRED"
            if token.sources - self._trusted:
                return "TOKEN_ISSUER_NOT_TRUSTED"
        return None if self.tokens[-1].parent_id is None else "TOKEN_PARENT_GONE"

    @property
    def _trusted(self) -> set[str]:
        return {LOCAL, OPERATOR} | ({self.issuer.source} if self.issuer else set())

    def _end(self, token: AccessToken) -> datetime | None:
        """Return when a token ends by itself: an issuer's sign-in makes none that outlives ours."""
        maker, bound = token.maker, token.expires_at
        if maker is None or self.issuer is None or token.parent_id is not None:
            return bound
        if maker.source != self.issuer.source:
            return bound
        latest = token.created_at + self.issuer.token_lifetime
        return latest if bound is None else min(bound, latest)


async def read_line(
    transaction: Transaction, where: str, values: dict[str, object]
) -> tuple[AccessToken, ...]:
    """Return the token that fulfils one of our own conditions, with those above it."""
    rows = await transaction.fetch_all(
        # Only our own conditions and numbers are put into it; every value is bound.
        "WITH RECURSIVE line AS ("  # noqa: S608
        f" SELECT tokens.*, 0 AS height FROM tokens WHERE {where}"
        " UNION ALL"
        " SELECT tokens.*, line.height + 1 FROM line JOIN tokens ON tokens.id = line.parent_id"
        f" WHERE line.height < {2 * MAX_GENERATIONS}"
        ") SELECT * FROM line ORDER BY height",
        values,
    )
    return tuple(map(token_of, rows))


async def revoke_below(transaction: Transaction, token_id: str, now: datetime) -> Row | None:
    """Revoke a token and all that were made with it; return its row, or None without one."""
    rows = await transaction.fetch_all(
        "WITH RECURSIVE tree AS ("
        " SELECT id FROM tokens WHERE id = :id"
        " UNION SELECT tokens.id FROM tree JOIN tokens ON tokens.parent_id = tree.id)"
        " UPDATE tokens SET revoked_at = COALESCE(revoked_at, :now)"
        " WHERE id IN (SELECT id FROM tree) RETURNING *",
        {"id": token_id, "now": to_micros(now)},
    )
    return next((row for row in rows if row["id"] == token_id), None)


async def unrevoked(transaction: Transaction, token_ids: Sequence[str]) -> set[str]:
    """Return those of ``token_ids`` that exist, and of whose lines none is revoked or gone."""
    names = ", ".join(f":id_{index}" for index in range(len(token_ids)))
    rows = await transaction.fetch_all(
        "WITH RECURSIVE line AS ("  # noqa: S608 - placeholders only
        " SELECT id AS first_id, id, parent_id, revoked_at FROM tokens"
        f" WHERE id IN ({names})"
        " UNION SELECT line.first_id, tokens.id, tokens.parent_id, tokens.revoked_at"
        " FROM line JOIN tokens ON tokens.id = line.parent_id"
        ") SELECT first_id FROM line GROUP BY first_id"
        " HAVING COUNT(revoked_at) = 0 AND COUNT(*) > COUNT(parent_id)",
        {f"id_{index}": token_id for index, token_id in enumerate(token_ids)},
    )
    return {row["first_id"] for row in rows}


def token_of(row: Row) -> AccessToken:
    """Build a token from a row of ``tokens``."""
    maker = row["maker_source"]
    return AccessToken(
        id=row["id"],
        owner=owner_of(row),
        role=Role(row["role"]),
        description=row["description"],
        created_at=from_micros(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        last_used_at=moment(row["last_used_at"]),
        revoked_at=moment(row["revoked_at"]),
        maker=None if maker is None else Owner(maker, row["maker"], row["maker_name"]),
        parent_id=row["parent_id"],
    )
