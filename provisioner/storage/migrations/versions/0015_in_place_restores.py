"""Add the column of a store with the restore of a backup in place of its shop, as JSON."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stores", sa.Column("restore", sa.Text))
