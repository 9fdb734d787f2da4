"""Add the column of a store with its title, where somebody has chosen one."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stores", sa.Column("title", sa.Text))
