"""A record that comes again as it came is not translated again; whatever could change its row makes sure that it is."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.clock import to_seconds
from sevenc_sync.connect.stream import Context, Stream
from sevenc_sync.connect.text import iso
from sevenc_sync.model import Asset, Lookup, Ticket
from sevenc_sync.store.bulk import upsert
from sevenc_sync.store.codec import Codec
from sevenc_sync.sync import unchanged
from tests.sync.conftest import BACKUPS, DEVICES, NOW, TICKETS, Desk, WireDevice, WireTicket


class Counted:
    """A stream's translation that counts what it is given, by the record's key."""

    def __init__(self, stream: Stream) -> None:
        self.seen: list[str] = []
        self._translate: Callable[[Any, Context], Iterable[Any]] = stream.to_canonical
        self.stream = replace(stream, to_canonical=self._count)

    def _count(self, wire: Any, context: Context) -> Iterable[Any]:
        self.seen.append(str(wire.id))
        return self._translate(wire, context)

    def translated(self, desk: Desk) -> list[str]:
        """The keys of what another whole run translates."""
        self.seen.clear()
        assert desk.run(self.stream, "full").state == "ok"
        return self.seen


@pytest.mark.parametrize(
    ("stream", "kind", "ids"),
    [
        (TICKETS, "ticket", ["1", "2", "3", "5", "6", "7"]),  # a bare list; one record is broken
        (DEVICES, "asset", ["d0", "d1", "d2", "d3", "printer"]),  # a list in an envelope
    ],
    ids=["bare", "envelope"],
)
def test_what_comes_again_unchanged_is_not_translated(
    both: Desk, stream: Stream, kind: str, ids: list[str]
) -> None:
    counted = Counted(stream)
    assert counted.translated(both) == ids
    rows = both.rows(kind)
    both.now += timedelta(hours=1)
    counted.seen.clear()
    again = both.run(counted.stream, "full")
    assert counted.seen == []
    assert (again.state, again.same, again.new, again.changed) == ("ok", len(ids), 0, 0)
    assert again.fetched == len(ids) + again.held
    assert both.rows(kind) == rows


def test_of_a_page_only_what_changed_is_translated(both: Desk) -> None:
    counted = Counted(TICKETS)
    counted.translated(both)
    both.vendor.put_ticket(2, summary="Another text", updated="2026-11-02T08:00:00Z")
    assert counted.translated(both) == ["2"]
    assert both.rows("ticket")["2"]["summary"] == "Another text"
    both.vendor.put_ticket(3, nobody_reads_this="x", updated="2026-11-03T08:00:00Z")
    assert counted.translated(both) == []


@pytest.mark.parametrize(
    "change",
    [{"company": "c9"}, {"company": None}, {"summary": ""}, {"board": "x"}],
    ids=str,
)
def test_whatever_field_changes_the_row_changes_with_it(desk: Desk, change: dict[str, Any]) -> None:
    desk.run(TICKETS, "full")
    before = desk.rows("ticket")["1"]
    desk.vendor.tickets[1].update(change)
    assert desk.run(TICKETS, "full").changed == 1
    after = desk.rows("ticket")["1"]
    (name,) = change
    assert after[name] == change[name] != before[name]


def test_a_time_of_change_that_moves_is_kept(desk: Desk) -> None:
    desk.run(TICKETS, "full")
    desk.vendor.put_ticket(1, updated="2026-11-01T08:00:01Z")
    assert desk.run(TICKETS, "full").changed == 1
    assert desk.rows("ticket")["1"]["updated_at"] == to_seconds(NOW.replace(day=1, hour=8, second=1))


_texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
_wires = st.builds(
    WireTicket,
    id=st.integers(0, 3),
    updated=st.text("ab", max_size=2),
    company=_texts,
    summary=_texts,
    board=_texts,
)


@given(one=_wires, other=_wires)
def test_records_have_one_digest_only_when_all_their_fields_are_equal(
    one: WireTicket, other: WireTicket
) -> None:
    digests = unchanged.RecordDigests(TICKETS, {})
    first, second = digests.of([one, other])
    assert first is not None
    assert (first == second) == (one == other)
    assert digests.of([one]) == unchanged.RecordDigests(TICKETS, {}).of([one])
    assert digests.of([one]) != unchanged.RecordDigests(replace(TICKETS, name="others"), {}).of([one])


def test_other_code_reads_everything_once_more_and_changes_what_it_reads_otherwise(
    both: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(TICKETS)
    everything = list(counted.translated(both))
    rows = both.rows("ticket")
    monkeypatch.setattr(unchanged, "code_digest", lambda name: f"{name}, the next version".encode())
    both.now += timedelta(hours=1)
    counted.seen.clear()
    again = both.run(counted.stream, "full")
    assert counted.seen == everything
    assert (again.same, again.changed) == (len(everything), 0)
    read = {key: {**row, "digest": None} for key, row in both.rows("ticket").items()}
    assert read == {key: {**row, "digest": None} for key, row in rows.items()}  # not even its time of reading
    assert counted.translated(both) == []  # the digests are those of the new code


def _by_board(wire: WireTicket, context: Context) -> Iterator[Ticket]:
    entry = context.lookup("board", wire.board)
    yield Ticket(id=str(wire.id), company=wire.company, category=entry.meaning if entry else None)


def _put_board(desk: Desk, meaning: str) -> None:
    codec = Codec(Lookup)
    entry = Lookup(id="board:Board 1", kind="board", name="Board 1", meaning=meaning)
    with desk.store.write() as connection:
        upsert(connection, codec, desk.account, [codec.row(desk.account, entry, 1)])


def test_another_list_entry_makes_other_rows(both: Desk) -> None:
    counted = Counted(replace(TICKETS, to_canonical=_by_board, lookups=("board",)))
    counted.translated(both)
    for meaning in ("Reactive", "Proactive"):
        _put_board(both, meaning)
        counted.translated(both)
        assert both.rows("ticket")["1"]["category"] == meaning
        assert counted.translated(both) == []


def test_what_was_gone_and_is_back_is_written_though_it_is_the_same(both: Desk) -> None:
    counted = Counted(replace(DEVICES, complete=(Asset,)))
    counted.translated(both)
    device = both.vendor.devices.pop("d1")
    counted.translated(both)
    assert both.rows("asset")["d1"]["gone_at"] is not None
    both.vendor.devices["d1"] = device
    assert counted.translated(both) == ["d1"]
    assert both.rows("asset")["d1"]["gone_at"] is None


def test_a_whole_pass_meets_what_it_does_not_translate(both: Desk) -> None:
    stream = replace(DEVICES, complete=(Asset,))
    both.run(stream, "full")
    again = both.run(stream, "full")
    assert (again.state, again.gone, again.same) == ("ok", 0, 5)


def _open_until_noon(wire: WireDevice, context: Context) -> Iterator[Asset]:
    kind = "late" if wire.id != "printer" and context.now > NOW else wire.kind
    yield Asset(id=wire.id, company=wire.company, kind=kind)


def test_what_asks_for_the_time_is_translated_each_time(both: Desk) -> None:
    counted = Counted(replace(DEVICES, to_canonical=_open_until_noon))
    counted.translated(both)
    both.now += timedelta(hours=1)
    assert counted.translated(both) == ["d0", "d1", "d2", "d3"]  # and one asked for nothing
    assert both.rows("asset")["d0"]["kind"] == "late"


def _and_its_board(wire: WireTicket, _context: Context) -> Iterator[Ticket | Lookup]:
    yield Ticket(id=str(wire.id), company=wire.company)
    if wire.board:
        yield Lookup(id=f"board:{wire.board}", kind="board", name=wire.board)


def _under_another_id(wire: WireTicket, _context: Context) -> Iterator[Ticket]:
    yield Ticket(id=f"ticket:{wire.id}", company=wire.company)


def _nothing(_wire: WireTicket, _context: Context) -> Iterator[Ticket]:
    yield from ()


@pytest.mark.parametrize("translate", [_and_its_board, _under_another_id, _nothing])
def test_what_is_not_one_row_of_the_same_id_is_translated_each_time(
    desk: Desk, translate: Callable[[WireTicket, Context], Iterator[Any]]
) -> None:
    counted = Counted(replace(TICKETS, to_canonical=translate, records=(Ticket, Lookup)))
    assert len(counted.translated(desk)) == len(counted.translated(desk)) == 6


def test_what_is_read_below_a_parent_or_beside_other_rows_is_translated_each_time(desk: Desk) -> None:
    desk.run(DEVICES)
    desk.vendor.backups["d2"][1]["at"] = "2026-11-02T01:00:00Z"
    below, beside = Counted(BACKUPS), Counted(replace(TICKETS, related=(("asset", "company"),)))
    assert len(below.translated(desk)) == len(below.translated(desk)) == 9
    assert len(beside.translated(desk)) == len(beside.translated(desk)) == 6


def test_what_is_dated_in_the_future_is_looked_at_until_its_time_has_come(desk: Desk) -> None:
    ahead = NOW + timedelta(days=3)
    desk.vendor.put_ticket(7, updated=iso(ahead))
    counted = Counted(TICKETS)
    counted.translated(desk)
    assert counted.translated(desk) == ["7"]
    desk.now = ahead + timedelta(hours=1)
    assert counted.translated(desk) == ["7"]
    assert desk.state(TICKETS)["newest_at"] == to_seconds(ahead)  # now it counts
    assert counted.translated(desk) == []


def test_a_digest_of_code_tells_versions_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "acme_kit"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "canonical.py").write_text("ANSWER = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("acme_kit")
    digest = unchanged.code_digest.__wrapped__
    try:
        first = digest("acme_kit")
        assert digest("acme_kit") == first
        (package / "canonical.py").write_text("ANSWER = 2\n")
        assert digest("acme_kit") != first
        sys.modules["acme_kit"].__path__ = []
        sys.modules["acme_kit"].__file__ = None
        assert digest("acme_kit") != digest("acme_kit")  # code without a file is trusted for one process only
    finally:
        del sys.modules["acme_kit"]
