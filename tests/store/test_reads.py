"""The small reads of the stream engine and of the operators' lists."""

from datetime import timedelta

from sqlalchemy import update

from sevenc_sync.model import Asset, Lookup, Record
from sevenc_sync.store import runs as run_store
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.bulk import upsert
from sevenc_sync.store.codec import Codec
from sevenc_sync.store.database import Store
from sevenc_sync.store.quarantine import BadRecord, hold
from sevenc_sync.store.reads import (
    lookup_entries,
    parent_rows,
    quarantine_of_run,
    run_lines,
    run_row,
    runs,
    stream_states,
)
from sevenc_sync.store.tables import evidence
from tests.store.conftest import NOW


def _save(store: Store, account: int, *records: Record) -> None:
    codec = Codec(type(records[0]))
    with store.write() as connection:
        upsert(connection, codec, account, [codec.row(account, record, 1) for record in records])


def _claim(store: Store, account: int, stream: str) -> run_store.Claim:
    claimed = run_store.claim(store, account, stream, trigger="command", holder="h:1:1", now=NOW)
    assert isinstance(claimed, run_store.Claim)
    return claimed


def test_parents_come_by_id_without_the_gone_and_the_other_kinds(store: Store, account: int) -> None:
    other = ensure_account(store, "other", "c")
    _save(
        store,
        account,
        *(Asset(id=key, company="c", kind=kind) for key, kind in [("b", "appliance"), ("a", "appliance")]),
        Asset(id="c", company="c", kind="server"),
        Asset(id="d", company="c", kind="appliance"),
    )
    _save(store, other, Asset(id="z", company="c", kind="appliance"))
    with store.write() as connection:
        table = evidence["asset"]
        connection.execute(update(table).where(table.c.id == "d").values(gone_at=5))
        found = parent_rows(connection, account, "asset", {"kind": "appliance"}, None)
        assert [row["id"] for row in found] == ["a", "b"]
        assert found[0]["company"] == "c"
        onwards = parent_rows(connection, account, "asset", {}, "b")
        assert [row["id"] for row in onwards] == ["b", "c"]


def test_list_entries_are_found_by_kind_and_vendor_id(store: Store, account: int) -> None:
    wanted = Lookup(id="board:1:2", kind="board", name="Service", meaning="m", parent="p", is_active=True)
    _save(store, account, wanted, Lookup(id="priority:1", kind="priority", name="High"))
    with store.read() as connection:
        found = lookup_entries(connection, account, ("board", "type"))
        assert lookup_entries(connection, account, ()) == {}
    assert found == {"board": {"1:2": wanted}, "type": {}}


def test_runs_are_listed_newest_first_and_by_account_and_stream(store: Store, account: int) -> None:
    other = ensure_account(store, "other", "c")
    first = _claim(store, account, "tickets").run
    second = _claim(store, account, "devices").run
    third = _claim(store, other, "tickets").run
    with store.read() as connection:
        assert [row["id"] for row in runs(connection, limit=2)] == [third, second]
        assert [row["id"] for row in runs(connection, limit=9, account_name="psa")] == [second, first]
        assert [row["id"] for row in runs(connection, limit=9, stream="tickets")] == [third, first]
        row = run_row(connection, third)
        assert row is not None
        assert (row["account_name"], row["state"], row["trigger"]) == ("other", "running", "command")
        assert run_row(connection, 10**6) is None


def test_stream_states_carry_their_accounts_name(store: Store, account: int) -> None:
    _claim(store, account, "tickets")
    _claim(store, account, "devices")
    with store.read() as connection:
        states = stream_states(connection)
    assert [(row["account_name"], row["stream"], row["state"]) for row in states] == [
        ("psa", "devices", "new"),
        ("psa", "tickets", "new"),
    ]


def test_a_runs_log_can_be_followed(store: Store, account: int) -> None:
    mine, theirs = _claim(store, account, "tickets").run, _claim(store, account, "devices").run
    with store.write() as connection:
        run_store.log(connection, mine, NOW, "info", "started", {"mode": "full"})
        run_store.log(connection, theirs, NOW, "info", "started")
        run_store.log(connection, mine, NOW + timedelta(seconds=3), "warning", "finished")
        lines = run_lines(connection, mine)
        assert [(line["event"], line["detail"]) for line in lines] == [
            ("started", '{"mode":"full"}'),
            ("finished", None),
        ]
        assert [line["event"] for line in run_lines(connection, mine, after=lines[0]["id"])] == ["finished"]


def test_the_bad_records_of_a_run_are_listed_without_their_bytes(store: Store, account: int) -> None:
    with store.write() as connection:
        hold(connection, account, "tickets", 1, 100, [BadRecord("$.id", "Expected int", b"{}")])
        hold(connection, account, "tickets", 2, 100, [BadRecord("$.x", "Expected str", b"[]")])
        (row,) = quarantine_of_run(connection, 2)
    assert (row["path"], row["reason"], row["first_at"]) == ("$.x", "Expected str", 100)
    assert "body" not in row
