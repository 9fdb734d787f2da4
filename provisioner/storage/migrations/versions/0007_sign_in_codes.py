"""One-time codes: each signs somebody in once, in place of a token that a link would give away.

Only a code's digest is stored. It stands for a token: who signs in with it gets a new one, of the
same owner and role, that lives for ``session_seconds``.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in_codes",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column(
            "token_id", sa.Text, sa.ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("session_seconds", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("redeemed_at", sa.BigInteger),
    )
