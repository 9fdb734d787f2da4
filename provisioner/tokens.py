"""Access tokens. Only their digests are stored, so a copy of the database signs nobody in."""

import hashlib
import secrets
from datetime import datetime

from provisioner.database import Database
from provisioner.models import Identity, Role
from provisioner.ports import Clock
from provisioner.rows import to_micros

PREFIX = "sp_"
"""Every token begins with this, so that people and secret scanners recognise one."""


def digest(token: str) -> str:
    """Return what is stored of a token.

    One round of SHA-256 is right here: a token has 256 random bits, so there is nothing to guess
    that a slow hash would protect.
    """
    return hashlib.sha256(token.encode()).hexdigest()


class TokenRepository:
    """Issues tokens and tells whose they are."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def issue(self, owner: str, role: Role, *, expires_at: datetime | None = None) -> str:
        """Create a token and return it; it cannot be read again later."""
        token = PREFIX + secrets.token_urlsafe(32)
        await self._database.transact(
            lambda transaction: transaction.execute(
                "INSERT INTO tokens (id, digest, owner, role, created_at, expires_at)"
                " VALUES (:id, :digest, :owner, :role, :now, :expires)",
                {
                    "id": secrets.token_hex(8),
                    "digest": digest(token),
                    "owner": owner,
                    "role": role,
                    "now": to_micros(self._clock.now()),
                    "expires": to_micros(expires_at) if expires_at else None,
                },
            )
        )
        return token

    async def identify(self, token: str) -> Identity | None:
        """Return whose token this is, or None when it is unknown, expired or revoked."""
        row = await self._database.read(
            lambda transaction: transaction.fetch_one(
                "SELECT owner, role FROM tokens WHERE digest = :digest AND revoked_at IS NULL"
                " AND (expires_at IS NULL OR expires_at > :now)",
                {"digest": digest(token), "now": to_micros(self._clock.now())},
            )
        )
        return None if row is None else Identity(row["owner"], Role(row["role"]))

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
