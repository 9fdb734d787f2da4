"""Access tokens. Only their digests are stored, so a copy of the database signs nobody in."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioner.database import Database, Row, Transaction
from provisioner.models import Identity, Role
from provisioner.paging import Page, check_page_size, decode_key, encode_key
from provisioner.ports import Clock
from provisioner.rows import from_micros, moment, to_micros

PREFIX = "sp_"
"""Every token begins with this, so that people and secret scanners recognise one."""

_USE_NOTED_EVERY = timedelta(minutes=1)
_LIST = "tokens"
_CHUNK = 500  # ids in one statement; databases limit the number of parameters


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What is known of a token: everything but the token itself."""

    id: str
    owner: str
    role: Role
    description: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    @property
    def identity(self) -> Identity:
        """Who signs in with it."""
        return Identity(self.owner, self.role)

    def problem(self, now: datetime) -> str | None:
        """Return why nobody can sign in with it, as a code, or None."""
        if self.revoked_at is not None:
            return "TOKEN_REVOKED"
        if self.expires_at is not None and self.expires_at <= now:
            return "TOKEN_EXPIRED"
        return None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its secret, which cannot be read again later."""

    token: AccessToken
    secret: str


def digest(secret: str) -> str:
    """Return what is stored of a token.

    One round of SHA-256 is right here: a token has 256 random bits, so there is nothing to guess
    that a slow hash would protect.
    """
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def encode_cursor(token: AccessToken) -> str:
    """Return an opaque cursor that continues a list right after ``token``."""
    return encode_key(_LIST, to_micros(token.created_at), token.id)


class TokenRepository:
    """The tokens in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def issue(
        self,
        owner: str,
        role: Role,
        *,
        description: str = "",
        expires_at: datetime | None = None,
    ) -> IssuedToken:
        """Create a token."""
        return await self._database.transact(
            lambda transaction: self.issue_within(
                transaction, owner, role, description=description, expires_at=expires_at
            )
        )

    async def issue_within(
        self,
        transaction: Transaction,
        owner: str,
        role: Role,
        *,
        description: str,
        expires_at: datetime | None,
    ) -> IssuedToken:
        """Create a token as part of a transaction."""
        secret = PREFIX + secrets.token_urlsafe(32)
        row = await transaction.fetch_one(
            "INSERT INTO tokens (id, digest, owner, role, description, created_at, expires_at)"
            " VALUES (:id, :digest, :owner, :role, :description, :now, :expires) RETURNING *",
            {
                "id": secrets.token_hex(8),
                "digest": digest(secret),
                "owner": owner,
                "role": role,
                "description": description,
                "now": to_micros(self._clock.now()),
                "expires": to_micros(expires_at) if expires_at else None,
            },
        )
        assert row is not None  # noqa: S101 - an INSERT that does not raise returns its row
        return IssuedToken(_token_of(row), secret)

    async def find(self, secret: str) -> AccessToken | None:
        """Return the token with this secret, whatever its state, or None."""
        return await self._one("digest = :digest", {"digest": digest(secret)})

    async def get(self, token_id: str) -> AccessToken | None:
        """Return the token with this id, or None."""
        return await self._one("id = :id", {"id": token_id})

    async def get_within(self, transaction: Transaction, token_id: str) -> AccessToken | None:
        """Return the token with this id as a transaction sees it, or None."""
        row = await transaction.fetch_one("SELECT * FROM tokens WHERE id = :id", {"id": token_id})
        return None if row is None else _token_of(row)

    async def page(
        self, *, owner: str | None, first: int, after: str | None, with_revoked: bool
    ) -> Page[AccessToken]:
        """Return a page of an owner's tokens (None: everyone's), newest first.

        Raises RefusedError for a wrong size or cursor.
        """
        check_page_size(first, "tokens")
        where, values = "1 = 1", dict[str, object]()
        if owner is not None:
            where, values = "owner = :owner", {"owner": owner}
        if not with_revoked:
            where += " AND revoked_at IS NULL"
        paged, page_values = "1 = 1", dict[str, object]()
        if after is not None:
            micros, token_id = decode_key(after, _LIST, (int, str))
            paged = "(created_at, id) < (:after_at, :after_id)"
            page_values = {"after_at": micros, "after_id": token_id}

        async def work(transaction: Transaction) -> Page[AccessToken]:
            rows = await transaction.fetch_all(
                # Only fixed words are put into the statement; every value is bound.
                f"SELECT * FROM tokens WHERE {where} AND {paged}"  # noqa: S608
                " ORDER BY created_at DESC, id DESC LIMIT :limit",
                {**values, **page_values, "limit": first + 1},
            )
            count = await transaction.fetch_one(
                f"SELECT COUNT(*) AS tokens FROM tokens WHERE {where}",  # noqa: S608
                values,
            )
            total = count["tokens"] if count else 0
            return Page(tuple(map(_token_of, rows[:first])), len(rows) > first, total)

        return await self._database.read(work)

    async def count_live(self, owner: str) -> int:
        """Return how many tokens of an owner can be signed in with."""
        row = await self._database.read(
            lambda transaction: transaction.fetch_one(
                "SELECT COUNT(*) AS tokens FROM tokens WHERE owner = :owner"
                " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)",
                {"owner": owner, "now": to_micros(self._clock.now())},
            )
        )
        return int(row["tokens"]) if row else 0

    async def unrevoked(self, token_ids: Collection[str]) -> set[str]:
        """Return those of ``token_ids`` that exist and are not revoked."""
        wanted, found = list(token_ids), set[str]()
        for start in range(0, len(wanted), _CHUNK):
            found |= await self._unrevoked(wanted[start : start + _CHUNK])
        return found

    async def note_use(self, token: AccessToken) -> None:
        """Remember that the token was used now. Costs a write once a minute, not per use."""
        now = self._clock.now()
        if token.last_used_at is not None and now - token.last_used_at < _USE_NOTED_EVERY:
            return
        await self._database.transact(
            lambda transaction: transaction.execute(
                "UPDATE tokens SET last_used_at = :now WHERE id = :id",
                {"id": token.id, "now": to_micros(now)},
            )
        )

    async def revoke(self, token_id: str) -> AccessToken | None:
        """Revoke a token and return it, or None when there is none; again changes nothing."""
        return await self._database.transact(
            lambda transaction: self._revoke_one(transaction, token_id)
        )

    async def revoke_all(self, owner: str) -> int:
        """Revoke every token of an owner; return how many that were."""
        rows = await self._database.transact(
            lambda transaction: transaction.fetch_all(
                "UPDATE tokens SET revoked_at = :now WHERE owner = :owner AND revoked_at IS NULL"
                " RETURNING id",
                {"now": to_micros(self._clock.now()), "owner": owner},
            )
        )
        return len(rows)

    async def _revoke_one(self, transaction: Transaction, token_id: str) -> AccessToken | None:
        row = await transaction.fetch_one(
            "UPDATE tokens SET revoked_at = COALESCE(revoked_at, :now) WHERE id = :id RETURNING *",
            {"now": to_micros(self._clock.now()), "id": token_id},
        )
        return None if row is None else _token_of(row)

    async def _one(self, where: str, values: dict[str, object]) -> AccessToken | None:
        row = await self._database.read(
            lambda transaction: transaction.fetch_one(
                f"SELECT * FROM tokens WHERE {where}",  # noqa: S608 - one of our own conditions
                values,
            )
        )
        return None if row is None else _token_of(row)

    async def _unrevoked(self, token_ids: Sequence[str]) -> set[str]:
        names = ", ".join(f":id_{index}" for index in range(len(token_ids)))
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(
                f"SELECT id FROM tokens WHERE revoked_at IS NULL AND id IN ({names})",  # noqa: S608
                {f"id_{index}": token_id for index, token_id in enumerate(token_ids)},
            )
        )
        return {row["id"] for row in rows}


def _token_of(row: Row) -> AccessToken:
    return AccessToken(
        id=row["id"],
        owner=row["owner"],
        role=Role(row["role"]),
        description=row["description"],
        created_at=from_micros(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        last_used_at=moment(row["last_used_at"]),
        revoked_at=moment(row["revoked_at"]),
    )
