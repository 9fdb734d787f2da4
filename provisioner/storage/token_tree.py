"""The tree of tokens: each token is limited by its parent, the token that it was made with.

A token ends when any token above it is revoked or expires, and it allows no more than any of them.
Each sign-in checks this with one statement that follows the parents by primary key. When a token is
made or revoked, the same rule is written into its row, so that lists show the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioner.domain.identities import Identity, Role, UsedToken
from provisioner.domain.owners import COMMAND_LINE, LOCAL, OPERATOR, Owner, owner_of
from provisioner.storage.database import Row, Transaction
from provisioner.storage.rows import from_micros, moment, to_micros

MAX_GENERATIONS = 10
"""The most tokens from the first to the last of a line, which limits the cost of a sign-in."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """Everything that is known about a token, except for its secret.

    ``maker`` is None for a token so old that makers were not recorded yet. ``parent_id`` is the
    token that it was made with, or None when it was made on the command line or by somebody who
    signed in through an issuer.
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
        """Whether the owner made the token, or an operator did on the command line."""
        return self.maker in (COMMAND_LINE, self.owner)

    @property
    def sources(self) -> set[str]:
        """The sources that vouch for the token's owner and maker."""
        return {self.owner.source} | ({self.maker.source} if self.maker else set())


@dataclass(frozen=True, slots=True)
class IssuerTrust:
    """An issuer whose people may sign in; the tokens that they make live for ``token_lifetime``."""

    source: str
    token_lifetime: timedelta


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token, then its parent, and so on up to the first; ``issuer`` is the one trusted now."""

    tokens: tuple[AccessToken, ...]
    issuer: IssuerTrust | None = None

    @property
    def token(self) -> AccessToken:
        """The token at the lower end of the line, with which somebody signs in."""
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
        """The earliest end of any token in the line, or None if none of them ends."""
        return min(filter(None, map(self._end, self.tokens)), default=None)

    def problem(self, now: datetime) -> str | None:
        """Return a code for the reason why nobody can sign in with the token, or None."""
        for token in self.tokens:
            kind = "TOKEN" if token is self.token else "TOKEN_PARENT"
            if token.revoked_at is not None:
                return f"{kind}_REVOKED"
            end = self._end(token)
            if end is not None and end <= now:
                return f"{kind}_EXPIRED"
            if token.sources - self._trusted:
                return "TOKEN_ISSUER_NOT_TRUSTED"
        # A complete line ends with a token that has no parent. Otherwise a parent's row is missing.
        return None if self.tokens[-1].parent_id is None else "TOKEN_PARENT_GONE"

    @property
    def _trusted(self) -> set[str]:
        return {LOCAL, OPERATOR} | ({self.issuer.source} if self.issuer else set())

    def _end(self, token: AccessToken) -> datetime | None:
        """Return when a token ends by itself, or None.

        A token that was made with an issuer's sign-in ends at the latest after the issuer's
        ``token_lifetime``.
        """
        # The lifetime is applied at each sign-in, and not only when the token is made: so a shorter
        # setting also counts for tokens that exist already.
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
    """Return the token that matches ``where``, and the tokens above it, from the lowest up.

    ``where`` is put into the SQL: pass only fixed text with named parameters.
    """
    rows = await transaction.fetch_all(
        # Only our own conditions and numbers are put into the statement; every value is bound. The
        # limit on the height ends the recursion whatever the rows say.
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
    """Revoke a token and all tokens made with it; return its row, or None when there is none."""
    rows = await transaction.fetch_all(
        # UNION, and not UNION ALL, ends at a row that was found before. COALESCE keeps the time at
        # which a token was first revoked.
        "WITH RECURSIVE tree AS ("
        " SELECT id FROM tokens WHERE id = :id"
        " UNION SELECT tokens.id FROM tree JOIN tokens ON tokens.parent_id = tree.id)"
        " UPDATE tokens SET revoked_at = COALESCE(revoked_at, :now)"
        " WHERE id IN (SELECT id FROM tree) RETURNING *",
        {"id": token_id, "now": to_micros(now)},
    )
    return next((row for row in rows if row["id"] == token_id), None)


async def unrevoked(transaction: Transaction, token_ids: Sequence[str]) -> set[str]:
    """Return those of ``token_ids`` whose lines are complete and have no revoked token."""
    names = ", ".join(f":id_{index}" for index in range(len(token_ids)))
    # ``COUNT(column)`` counts what is not NULL. So the first condition says that none is revoked.
    # The second says that one token has no parent: that is the first of a complete line.
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
