"""What people decide about matches, how sure each link is, conflicts between devices, and what has to be matched anew."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    for table, name, kind in (
        ("link", "confidence", sa.Double()),
        ("link", "by", sa.Text()),
        ("link", "name", sa.Text()),
        ("device_link", "detail", sa.Text()),
        ("device_link", "confidence", sa.Double()),
        ("device_link", "at", sa.BigInteger()),
    ):
        op.add_column(table, sa.Column(name, kind, nullable=True))
    op.add_column(
        "device_link", sa.Column("is_stale", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "match_decision",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("client", sa.Integer(), nullable=True),
        sa.Column("other", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("batch", sa.BigInteger(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("replaced_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_match_decision_account")),
        sa.ForeignKeyConstraint(["client"], ["client.id"], name=op.f("fk_match_decision_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_decision")),
    )
    op.create_index(
        op.f("ix_match_decision_account_record"), "match_decision", ["account", "record"], unique=False
    )
    op.create_table(
        "unmatched",
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "company", name=op.f("pk_unmatched")),
    )
    op.create_table(
        "device_conflict",
        sa.Column("client", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("records", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["client.id"], name=op.f("fk_device_conflict_client")),
        sa.PrimaryKeyConstraint("client", "kind", "value", name=op.f("pk_device_conflict")),
    )
