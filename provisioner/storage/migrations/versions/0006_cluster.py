"""Create the table that remembers the stores' cluster, by the uid of its namespace kube-system.

It has at most one row, which is written when the service connects to a cluster for the first time.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cluster",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("met_at", sa.BigInteger, nullable=False),
    )
