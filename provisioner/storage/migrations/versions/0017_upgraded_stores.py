"""Add the column of a store with the upgrade of its shop that is under way."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stores", sa.Column("upgrade", sa.Text))
