"""What a good run does: everything once, then only what changed, by the source's own clock."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.connect.text import iso
from sevenc_sync.sync import passes
from sevenc_sync.sync.run import FULL_EVERY
from sevenc_sync.sync.timing import Timing
from tests.sync.conftest import BACKUPS, DEVICES, LAG, NOW, STREAMS, THERE, TICKETS, Answer, Desk, Request


def test_a_first_run_reads_everything_page_by_page(both: Desk) -> None:
    result = both.run(TICKETS)
    assert (result.state, result.mode, result.fetched, result.new, result.held) == ("ok", "full", 7, 6, 1)
    assert list(both.rows("ticket")) == ["1", "2", "3", "5", "6", "7"]
    assert [dict(request.query) for request in both.vendor.requests] == [
        {"size": "3"},
        {"size": "3", "after": "3"},
        {"size": "3", "after": "6"},
    ]


def test_numbered_pages_are_read_to_the_envelopes_end(both: Desk) -> None:
    result = both.run(DEVICES)
    assert (result.state, result.fetched, result.new) == ("ok", 5, 5)
    assert [request.query["page"] for request in both.vendor.requests] == ["1", "2", "3"]
    assert set(both.rows("asset")) == {"d0", "d1", "d2", "d3", "printer"}


def test_a_child_stream_reads_below_every_parent_of_its_kind(both: Desk) -> None:
    both.run(DEVICES)
    both.vendor.requests.clear()
    result = both.run(BACKUPS)
    assert (result.state, result.fetched, result.new, result.held) == ("ok", 9, 8, 1)
    assert list(dict.fromkeys(both.vendor.paths())) == [f"/devices/d{n}/backups" for n in range(4)]
    rows = both.rows("protection_run")
    assert (rows["d3:2"]["company"], rows["d3:2"]["protection"]) == ("c3", "d3")


def test_a_child_stream_without_parents_is_read_and_empty(desk: Desk) -> None:
    assert desk.run(BACKUPS).state == "ok"
    assert desk.vendor.requests == []


def test_an_empty_source_is_read_with_one_request(desk: Desk) -> None:
    desk.vendor.tickets.clear()
    result = desk.run(TICKETS)
    assert (result.state, result.fetched, len(desk.vendor.requests)) == ("ok", 0, 1)
    assert desk.state(TICKETS)["watermark"] is not None


def test_a_second_run_changes_nothing(both: Desk) -> None:
    for each in STREAMS:
        both.run(each)
    both.now += timedelta(hours=1)
    before = {kind: both.rows(kind) for kind in ("ticket", "asset", "protection_run")}
    for each in STREAMS:
        again = both.run(each, "full")
        assert (again.state, again.new, again.changed) == ("ok", 0, 0)
        assert again.same == again.fetched - again.held
    assert {kind: both.rows(kind) for kind in before} == before


def test_the_next_run_asks_for_what_changed_since_the_last_one_began(desk: Desk) -> None:
    desk.run(TICKETS)
    desk.vendor.requests.clear()
    desk.vendor.now = THERE + timedelta(minutes=30)
    desk.vendor.put_ticket(2, summary="Changed")
    desk.vendor.put_ticket(8)
    result = desk.run(TICKETS)
    assert (result.mode, result.new, result.changed, result.fetched) == ("delta", 1, 1, 2)
    assert desk.vendor.requests[0].query["since"] == iso(THERE - LAG)
    assert desk.rows("ticket")["2"]["summary"] == "Changed"
    row = desk.last_run()
    assert (row["mode"], row["cursor_from"]) == ("delta", to_seconds(THERE - LAG))
    assert row["cursor_to"] == to_seconds(desk.vendor.now - LAG)


def test_the_watermark_is_the_sources_clock_at_the_runs_beginning_less_the_lag(desk: Desk) -> None:
    # The clock moves on from page to page; what changes meanwhile belongs to the next run.
    desk.vendor.before = lambda _request: setattr(
        desk.vendor, "now", THERE + timedelta(minutes=len(desk.vendor.requests) - 1)
    )
    desk.run(TICKETS)
    assert len(desk.vendor.requests) == 3
    assert from_seconds(desk.state(TICKETS)["watermark"]) == THERE - LAG


def test_the_watermark_is_never_the_largest_time_of_change(desk: Desk) -> None:
    desk.vendor.put_ticket(
        7, updated=iso(THERE + timedelta(days=400))
    )  # a source with a broken clock of its own
    desk.run(TICKETS)
    state = desk.state(TICKETS)
    assert from_seconds(state["watermark"]) == THERE - LAG
    # nor does it make the source look fresh for the next four hundred days
    assert from_seconds(state["newest_at"]) == datetime(2026, 11, 6, 8, tzinfo=UTC)


def test_a_source_that_does_not_tell_the_time_is_taken_by_our_clock(desk: Desk) -> None:
    answer = desk.vendor.answer

    def without_date(*args: object) -> object:
        found = answer(*args)  # type: ignore[arg-type]  # passed through
        del found.headers["Date"]
        return found

    desk.vendor.answer = without_date  # type: ignore[method-assign,assignment]  # the same, less one header
    desk.run(TICKETS)
    assert from_seconds(desk.state(TICKETS)["watermark"]) == NOW - LAG


def test_a_sources_clock_that_goes_back_does_not_take_the_watermark_with_it(desk: Desk) -> None:
    desk.run(TICKETS)
    desk.vendor.now = THERE - timedelta(days=3)
    desk.run(TICKETS)
    assert from_seconds(desk.state(TICKETS)["watermark"]) == THERE - LAG


def test_a_run_tells_by_how_much_the_clocks_differ(desk: Desk) -> None:
    desk.vendor.now = NOW + timedelta(hours=2)
    assert desk.run(TICKETS).skew == timedelta(hours=2)


def test_a_list_without_an_end_is_left_and_the_next_run_goes_on_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "MAX_ANSWERS", 5)
    asked: list[int] = []

    def endless(request: Request) -> Answer:
        after = int(request.query.get("after", 0))
        asked.append(after)
        rows = [{"id": after + place, "updated": "2026-11-04T08:00:00Z"} for place in (1, 2, 3)]
        return Answer(200, msgspec.json.encode(rows))

    desk.vendor.before = endless
    result = desk.run(TICKETS)
    assert (result.state, result.fetched) == ("failed", 15)
    assert "goes on after 5 pages" in str(result.error)
    asked.clear()
    desk.run(TICKETS)
    assert asked[0] == 15


def test_a_stream_without_a_filter_is_read_whole_each_time(desk: Desk) -> None:
    assert [desk.run(DEVICES).mode for _ in range(2)] == ["full", "full"]


def test_a_full_pass_comes_round_whatever_the_watermark(desk: Desk) -> None:
    desk.run(TICKETS)
    desk.now += FULL_EVERY - timedelta(seconds=1)
    assert desk.run(TICKETS).mode == "delta"
    desk.now += timedelta(seconds=1)
    assert desk.run(TICKETS).mode == "full"
    assert desk.run(TICKETS).mode == "delta"


def test_a_run_leaves_its_numbers(desk: Desk) -> None:
    result = desk.run(TICKETS, timing=Timing(always=timedelta(minutes=15)))
    row = desk.last_run()
    assert row["id"] == result.run
    wanted = {
        "state": "ok",
        "mode": "full",
        "pages": 3,
        "fetched": 7,
        "new": 6,
        "changed": 0,
        "same": 0,
        "held": 1,
    }
    wanted |= {"requests": 3, "retries": 0, "error": None, "action": None, "trigger": "command"}
    assert {name: row[name] for name in wanted} == wanted
    assert row["bytes"] > 300
    assert (row["started_at"], row["finished_at"]) == (to_seconds(NOW), to_seconds(NOW))
    state = desk.state(TICKETS)
    assert (state["state"], state["run"], state["holder"], state["token"]) == ("ok", None, None, None)
    assert (state["last_ok_at"], state["last_full_at"]) == (to_seconds(NOW), to_seconds(NOW))
    assert state["next_due_at"] == to_seconds(NOW + timedelta(minutes=15))
    assert desk.log() == [("info", "started"), ("info", "finished")]


def test_without_a_cadence_of_the_operators_the_streams_own_counts(desk: Desk) -> None:
    desk.run(TICKETS)
    assert desk.state(TICKETS)["next_due_at"] == to_seconds(NOW + TICKETS.cadence)


def test_progress_is_told_after_every_page(desk: Desk) -> None:
    told: list[tuple[str, str, int, int]] = []
    desk.run(TICKETS, on_progress=lambda a, s, totals: told.append((a, s, totals.pages, totals.fetched)))
    assert told == [("psa", "tickets", 1, 3), ("psa", "tickets", 2, 6), ("psa", "tickets", 3, 7)]


def test_the_indexes_are_there_after_a_first_run(both: Desk) -> None:
    from sqlalchemy import inspect

    from sevenc_sync.store.tables import evidence

    both.run(TICKETS)
    with both.store.read() as connection:
        present = {index["name"] for index in inspect(connection).get_indexes("ticket")}
    assert present == {index.name for index in evidence["ticket"].indexes}
