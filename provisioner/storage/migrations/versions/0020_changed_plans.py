"""Add what the volumes of each store are as large as, and the change of its plan under way."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stores", sa.Column("storage_plan", sa.Text))
    op.add_column("stores", sa.Column("plan_change", sa.Text))
