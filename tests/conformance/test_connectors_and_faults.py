"""What each connector's streams come to when the vendor misbehaves, fault by fault, as the table in `outcomes` says.

EVERY_FAULT=1 in the environment tries every fault with every stream, also where one stream stands for others.
"""

import os
from datetime import timedelta

import pytest

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.registry import connectors
from tests.conformance.conftest import Begin
from tests.conformance.outcomes import A_MOMENT, FAR_AWAY, OUTCOMES, Outcome, cases
from tests.conformance.source import ATTEMPTS, POLICY, THEN, Bench, live

LEAST_PAGES = 2
TAKEN_APART = ("500-lasting", "second-page-500")  # faults of a page that may be of one of its records

CASES = [
    pytest.param(connector.name, stream.name, outcome, id=f"{connector.name}-{stream.name}-{outcome.name}")
    for connector in connectors().values()
    for stream, outcome in cases(connector.streams, every="EVERY_FAULT" in os.environ)
]


STREAMS = [
    pytest.param(connector.name, stream.name, id=f"{connector.name}-{stream.name}")
    for connector in connectors().values()
    for stream in connector.streams
]


@pytest.mark.parametrize(("connector", "stream", "outcome"), CASES)
def test_a_fault_has_its_outcome_and_leaves_no_trace(
    begin: Begin, connector: str, stream: str, outcome: Outcome
) -> None:
    bench = begin(connector, before=stream)
    source = bench.source
    assert not outcome.paged or source.facts[stream].longest_count > LEAST_PAGES, (
        "too few records in the sandbox"
    )
    outcome.arm(source, stream)
    settings = {} if outcome.timeout is None else {"timeout_seconds": outcome.timeout}
    result = bench.read(stream, {"full": True}, **settings)
    assert result.state in outcome.state_for(source.stream(stream)), result
    assert bool(result.error and result.action) is (result.state != "ok"), result
    check_what_is_kept(bench, stream, outcome)
    check_the_state(bench, stream, outcome)
    check_the_cost(bench, stream, outcome)
    # What follows an undisturbed run follows this one too, once the vendor behaves again.
    source.calm()
    again = bench.read(stream, {"full": outcome.state == "ok"})
    assert again.state == "ok", again
    check_that_all_is_well(bench, stream)
    state = bench.state(stream)
    assert from_seconds(state["watermark"]) == THEN - source.stream(stream).lag
    assert (state["token"], state["failures"]) == (None, 0)
    assert not bench.is_stopped()


def check_that_all_is_well(bench: Bench, stream: str) -> None:
    """Everything is there as after an undisturbed run; of history there may be more."""
    rows, clean = live(bench.rows(stream)), bench.source.clean(stream)
    assert clean.items() <= rows.items()
    history = {record.table for record in bench.source.stream(stream).records}
    history -= {record.table for record in bench.source.stream(stream).complete}
    assert {kind for kind, _key in rows.keys() - clean.keys()} <= history


def check_what_is_kept(bench: Bench, stream: str, outcome: Outcome) -> None:
    """Rows are as after an undisturbed run, or are not there; none is wrong and none is gone."""
    source = bench.source
    rows, clean, before = bench.rows(stream), source.clean(stream), source.rows_before(stream)
    assert live(rows) == rows, "a fault must not make records look deleted"
    match outcome.kept:
        case "nothing" if source.stream(stream).parent is None:
            assert rows == before
        case "nothing":
            assert all(row in (clean[key], before.get(key)) for key, row in rows.items())
        case "what was read before" if source.stream(stream).detail is not None:
            assert all(row in (clean[key], before[key]) for key, row in rows.items())
            assert rows not in (clean, before)
        case "what was read before":
            assert rows.items() <= clean.items()
            assert before.keys() < rows.keys() < clean.keys()
        case "everything":
            assert rows == clean
        case "all but the record":
            touched = bench.made_of(
                source.stream(stream), source.facts[stream].records[0], source.facts[stream].first_path
            )
            assert {key: row for key, row in clean.items() if key not in touched}.items() <= rows.items()


def check_the_state(bench: Bench, stream: str, outcome: Outcome) -> None:
    """The watermark moves after good runs only, the account stops for refused credentials only."""
    state = bench.state(stream)
    assert (state["watermark"] is not None) is outcome.moves
    assert bench.is_stopped() is outcome.stopped
    assert (state["newest_at"] or 0) <= to_seconds(THEN + timedelta(days=1))
    if outcome.name == "429-far":
        assert state["next_due_at"] == to_seconds(THEN + timedelta(seconds=FAR_AWAY))
    if outcome.name == "429-lasting":
        assert state["next_due_at"] == to_seconds(THEN + timedelta(seconds=POLICY.longest_wait))
    if outcome.name in ("429-seconds", "429-date"):
        assert A_MOMENT <= bench.stop.seconds[0] <= A_MOMENT + 1
    if outcome.kept == "all but the record":
        lines = bench.held()
        assert len(lines) <= 1
        for line in lines:
            assert str(line["path"]).startswith("$")
            assert line["reason"]


def check_the_cost(bench: Bench, stream: str, outcome: Outcome) -> None:
    """So many requests, and no more."""
    asked, usual = bench.asked(stream), len(bench.source.facts[stream].requests)
    below = bench.source.stream(stream).parent is not None
    told = outcome.child_requests if below else outcome.requests
    if told is not None and outcome.name in TAKEN_APART and bench.source.stream(stream).apart is not None:
        told += told // ATTEMPTS  # each page's ids alone, in vain
    if outcome.more is not None:
        assert asked == usual + outcome.more
    elif told is not None and not (below and outcome.child_requests is None):
        assert asked == told


@pytest.mark.parametrize(("connector", "stream"), STREAMS)
def test_what_was_known_stays_whatever_the_vendor_answers_and_the_next_stream_is_read(
    begin: Begin, connector: str, stream: str
) -> None:
    bench = begin(connector, after=stream)
    source = bench.source
    known, state, wanted = bench.rows(stream), bench.state(stream), source.stream(stream)
    following = source.next_after(stream)
    source.now = THEN + timedelta(hours=1)
    for status in (404, 500, 403):
        outcome = next(item for item in OUTCOMES if item.name in (str(status), f"{status}-lasting"))
        source.calm()
        source.server.faults.add("status", path=source.facts[stream].paths, status=status)
        result = bench.read(stream, {"full": True})
        assert result.state in outcome.state_for(wanted), result
        assert result.gone == 0
        assert bench.rows(stream) == known
        assert bench.state(stream)["watermark"] == state["watermark"]
    # A missing right for one stream does not stop the next.
    assert wanted.needs in str(result.action)
    if following:
        assert bench.read(following.name).state == "ok"
    source.calm()
    assert bench.read(stream, {"full": True}).state == "ok"
    assert bench.state(stream)["watermark"] == state["watermark"] + 3600


@pytest.mark.parametrize(("connector", "stream"), STREAMS)
def test_refused_credentials_stop_the_account_until_they_change(
    begin: Begin, connector: str, stream: str
) -> None:
    bench = begin(connector, before=stream)
    source = bench.source
    names = [item.name for item in source.connector.streams]
    rest = names[names.index(stream) :][:3]
    elsewhere = [name for name in rest if source.stream(name).path != source.stream(stream).path]
    source.server.faults.add("status", path=source.facts[stream].paths, status=401)
    results = bench.run(*rest)
    assert [(result.stream, result.state) for result in results] == [(name, "failed") for name in rest]
    assert [bench.asked(name) for name in elsewhere] == [0] * len(elsewhere)
    assert bench.asked(stream) == 1
    # The daemon's rounds leave the account alone: a key that is refused again and again locks the user.
    source.calm()
    source.server.forget()
    source.now = THEN + timedelta(days=1)
    assert bench.run(*rest, job={"due_only": True}) == []
    assert source.server.requests == []
    secret = next(iter(source.access.secrets))
    bench.run(stream, job={"due_only": True}, **{secret: "another-secret"})
    assert source.server.requests != []
