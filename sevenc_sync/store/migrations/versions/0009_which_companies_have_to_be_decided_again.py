"""Which companies have to be decided again, what they have in common with others, and the serials of devices."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "undecided",
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "company", name=op.f("pk_undecided")),
    )
    op.create_table(
        "match_key",
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "company", "key", name=op.f("pk_match_key")),
    )
    op.create_index(op.f("ix_match_key_key"), "match_key", ["key"], unique=False)
    op.create_table(
        "match_state",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_match_state")),
    )
    op.add_column("device_link", sa.Column("serial", sa.Text(), nullable=True))
    op.create_index(op.f("ix_device_link_serial"), "device_link", ["serial"], unique=False)
