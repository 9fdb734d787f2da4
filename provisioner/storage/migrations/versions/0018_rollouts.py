"""Create the tables of rollouts, and of the stores that they upgrade."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "rollouts",
        sa.Column("id", SORTED, primary_key=True),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("engine_version", sa.Text, nullable=False),
        sa.Column("canaries", sa.Integer, nullable=False),
        sa.Column("parallel", sa.Integer, nullable=False),
        sa.Column("stop_after_failures", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_by_source", sa.Text),
        sa.Column("asked_by", sa.Text),
        sa.Column("asked_by_name", sa.Text, nullable=False),
        sa.Column("token_id", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_table(
        "rollout_stores",
        sa.Column("rollout_id", SORTED, sa.ForeignKey("rollouts.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        # No foreign key: the record of a store may be removed, and the rollout's stays.
        sa.Column("store_id", SORTED, nullable=False),
        sa.Column("store_name", sa.Text, nullable=False),
        sa.Column("former_version", sa.Text, nullable=False),
        sa.Column("operation_number", sa.Integer),
        sa.Column("skipped", sa.Text),
        sa.Column("accepted", sa.Integer, nullable=False),
    )
