"""The closed list of measures: how rows become a value.

Each measure says which keys of an indicator it reads, which sums the database makes per client, and how a value comes of
them. A new need is a new measure here with tests, not a bigger language.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Double, Integer, and_, case, func, literal

from sevenc_sync.score.ladders import Better, level_of
from sevenc_sync.score.rules import Indicator
from sevenc_sync.score.vocabulary import DAY, AnyKind, Sql

MONTH_DAYS = 30.4375  # a twelfth of 365.25 days
PERIOD_DAYS: Mapping[str, float] = {"month": MONTH_DAYS, "quarter": 3 * MONTH_DAYS, "year": 12 * MONTH_DAYS}
# What `per` may divide by, and the evidence table that counts it.
UNIT_TABLES: Mapping[str, str] = {"endpoint": "asset", "seat": "company", "contract": "contract"}
# A dated attestation alone shows that something exists and how old it is: never more than level 3.
DOCUMENT_STEPS = (1460.0, 730.0, 365.0)
# How far a rhythm is behind, in agreed intervals: as long as the last event is so many of them ago, it is level 1 to 4.
RHYTHM_STEPS = (4.0, 2.0, 1.25, 1.0)
RHYTHM_SPANS = 4  # the last intervals that are looked at for events
_MOST_SPANS = 3  # of them hold an event where a rhythm is kept: 75 %
YEAR = 365 * DAY
LOW_SAMPLE = 5

Expressions = Mapping[str, Sql]
Sums = Mapping[str, Any]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows say: the value (None: no value), the rows it rests on, how many of them are good, and the level.

    `reason` says why there is no level although there are rows enough.
    """

    value: float | None
    sample: int
    good: int | None = None
    level: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Measure:
    """One way to count. `needs` and `may` are the keys that it reads beyond where, with the kind of each."""

    name: str
    means: str
    needs: Mapping[str, AnyKind]
    may: Mapping[str, AnyKind]
    unit: str
    better: Better
    levels: tuple[float, ...] | None  # None: the rule must give five
    sample: int  # rows that are needed unless the rule says otherwise
    is_share: bool  # whether the value is a share of its rows, so that few rows make it doubtful
    sums: Callable[[Indicator, Expressions], dict[str, Sql]]
    read: Callable[[Indicator, Sums, float | None, int], Reading]


def _rows(condition: Sql) -> Sql:
    return func.count(case((condition, literal(1, Integer()))))


def _total(condition: Sql, value: Sql) -> Sql:
    return func.sum(case((condition, value)), type_=Double())


def _where(e: Expressions) -> Sql:
    return e["where"]


def _good(e: Expressions) -> Sql:
    return and_(e["where"], e["good"]) if "good" in e else e["where"]


def _leveled(indicator: Indicator, value: float) -> float:
    return level_of(value, indicator.levels, indicator.better)


def _number(value: Any) -> float:
    return 0.0 if value is None else float(value)


def _nothing(indicator: Indicator, sample: int, what: str) -> Reading:
    """Looked for and not found: level 0, or unknown where the rule says that nothing follows from it."""
    if indicator.absent == "zero":
        return Reading(value=None, sample=sample, level=0.0)
    return Reading(value=None, sample=sample, reason=what)


# share


def _share_sums(_: Indicator, e: Expressions) -> dict[str, Sql]:
    return {"sample": _rows(_where(e)), "good": _rows(_good(e))}


def _share_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    sample, good = sums["sample"], sums["good"]
    if not sample:
        return Reading(value=None, sample=0, good=0, reason="no rows to take a share of")
    value = 100 * good / sample
    return Reading(value=value, sample=sample, good=good, level=_leveled(indicator, value))


# count, per


def _count_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    value = _number(sums["total"]) if indicator.of is not None else float(sums["good"])
    return Reading(value=value, sample=sums["sample"], good=sums["good"], level=_leveled(indicator, value))


def _per_sums(_: Indicator, e: Expressions) -> dict[str, Sql]:
    sums = {"sample": _rows(_where(e)), "good": _rows(_good(e))}
    if "of" in e:
        sums["total"] = _total(_good(e), e["of"])
    return sums


def _per_read(indicator: Indicator, sums: Sums, units: float | None, _now: int) -> Reading:
    sample, good = sums["sample"], sums["good"]
    if not units or units < 0:
        return Reading(value=None, sample=sample, good=good, reason=f"no {indicator.per}s are known")
    total = _number(sums["total"]) if "total" in sums else float(good)
    periods = (indicator.window or DAY) / DAY / PERIOD_DAYS[indicator.period]
    value = total / units / periods * indicator.times
    return Reading(value=value, sample=sample, good=good, level=_leveled(indicator, value))


# sum_ratio


def _ratio_sums(_: Indicator, e: Expressions) -> dict[str, Sql]:
    weighed = and_(_where(e), e["bottom"].is_not(None))
    return {
        "sample": _rows(weighed),
        "top": _total(and_(weighed, e["good"]) if "good" in e else weighed, e["top"]),
        "bottom": _total(weighed, e["bottom"]),
    }


def _ratio_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    bottom = _number(sums["bottom"])
    if bottom <= 0:
        return Reading(value=None, sample=sums["sample"], reason="nothing to divide by")
    value = _number(sums["top"]) / bottom * (100 if indicator.unit == "%" else 1)
    return Reading(value=value, sample=sums["sample"], level=_leveled(indicator, value))


# age, document


def _age_sums(indicator: Indicator, e: Expressions, now: Sql) -> dict[str, Sql]:
    passed = and_(_where(e), e["of"] <= now + indicator.ahead)
    return {"sample": _rows(passed), "latest": func.max(case((passed, e["of"])), type_=BigInteger())}


def _age_in_days(sums: Sums, now: int) -> float | None:
    latest = sums["latest"]
    return None if latest is None else float(max(0, now - int(latest)) // DAY)


def _age_read(indicator: Indicator, sums: Sums, _units: float | None, now: int) -> Reading:
    days = _age_in_days(sums, now)
    if days is None:
        return _nothing(indicator, sums["sample"], "no date is known")
    return Reading(value=days, sample=sums["sample"], level=_leveled(indicator, days))


def _document_read(indicator: Indicator, sums: Sums, _units: float | None, now: int) -> Reading:
    days = _age_in_days(sums, now)
    if days is None:
        return _nothing(indicator, sums["sample"], "no date is known")
    # A document that exists is level 1 however old it is.
    return Reading(value=days, sample=sums["sample"], level=max(1.0, _leveled(indicator, days)))


# rhythm


def _rhythm_sums(indicator: Indicator, e: Expressions) -> dict[str, Sql]:
    now, moment, length = e["now"], e["of"], indicator.interval or DAY
    sums = _age_sums(indicator, e, now)
    for number in range(1, RHYTHM_SPANS + 1):
        # The newest span reaches as far beyond the clock as a time may lie and still count.
        until = now + indicator.ahead if number == 1 else now - (number - 1) * length
        sums[f"span {number}"] = _rows(and_(_where(e), moment > now - number * length, moment <= until))
    return sums


def _rhythm_read(indicator: Indicator, sums: Sums, _units: float | None, now: int) -> Reading:
    days = _age_in_days(sums, now)
    if days is None:
        return _nothing(indicator, sums["sample"], "no date is known")
    ratio = days * DAY / (indicator.interval or DAY)
    held = sum(1 for number in range(1, RHYTHM_SPANS + 1) if sums[f"span {number}"])
    level = _leveled(indicator, ratio)
    if held < _MOST_SPANS:
        level = min(level, float(_MOST_SPANS))
    elif held == RHYTHM_SPANS and level == len(RHYTHM_STEPS):
        level = 5.0
    return Reading(value=ratio, sample=sums["sample"], good=held, level=level)


# trend


def _trend_sums(_: Indicator, e: Expressions) -> dict[str, Sql]:
    before = and_(e["year before"], e["good"]) if "good" in e else e["year before"]
    return {"sample": _rows(_good(e)), "before": _rows(before)}


def _trend_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    sample, before = sums["sample"], sums["before"]
    if before < max(1, indicator.need.sample):
        return Reading(
            value=None, sample=sample, reason=f"{before} found in the year before: too few to compare with"
        )
    value = 100 * sample / before
    # Both windows are evidence: few rows now are good news, not a lack of it.
    return Reading(value=value, sample=sample + before, good=sample, level=_leveled(indicator, value))


# number


def _number_sums(indicator: Indicator, e: Expressions) -> dict[str, Sql]:
    best = func.max if indicator.better == "higher" else func.min
    said = and_(_where(e), e["of"].is_not(None))
    return {"sample": _rows(said), "best": best(case((said, e["of"])), type_=Double())}


def _number_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    if sums["best"] is None:
        return _nothing(indicator, sums["sample"], "no number is known")
    value = float(sums["best"])
    return Reading(value=value, sample=sums["sample"], level=_leveled(indicator, value))


# steps, covers


def _steps_sums(indicator: Indicator, e: Expressions) -> dict[str, Sql]:
    sums = {"sample": _rows(_where(e))}
    for number in range(1, len(indicator.steps) + 1):
        sums[f"step {number}"] = _rows(and_(_where(e), e[f"steps {number}"]))
    return sums


def _steps_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    reached = [number for number in range(1, len(indicator.steps) + 1) if sums[f"step {number}"]]
    value = float(max(reached, default=0))
    return Reading(value=value, sample=sums["sample"], level=value)


def _covers_sums(indicator: Indicator, e: Expressions) -> dict[str, Sql]:
    sums = {"sample": _rows(_where(e))}
    for name, _ in indicator.parts:
        sums[f"part {name}"] = _rows(and_(_where(e), e[f"parts {name}"]))
    return sums


def _covers_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    met = sum(1 for name, _ in indicator.parts if sums[f"part {name}"])
    value = 100 * met / len(indicator.parts)
    return Reading(value=value, sample=sums["sample"], good=met, level=_leveled(indicator, value))


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            name="share",
            means="percent of the rows of `where` for which `good` holds",
            needs={"good": "condition"},
            may={},
            unit="%",
            better="higher",
            levels=None,
            sample=1,
            is_share=True,
            sums=_share_sums,
            read=_share_read,
        ),
        Measure(
            name="count",
            means="number of rows of `where` for which `good` holds (all of them without `good`), or the sum of `of` over them",
            needs={},
            may={"good": "condition", "of": "number"},
            unit="rows",
            better="higher",
            levels=None,
            sample=0,
            is_share=False,
            sums=_per_sums,
            read=_count_read,
        ),
        Measure(
            name="per",
            means="rows as in count, or the sum of `of` over them, per endpoint, seat or contract and `period`, `times` n",
            needs={},
            may={"good": "condition", "of": "number"},
            unit="per unit",
            better="lower",
            levels=None,
            sample=1,
            is_share=False,
            sums=_per_sums,
            read=_per_read,
        ),
        Measure(
            name="sum_ratio",
            means="sum of `top` over the good rows by the sum of `bottom` over all rows; in percent when the unit is %",
            needs={"top": "number", "bottom": "number"},
            may={"good": "condition"},
            unit="",
            better="higher",
            levels=None,
            sample=1,
            is_share=True,
            sums=_ratio_sums,
            read=_ratio_read,
        ),
        Measure(
            name="age",
            means="whole days since the newest time `of`; times after the clock do not count",
            needs={"of": "time"},
            may={},
            unit="days",
            better="lower",
            levels=None,
            sample=0,
            is_share=False,
            sums=lambda indicator, e: _age_sums(indicator, e, e["now"]),
            read=_age_read,
        ),
        Measure(
            name="document",
            means="as age, on the ladder of a dated document: it exists 1, two years 2, one year 3, never more",
            needs={"of": "time"},
            may={},
            unit="days",
            better="lower",
            levels=DOCUMENT_STEPS,
            sample=0,
            is_share=False,
            sums=lambda indicator, e: _age_sums(indicator, e, e["now"]),
            read=_document_read,
        ),
        Measure(
            name="rhythm",
            means="the time since the newest `of` in intervals, and how many of the last four `interval`s hold one; see below",
            needs={"of": "time"},
            may={},
            unit="intervals",
            better="lower",
            levels=RHYTHM_STEPS,
            sample=0,
            is_share=False,
            sums=_rhythm_sums,
            read=_rhythm_read,
        ),
        Measure(
            name="trend",
            means="good rows of the `window` in percent of those of the same window 365 days before",
            needs={},
            may={"good": "condition"},
            unit="% of the year before",
            better="lower",
            levels=None,
            sample=5,
            is_share=False,
            sums=_trend_sums,
            read=_trend_read,
        ),
        Measure(
            name="number",
            means="the best number `of` among the rows",
            needs={"of": "number"},
            may={},
            unit="",
            better="higher",
            levels=None,
            sample=0,
            is_share=False,
            sums=_number_sums,
            read=_number_read,
        ),
        Measure(
            name="steps",
            means="the last of the conditions `steps` that some row meets; its number is the level",
            needs={},
            may={},
            unit="step",
            better="higher",
            levels=(1.0, 2.0, 3.0, 4.0, 5.0),
            sample=0,
            is_share=False,
            sums=_steps_sums,
            read=_steps_read,
        ),
        Measure(
            name="covers",
            means="percent of the conditions `parts` that some row meets",
            needs={},
            may={},
            unit="%",
            better="higher",
            levels=None,
            sample=0,
            is_share=False,
            sums=_covers_sums,
            read=_covers_read,
        ),
    )
}
