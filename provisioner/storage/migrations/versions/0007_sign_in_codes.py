"""Create the table of one-time sign-in codes, which links carry instead of tokens.

Only a code's digest is stored. A code was made for a token. Whoever signs in with the code gets a
new token of the same owner and role, which lives for ``session_seconds``.
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
