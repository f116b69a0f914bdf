"""The audit log takes entries and gives them back; nobody can change or remove one."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Executable, delete, update
from sqlalchemy.exc import DBAPIError

from sevenc_sync.store.audit import read_audit, write_audit
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import audit

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)


def _two_entries(store: Store) -> None:
    with store.write() as connection:
        write_audit(connection, NOW, "anna", "attest", "DR Plan Date", detail={"value": "2026-01-05"})
        write_audit(connection, NOW, "ben", "except-end", "charge.managed-services")


def test_entries_come_back_newest_first_with_all_that_was_said(store: Store) -> None:
    _two_entries(store)
    with store.read() as connection:
        newest, first = read_audit(connection, limit=10)
    assert (newest.actor, newest.action, newest.subject, newest.detail) == (
        "ben",
        "except-end",
        "charge.managed-services",
        {},
    )
    assert (first.actor, first.at, first.detail) == ("anna", NOW, {"value": "2026-01-05"})


@pytest.mark.parametrize("change", [update(audit).values(actor="nobody"), delete(audit)])
def test_no_entry_can_be_changed_or_removed(store: Store, change: Executable) -> None:
    _two_entries(store)
    with pytest.raises(DBAPIError, match="append-only"), store.write() as connection:
        connection.execute(change)
    with store.read() as connection:
        assert [entry.actor for entry in read_audit(connection, limit=10)] == ["ben", "anna"]
