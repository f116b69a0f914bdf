"""Records become rows: integers for times, JSON for mappings, a digest that moves exactly when a field does."""

import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevenc_sync.model import RECORDS, Company, Lookup, Record, Ticket
from sevenc_sync.store.codec import Codec, codecs, digest64, phrase_id
from sevenc_sync.store.tables import evidence

ACCOUNT, FETCHED = 7, 1_700_000_000

# JSON, and so no vendor, can say infinity.
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | NUMBERS
TIMES = st.datetimes(
    datetime(1902, 1, 1),  # noqa: DTZ001 - the bounds are without a zone by the strategy's own rule
    datetime(9000, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
    allow_imaginary=False,
).map(lambda moment: moment.replace(microsecond=0))


def _values(annotation: Any) -> st.SearchStrategy[Any]:
    """Values for a record field's annotation."""
    if isinstance(annotation, types.UnionType):
        return st.one_of([_values(option) for option in typing.get_args(annotation)])
    if typing.get_origin(annotation) is Mapping:
        value = SCALARS if typing.get_args(annotation)[1] is not str else st.text()
        return st.dictionaries(st.text(), value, max_size=3)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=8),
        bool: st.booleans(),
        int: st.integers(-(2**63), 2**63 - 1),
        float: NUMBERS,
        datetime: TIMES,
        type(None): st.none(),
    }
    return plain[annotation]


def records(kind: type[Record]) -> st.SearchStrategy[Record]:
    """Any record of this kind."""
    return st.builds(kind, **{field.name: _values(field.type) for field in msgspec.structs.fields(kind)})


def _row(record: Record) -> dict[str, Any]:
    codec = Codec(type(record))
    return dict(zip(codec.columns, codec.row(ACCOUNT, record, FETCHED), strict=True))


@pytest.mark.parametrize("kind", RECORDS.values(), ids=RECORDS)
@settings(max_examples=20, deadline=None)  # of each kind of record
@given(data=st.data())
def test_the_digest_changes_exactly_when_a_field_changes(kind: type[Record], data: st.DataObject) -> None:
    first = data.draw(records(kind))
    field = data.draw(st.sampled_from(msgspec.structs.fields(kind)))
    second = msgspec.structs.replace(first, **{field.name: data.draw(_values(field.type))})
    one, two = _row(first), _row(second)
    # As text: to Python 0.0 equals -0.0 and True equals 1, but they are different values to a vendor.
    differs = repr(one[field.name]) != repr(two[field.name])
    assert (one["digest"] != two["digest"]) == differs


@pytest.mark.parametrize("kind", RECORDS.values(), ids=RECORDS)
@settings(max_examples=20, deadline=None)  # of each kind of record
@given(data=st.data())
def test_a_row_holds_every_field_in_the_order_of_its_table(kind: type[Record], data: st.DataObject) -> None:
    record = data.draw(records(kind))
    codec = Codec(kind)
    row = codec.row(ACCOUNT, record, FETCHED)
    assert codec.columns == tuple(evidence[kind.table].c.keys())
    assert len(row) == len(codec.columns)
    assert row[:2] == (ACCOUNT, record.id)
    assert row[-2:] == (FETCHED, None)
    for field, value in zip(msgspec.structs.fields(kind), row[1:-4], strict=True):
        given_value = getattr(record, field.name)
        if isinstance(given_value, datetime):
            assert value == int(given_value.timestamp())
        elif isinstance(given_value, dict):
            assert msgspec.json.decode(value) == given_value
        else:
            assert value == given_value
    # When it was fetched, and for which account, is no part of its digest.
    assert codec.row(ACCOUNT + 1, record, FETCHED + 1)[codec.digest_at] == row[codec.digest_at]


def test_digests_and_phrase_ids_are_the_same_in_every_store() -> None:
    # Pinned: scores and the operators' own tags refer to phrases by these ids.
    assert digest64(b"abc") == -2829645022057097895
    assert phrase_id("ticket", {"board": "Service"}) == 50609124232102253


def test_times_become_whole_seconds_whatever_their_zone() -> None:
    east = datetime(2026, 1, 1, 12, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=5)))
    row = _row(Ticket(id="1", company=None, opened_at=east))
    assert row["opened_at"] == int(datetime(2026, 1, 1, 7, 0, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (kind, field.name)
        for kind in RECORDS.values()
        for field in msgspec.structs.fields(kind)
        if "datetime" in str(field.type)
    ],
)
def test_a_time_without_a_zone_is_refused(kind: type[Record], field: str) -> None:
    values: dict[str, Any] = {
        item.name: "x" for item in msgspec.structs.fields(kind) if item.required and item.type is str
    }
    values |= {"company": None} if "company" in kind.__struct_fields__ else {}
    values |= {"id": "9", field: datetime(2026, 1, 1)}  # noqa: DTZ001 - the naive time is the point
    record = kind(**values)
    with pytest.raises(ValueError, match=rf"{kind.__name__} 9: .*without a zone"):
        _row(record)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**30])
def test_a_number_that_no_database_can_hold_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=r"Company 9: (a number beyond 64 bits|can.t serialize ints)"):
        _row(Company(id="9", name="Huge", seats=number))


def test_a_mapping_is_written_in_one_order_whatever_its_own() -> None:
    one = Company(id="1", name="A", custom={"a": 1, "b": True, "c": None})
    two = Company(id="1", name="A", custom={"c": None, "b": True, "a": 1})
    assert _row(one) == _row(two)
    assert _row(one)["custom"] == '{"a":1,"b":true,"c":null}'


def test_a_phrase_is_the_words_and_the_kind_together() -> None:
    one = _row(Ticket(id="1", company="2", board="Service", type="Printer"))
    same_words = _row(Ticket(id="5", company=None, board="Service", type="Printer", status="New"))
    moved_word = _row(Ticket(id="1", company="2", board="Service", subtype="Printer"))
    assert one["phrase"] == same_words["phrase"]
    assert one["phrase"] != moved_word["phrase"]
    words = {"board": "Service", "type": "Printer", "subtype": None, "source": None, "category": None}
    assert one["phrase"] == phrase_id("ticket", words)
    assert phrase_id("asset", words) != phrase_id("ticket", words)


def test_a_record_without_words_and_a_kind_without_words_have_no_phrase() -> None:
    assert _row(Ticket(id="1", company="2", board="", summary="x"))["phrase"] is None
    assert _row(Lookup(id="board:1", kind="board", name="Service"))["phrase"] is None


def test_phrase_rows_are_given_once_they_are_not_known() -> None:
    codec = codecs()["ticket"]
    codec.row(1, Ticket(id="1", company=None, board="Service"), 0)
    codec.row(1, Ticket(id="2", company=None, board="Service"), 0)
    codec.row(1, Ticket(id="3", company=None), 0)
    (row,) = codec.phrase_rows(set())
    assert row["kind"] == "ticket"
    assert msgspec.json.decode(row["words"]) == {
        "board": "Service",
        "type": None,
        "subtype": None,
        "source": None,
        "category": None,
    }
    assert codec.phrase_rows({row["id"]}) == []


def test_a_company_belongs_to_itself_and_other_kinds_to_the_company_they_name() -> None:
    made = codecs()
    assert made["company"].columns[made["company"].company_at or 0] == "id"
    assert made["ticket"].columns[made["ticket"].company_at or 0] == "company"
    assert made["lookup"].company_at is None


def test_phrases_may_be_met_by_other_threads_while_they_are_saved() -> None:
    codec = codecs()["ticket"]
    codec.row(1, Ticket(id="1", company=None, board="Service"), 0)

    class Meanwhile(set[int]):
        """A set that is asked while another thread decodes a page with new words."""

        def __contains__(self, number: object) -> bool:
            codec.row(1, Ticket(id="2", company=None, board=f"Another {number}"), 0)
            return super().__contains__(number)

    assert len(codec.phrase_rows(Meanwhile())) == 1
    assert len(codec.phrase_rows(set())) == 2
