"""One call per row: a few at a time, what was said is kept, and nothing is read without a change."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sevenc_sync.connect.conformance import mistakes
from sevenc_sync.connect.errors import Throttled
from sevenc_sync.connect.text import day
from sevenc_sync.model import Asset
from sevenc_sync.store.details import backlogs
from sevenc_sync.store.tables import dirty
from sevenc_sync.sync.decode import WITHHELD, without
from tests.store.conftest import rows_of
from tests.sync.conftest import Desk
from tests.sync.park import CONNECTOR, FACTS, MACHINES, PATCHES, Park


@pytest.fixture
def park(desk: Desk) -> Park:
    return Park(desk)


@pytest.fixture
def both_parks(both: Desk) -> Park:
    return Park(both)


def test_rows_are_filled_a_few_at_a_time_and_those_unread_say_nothing(both_parks: Park) -> None:
    park = both_parks
    park.put("a", "b", "c", "d")
    park.run(MACHINES)
    assert park.column("serial") == dict.fromkeys("abcd")
    result = park.run(FACTS)
    assert (result.state, result.changed, result.new, park.asked()) == ("ok", 3, 0, ["a", "b", "c"])
    assert park.column("serial") == {"a": "a/1", "b": "b/1", "c": "c/1", "d": None}
    with park.desk.store.read() as connection:
        (told, *_) = backlogs(connection)
    assert (told.waiting, told.rows, told.kind, told.since) == (
        1,
        4,
        "asset",
        int((park.desk.now - timedelta(minutes=2)).timestamp()),
    )
    assert (park.run(FACTS).changed, park.asked()) == (1, ["d"])
    assert (park.run(FACTS).state, park.asked()) == ("ok", [])


def test_a_machine_that_changes_is_read_again_and_says_what_it_said_until_then(park: Park) -> None:
    park.put("a", "b")
    park.run(MACHINES)
    park.run(FACTS)
    park.put("a", build=2)
    park.put("b", seen=9)
    assert park.run(MACHINES).changed == 1  # the build alone changes no column
    assert park.column("serial") == {"a": "a/1", "b": "b/1"}
    assert park.column("status") == {"a": "seen 0", "b": "seen 9"}
    assert (park.run(FACTS).changed, park.asked()) == (1, ["a"])
    assert park.column("serial") == {"a": "a/2", "b": "b/1"}


def test_what_is_the_same_again_changes_nothing_and_touches_no_company(both_parks: Park) -> None:
    park = both_parks
    park.put("a", "b")
    park.run(MACHINES)
    park.run(FACTS)
    with park.desk.store.write() as connection:
        touched = {row["company"] for row in rows_of(connection, dirty)}
        connection.execute(dirty.delete())
    assert touched == {"of a", "of b"}
    result = park.run(FACTS, "full")
    assert (result.state, result.same, result.changed, park.asked()) == ("ok", 2, 0, ["a", "b"])
    with park.desk.store.read() as connection:
        assert rows_of(connection, dirty) == []


def test_reading_everything_anew_is_bounded_too_and_comes_round(park: Park) -> None:
    park.put(*"abcde")
    park.run(MACHINES)
    park.run(FACTS)
    park.run(FACTS)
    rounds = [(park.run(FACTS, kind).state, park.asked()) for kind in ("full", "usual", "full", "usual")]
    assert [len(asked) for _state, asked in rounds] == [3, 2, 3, 2]
    assert set(rounds[0][1] + rounds[1][1]) == set("abcde") == set(rounds[2][1] + rounds[3][1])


def test_one_that_cannot_be_read_goes_behind_the_others(park: Park) -> None:
    park.put(*"abcdef")
    park.run(MACHINES)
    park.failing = {"a": 404, "c": 400}
    result = park.run(FACTS)
    assert (result.state, result.changed) == ("partial", 1)
    assert "2 of the asset rows" in str(result.error)
    assert [park.run(FACTS).state, park.asked()] == ["ok", ["d", "e", "f"]]
    assert (park.run(FACTS).state, park.asked()) == ("failed", ["a", "c"])
    park.failing = {}
    assert (park.run(FACTS).state, park.asked(), park.waiting()) == ("ok", ["a", "c"], 0)


def test_a_vendor_that_is_down_is_not_asked_for_each(park: Park) -> None:
    park.put(*"abc")
    park.run(MACHINES)
    park.failing = dict.fromkeys("abc", 503)
    result = park.run(FACTS)
    assert (result.state, park.asked(), park.waiting()) == ("failed", ["a", "b", "c"], 3)
    assert park.column("serial") == dict.fromkeys("abc")


def test_what_was_read_before_a_run_is_throttled_is_kept(park: Park) -> None:
    park.put(*"abc")
    park.run(MACHINES)
    park.failing = {"b": 429}
    result = park.run(FACTS)
    assert isinstance(result.problem, Throttled)
    assert park.column("serial") == {"a": "a/1", "b": None, "c": None}
    park.failing = {}
    assert (park.run(FACTS).state, park.asked()) == ("ok", ["b", "c"])


def test_a_list_is_folded_into_the_row(both_parks: Park) -> None:
    park = both_parks
    park.put("a", "b", "c", lacks=3)
    park.put("none", lacks=0)
    park.patches["a"] = [
        {"id": 1, "severity": "high", "released": "2026-10-13"},
        {"id": 2, "severity": "low", "released": "2026-01-01"},
        {"id": 3, "severity": "high", "released": "2026-09-08"},
    ]
    park.patches["b"] = []
    park.patches["c"] = [{"id": 1, "severity": "high", "released": "2026-10-13"}, {"id": 2, "severity": None}]
    park.run(MACHINES)
    assert park.column("patches_missing") == {"a": None, "b": None, "c": None, "none": 0}
    assert (park.run(PATCHES).state, park.asked()) == ("ok", ["a", "b", "c"])
    assert park.column("patches_missing") == {"a": 2, "b": 0, "c": None, "none": 0}
    oldest = day("2026-09-08")
    assert oldest is not None
    assert park.column("oldest_patch_at")["a"] == int(oldest.timestamp())
    assert park.column("oldest_patch_at")["b"] is None


def test_where_there_is_nothing_to_read_any_more_the_old_answer_no_longer_counts(park: Park) -> None:
    park.put("a", lacks=1)
    park.patches["a"] = [{"id": 1, "severity": "high", "released": "2026-10-13"}]
    park.run(MACHINES)
    park.run(PATCHES)
    park.put("a", lacks=0)
    park.run(MACHINES)
    assert (park.column("patches_missing"), park.column("oldest_patch_at")) == ({"a": 0}, {"a": None})
    assert (park.run(PATCHES).state, park.asked()) == ("ok", [])


def test_two_details_of_one_row_do_not_undo_each_other(park: Park) -> None:
    park.put("a", lacks=1)
    park.patches["a"] = [{"id": 1, "severity": "high", "released": "2026-10-13"}]
    for stream in (MACHINES, FACTS, PATCHES):
        park.run(stream)
    park.put("a", seen=7)
    park.run(MACHINES)
    row = park.desk.rows("asset")["a"]
    assert (row["serial"], row["patches_missing"], row["status"]) == ("a/1", 1, "seen 7")


def test_an_answer_with_a_record_that_cannot_be_read_is_no_answer(park: Park) -> None:
    park.put("a", lacks=2)
    park.patches["a"] = [{"id": 1, "severity": "high"}, {"id": "two"}]
    park.run(MACHINES)
    result = park.run(PATCHES)
    assert (result.state, result.held, park.waiting("patches")) == ("ok", 1, 1)
    assert park.column("patches_missing") == {"a": None}


def test_a_machine_that_is_gone_waits_for_nothing_and_begins_anew_when_it_is_back(park: Park) -> None:
    park.put("a", "b")
    park.run(MACHINES)
    park.run(FACTS)
    gone = park.machines.pop("a")
    park.put("b", build=2)
    assert park.run(MACHINES).gone == 1
    assert park.waiting() == 1
    park.machines["a"] = gone
    park.run(MACHINES)
    assert park.column("serial") == {"a": None, "b": "b/1"}
    park.run(FACTS)
    assert park.column("serial") == {"a": "a/1", "b": "b/2"}


def test_secrets_are_cut_out_of_what_is_held() -> None:
    raw = b'{"id": 1, "udf": {"udf7": "111111-222222"}, "hostname": "a"}'
    assert without(("udf",), raw) == b'{"id":1,"hostname":"a"}'
    assert without((), raw) == raw
    assert without(("udf",), b'["111111-222222"]') == WITHHELD
    assert without(("udf",), b'{"udf": "111111-222222", "name": "\xff"') == WITHHELD


def test_a_declaration_that_cannot_work_is_told() -> None:
    def said_of(**changes: Any) -> list[str]:
        streams = (MACHINES, replace(FACTS, **changes))
        return mistakes(replace(CONNECTOR, streams=streams))

    assert said_of() == []
    assert FACTS.detail is not None
    for changes in (
        {"detail": replace(FACTS.detail, of="nowhere")},
        {"detail": replace(FACTS.detail, fills={"company": "only"})},
        {"detail": replace(FACTS.detail, fills={"serial": "sum"})},
        {"detail": replace(FACTS.detail, fills={"patches_missing": "earliest"})},
        {"detail": replace(FACTS.detail, fills={})},
        {"detail": replace(FACTS.detail, per_run=0)},
        {"complete": (Asset,)},
    ):
        assert said_of(**changes), changes
