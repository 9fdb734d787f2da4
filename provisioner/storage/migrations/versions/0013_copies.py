"""Add the column of a store that says whether it is a copy to try things in."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A replica of the version before goes on writing stores in the middle of an upgrade.
    op.add_column("stores", sa.Column("is_copy", sa.Integer, nullable=False, server_default="0"))
