"""What is over goes after its own time; what something rests on stays. Forgetting takes all of it, with counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select, update

from sevenc_sync.clock import to_seconds
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.audit import read_audit
from sevenc_sync.store.database import Store, StoreProblem
from sevenc_sync.store.forget import FORGOTTEN, forget_account, forget_client
from sevenc_sync.store.prune import Keep, prune
from sevenc_sync.store.tables import (
    alarm,
    client,
    client_score,
    dirty,
    evidence,
    link,
    match_decision,
    metadata,
    outbox,
    phrase,
    quarantine,
    round_,
    run,
    run_log,
    score_run,
    stream_state,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEEP = Keep(log_days=30, run_days=200, gone_days=100, quarantine_days=50, outbox_days=60, alarm_days=10)


def put(store: Store, table: Table, *rows: dict[str, Any]) -> None:
    with store.write() as connection:
        for row in rows:
            connection.execute(insert(table).values(row))


def ids(store: Store, table: Table) -> list[Any]:
    with store.read() as connection:
        return list(connection.scalars(select(table.c.id).order_by(table.c.id)))


def ago(days: float) -> int:
    return to_seconds(NOW - timedelta(days=days))


def a_run(account: int, number: int, days: float, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "account": account, "stream": "tickets", "trigger": "schedule", "mode": "delta", "holder": "h",
        "state": "ok", "started_at": ago(days), "finished_at": ago(days),
    } | more  # fmt: skip


def a_ticket(account: int, number: str, company: str = "1", **more: Any) -> dict[str, Any]:
    return {"account": account, "id": number, "company": company, "digest": 1, "fetched_at": 1} | more


def a_client(store: Store, account: int, number: int, company: str) -> None:
    put(store, client, {"id": number, "name": f"Client {number}", "account": account, "company": company, "created_at": 0})  # fmt: skip
    put(store, link, {"account": account, "company": company, "client": number, "state": "linked", "method": "master", "at": 1})  # fmt: skip
    put(store, client_score, {"client": number, "score_run": 1, "at": 1, "rules_hash": "r", "score": 50, "proof": 1, "is_provisional": False})  # fmt: skip


def test_each_kind_goes_after_its_own_time(store: Store) -> None:
    number = ensure_account(store, "psa", "x")
    put(store, score_run, {"id": 1, "at": 1, "rules_hash": "r", "clients": 1, "changed": 1})
    a_client(store, number, 1, "1")
    put(store, round_, *({"id": item, "at": ago(300), "links": 0, "moved": 0, "planned": 0, "sent": 0} for item in (1, 2)))  # fmt: skip
    put(store, run, a_run(number, 1, 201, round=1), a_run(number, 2, 31, round=2), a_run(number, 3, 1))
    put(store, run, a_run(number, 4, 500, state="running", finished_at=None))
    line = {"level": "info", "event": "e"}
    put(store, run_log, *({"id": item, "run": item, "at": ago(days)} | line for item, days in ((1, 201), (2, 31), (3, 29))))  # fmt: skip
    ticket, company = evidence["ticket"], evidence["company"]
    put(store, ticket, a_ticket(number, "old", gone_at=ago(101)), a_ticket(number, "gone", gone_at=ago(99)))
    put(store, ticket, a_ticket(number, "there"))
    put(
        store,
        company,
        {"account": number, "id": "9", "name": "C", "digest": 1, "fetched_at": 1, "gone_at": ago(900)},
    )
    bad = {
        "account": number,
        "stream": "tickets",
        "run": 1,
        "path": "$",
        "reason": "x",
        "body": b"{}",
        "first_at": 1,
    }
    put(store, quarantine, *(bad | {"id": item, "digest": item, "last_at": ago(days)} for item, days in ((1, 51), (2, 49))))  # fmt: skip
    note = {
        "client": 1,
        "account": number,
        "company": "1",
        "reference": "r",
        "text": "",
        "digest": "d",
        "created_at": 1,
    }
    states = ("sent", "sent", "replaced", "pending", "edited")
    put(
        store,
        outbox,
        *(note | {"id": at, "state": state, "finished_at": ago(61)} for at, state in enumerate(states, 1)),
    )
    told = {"kind": "down", "text": "t", "action": "a", "since": 1, "end_told_at": 2}
    put(store, alarm, told | {"id": 1, "subject": "a", "ended_at": ago(11)}, told | {"id": 2, "subject": "b", "ended_at": ago(9)})  # fmt: skip
    with store.write() as connection:
        counts = prune(connection, KEEP, NOW)
    assert counts == {
        "log lines": 2, "runs": 1, "gone records": 1, "quarantined records": 1, "outbox rows": 3, "alarms": 1,
    }  # fmt: skip
    assert ids(store, run) == [2, 3, 4]
    assert ids(store, run_log) == [3]
    assert ids(store, round_) == [2]
    assert ids(store, ticket) == ["gone", "there"]
    assert ids(store, company) == ["9"]
    assert ids(store, quarantine) == [2]
    assert ids(store, outbox) == [4, 5]  # what waits, and the newest that stands
    assert ids(store, alarm) == [2]
    with store.write() as connection:
        assert set(prune(connection, KEEP, NOW).values()) == {0}


@pytest.fixture
def two(store: Store) -> tuple[Store, int, int]:
    """A PSA with two clients, one of which is at a backup vendor too."""
    psa, backup = ensure_account(store, "psa", "x"), ensure_account(store, "backup", "y")
    put(store, score_run, {"id": 1, "at": 1, "rules_hash": "r", "clients": 1, "changed": 1, "scope": "[]"})
    for number in (1, 2):
        a_client(store, psa, number, str(number))
        put(
            store,
            evidence["company"],
            {"account": psa, "id": str(number), "name": "C", "digest": 1, "fetched_at": 1},
        )
        put(store, phrase, {"id": number, "kind": "ticket", "words": "{}"})
        put(store, evidence["ticket"], a_ticket(psa, f"t{number}", str(number), phrase=number))
        decided = {
            "kind": "company",
            "verdict": "link",
            "record": str(number),
            "client": number,
            "by": "me",
            "at": 1,
        }
        put(store, match_decision, decided | {"account": psa})
    put(
        store,
        link,
        {"account": backup, "company": "b1", "client": 1, "state": "linked", "method": "name", "at": 1},
    )
    put(store, evidence["asset"], {"account": backup, "id": "d1", "company": "b1", "kind": "server", "digest": 1, "fetched_at": 1})  # fmt: skip
    put(store, dirty, {"account": backup, "company": "b1", "kind": "asset"})
    put(store, run, a_run(psa, 1, 1), a_run(backup, 2, 1))
    put(store, run_log, {"run": 1, "at": 1, "level": "info", "event": "e"})
    return store, psa, backup


def rows_about(store: Store, column: str, value: Any) -> dict[str, int]:
    """Rows by table that name the value in the column."""
    found = {}
    with store.read() as connection:
        for table in metadata.sorted_tables:
            if column in table.c:
                number = connection.execute(
                    select(func.count()).select_from(table).where(table.c[column] == value)
                ).scalar_one()
                if number:
                    found[table.name] = number
    return found


def test_a_client_is_forgotten_with_all_that_hangs_on_it(two: tuple[Store, int, int]) -> None:
    store, _psa, backup = two
    with store.write() as connection:
        counts = forget_client(connection, 1, "me", NOW)
    assert counts == {
        "ticket": 1, "company": 1, "asset": 1, "dirty": 1, "match_decision": 1, "link": 2, "client_score": 1, "client": 1,
        "phrase": 1,
    }  # fmt: skip
    assert rows_about(store, "client", 1) == {"audit": 1}
    assert ids(store, evidence["ticket"]) == ["t2"]
    assert ids(store, evidence["company"]) == ["2"]
    assert rows_about(store, "client", 2) == {"client_score": 1, "link": 1, "match_decision": 1}
    with store.read() as connection:
        (shell,) = connection.execute(select(client).where(client.c.id == 1)).all()
        (entry,) = read_audit(connection, limit=10)
    assert (shell.name, shell.is_active) == (FORGOTTEN, False)
    assert (entry.action, entry.actor, dict(entry.detail)) == ("forget-client", "me", counts)
    assert rows_about(store, "account", backup) == {"run": 1}


def test_an_account_is_forgotten_with_its_clients(two: tuple[Store, int, int]) -> None:
    store, psa, backup = two
    with store.write() as connection:
        forget_account(connection, "psa", "me", NOW)
    assert rows_about(store, "account", psa) == {"client": 2}  # empty shells
    assert rows_about(store, "account", backup) == {"asset": 1, "dirty": 1, "run": 1}
    assert ids(store, phrase) == []
    with store.read() as connection:
        (entry,) = read_audit(connection, limit=10)
        assert list(connection.scalars(select(client.c.name).distinct())) == [FORGOTTEN]
    assert (entry.action, entry.subject) == ("forget-account", "account psa")
    assert entry.detail["ticket"] == 2


def test_a_trial_counts_and_changes_nothing(two: tuple[Store, int, int]) -> None:
    store, psa, _ = two
    before = rows_about(store, "account", psa)
    with store.trial() as connection:
        assert forget_account(connection, "psa", "me", NOW)
    assert rows_about(store, "account", psa) == before


def test_nothing_is_forgotten_while_something_is_read(two: tuple[Store, int, int]) -> None:
    store, psa, _ = two
    put(store, stream_state, {"account": psa, "stream": "tickets", "state": "ok", "run": 1})
    with pytest.raises(StoreProblem, match="psa/tickets is being read now"), store.write() as connection:
        forget_client(connection, 1, "me", NOW)
    with store.write() as connection:
        connection.execute(update(stream_state).values(run=None))
    with (
        pytest.raises(StoreProblem, match="no account 'rmm'; it has backup, psa"),
        store.write() as connection,
    ):
        forget_account(connection, "rmm", "me", NOW)
