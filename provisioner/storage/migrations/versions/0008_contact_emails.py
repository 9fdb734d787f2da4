"""Add the e-mail address of a store's merchant; the stores that exist have none."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stores", sa.Column("contact_email", sa.Text))
