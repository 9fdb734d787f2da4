"""Add the column of a store with the backup that it is made from, as JSON."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stores", sa.Column("from_backup", sa.Text))
