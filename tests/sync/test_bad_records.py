"""A record that cannot be read goes to quarantine with its bytes and the place of the fault; its page lands."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from sevenc_sync.connect import redact
from sevenc_sync.connect.layouts import Envelope
from sevenc_sync.connect.pages import Keyset
from sevenc_sync.connect.stream import Context, Stream
from sevenc_sync.model import Company, Record
from sevenc_sync.sync.run import Kind
from tests.sync.conftest import TICKETS, Answer, Desk, Request

ENVELOPED = replace(TICKETS, layout=Envelope("items"))  # read record by record from the beginning


def page(desk: Desk, *records: bytes) -> None:
    """The vendor's only page: these records, byte by byte."""

    def answer(request: Request) -> Answer:
        body = b"[" + b", ".join(records if "after" not in request.query else ()) + b"]"
        return Answer(200, body)

    desk.vendor.before = answer


GOOD = b'{"id":1,"updated":"2026-11-01T00:00:00Z","summary":"Good"}'
AFTER = b'{"id":9,"updated":"2026-11-01T00:00:00Z","summary":"Good too"}'
BAD = {
    "a wrong type": (
        b'{"id":2, "updated":"2026-11-01T00:00:00Z","summary":{"x":1}}',
        "$.summary",
        "Expected `str",
    ),
    "a missing key": (b'{"id":2,"summary":"x"}', "$", "missing required field `updated`"),
    "a time that is none": (b'{"id":2,"updated":"yesterday"}', "$", "Invalid isoformat"),
    "an id of another kind": (b'{"id":[],"updated":"2026-11-01T00:00:00Z"}', "$.id", "Expected `int`"),
    "no object": (b'"record"', "$", "Expected `object`"),
    "null": (b"null", "$", "Expected `object`"),
    "text that is no UTF-8": (b'{"id":2,"updated":"2026-11-01T00:00:00Z","summary":"caf\xe9"}', "$", "utf-8"),
}


@pytest.mark.parametrize("case", BAD)
def test_the_page_lands_and_the_bad_record_is_kept(desk: Desk, case: str) -> None:
    body, path, reason = BAD[case]
    page(desk, GOOD, body, AFTER)
    result = desk.run(TICKETS)
    assert (result.state, result.fetched, result.new, result.held) == ("ok", 3, 2, 1)
    assert set(desk.rows("ticket")) == {"1", "9"}
    (held,) = desk.held()
    assert (bytes(held["body"]), held["path"], held["run"]) == (body, path, result.run)
    assert reason in held["reason"]


@pytest.mark.parametrize("case", BAD)
def test_the_same_holds_where_records_stand_in_an_envelope(desk: Desk, case: str) -> None:
    body, path, _reason = BAD[case]
    desk.vendor.before = lambda request: Answer(
        200, b'{"items":[' + (b"" if "after" in request.query else b",".join([GOOD, body, AFTER])) + b"]}"
    )
    result = desk.run(ENVELOPED)
    assert (result.state, result.new, result.held) == ("ok", 2, 1)
    (held,) = desk.held()
    assert (bytes(held["body"]), held["path"]) == (body, path)


@pytest.mark.parametrize("after", [1, 2])
def test_a_bad_record_met_again_is_kept_once(desk: Desk, after: int) -> None:
    page(desk, GOOD, BAD["a wrong type"][0])
    for _ in range(after):
        desk.run(TICKETS, "full")
        desk.now += timedelta(hours=1)
    assert len(desk.held()) == 1


@pytest.mark.parametrize(("kind", "kept"), [("usual", 1), ("full", 0)])
def test_a_record_that_a_whole_pass_does_not_hold_again_is_let_go(desk: Desk, kind: Kind, kept: int) -> None:
    page(desk, GOOD, BAD["a missing key"][0])
    desk.run(TICKETS)
    page(desk, GOOD, AFTER)
    assert desk.run(TICKETS, kind).state == "ok"
    assert len(desk.held()) == kept


def test_a_bad_last_record_still_leads_to_the_next_page(desk: Desk) -> None:
    desk.vendor.put_ticket(3, summary={"no": "text"})
    result = desk.run(TICKETS)
    assert (result.state, result.new, result.held) == ("ok", 5, 2)
    assert [request.query.get("after") for request in desk.vendor.requests] == [None, "3", "6"]


def test_a_page_of_nothing_but_bad_records_is_no_fault_of_the_run(desk: Desk) -> None:
    page(desk, *(body for body, _path, _reason in BAD.values()))
    # None of them has an id that leads on, but the page is short: it was the last.
    result = desk.run(replace(TICKETS, paginator=Keyset(size=99, size_param="size", key_param="after")))
    assert (result.state, result.fetched, result.held, result.new) == ("ok", len(BAD), len(BAD), 0)


def test_a_full_page_whose_last_record_has_no_id_is_no_way_on(desk: Desk) -> None:
    page(desk, GOOD, GOOD, b'{"updated":"2026-11-01T00:00:00Z"}')
    result = desk.run(TICKETS)
    assert result.state == "failed"


class WireOptional(msgspec.Struct):
    updated: str
    id: int | None = None


@pytest.mark.parametrize("wire", [WireOptional, msgspec.defstruct("WireWithout", [("updated", str)])])
def test_an_id_that_is_not_there_is_never_sent_as_a_word(desk: Desk, wire: type) -> None:
    nothing: Callable[[object, Context], list[Record]] = lambda _wire, _context: []  # noqa: E731 - a translation that makes nothing
    page(desk, *3 * [b'{"updated":"x"}'])
    result = desk.run(replace(TICKETS, wire=wire, to_canonical=nothing))
    assert result.state == "failed"
    assert all(request.query.get("after") is None for request in desk.vendor.requests)


def test_a_key_that_the_wire_record_leaves_out_still_leads_on(desk: Desk) -> None:
    wire = msgspec.defstruct("WireUpdated", [("updated", str)])
    result = desk.run(replace(TICKETS, wire=wire, to_canonical=lambda _wire, _context: []))
    assert (result.state, result.fetched) == ("ok", 7)


class WireTwo(msgspec.Struct):
    id: int


def _company_and_refusal(wire: WireTwo, _context: Context) -> list[Record]:
    made: list[Record] = [Company(id=str(wire.id), name="A")]
    if wire.id == 2:
        made.append(Company(id="second", name="B", seats=2**70))
    return made


TWO: Stream = replace(
    TICKETS, name="two", wire=WireTwo, to_canonical=_company_and_refusal, records=(Company,)
)


@pytest.mark.parametrize(
    "stream", [TWO, replace(TWO, layout=Envelope("items"))], ids=["at once", "one by one"]
)
def test_of_a_record_that_makes_several_rows_all_are_taken_or_none(desk: Desk, stream: Stream) -> None:
    items = b'[{"id":1},{"id":2}]'
    body = items if stream is TWO else b'{"items":' + items + b"}"
    desk.vendor.before = lambda _request: Answer(200, body)
    result = desk.run(stream)
    assert (result.state, result.new, result.held) == ("ok", 1, 1)
    assert set(desk.rows("company")) == {"1"}


def test_the_reason_repeats_no_secret_and_no_control_character(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redact, "_secrets", set())
    redact.register("hunter22")
    page(desk, b'{"id":2,"updated":"\\u001b[31mhunter22"}')
    assert desk.run(TICKETS).held == 1
    (held,) = desk.held()
    assert held["reason"] == f"Invalid isoformat string: '\\x1b[31m{redact.MASK}'"


def test_a_value_cannot_pretend_to_be_a_place(desk: Desk) -> None:
    page(desk, b'{"id":2,"updated":"today - at `$.x y`"}', b'{"id":3,"updated":"now - at `$.id`!"}')
    assert desk.run(TICKETS).held == 2
    assert [held["path"] for held in desk.held()] == ["$", "$"]


def test_the_reason_is_short_whatever_the_fault(desk: Desk) -> None:
    page(desk, json.dumps({"id": 2, "updated": "x" * 5000}).encode())
    desk.run(TICKETS)
    assert len(desk.held()[0]["reason"]) <= 300


HALF = b'{"id":2,"updated":"2026-11-01T00:00:00Z","summary":"half \\ud83d of a pair"}'


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        (HALF, "half \N{REPLACEMENT CHARACTER} of a pair"),
        (HALF.replace(b"ud83d", b"uDE00"), "half \N{REPLACEMENT CHARACTER} of a pair"),
        (
            HALF.replace(b"\\ud83d", b"\\ud83d\\ude00 \\ud83d"),
            "half \N{GRINNING FACE} \N{REPLACEMENT CHARACTER} of a pair",
        ),
        (HALF.replace(b"\\ud83d", b"\\\\ud83d \\udc00"), "half \\ud83d \N{REPLACEMENT CHARACTER} of a pair"),
        (HALF.replace(b"\\ud83d", b"\\u0000"), "half  of a pair"),
        (HALF.replace(b"\\ud83d", b"\\\\u0000"), "half \\u0000 of a pair"),
    ],
)
def test_characters_that_no_database_takes_do_not_cost_the_record_or_its_page(
    both: Desk, body: bytes, summary: str
) -> None:
    page(both, GOOD, body, AFTER)
    result = both.run(TICKETS)
    assert (result.state, result.new, result.held) == ("ok", 3, 0)
    assert both.rows("ticket")["2"]["summary"] == summary


def test_an_answer_nested_without_end_is_a_changed_contract_and_no_crash(desk: Desk) -> None:
    desk.vendor.before = lambda _request: Answer(200, b'[{"id":1,"x":' + b"[" * 100_000)
    result = desk.run(TICKETS)
    assert (result.state, result.fetched) == ("failed", 0)
