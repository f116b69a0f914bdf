"""A backfill runs without secondary indexes, and they are always made again."""

import pytest
from sqlalchemy import Connection, inspect

from sevenc_sync.model import Ticket
from sevenc_sync.store.bulk import drop_indexes_if_empty, ensure_indexes, upsert
from sevenc_sync.store.codec import Codec
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import evidence


def _indexes(connection: Connection, table: str) -> set[str | None]:
    return {index["name"] for index in inspect(connection).get_indexes(table)}


@pytest.mark.filterwarnings("error")
def test_an_index_over_an_expression_is_seen_to_be_there(store: Store) -> None:
    with store.write() as connection:
        assert ensure_indexes(connection) == []
        drop_indexes_if_empty(connection, ["asset"])
        assert "ix_asset_told" in ensure_indexes(connection)
        assert ensure_indexes(connection) == []


def _declared(table: str) -> set[str]:
    return {str(index.name) for index in evidence[table].indexes}


def test_an_empty_table_loses_its_indexes_and_gets_them_back(store: Store) -> None:
    assert _declared("ticket")
    with store.write() as connection:
        assert drop_indexes_if_empty(connection, ["ticket", "lookup"]) == ["ticket", "lookup"]
        assert _indexes(connection, "ticket") == set()
    with store.write() as connection:
        assert set(ensure_indexes(connection)) == _declared("ticket")
        assert _indexes(connection, "ticket") == _declared("ticket")


def test_a_table_with_rows_keeps_its_indexes(store: Store, account: int) -> None:
    codec = Codec(Ticket)
    with store.write() as connection:
        upsert(connection, codec, account, [codec.row(account, Ticket(id="1", company=None), 1)])
        assert drop_indexes_if_empty(connection, ["ticket"]) == []
        assert _indexes(connection, "ticket") == _declared("ticket")


def test_only_what_is_missing_is_made(store: Store) -> None:
    with store.write() as connection:
        drop_indexes_if_empty(connection, ["ticket", "asset"])
        assert set(ensure_indexes(connection, ["asset"])) == _declared("asset")
        assert ensure_indexes(connection, ["asset"]) == []
        assert set(ensure_indexes(connection)) == _declared("ticket")


def test_dropping_twice_is_no_fault(store: Store) -> None:
    for _ in range(2):
        with store.write() as connection:
            drop_indexes_if_empty(connection, ["ticket"])
    with store.read() as connection:
        assert _indexes(connection, "ticket") == set()
