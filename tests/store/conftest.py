"""What the store's tests share: an account, a clock, and tables read back as plain dicts."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Table, select

from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def account(store: Store) -> int:
    """An account in the store, by number."""
    return ensure_account(store, "psa", "connectwise_psa")


def rows_of(connection: Connection, table: Table) -> list[dict[str, Any]]:
    """Every row of a table, in the order of its key."""
    statement = select(table).order_by(*table.primary_key.columns)
    return [dict(row) for row in connection.execute(statement).mappings()]
