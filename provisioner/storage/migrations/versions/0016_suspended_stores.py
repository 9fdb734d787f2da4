"""Add the column of a store with the time since which its shop is suspended."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stores", sa.Column("suspended_at", sa.BigInteger))
