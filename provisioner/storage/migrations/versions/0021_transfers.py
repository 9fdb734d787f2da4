"""Add the columns of a store's offer to another owner, and the table of its former owners."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    for column in (
        sa.Column("offer", sa.Text),
        # Whom the offer is for, as ``domain.transfers.Offer`` says, for the lists of takers.
        sa.Column("offered_to", sa.Text),
        sa.Column("offered_email", sa.Text),
        sa.Column("offer_ends_at", sa.BigInteger),
    ):
        op.add_column("stores", column)
    op.create_index("stores_by_taker", "stores", ["offered_to"])
    op.create_index("stores_by_taker_email", "stores", ["offered_email"])
    op.create_index("stores_by_offer_end", "stores", ["offer_ends_at"])
    # Followers of the list are told of a store that is no longer theirs by this number, which is
    # one of the same counter as ``stores.change``.
    op.create_table(
        "former_owners",
        sa.Column("store_id", SORTED, sa.ForeignKey("stores.id"), primary_key=True),
        sa.Column("owner_source", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("owner_name", sa.Text, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
    )
    op.create_index("former_owners_by_change", "former_owners", ["change"])
