"""Long lists of ConnectWise cut by id: the same conditions as the whole list, within bounds."""

from datetime import UTC, datetime

import pytest

from connectors.connectwise_psa import CONNECTOR
from sevenc_sync.connect.stream import Ranges, Stream, Window

WINDOW = Window(since=None, horizon=datetime(2025, 1, 1, tzinfo=UTC), now=datetime(2026, 1, 1, tzinfo=UTC))
CUT = [stream for stream in CONNECTOR.streams if stream.ranges is not None]


def ranges_of(stream: Stream) -> Ranges:
    assert stream.ranges is not None
    return stream.ranges


def test_the_long_lists_can_be_cut() -> None:
    assert {stream.name for stream in CUT} == {"tickets", "configurations", "time_entries"}


@pytest.mark.parametrize("stream", CUT, ids=lambda stream: stream.name)
def test_a_part_asks_for_the_same_fields_and_conditions_within_its_bounds(stream: Stream) -> None:
    whole = stream.params(WINDOW)
    part = ranges_of(stream).within(WINDOW, 100, 200)
    assert part["fields"] == whole["fields"]
    rest = f" and {whole['conditions']}" if "conditions" in whole else ""
    assert part["conditions"] == f"id >= 100 and id < 200{rest}"
    assert ranges_of(stream).within(WINDOW, 100, None)["conditions"] == f"id >= 100{rest}"


@pytest.mark.parametrize("stream", CUT, ids=lambda stream: stream.name)
def test_the_edges_are_one_record_by_order_without_forward_only_paging(stream: Stream) -> None:
    low, high = ranges_of(stream).edge(WINDOW, False), ranges_of(stream).edge(WINDOW, True)
    assert (low["orderBy"], high["orderBy"]) == ("id asc", "id desc")
    assert low["pageSize"] == high["pageSize"] == "1"
    assert low["fields"] == "id"
    assert low.get("conditions") == stream.params(WINDOW).get("conditions")


def test_no_more_than_four_parts_are_read_at_once() -> None:
    assert {ranges_of(stream).workers for stream in CUT} == {4}
