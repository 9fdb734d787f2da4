"""Create the table of operations, which are the numbered pieces of work on a store.

What the columns ``stores.attempt`` and ``steps.attempt`` number is the operation. They keep their
names, because replicas of the version before may still be at work. The operations of the stores
that exist are added by the service (``storage.operation_history``), and not here, because such a
replica goes on to do work without recording any.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "operations",
        sa.Column("store_id", SORTED, sa.ForeignKey("stores.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("asked_by_source", sa.Text),
        sa.Column("asked_by", sa.Text),
        sa.Column("asked_by_name", sa.Text, nullable=False),
        sa.Column("token_id", sa.Text),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("reason_code", sa.Text),
        sa.Column("reason_message", sa.Text),
        sa.Column("queued_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
    )
    under_way = sa.text("status IN ('QUEUED', 'RUNNING')")
    op.create_index(
        "operations_under_way",
        "operations",
        ["store_id"],
        unique=True,
        sqlite_where=under_way,
        postgresql_where=under_way,
    )
