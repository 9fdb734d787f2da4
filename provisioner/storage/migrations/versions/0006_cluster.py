"""Which cluster the stores live in: one row, with the uid of its namespace kube-system.

There is no row until the service has met a cluster for the first time.
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
