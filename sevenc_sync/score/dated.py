"""Measures of time: how old something is, and how well a rhythm is kept."""

from sqlalchemy import BigInteger, and_, func

from sevenc_sync.score.reading import (
    Expressions,
    Measure,
    Reading,
    Sums,
    good_rows,
    leveled,
    meant,
    nothing_found,
    rows,
)
from sevenc_sync.score.rules import Indicator
from sevenc_sync.score.vocabulary import DAY, Sql

# Older than that a document is level 1, however old it is; two years old 2, one year 3. More needs its earlier reviews.
DOCUMENT_STEPS = (1460.0, 730.0, 365.0)
DOCUMENT_PARTIAL = 2.0  # the highest level of one that lacks what its rule calls complete: only an agreed standard is level 3
# Days since a drill, for the levels 1 to 3. More needs most of the rows, not one.
DRILL_STEPS = (365.0, 180.0, 90.0)
# How far a rhythm is behind, in agreed intervals: as long as the last event is so many of them ago, it is level 1 to 4.
RHYTHM_STEPS = (4.0, 2.0, 1.25, 1.0)
RHYTHM_SPANS = 4  # the last intervals that are looked at for events
RHYTHM_MOST = 3  # of them hold an event where a rhythm is kept: 75 %
REVIEWED_WITHIN = 366 * DAY  # of a review after the one before: a year, a leap year included

# A drill within its third step is level 4 when this share of the rows had theirs by then, and 5 when all had theirs lately.
DRILLED_SHARE = 0.5
DRILLED_LATELY = 30 * DAY

# age, document


def _age_sums(indicator: Indicator, e: Expressions, now: Sql) -> dict[str, Sql]:
    passed = and_(meant(e), e["of"] <= now + indicator.ahead)
    return {"sample": rows(passed), "latest": func.max(e["of"], type_=BigInteger()).filter(passed)}


def _age_in_days(sums: Sums, now: int) -> float | None:
    latest = sums["latest"]
    return None if latest is None else float(max(0, now - int(latest)) // DAY)


def _age_read(indicator: Indicator, sums: Sums, _units: float | None, now: int) -> Reading:
    days = _age_in_days(sums, now)
    if days is None:
        return nothing_found(indicator, sums["sample"], "no date is known")
    return Reading(value=days, sample=sums["sample"], level=leveled(indicator, days))


def _document_sums(indicator: Indicator, e: Expressions) -> dict[str, Sql]:
    sums = _age_sums(indicator, e, e["now"])
    if "complete" in e:
        passed = and_(meant(e), e["of"] <= e["now"] + indicator.ahead)
        sums["complete"] = rows(and_(passed, e["complete"]))
    if "before" in e and "earlier" in e:
        last, before, earlier = e["of"], e["before"], e["earlier"]
        in_turn = and_(
            before < last,
            last - before <= REVIEWED_WITHIN,
            earlier < before,
            before - earlier <= REVIEWED_WITHIN,
        )
        kept = and_(meant(e), last <= e["now"] + indicator.ahead, in_turn)
        sums["kept"] = rows(kept)
        if "acted" in e:
            sums["acted"] = rows(and_(kept, e["acted"]))
    return sums


def _document_read(indicator: Indicator, sums: Sums, _units: float | None, now: int) -> Reading:
    days = _age_in_days(sums, now)
    if days is None:
        return nothing_found(indicator, sums["sample"], "no date is known")
    # A document that exists is level 1 however old it is.
    level = max(1.0, leveled(indicator, days))
    if not sums.get("complete", 1):
        level = min(level, DOCUMENT_PARTIAL)
    if level == len(DOCUMENT_STEPS) and sums.get("kept"):
        level = 5.0 if sums.get("acted") else 4.0
    return Reading(value=days, sample=sums["sample"], level=level)


# drill


def _drill_sums(indicator: Indicator, e: Expressions) -> dict[str, Sql]:
    now, moment = e["now"], e["of"]
    passed = and_(good_rows(e), moment <= now + indicator.ahead)
    return {
        "sample": rows(meant(e)),
        "latest": func.max(moment, type_=BigInteger()).filter(passed),
        "within": rows(and_(passed, moment > now - drilled_within(indicator))),
        "lately": rows(and_(passed, moment >= now - DRILLED_LATELY)),
    }


def drilled_within(indicator: Indicator) -> int:
    """How long ago, in seconds, the third step begins to lie. Whole days: the last one counts until it is over."""
    return int((indicator.levels or DRILL_STEPS)[-1] + 1) * DAY


def _drill_read(indicator: Indicator, sums: Sums, _units: float | None, now: int) -> Reading:
    days = _age_in_days(sums, now)
    if days is None:
        return nothing_found(indicator, sums["sample"], "no date is known")
    sample, level = sums["sample"], leveled(indicator, days)
    if level == len(indicator.levels) and sums["within"] >= DRILLED_SHARE * sample:
        level = 5.0 if sums["lately"] == sample else 4.0
    return Reading(value=days, sample=sample, good=sums["within"], level=level)


# rhythm


def _rhythm_sums(indicator: Indicator, e: Expressions) -> dict[str, Sql]:
    now, moment, length = e["now"], e["of"], indicator.interval or DAY
    sums = _age_sums(indicator, e, now)
    for number in range(1, RHYTHM_SPANS + 1):
        # The newest span reaches as far beyond the clock as a time may lie and still count.
        until = now + indicator.ahead if number == 1 else now - (number - 1) * length
        sums[f"span {number}"] = rows(and_(meant(e), moment > now - number * length, moment <= until))
    return sums


def _rhythm_read(indicator: Indicator, sums: Sums, _units: float | None, now: int) -> Reading:
    days = _age_in_days(sums, now)
    if days is None:
        return nothing_found(indicator, sums["sample"], "no date is known")
    ratio = days * DAY / (indicator.interval or DAY)
    held = sum(1 for number in range(1, RHYTHM_SPANS + 1) if sums[f"span {number}"])
    level = leveled(indicator, ratio)
    if held < RHYTHM_MOST:
        level = min(level, float(RHYTHM_MOST))
    elif held == RHYTHM_SPANS and level == len(RHYTHM_STEPS):
        level = 5.0
    return Reading(value=ratio, sample=sums["sample"], good=held, level=level)


DATED = (
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
        means="as age, on the ladder of a document: it exists 1, two years 2, one year and `complete` 3; 4 and 5 by its earlier reviews, see below",
        needs={"of": "time"},
        may={"complete": "condition", "before": "time", "earlier": "time", "acted": "condition"},
        unit="days",
        better="lower",
        levels=DOCUMENT_STEPS,
        sample=0,
        is_share=False,
        sums=_document_sums,
        read=_document_read,
    ),
    Measure(
        name="drill",
        means="whole days since the newest `of` of a good row, and how many rows of `where` have one; see below",
        needs={"of": "time"},
        may={"good": "condition"},
        unit="days",
        better="lower",
        levels=DRILL_STEPS,
        sample=0,
        is_share=False,
        sums=_drill_sums,
        read=_drill_read,
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
)
