"""Many machines: which configuration counts, and the clients of a round that several workers score."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("service", sa.Column("configuration", sa.Text()))
    op.create_table(
        "in_force",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_in_force")),
    )
    op.create_table(
        "judging",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text()),
        sa.Column("scored_at", sa.BigInteger()),
        sa.Column("basis", sa.Text()),
        sa.Column("all_at", sa.BigInteger()),
        sa.Column("at", sa.BigInteger()),
        sa.Column("next_basis", sa.Text()),
        sa.Column("next_all_at", sa.BigInteger()),
        sa.Column("links", sa.Integer()),
        sa.Column("history", sa.BigInteger()),
        sa.Column("outbox", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_judging")),
    )
    op.create_table(
        "score_part",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("clients", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_part")),
    )
