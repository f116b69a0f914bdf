"""What followed a run is tied to it: links, levels that moved, notes."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert

from sevenc_sync.store.database import Store
from sevenc_sync.store.rounds import Marks, marks, note_round, read_round
from sevenc_sync.store.tables import client, outbox, run, score_history, score_run

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def a_run(store: Store, account: int, number: int, *, ended: bool = True) -> None:
    with store.write() as connection:
        connection.execute(
            insert(run).values(
                id=number, account=account, stream="tickets", trigger="schedule", mode="delta", holder="h",
                state="ok" if ended else "running", started_at=1, finished_at=2 if ended else None,
            )
        )  # fmt: skip


def level(store: Store, number: int, slug: str, value: float, kind: str = "area") -> None:
    row: dict[str, Any] = {"client": number, "kind": kind, "slug": slug, "level": value}
    with store.write() as connection:
        connection.execute(insert(score_history).values(row | {"at": 1, "score_run": 1, "rules_hash": "r"}))


def test_runs_that_have_ended_get_the_next_round_and_those_under_way_a_later_one(
    store: Store, account: int
) -> None:
    a_run(store, account, 1)
    a_run(store, account, 2, ended=False)
    a_run(store, account, 3)
    with store.write() as connection:
        connection.execute(insert(score_run).values(id=1, at=1, rules_hash="r", clients=3, changed=3))
        for number in (1, 2, 3):
            made = {"id": number, "name": "A", "account": account, "company": str(number), "created_at": 0}
            connection.execute(insert(client).values(made))
    level(store, 1, "a", 1.0)
    level(store, 2, "a", 1.0)
    with store.read() as connection:
        before = marks(connection)
    level(store, 1, "a", 2.0)  # moved
    level(store, 1, "b", 2.0)  # its first
    level(store, 2, "a", 0.5, kind="indicator")  # no level of an area or a block
    level(store, 3, "a", 2.0)  # its first
    with store.write() as connection:
        for kind in ("note", "fields"):
            connection.execute(
                insert(outbox).values(
                    kind=kind, client=1, account=account, company="1", reference="r", text="", digest="d",
                    state="pending", created_at=1,
                )
            )  # fmt: skip
        note_round(connection, NOW, before, links=4, sent=1)
        note_round(connection, NOW, before, links=9)  # nothing was read since: not noted
    with store.read() as connection:
        found = read_round(connection, 1)
        assert found is not None
        assert (found.at, found.links, found.moved, found.planned, found.sent) == (NOW, 4, 1, 1, 1)
        assert found.runs == (1, 3)
        assert read_round(connection, 2) is None
        assert read_round(connection, None) is None


def test_an_empty_store_has_marks_too(store: Store) -> None:
    with store.read() as connection:
        assert marks(connection) == Marks(0, 0)
