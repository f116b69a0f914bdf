"""Records that know their company only by way of another stored row, and parents that need not be read below again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sevenc_sync.connect.stream import Context, Parent, Window
from sevenc_sync.model import Asset
from sevenc_sync.store.database import Store
from sevenc_sync.sync.related import RelatedRows
from tests.sync.conftest import BACKUPS, DEVICES, THERE, TICKETS, Desk, WireTicket


def _device_of_ticket(wire: WireTicket, context: Context) -> Iterator[Asset]:
    """A device record that names only the ticket that it came with."""
    yield Asset(
        id=f"t{wire.id}",
        company=context.related("ticket", "company", wire.id),
        name=context.related("ticket", "summary", wire.id),
    )


POINTERS = replace(
    TICKETS,
    name="pointers",
    to_canonical=_device_of_ticket,
    records=(Asset,),
    related=(("ticket", "company"), ("ticket", "summary")),
)


def test_a_record_takes_its_company_from_the_row_that_it_points_to(desk: Desk) -> None:
    desk.run(TICKETS)
    desk.run(POINTERS)
    rows = desk.rows("asset")
    assert rows["t1"]["company"] == "c1"
    assert rows["t1"]["name"] == "Ticket 1"


def test_a_row_that_is_not_there_leaves_the_company_unsaid(desk: Desk) -> None:
    desk.run(POINTERS)
    assert {row["company"] for row in desk.rows("asset").values()} == {None}


def test_only_what_a_stream_asks_for_is_told(desk: Desk) -> None:
    desk.run(TICKETS)
    desk.run(replace(POINTERS, related=(("ticket", "summary"),)))
    row = desk.rows("asset")["t1"]
    assert (row["company"], row["name"]) == (None, "Ticket 1")


def test_rows_are_read_when_they_are_first_asked_for_and_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.run(TICKETS)
    reads = 0
    plain = Store.read

    def counted(self: Store) -> Any:
        nonlocal reads
        reads += 1
        return plain(self)

    related = RelatedRows(desk.store, desk.account, (("ticket", "company"),))
    monkeypatch.setattr(Store, "read", counted)
    assert (len(related), list(related), reads) == (1, [("ticket", "company")], 0)
    assert related["ticket", "company"]["1"] == "c1"
    assert related["ticket", "company"].get("999") is None
    assert reads == 1
    with pytest.raises(KeyError):
        related["ticket", "summary"]


def test_a_stream_may_leave_out_parents_that_have_nothing_new(desk: Desk) -> None:
    desk.run(DEVICES)
    seen: list[Window] = []

    def not_d0_again(parent: Parent, window: Window) -> bool:
        seen.append(window)
        return window.since is None or parent.row["company"] != "c0"

    backups = replace(BACKUPS, below=not_d0_again, delta=True)
    desk.vendor.backups["d2"][1]["at"] = "2026-11-02T01:00:00Z"
    assert desk.run(backups).mode == "full"
    desk.vendor.requests.clear()
    desk.now += timedelta(hours=1)
    desk.vendor.now = THERE + timedelta(hours=1)
    assert desk.run(backups).mode == "delta"
    assert {path.split("/")[2] for path in desk.vendor.paths()} == {"d1", "d2", "d3"}
    assert seen[0].since is None
    assert seen[-1].since == THERE - backups.lag
