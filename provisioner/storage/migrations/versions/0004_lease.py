"""Which of several replicas works on stores: one row, whose ``epoch`` rises with each new leader.

``expires_at`` is by the database's own clock, in microseconds. The epoch is a key of its own, so
that PostgreSQL lets the leader renew the lease while its writes hold the epoch (FOR KEY SHARE), and
makes whoever takes it over wait for them. SQLite's one process needs no lease: no row is written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("epoch", sa.BigInteger, nullable=False, unique=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
