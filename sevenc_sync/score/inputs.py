"""The seam of scoring: what the store says of a client on one side, its result on the other.

Everything behind these inputs is a pure function of (inputs, rules, clock). So a result can be computed again, to the byte,
long after the evidence has changed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import structs

from sevenc_sync.clock import to_seconds
from sevenc_sync.score.ladders import shown_value
from sevenc_sync.score.measures import MEASURES
from sevenc_sync.score.reading import LOW_SAMPLE, Reading
from sevenc_sync.score.results import WHOLE, ClientResult, IndicatorResult
from sevenc_sync.score.rollup import Subject, roll_up
from sevenc_sync.score.rules import Indicator, Rules

LEFT_OUT = "left out by an exception"
INFORMS = "for information: no level is made of it"

Sums = Mapping[str, int | float | None]


class Input(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What the store says of one indicator of one client.

    `sums` are those of its measure over its rows (None: there is no row), `kept` the same without the records that an
    exception leaves out, `units` what a rate is divided by. `fault`: why nothing can be said. `excepted`: "whole", or how
    many records exceptions name.
    """

    sums: Sums | None = None
    fault: str | None = None
    units: float | None = None
    excepted: str | None = None
    kept: Sums | None = None


class ClientInputs(msgspec.Struct, frozen=True):
    """All of one client, by indicator."""

    subject: Subject
    indicators: Mapping[str, Input]


def client_result(rules: Rules, at: datetime, inputs: ClientInputs) -> ClientResult:
    """The client's result at the clock `at`. Raises KeyError when the inputs lack one of the rules' indicators."""
    given = [inputs.indicators[item.id] for item in rules.indicators]
    now = to_seconds(at)
    plain = _plain(rules.indicators, given, now)
    if all(one.excepted is None for one in given):
        return roll_up(rules, inputs.subject, at, plain)
    counted = [
        _with_exceptions(item, one, result, now)
        for item, one, result in zip(rules.indicators, given, plain, strict=True)
    ]
    return roll_up(rules, inputs.subject, at, counted, plain)


def canonical(result: ClientResult) -> bytes:
    """The bytes of a result: equal for equal results, on every machine."""
    return msgspec.json.encode(result, order="deterministic")


def _plain(indicators: Sequence[Indicator], given: Sequence[Input], now: int) -> list[IndicatorResult]:
    """The indicators as they are without any exception; what speaks of all others comes after them."""
    found = {
        item.id: _result(item, one, one.sums, now)
        for item, one in zip(indicators, given, strict=True)
        if item.measure != "proof"
    }
    counted = [item for item in found.values() if item.weight]
    of_all = {"defined": len(counted), "known": sum(item.level is not None for item in counted)}
    for item, one in zip(indicators, given, strict=True):
        if item.measure == "proof":
            found[item.id] = _result(item, one, None if one.sums is None else {**one.sums, **of_all}, now)
    return [found[item.id] for item in indicators]


def _with_exceptions(indicator: Indicator, given: Input, plain: IndicatorResult, now: int) -> IndicatorResult:
    """The indicator as it is with the exceptions in force; `plain` is what it is without any."""
    if given.excepted is None:
        return plain
    if given.excepted == WHOLE:
        return structs.replace(plain, level=None, reason=LEFT_OUT, excepted=WHOLE, is_low_sample=False)
    kept = _result(indicator, given, given.kept, now)
    return structs.replace(kept, level_without=plain.level, excepted=given.excepted)


def _result(indicator: Indicator, given: Input, sums: Sums | None, now: int) -> IndicatorResult:
    measure = MEASURES[indicator.measure]
    reading = Reading(value=None, sample=0)
    counted: Mapping[str, Any] = _NO_ROWS if sums is None else sums
    reason = given.fault
    if reason is None:
        if sums is not None or indicator.need.sample == 0:
            reading = measure.read(indicator, counted, given.units, now)
        reason = reading.reason
        if reading.sample < indicator.need.sample:
            reason = f"{_rows(reading.sample)} found, {indicator.need.sample} needed"
    elif sums is not None:
        reading = Reading(value=None, sample=counted["sample"])
    known = reason is None
    level = reading.level if known and not indicator.informs else None
    return IndicatorResult(
        id=indicator.id,
        area=indicator.area,
        title=indicator.title,
        measure=indicator.measure,
        unit=indicator.unit,
        value=shown_value(reading.value) if known and reading.value is not None else None,
        sample=reading.sample,
        good=reading.good if known else None,
        level=level,
        level_without=level,
        reason=INFORMS if known and indicator.informs else reason,
        excepted=None,
        is_low_sample=known and measure.is_share and reading.sample < LOW_SAMPLE,
        is_gate=indicator.gate,
        is_attested=indicator.is_attested and not counted.get("evidenced", 0),
        weight=indicator.weight,
    )


class _Empty(dict[str, Any]):
    """Sums over nothing: counts are 0, all else is null."""

    def __missing__(self, key: str) -> Any:
        return None if key in ("latest", "best", "middle", "total", "top", "bottom") else 0


_NO_ROWS = _Empty()


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"
