"""Add the plan of each store; a store that names none has the operator's default."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stores", sa.Column("plan", sa.Text))
