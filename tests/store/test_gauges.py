"""How the store grows is known from its size on each day."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select

from sevenc_sync.store.database import Store
from sevenc_sync.store.gauges import Growth, growth, note_size, store_bytes
from sevenc_sync.store.tables import store_size

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_growth_is_known_from_the_second_day_on_and_looks_back_thirty(store: Store) -> None:
    note_size(store, NOW)
    note_size(store, NOW + timedelta(hours=5))
    with store.read() as connection:
        assert growth(connection) is None
        size = connection.execute(select(store_size.c.bytes)).scalar_one()
    assert 100_000 < size <= store_bytes(store)
    day = int(NOW.timestamp()) // 86_400
    with store.write() as connection:
        for ago, smaller in ((400, size), (20, 2000)):
            connection.execute(insert(store_size).values(day=day - ago, bytes=size - smaller))
    with store.read() as connection:
        found = growth(connection)
    assert found == Growth(100.0, 20)
