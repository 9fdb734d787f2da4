"""One-time sign-in codes, which a sign-in link carries instead of a token.

People paste links into chats, and browsers keep them in histories and copy them to other devices.
So the secret in a link must soon be worthless. A code can be used once, within minutes, and only
its digest is stored. Whoever redeems it gets a new token, which neither outlives nor outranks the
token that the code was made for.
"""

import secrets
from datetime import datetime, timedelta

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.owners import COMMAND_LINE
from provisioner.domain.ports import Clock
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.database import Row, Transaction, Transactions
from provisioner.storage.rows import to_micros
from provisioner.storage.token_tree import AccessToken, TokenLine
from provisioner.storage.tokens import IssuedToken, TokenRepository, digest

CODE_PREFIX = "spc_"
"""The first characters of every code, so that nobody takes one for a token."""

MAX_CODE = 100
"""The most characters of a text that is looked up as a code; real codes have about half of that."""

_REMEMBERED = timedelta(days=7)
"""How long after its end a code is kept, to tell a used or expired code from one that never was."""


class SignInCodes:
    """Makes and redeems the codes in the database."""

    def __init__(self, database: Transactions, tokens: TokenRepository, clock: Clock) -> None:
        self._database = database
        self._tokens = tokens
        self._clock = clock

    async def create(
        self,
        token: AccessToken,
        *,
        lifetime: timedelta,
        session: timedelta,
        audit: AuditedAction | None = None,
    ) -> str:
        """Return a new code that signs in as the owner of ``token``.

        The code can be redeemed for ``lifetime``. The token that it is redeemed for lives for
        ``session``, or as long as ``token`` if that is shorter.
        """
        code = CODE_PREFIX + secrets.token_urlsafe(32)
        now = self._clock.now()

        async def work(transaction: Transaction) -> None:
            await transaction.execute(
                "DELETE FROM sign_in_codes WHERE expires_at < :long_ago",
                {"long_ago": to_micros(now - _REMEMBERED)},
            )
            await transaction.execute(
                "INSERT INTO sign_in_codes (digest, token_id, session_seconds, created_at,"
                " expires_at) VALUES (:digest, :token_id, :session, :now, :expires)",
                {
                    "digest": digest(code),
                    "token_id": token.id,
                    "session": int(session.total_seconds()),
                    "now": to_micros(now),
                    "expires": to_micros(now + lifetime),
                },
            )
            if audit is not None:
                await audit.accept(transaction)

        await self._database.transact(work)
        return code

    async def is_good(self, code: str) -> bool:
        """Return whether a code could be redeemed now, without redeeming it."""
        if len(code) > MAX_CODE:
            return False
        return await self._database.read(lambda transaction: self._is_good(transaction, code))

    async def redeem(self, code: str, *, audit: AuditedAction | None = None) -> IssuedToken:
        """Redeem a code for a new token; the code cannot be used again.

        Raises RefusedError: CODE_UNKNOWN, CODE_USED, CODE_EXPIRED, or CODE_REVOKED when the token
        that the code was made for has ended.
        """
        if len(code) > MAX_CODE:
            raise RefusedError(_UNKNOWN)

        async def work(transaction: Transaction) -> IssuedToken:
            issued = await self._redeem(transaction, code)
            if audit is not None:
                # The actor is the owner of the new token, even if the request was signed in as
                # somebody else.
                token = issued.token
                await audit.accept(transaction, actor=token.owner, role=token.role)
            return issued

        return await self._database.transact(work)

    async def _is_good(self, transaction: Transaction, code: str) -> bool:
        now = self._clock.now()
        row = await transaction.fetch_one(
            "SELECT token_id FROM sign_in_codes WHERE digest = :digest"
            " AND redeemed_at IS NULL AND expires_at > :now",
            {"now": to_micros(now), "digest": digest(code)},
        )
        if row is None:
            return False
        made_for = await self._tokens.line_within(transaction, row["token_id"])
        return made_for is not None and made_for.problem(now) is None

    async def _redeem(self, transaction: Transaction, code: str) -> IssuedToken:
        now, hashed = self._clock.now(), digest(code)
        # One statement checks and uses up the code. If two requests redeem it at once, the second
        # waits here for the first, and then finds the code used.
        row = await transaction.fetch_one(
            "UPDATE sign_in_codes SET redeemed_at = :now WHERE digest = :digest"
            " AND redeemed_at IS NULL AND expires_at > :now RETURNING token_id, session_seconds",
            {"now": to_micros(now), "digest": hashed},
        )
        if row is None:
            raise RefusedError(await _why_not(transaction, hashed))
        made_for = await self._tokens.line_within(transaction, row["token_id"])
        if made_for is None or made_for.problem(now) is not None:
            raise RefusedError(_REVOKED)
        return await self._tokens.issue_within(
            transaction,
            made_for.token.owner,
            made_for.identity.role,
            description="Signed in with a link",
            expires_at=_earlier(now + timedelta(seconds=row["session_seconds"]), made_for),
            maker=COMMAND_LINE,  # codes are made only there
            parent_id=made_for.token.id,
        )


def _earlier(end: datetime, made_for: TokenLine) -> datetime:
    return end if made_for.expires_at is None else min(end, made_for.expires_at)


async def _why_not(transaction: Transaction, hashed: str) -> Refusal:
    row: Row | None = await transaction.fetch_one(
        "SELECT redeemed_at FROM sign_in_codes WHERE digest = :digest", {"digest": hashed}
    )
    if row is None:
        return _UNKNOWN
    return _EXPIRED if row["redeemed_at"] is None else _USED


_REMEDY = "Ask whoever gave it to you for a new one; on your own machine `make up` prints one."
_UNKNOWN = Refusal(RefusalCode.CODE_UNKNOWN, f"This sign-in link is not valid. {_REMEDY}", "code")
_USED = Refusal(
    RefusalCode.CODE_USED, f"This sign-in link was used already; each works once. {_REMEDY}", "code"
)
_EXPIRED = Refusal(RefusalCode.CODE_EXPIRED, f"This sign-in link has expired. {_REMEDY}", "code")
_REVOKED = Refusal(
    RefusalCode.CODE_REVOKED,
    f"The access that this sign-in link was made for was revoked or has expired. {_REMEDY}",
    "code",
)
