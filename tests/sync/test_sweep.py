"""The edges of burying: a sweep never stands for a read, the brake is let go once, a lost run buries nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from sevenc_sync.connect.stream import Listed, Stream, Sweep
from sevenc_sync.model import Asset, Ticket
from sevenc_sync.store.runs import LEASE, Claim, RunLost, claim
from sevenc_sync.store.tables import seen
from sevenc_sync.sync.gone import Brake, places_of, settle
from tests.store.conftest import rows_of
from tests.sync.conftest import DEVICES, NOW, THERE, TICKETS, Answer, Desk, Request


class WireId(msgspec.Struct):
    id: int
    company: str | None = None


def _reread(ids: Sequence[str]) -> Mapping[str, str]:
    return {"ids": ",".join(ids)}


SWEPT: Stream = replace(
    TICKETS,
    sweep=Sweep(
        wire=WireId,
        listed=lambda wire: Listed(str(wire.id), {"company": wire.company}),
        params=lambda _window: {"fields": "id,company"},
        reread=_reread,
        chunk=2,
    ),
)
COMPLETE: Stream = replace(DEVICES, complete=(Asset,))


@pytest.fixture
def clean(desk: Desk) -> Desk:
    """Seven good tickets, read; the vendor answers questions for certain ids too."""
    desk.vendor.put_ticket(4, summary="Mended", updated="2026-11-04T08:00:00Z")

    def by_ids(request: Request) -> Answer | None:
        if "ids" not in request.query:
            return None
        wanted = [desk.vendor.tickets[int(key)] for key in request.query["ids"].split(",")]
        after = int(request.query.get("after", 0))
        return Answer(200, msgspec.json.encode([row for row in wanted if row["id"] > after]))

    desk.vendor.before = by_ids
    assert desk.run(SWEPT).new == 7
    desk.vendor.requests.clear()
    return desk


def gone(desk: Desk, kind: str) -> set[str]:
    """The ids that the store knows to be gone."""
    return {key for key, row in desk.rows(kind).items() if row["gone_at"] is not None}


def test_a_sweep_reads_whole_what_was_missed_and_what_differs(clean: Desk) -> None:
    # Neither moves the vendor's time of change, so no delta would see them.
    clean.vendor.tickets[5]["company"] = "moved"
    clean.vendor.put_ticket(9, updated="2026-01-01T00:00:00Z")
    clean.vendor.put_ticket(10, updated="2026-01-01T00:00:00Z")
    result = clean.run(SWEPT, "sweep")
    assert (result.state, result.new, result.changed, result.gone) == ("ok", 2, 1, 0)
    assert clean.rows("ticket")["5"]["company"] == "moved"
    assert [request.query["ids"] for request in clean.vendor.requests if "ids" in request.query] == [
        "5,9",
        "10",
    ]


def test_a_fact_may_be_a_yes_or_no(both: Desk) -> None:
    sweep = Sweep(
        wire=WireId,
        listed=lambda wire: Listed(str(wire.id), {"is_closed": True} if wire.company == "closed" else {}),
        params=lambda _window: {"fields": "id,company"},
        reread=lambda _ids: {},
    )
    stream = replace(
        TICKETS,
        sweep=sweep,
        to_canonical=lambda wire, _context: [
            Ticket(id=str(wire.id), company=wire.company, is_closed=wire.company == "closed")
        ],
    )
    both.vendor.put_ticket(4, summary="Mended", updated="2026-11-04T08:00:00Z")
    assert both.run(stream).new == 7
    both.vendor.tickets[5]["company"] = "closed"
    assert both.run(stream, "sweep").changed == 1
    assert both.rows("ticket")["5"]["is_closed"] is True
    assert both.run(stream, "sweep").fetched == 0


def test_a_sweep_moves_no_watermark_because_it_reads_no_changes(clean: Desk) -> None:
    before = clean.state(SWEPT)
    clean.now += timedelta(hours=1)
    clean.vendor.now = THERE + timedelta(hours=1)
    clean.vendor.tickets[5]["company"] = "moved"  # so that something is read at all
    clean.vendor.put_ticket(6, summary="Changed since")
    clean.run(SWEPT, "sweep")
    after = clean.state(SWEPT)
    assert after["watermark"] == before["watermark"]
    assert (after["last_ok_at"], after["last_full_at"]) == (before["last_ok_at"], before["last_full_at"])
    assert after["last_sweep_at"] is not None
    assert clean.run(SWEPT).changed == 1
    assert clean.rows("ticket")["6"]["summary"] == "Changed since"


def test_a_sweep_leaves_the_place_of_an_interrupted_pass_alone(clean: Desk) -> None:
    before = clean.vendor.before
    clean.vendor.before = lambda request: Answer(500) if request.query.get("after") == "3" else None
    clean.run(SWEPT, "full")
    place = clean.state(SWEPT)["token"]
    assert place is not None
    clean.vendor.before = before
    assert clean.run(SWEPT, "sweep").state == "ok"
    assert clean.state(SWEPT)["token"] == place


def test_a_list_with_a_record_that_has_no_id_buries_nothing(clean: Desk) -> None:
    clean.vendor.tickets = {1: {"id": "one", "updated": "2026-11-01T08:00:00Z"}}
    result = clean.run(SWEPT, "sweep")
    assert (result.state, gone(clean, "ticket")) == ("failed", set())
    assert "without a usable id" in str(result.error)


def many(desk: Desk, count: int) -> None:
    """So many devices, read by a pass that shows all there are."""
    desk.vendor.devices.clear()
    for number in range(count):
        desk.vendor.put_device(f"d{number:03}")
    assert desk.run(COMPLETE).new == count


def test_a_share_below_the_brake_goes_without_asking(desk: Desk) -> None:
    many(desk, 60)
    desk.vendor.devices = dict(list(desk.vendor.devices.items())[:48])
    assert (desk.run(COMPLETE).state, len(gone(desk, "asset"))) == ("ok", 12)


def test_the_operator_can_let_any_share_go_once(desk: Desk) -> None:
    many(desk, 60)
    desk.vendor.devices.clear()
    assert desk.run(COMPLETE, brake=Brake(accept=True)).gone == 60


def test_a_braked_pass_is_tried_anew_from_its_beginning(desk: Desk) -> None:
    many(desk, 60)
    kept = dict(desk.vendor.devices)
    desk.vendor.devices.clear()
    assert desk.run(COMPLETE).state == "held"
    desk.vendor.devices = kept
    result = desk.run(COMPLETE)
    assert (result.state, result.same, result.gone) == ("ok", 60, 0)


def test_one_accounts_pass_says_nothing_of_another_accounts_rows(desk: Desk) -> None:
    from sevenc_sync.store.accounts import ensure_account

    many(desk, 5)
    other = Desk(desk.store, desk.vendor, ensure_account(desk.store, "other", "test"))
    del desk.vendor.devices["d001"]
    assert (other.run(COMPLETE).gone, gone(desk, "asset")) == (0, set())


def test_what_was_seen_is_forgotten_when_the_run_is_over(desk: Desk) -> None:
    many(desk, 5)
    with desk.store.read() as connection:
        assert rows_of(connection, seen) == []


def test_a_run_that_was_taken_over_buries_nothing(both: Desk) -> None:
    many(both, 5)
    lost, _winner = (
        claim(both.store, both.account, "devices", trigger="x", holder="elsewhere:1:1", now=when)
        for when in (NOW, NOW + LEASE)
    )
    assert isinstance(lost, Claim)
    places = places_of(COMPLETE, both.account)
    with pytest.raises(RunLost):
        settle(both.store, lost, places, at=1, brake=Brake(accept=True))
    assert gone(both, "asset") == set()
