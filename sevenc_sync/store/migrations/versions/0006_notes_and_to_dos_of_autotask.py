"""Autotask's notes are told from its to-dos by how their ids begin: rows of before would count beside the new ones."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OLD = "account IN (SELECT id FROM account WHERE connector = 'autotask_psa') AND id NOT LIKE '%:%'"


def upgrade() -> None:
    """Bring the schema to this revision. A note that was read under its new id already keeps that row alone."""
    op.execute(
        f"DELETE FROM activity WHERE {_OLD} AND EXISTS (SELECT 1 FROM activity AS read "  # noqa: S608 - constants
        "WHERE read.account = activity.account AND read.id = 'note:' || activity.id)"
    )
    op.execute(f"UPDATE activity SET id = 'note:' || id WHERE {_OLD}")  # noqa: S608 - constants
