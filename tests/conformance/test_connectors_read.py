"""What each connector's streams read from a vendor that behaves: everything once, then what changed, then what is gone."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from sevenc_sync.clock import from_seconds
from sevenc_sync.connect.connector import Connector
from sevenc_sync.connect.stream import Context, Stream, Window, every_parent
from sevenc_sync.engine.sync_job import open_http
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox.exchange import Answer, Call
from tests.conformance.conftest import Begin
from tests.conformance.facts import can_be_paged
from tests.conformance.source import HISTORY, THEN, Bench, live, spoil_answers
from tests.conformance.test_connectors_and_faults import STREAMS

AN_HOUR = timedelta(hours=1)


def of_streams(test: Callable[[Stream], object], names: Iterator[Connector] | None = None) -> list[Any]:
    """The streams for which this holds, as parameters."""
    return [
        pytest.param(connector.name, stream.name, id=f"{connector.name}-{stream.name}")
        for connector in names or connectors().values()
        for stream in connector.streams
        if test(stream)
    ]


DELTAS = of_streams(lambda stream: stream.delta)
TELLING = of_streams(lambda stream: stream.sweep is not None or stream.complete)
PAGED = of_streams(lambda stream: can_be_paged(stream) and stream.detail is None)
RANGED = of_streams(lambda stream: stream.ranges is not None)


@pytest.mark.parametrize(("connector", "stream"), STREAMS)
def test_everything_is_read_and_a_second_run_changes_nothing(
    begin: Begin, connector: str, stream: str
) -> None:
    bench = begin(connector, after=stream)
    rows = bench.rows(stream)
    result = bench.read(stream, {"full": True})
    assert (result.state, result.new, result.changed, result.gone, result.held) == ("ok", 0, 0, 0, 0)
    assert result.fetched == len(bench.source.facts[stream].records) > 0
    assert bench.rows(stream) == rows
    assert bench.held() == []


def edit_one(bench: Bench, stream: str, place: int = 0) -> tuple[str, str]:
    """Change one of the stream's records at the vendor, so that it reads differently; gives its row's kind and id."""
    source = bench.source
    facts, wanted = source.facts[stream], source.stream(stream)
    assert facts.table, f"{stream} knows changes, but no table of the sandbox stands behind it"
    raw = facts.records[place]
    path = next(path for path, answer in zip(facts.requests, facts.answers, strict=True) if raw in answer)
    context = bench.context(wanted, path)
    before = list(wanted.to_canonical(msgspec.json.decode(raw, type=wanted.wire), context))
    record = msgspec.json.decode(raw)
    for name, value in record.items():
        other = _another(value)
        if name == wanted.key or other is None:
            continue
        try:
            wire = msgspec.convert({**record, name: other}, wanted.wire)
            after = list(wanted.to_canonical(wire, context))
        except ValueError:
            continue
        if after != before:
            source.server.edit(facts.table, facts.table_keys[raw], **{name: other})
            touch_parent(bench, wanted, context)
            return after[0].table, after[0].id
    raise AssertionError(f"no value of {stream} could be changed: {record}")


def touch_parent(bench: Bench, stream: Stream, context: Context) -> None:
    """A record whose parent tells of its changes changes with it."""
    if stream.below is every_parent or context.parent is None:
        return
    source = bench.source
    wanted = (str(stream.parent), context.parent.id)
    for other in source.connector.streams:
        facts = source.facts[other.name]
        for raw, key in facts.table_keys.items():
            if stream.parent in {record.table for record in other.records} and wanted in bench.made_of(
                other, raw, facts.first_path
            ):
                source.server.edit(facts.table or "", key)
                return


def streams_up_to(bench: Bench, stream: str) -> list[str]:
    """The stream, behind those that make the rows below which it reads where these tell of its changes."""
    wanted = bench.source.stream(stream)
    if wanted.below is every_parent:
        return [stream]
    makers = [
        other.name
        for other in bench.source.connector.streams
        if wanted.parent in {record.table for record in other.records}
    ]
    return [*makers, stream]


def _another(value: Any) -> Any:
    if isinstance(value, str) and not value[:4].isdigit():
        return f"{value} (changed)"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value + 1
    return None


@pytest.mark.parametrize(("connector", "stream"), DELTAS)
def test_a_delta_after_an_edit_reads_exactly_that_record(begin: Begin, connector: str, stream: str) -> None:
    bench = begin(connector, after=stream)
    bench.source.now = THEN + AN_HOUR
    rows = bench.rows(stream)
    kind, key = edit_one(bench, stream)
    result = bench.run(*streams_up_to(bench, stream))[-1]
    assert (result.state, result.mode) == ("ok", "delta")
    assert (result.changed, result.new, result.gone) == (1, 0, 0)
    assert result.fetched == 1 or bench.source.stream(stream).below is not every_parent
    changed = {place for place, row in bench.rows(stream).items() if row != rows[place]}
    assert changed == {(kind, key)}
    assert from_seconds(bench.state(stream)["watermark"]) == THEN + AN_HOUR - bench.source.stream(stream).lag
    assert bench.read(stream).changed == 0


@pytest.mark.parametrize("minutes", [-10, 10])
@pytest.mark.parametrize(("connector", "stream"), DELTAS)
def test_what_is_edited_while_we_read_comes_with_the_next_run_whatever_our_clock_shows(
    begin: Begin, connector: str, stream: str, minutes: int
) -> None:
    bench = begin(connector, before=stream)
    bench.skew = timedelta(minutes=minutes)
    edited: list[tuple[str, str]] = []

    def edit_after_the_first_page(call: Call, answer: Answer) -> Answer:
        if call.path == bench.source.facts[stream].first_path and not edited:
            edited.append(edit_one(bench, stream))
        return answer

    spoil_answers(bench.source.server, edit_after_the_first_page)
    assert bench.read(stream, {"full": True}).state == "ok"
    stale = bench.rows(stream)[edited[0]]
    # The watermark is the vendor's time at the beginning, less the lag: our own clock does not come into it.
    assert from_seconds(bench.state(stream)["watermark"]) == THEN - bench.source.stream(stream).lag
    bench.source.now = THEN + AN_HOUR
    result = bench.run(*streams_up_to(bench, stream))[-1]
    assert (result.state, result.mode, result.changed) == ("ok", "delta", 1)
    assert bench.rows(stream)[edited[0]] != stale


@pytest.mark.parametrize(("connector", "stream"), TELLING)
def test_what_is_deleted_is_found_to_be_gone_and_nothing_else(
    begin: Begin, connector: str, stream: str
) -> None:
    scratch = begin(connector, before=stream)
    _delete_two(scratch, stream)
    assert scratch.read(stream, {"full": True}).state == "ok"
    left = scratch.rows(stream).keys()
    bench = begin(connector, after=stream)
    rows = bench.rows(stream)
    _delete_two(bench, stream)
    result = bench.read(stream, {"sweep": True})
    assert result.state == "ok"
    telling = bench.source.stream(stream).complete or bench.source.stream(stream).records[:1]
    kinds = {record.table for record in telling}
    gone = {place for place in rows.keys() - left if place[0] in kinds}
    assert result.gone == len(gone) > 0
    assert rows.keys() - live(bench.rows(stream)).keys() == gone
    # They come back when the vendor shows them again.
    bench.source.rewind()
    assert bench.read(stream, {"sweep": True, "full": True}).state == "ok"
    assert live(bench.rows(stream)).keys() == rows.keys()


def _delete_two(bench: Bench, stream: str) -> None:
    facts = bench.source.facts[stream]
    assert facts.table, f"{stream} tells what is gone, but no table of the sandbox stands behind it"
    for raw in facts.records[:2]:
        bench.source.server.delete(facts.table, facts.table_keys[raw])


@pytest.mark.parametrize(("connector", "stream"), PAGED)
def test_a_record_that_goes_while_its_list_is_read_hides_no_other(
    begin: Begin, connector: str, stream: str
) -> None:
    bench = begin(connector, after=stream)
    source = bench.source
    facts, rows = source.facts[stream], bench.rows(stream)
    assert facts.table, f"no table of the sandbox stands behind {stream}"
    place = next(place for place, path in enumerate(facts.requests) if path == facts.longest_path)
    victim = facts.answers[place][0]
    own = bench.made_of(source.stream(stream), victim, facts.requests[place])
    deleted: list[bool] = []

    def delete_after_the_first_page(call: Call, answer: Answer) -> Answer:
        if call.path == facts.longest_path and not deleted:
            deleted.append(True)
            source.server.delete(facts.table or "", facts.table_keys[victim])
        return answer

    spoil_answers(source.server, delete_after_the_first_page)
    result = bench.read(stream, {"full": True})
    assert (result.state, bool(deleted)) == ("ok", True)
    assert rows.keys() - live(bench.rows(stream)).keys() <= own
    assert bench.read(stream, {"full": True, "sweep": True}).state == "ok"
    assert rows.keys() - live(bench.rows(stream)).keys() <= own


@pytest.mark.parametrize(("connector", "stream"), RANGED)
def test_the_parts_of_a_list_are_together_the_list(begin: Begin, connector: str, stream: str) -> None:
    bench = begin(connector, before=stream)
    wanted = next(item for item in connectors()[connector].streams if item.name == stream)
    ranges = wanted.ranges
    assert ranges is not None
    window = Window(since=None, horizon=THEN - HISTORY, now=THEN)
    with open_http(bench.account(), lambda: THEN, bench.stop) as http:

        def ids(params: Any, headers: Any = None) -> list[int]:
            body = http.get(wanted.path, params, headers).body
            return [msgspec.json.decode(raw)[wanted.key] for raw in wanted.layout.split(body)[0]]

        def within(low: int, high: int | None) -> list[int]:
            return ids({**ranges.within(window, low, high), **wanted.paginator.first()}, wanted.headers)

        everything = sorted(
            msgspec.json.decode(raw)[wanted.key] for raw in bench.source.facts[stream].records
        )
        assert (ids(ranges.edge(window, False))[0], ids(ranges.edge(window, True))[0]) == (
            everything[0],
            everything[-1],
        )
        middle = everything[len(everything) // 2]
        low, high = within(everything[0], middle), within(middle, None)
    assert low + high == everything
    assert middle == high[0]
