"""Create the table of backups, and the column of a store for the task that is under way."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("stores", sa.Column("task", sa.Text))
    op.create_table(
        "backups",
        sa.Column("store_id", SORTED, sa.ForeignKey("stores.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("added", sa.BigInteger, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("engine_version", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
