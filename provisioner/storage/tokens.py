"""Stores access tokens. Only digests are stored, so a copy of the database signs nobody in."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.identities import Role
from provisioner.domain.owners import OWNED, Owner
from provisioner.domain.ports import Clock
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.database import Database, Transaction
from provisioner.storage.paging import Number, Page, check_page_size, decode_key, encode_key
from provisioner.storage.rows import to_micros
from provisioner.storage.token_tree import (
    MAX_GENERATIONS,
    AccessToken,
    IssuerTrust,
    TokenLine,
    read_line,
    revoke_below,
    token_of,
    unrevoked,
)

PREFIX = "sp_"
"""The first characters of every token, so that people and secret scanners recognise one."""

_USE_NOTED_EVERY = timedelta(minutes=1)
_LIST = "tokens"
# Taken by whoever makes or revokes tokens. Without it a new token could escape the revocation of
# the token that it is made with, if both happen at once.
_LOCK = "tokens"
MAX_TOKENS = 100
"""The most live tokens of one owner. Somebody with more has forgotten most of them."""
_CHUNK = 500  # ids in one statement, because databases limit the number of parameters


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its secret. Only the secret's digest is stored, so show it at once."""

    token: AccessToken
    secret: str


def digest(secret: str) -> str:
    """Return the digest under which a token's secret is stored."""
    # One round of SHA-256 is enough: a token has 256 random bits, which nobody can guess, so a slow
    # hash would protect nothing. Surrogates may come from a caller's input, and must not raise.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def encode_cursor(token: AccessToken) -> str:
    """Return an opaque cursor that continues a list right after ``token``."""
    return encode_key(_LIST, to_micros(token.created_at), token.id)


class TokenRepository:
    """Makes, finds, lists and revokes the tokens in the database.

    ``issuer`` is the OpenID Connect issuer whose people may sign in, or None.
    """

    def __init__(self, database: Database, clock: Clock, issuer: IssuerTrust | None = None) -> None:
        self._database = database
        self._clock = clock
        self._issuer = issuer

    @property
    def issuer(self) -> IssuerTrust | None:
        """The issuer whose people may sign in, or None."""
        return self._issuer

    async def issue(
        self,
        owner: Owner,
        role: Role,
        *,
        description: str = "",
        expires_at: datetime | None = None,
        maker: Owner | None = None,
        parent_id: str | None = None,
        audit: AuditedAction | None = None,
    ) -> IssuedToken:
        """Create a token for ``owner``; ``parent_id`` is the token that its maker signed in with.

        Raises RefusedError when the owner has too many tokens (TOKEN_LIMIT_REACHED), when the
        parent has ended meanwhile (TOKEN_ENDED), or when the parent is the last that its line may
        have (TOKEN_LINE_TOO_LONG).
        """

        async def work(transaction: Transaction) -> IssuedToken:
            issued = await self.issue_within(
                transaction,
                owner,
                role,
                description=description,
                expires_at=expires_at,
                maker=maker,
                parent_id=parent_id,
            )
            if audit is not None:
                await audit.accept(transaction)
            return issued

        return await self._database.transact(work)

    async def issue_within(
        self,
        transaction: Transaction,
        owner: Owner,
        role: Role,
        *,
        description: str,
        expires_at: datetime | None,
        maker: Owner | None,
        parent_id: str | None,
    ) -> IssuedToken:
        """Create a token as part of a transaction; see ``issue``."""
        secret = PREFIX + secrets.token_urlsafe(32)
        await transaction.lock(_LOCK)
        if parent_id is not None:
            await self._check_parent(transaction, parent_id)
        if await self._count_live(transaction, owner) >= MAX_TOKENS:
            raise RefusedError(_too_many(owner))
        row = await transaction.fetch_one(
            "INSERT INTO tokens (id, digest, owner_source, owner, owner_name, role,"
            " description, created_at, expires_at, maker_source, maker, maker_name, parent_id)"
            " VALUES (:id, :digest, :owner_source, :owner, :owner_name, :role, :description,"
            " :now, :expires, :maker_source, :maker, :maker_name, :parent_id) RETURNING *",
            {
                "id": secrets.token_hex(8),
                "digest": digest(secret),
                **owner.values,
                "owner_name": owner.display_name,
                "role": role,
                "description": description,
                "now": to_micros(self._clock.now()),
                "expires": to_micros(expires_at) if expires_at else None,
                "maker_source": maker and maker.source,
                "maker": maker and maker.subject,
                "maker_name": maker.display_name if maker else "",
                "parent_id": parent_id,
            },
        )
        assert row is not None  # noqa: S101 - an INSERT that does not raise returns its row
        return IssuedToken(token_of(row), secret)

    async def find(self, secret: str) -> TokenLine | None:
        """Return the token with this secret and those above it, also ended ones, or None."""
        line = await self._database.read(
            lambda transaction: read_line(
                transaction, "digest = :digest", {"digest": digest(secret)}
            )
        )
        return TokenLine(line, self._issuer) if line else None

    async def get(self, token_id: str) -> AccessToken | None:
        """Return the token with this id, or None."""
        row = await self._database.read(
            lambda transaction: transaction.fetch_one(
                "SELECT * FROM tokens WHERE id = :id", {"id": token_id}
            )
        )
        return None if row is None else token_of(row)

    async def line(self, token_id: str) -> TokenLine | None:
        """Return the token with this id and those above it, or None."""
        return await self._database.read(
            lambda transaction: self.line_within(transaction, token_id)
        )

    async def line_within(self, transaction: Transaction, token_id: str) -> TokenLine | None:
        """Return the token with this id and those above it as a transaction sees them, or None."""
        line = await read_line(transaction, "id = :id", {"id": token_id})
        return TokenLine(line, self._issuer) if line else None

    async def page(
        self, *, owner: Owner | None, first: int, after: str | None, with_revoked: bool
    ) -> Page[AccessToken]:
        """Return a page of an owner's tokens (None: everyone's), newest first.

        Raises RefusedError for a wrong size or cursor.
        """
        check_page_size(first, "tokens")
        where, values = "1 = 1", dict[str, object]()
        if owner is not None:
            where, values = OWNED, {**owner.values}
        if not with_revoked:
            where += " AND revoked_at IS NULL"
        paged, page_values = "1 = 1", dict[str, object]()
        if after is not None:
            _, micros, token_id = decode_key(after, _LIST, tuple[str, Number, str])
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
            return Page(tuple(map(token_of, rows[:first])), len(rows) > first, total)

        return await self._database.read(work)

    async def unrevoked(self, token_ids: Collection[str]) -> set[str]:
        """Return those of ``token_ids`` that exist, and are not revoked, nor is any above them."""
        wanted, found = list(token_ids), set[str]()
        for start in range(0, len(wanted), _CHUNK):
            found |= await self._unrevoked(wanted[start : start + _CHUNK])
        return found

    async def note_use(self, token: AccessToken) -> None:
        """Record that the token is used now, at most once a minute."""
        now = self._clock.now()
        # Otherwise every request would cost a write.
        if token.last_used_at is not None and now - token.last_used_at < _USE_NOTED_EVERY:
            return
        await self._database.transact(
            lambda transaction: transaction.execute(
                "UPDATE tokens SET last_used_at = :now WHERE id = :id",
                {"id": token.id, "now": to_micros(now)},
            )
        )

    async def revoke(
        self, token_id: str, *, audit: AuditedAction | None = None
    ) -> AccessToken | None:
        """Revoke a token and all tokens made with it; return it, or None when there is none.

        Repeating it changes nothing.
        """

        async def work(transaction: Transaction) -> AccessToken | None:
            await transaction.lock(_LOCK)
            row = await revoke_below(transaction, token_id, self._clock.now())
            if row is None:
                return None
            if audit is not None:
                await audit.accept(transaction)
            return token_of(row)

        return await self._database.transact(work)

    async def revoke_all(self, owner: Owner, *, audit: AuditedAction | None = None) -> int:
        """Revoke every token of an owner and all tokens made with them.

        Return how many tokens of the owner were revoked.
        """

        async def work(transaction: Transaction) -> int:
            await transaction.lock(_LOCK)
            rows = await transaction.fetch_all(
                f"SELECT id FROM tokens WHERE {OWNED} AND revoked_at IS NULL",  # noqa: S608
                owner.values,
            )
            for row in rows:
                await revoke_below(transaction, row["id"], self._clock.now())
            if audit is not None:
                await audit.accept(transaction)
            return len(rows)

        return await self._database.transact(work)

    async def _check_parent(self, transaction: Transaction, parent_id: str) -> None:
        line = await self.line_within(transaction, parent_id)
        if line is None or line.problem(self._clock.now()) is not None:
            raise RefusedError(_PARENT_ENDED)
        if len(line.tokens) >= MAX_GENERATIONS:
            raise RefusedError(_LINE_TOO_LONG)

    async def _count_live(self, transaction: Transaction, owner: Owner) -> int:
        row = await transaction.fetch_one(
            f"SELECT COUNT(*) AS tokens FROM tokens WHERE {OWNED}"  # noqa: S608 - placeholders
            " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)",
            {**owner.values, "now": to_micros(self._clock.now())},
        )
        return int(row["tokens"]) if row else 0

    async def _unrevoked(self, token_ids: list[str]) -> set[str]:
        return await self._database.read(lambda transaction: unrevoked(transaction, token_ids))


def _too_many(owner: Owner) -> Refusal:
    message = f"{owner.label} has {MAX_TOKENS} tokens already; revoke one that is no longer used."
    return Refusal(RefusalCode.TOKEN_LIMIT_REACHED, message)


_PARENT_ENDED = Refusal(
    RefusalCode.TOKEN_ENDED, "The token that you sign in with has just ended; sign in with another."
)
_LINE_TOO_LONG = Refusal(
    RefusalCode.TOKEN_LINE_TOO_LONG,
    f"The token that you sign in with is the last of a line of {MAX_GENERATIONS} tokens, each made"
    " with the one before, so it cannot make another. Make one with an earlier token.",
)
