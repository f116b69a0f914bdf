"""Indexes in which scoring finds the rows that a rule asks for, without reading the others."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision. A backfill may have dropped the old indexes, so they need not be there."""
    for name in (
        "ix_ticket_account_company_opened_at",
        "ix_protection_run_account_company_at",
        "ix_time_entry_account_company",
    ):
        op.execute(f"DROP INDEX IF EXISTS {name}")
    op.execute(
        "CREATE INDEX ix_ticket_to_score ON ticket "
        "(account, company, opened_at, closed_at, is_closed, resolve_due_at, phrase) "
        "WHERE gone_at IS NULL AND merged_into IS NULL"
    )
    op.execute(
        "CREATE INDEX ix_protection_run_to_score ON protection_run (account, company, at, result) WHERE gone_at IS NULL"
    )
    op.create_index(
        "ix_time_entry_account_company_started_at", "time_entry", ["account", "company", "started_at"]
    )
