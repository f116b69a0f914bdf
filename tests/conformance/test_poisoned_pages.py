"""A record that the vendor chokes on, wherever it stands in a list, costs that record and nothing else."""

import json

import pytest

from sevenc_sync.registry import connectors
from sevenc_sync.sync import poisoned
from tests.conformance.conftest import Begin
from tests.conformance.source import ATTEMPTS, Bench, live

TICKETS = [
    pytest.param(connector.name, "tickets", id=connector.name)
    for connector in connectors().values()
    if any(stream.name == "tickets" and stream.apart for stream in connector.streams)
]


def poison(bench: Bench, stream: str, page: int, place: int) -> int:
    """The vendor chokes on a record of this page from now on; gives its id."""
    facts = bench.source.facts[stream]
    record = json.loads(facts.answers[page][place])
    key, field = int(record["id"]), "summary" if "summary" in record else "title"
    bench.source.server.faults.add("poison", path=facts.paths, key="id", value=key, chokes_on=field)
    return key


def test_both_psas_can_take_a_page_apart() -> None:
    assert [case.id for case in TICKETS] == ["autotask_psa", "connectwise_psa"]


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize(("connector", "stream"), TICKETS)
def test_a_poisoned_record_hides_no_other_and_comes_when_the_vendor_has_mended_it(
    begin: Begin, connector: str, stream: str, page: int
) -> None:
    bench = begin(connector, before=stream)
    clean = bench.source.clean(stream)
    key = poison(bench, stream, page, -1)
    result = bench.read(stream, {"full": True})
    assert (result.state, result.held) == ("ok", 1), result
    assert bench.rows(stream).items() == {k: row for k, row in clean.items() if k[1] != str(key)}.items()
    (line,) = bench.held()
    assert (line["path"], line["reason"]) == ("$.id", poisoned.REASON)
    usual = len(bench.source.facts[stream].requests)
    assert bench.asked(stream) <= usual + ATTEMPTS + 12  # the ids, then halves of a page of four
    # The sweep misses the record and asks for it: its own page is taken apart too, and nothing is taken for gone.
    result = bench.read(stream, {"sweep": True})
    assert (result.state, result.gone) == ("ok", 0), result
    assert live(bench.rows(stream)).keys() == clean.keys() - {("ticket", str(key))}
    bench.source.calm()
    assert bench.read(stream, {"sweep": True}).state == "ok"
    assert bench.rows(stream) == clean
    assert bench.read(stream, {"full": True}).state == "ok"
    assert bench.held() == []


@pytest.mark.parametrize(("connector", "stream"), TICKETS)
def test_a_vendor_that_cannot_give_many_records_has_another_trouble(
    begin: Begin, connector: str, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poisoned, "MAX_OF_A_PAGE", 1)
    bench = begin(connector, before=stream)
    poison(bench, stream, 0, 0)
    poison(bench, stream, 0, 1)
    result = bench.read(stream, {"full": True})
    assert (result.state, result.held) == ("failed", 0), result
    assert (bench.rows(stream), bench.held()) == (bench.source.rows_before(stream), [])


@pytest.mark.parametrize(("connector", "stream"), TICKETS)
def test_the_number_of_requests_for_one_page_is_bounded(
    begin: Begin, connector: str, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poisoned, "MAX_ASKS", 2)
    bench = begin(connector, before=stream)
    poison(bench, stream, 0, 0)
    assert bench.read(stream, {"full": True}).state == "failed"
    assert bench.asked(stream) == ATTEMPTS + 2
