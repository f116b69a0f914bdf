"""Measures of how much there is: shares, counts, sums and their ratios, the middle, the best, and conditions that are met."""

from collections.abc import Mapping

from sqlalchemy import Double, and_, func

from sevenc_sync.score.reading import (
    Expressions,
    Measure,
    Reading,
    Sums,
    good_rows,
    leveled,
    meant,
    nothing_found,
    number_of,
    rows,
    total,
)
from sevenc_sync.score.rules import Indicator
from sevenc_sync.score.sqlfunctions import middle
from sevenc_sync.score.vocabulary import DAY, Sql

MONTH_DAYS = 30.4375  # a twelfth of 365.25 days
PERIOD_DAYS: Mapping[str, float] = {"month": MONTH_DAYS, "quarter": 3 * MONTH_DAYS, "year": 12 * MONTH_DAYS}
# What `per` may divide by, and the evidence table that counts it.
UNIT_TABLES: Mapping[str, str] = {"endpoint": "asset", "seat": "company", "contract": "contract"}
YEAR = 365 * DAY

# share


def _share_sums(_: Indicator, e: Expressions) -> dict[str, Sql]:
    return {"sample": rows(meant(e)), "good": rows(good_rows(e))}


def _share_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    sample, good = sums["sample"], sums["good"]
    if not sample:
        return Reading(value=None, sample=0, good=0, reason="no rows to take a share of")
    value = 100 * good / sample
    return Reading(value=value, sample=sample, good=good, level=leveled(indicator, value))


# count, per


def _count_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    value = number_of(sums["total"]) if indicator.of is not None else float(sums["good"])
    return Reading(value=value, sample=sums["sample"], good=sums["good"], level=leveled(indicator, value))


def _per_sums(_: Indicator, e: Expressions) -> dict[str, Sql]:
    sums = {"sample": rows(meant(e)), "good": rows(good_rows(e))}
    if "of" in e:
        sums["total"] = total(good_rows(e), e["of"])
    return sums


def _per_read(indicator: Indicator, sums: Sums, units: float | None, _now: int) -> Reading:
    sample, good = sums["sample"], sums["good"]
    if not units or units < 0:
        return Reading(value=None, sample=sample, good=good, reason=f"no {indicator.per}s are known")
    total = number_of(sums["total"]) if "total" in sums else float(good)
    periods = (indicator.window or DAY) / DAY / PERIOD_DAYS[indicator.period]
    value = total / units / periods * indicator.times
    return Reading(value=value, sample=sample, good=good, level=leveled(indicator, value))


# match


def _match_read(indicator: Indicator, sums: Sums, units: float | None, _now: int) -> Reading:
    sample = sums["sample"]
    if not units or units < 0:
        return Reading(value=None, sample=sample, reason=f"no {indicator.per}s are known")
    value = max(0.0, 100 - 100 * abs(number_of(sums["total"]) - units) / units)
    return Reading(value=value, sample=sample, good=sums["good"], level=leveled(indicator, value))


# median


def _median_sums(_: Indicator, e: Expressions) -> dict[str, Sql]:
    return {"sample": rows(and_(meant(e), e["of"].is_not(None))), "middle": middle(e["of"]).filter(meant(e))}


def _median_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    if sums["middle"] is None:
        return nothing_found(indicator, sums["sample"], "no number is known")
    value = float(sums["middle"])
    return Reading(value=value, sample=sums["sample"], level=leveled(indicator, value))


# sum_ratio


def _ratio_sums(_: Indicator, e: Expressions) -> dict[str, Sql]:
    weighed = and_(meant(e), e["bottom"].is_not(None))
    return {
        "sample": rows(weighed),
        "top": total(and_(weighed, e["good"]) if "good" in e else weighed, e["top"]),
        "bottom": total(weighed, e["bottom"]),
    }


def _ratio_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    bottom = number_of(sums["bottom"])
    if bottom <= 0:
        return Reading(value=None, sample=sums["sample"], reason="nothing to divide by")
    value = number_of(sums["top"]) / bottom * (100 if indicator.unit == "%" else 1)
    return Reading(value=value, sample=sums["sample"], level=leveled(indicator, value))


# trend


def _trend_sums(_: Indicator, e: Expressions) -> dict[str, Sql]:
    before = and_(e["year before"], e["good"]) if "good" in e else e["year before"]
    return {"sample": rows(good_rows(e)), "before": rows(before)}


def _trend_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    sample, before = sums["sample"], sums["before"]
    if before < max(1, indicator.need.sample):
        return Reading(
            value=None, sample=sample, reason=f"{before} found in the year before: too few to compare with"
        )
    value = 100 * sample / before
    # Both windows are evidence: few rows now are good news, not a lack of it.
    return Reading(value=value, sample=sample + before, good=sample, level=leveled(indicator, value))


# number


def _number_sums(indicator: Indicator, e: Expressions) -> dict[str, Sql]:
    best = func.max if indicator.better == "higher" else func.min
    said = and_(meant(e), e["of"].is_not(None))
    return {"sample": rows(said), "best": best(e["of"], type_=Double()).filter(said)}


def _number_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    if sums["best"] is None:
        return nothing_found(indicator, sums["sample"], "no number is known")
    value = float(sums["best"])
    return Reading(value=value, sample=sums["sample"], level=leveled(indicator, value))


# proof


def _proof_sums(_: Indicator, e: Expressions) -> dict[str, Sql]:
    return {"sample": rows(meant(e))}


def _proof_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    defined, known = sums["defined"], sums["known"]
    if not defined:
        return Reading(value=None, sample=0, reason="there is no other indicator")
    value = 100 * known / defined
    return Reading(value=value, sample=defined, good=known, level=leveled(indicator, value))


# steps, covers


def _steps_sums(indicator: Indicator, e: Expressions) -> dict[str, Sql]:
    sums = {"sample": rows(meant(e))}
    for number in range(1, len(indicator.steps) + 1):
        sums[f"step {number}"] = rows(and_(meant(e), e[f"steps {number}"]))
    return sums


def _steps_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    reached = [number for number in range(1, len(indicator.steps) + 1) if sums[f"step {number}"]]
    value = float(max(reached, default=0))
    return Reading(value=value, sample=sums["sample"], level=value)


def _covers_sums(indicator: Indicator, e: Expressions) -> dict[str, Sql]:
    sums = {"sample": rows(meant(e))}
    for name, _ in indicator.parts:
        sums[f"part {name}"] = rows(and_(meant(e), e[f"parts {name}"]))
    return sums


def _covers_read(indicator: Indicator, sums: Sums, _units: float | None, _now: int) -> Reading:
    met = sum(1 for name, _ in indicator.parts if sums[f"part {name}"])
    value = 100 * met / len(indicator.parts)
    return Reading(value=value, sample=sums["sample"], good=met, level=leveled(indicator, value))


COUNTED = (
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
        name="match",
        means="how near the sum of `of` is to the number of endpoints, seats or contracts: 100 less the distance in percent of them",
        needs={"of": "number"},
        may={"good": "condition"},
        unit="%",
        better="higher",
        levels=None,
        sample=1,
        is_share=False,
        sums=_per_sums,
        read=_match_read,
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
        name="median",
        means="the middle one of the numbers `of`, half of the two middle ones where their number is even",
        needs={"of": "number"},
        may={},
        unit="",
        better="higher",
        levels=None,
        sample=1,
        is_share=True,
        sums=_median_sums,
        read=_median_read,
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
    Measure(
        name="proof",
        means="percent of the client's other indicators that are known; those that only inform left out",
        needs={},
        may={},
        unit="%",
        better="higher",
        levels=None,
        sample=1,
        is_share=False,
        sums=_proof_sums,
        read=_proof_read,
    ),
)
