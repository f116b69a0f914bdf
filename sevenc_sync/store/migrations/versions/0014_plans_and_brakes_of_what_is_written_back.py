"""What is written back waits for a person: who approved which text, which runs the brake held, and what else than notes."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision. Notes that waited lose their text: it is written anew in the new form."""
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for name, kind in (
        ("subject", sa.Text()),
        ("form", sa.Text()),
        ("facts", sa.Text()),
        ("shown", sa.Text()),
        ("approved_at", sa.BigInteger()),
        ("approved_by", sa.Text()),
        ("plan", sa.Text()),
        ("hold", sa.BigInteger()),
        ("not_before", sa.BigInteger()),
    ):
        op.add_column("outbox", sa.Column(name, kind, nullable=True))
    op.add_column("outbox", sa.Column("kind", sa.Text(), nullable=False, server_default="note"))
    op.add_column("outbox", sa.Column("adopt", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("plan_item", sa.Column("ticket", sa.Text(), nullable=True))
    op.execute("UPDATE outbox SET text = '' WHERE state = 'pending'")
    op.create_table(
        "push_plan",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_push_plan")),
    )
    op.create_table(
        "push_hold",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_hold")),
    )
