"""What every connector says of itself, and that the suite can know it: a folder, an entry point, a sandbox vendor."""

import json
from importlib import metadata
from pathlib import Path

import pytest

import connectors as connectors_package
from sevenc_sync.connect.conformance import mistakes, oddities
from sevenc_sync.registry import GROUP, connectors
from sevenc_sync.sandbox.sandbox import VENDORS
from tests.conformance.conftest import Begin
from tests.conformance.test_connectors_and_faults import STREAMS

FOLDERS = sorted(path.parent.name for path in Path(connectors_package.__file__).parent.glob("*/__init__.py"))
NAMES = sorted({*FOLDERS, *(entry.name for entry in metadata.entry_points(group=GROUP))})


def test_there_are_connectors() -> None:
    assert len(FOLDERS) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_a_connector_can_be_found_and_has_a_sandbox(name: str) -> None:
    assert name in connectors(), (
        f'connectors/{name} is a folder without an entry point: add `{name} = "connectors.{name}:CONNECTOR"` to'
        f' the table project.entry-points."{GROUP}" of pyproject.toml, and install the project again.'
    )
    assert name in VENDORS, (
        f"The connector {name} has no sandbox vendor, so nothing is known of how it takes faults: add a vendor with"
        f" name = {name!r} below sevenc_sync/sandbox and to VENDORS of sevenc_sync/sandbox/sandbox.py."
    )


@pytest.mark.parametrize("name", sorted(connectors()))
def test_a_connectors_declaration_is_sound(name: str) -> None:
    assert mistakes(connectors()[name]) == []


@pytest.mark.parametrize(("connector", "stream"), STREAMS)
def test_odd_values_are_understood_or_held_and_never_made_up(
    begin: Begin, connector: str, stream: str
) -> None:
    bench = begin(connector, before=stream)
    facts = bench.source.facts[stream]
    checked = 0
    for path, answer in zip(facts.requests, facts.answers, strict=True):
        for raw in sorted(answer, key=len, reverse=True)[:1]:
            context = bench.context(bench.source.stream(stream), path)
            assert oddities(bench.source.stream(stream), raw, context) == []
            checked += 1
    assert checked, f"the sandbox has no record for {stream}"


@pytest.mark.parametrize(("connector", "stream"), STREAMS)
def test_the_sandbox_has_records_of_every_kind_that_is_declared(
    begin: Begin, connector: str, stream: str
) -> None:
    source = begin(connector).source
    before = source.rows_before(stream)
    kinds = {key[0] for key, row in source.clean(stream).items() if before.get(key) != row}
    assert kinds == {record.table for record in source.stream(stream).records}
    assert all(json.loads(raw) for raw in source.facts[stream].records)
