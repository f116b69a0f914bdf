"""What a measure is: which keys it reads, which sums the database makes per client, and how a value comes of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Double, and_, func

from sevenc_sync.score.ladders import Better, level_of
from sevenc_sync.score.rules import Indicator
from sevenc_sync.score.vocabulary import AnyKind, Sql

LOW_SAMPLE = 5

Expressions = Mapping[str, Sql]
Sums = Mapping[str, Any]


class Reading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


def rows(condition: Sql) -> Sql:
    """How many rows meet the condition."""
    # A filter passes over a row sooner than a CASE does, which calls the sum with null.
    return func.count().filter(condition)


def total(condition: Sql, value: Sql) -> Sql:
    """The sum of the value over the rows that meet the condition."""
    return func.sum(value, type_=Double()).filter(condition)


def meant(e: Expressions) -> Sql:
    """Which rows are meant."""
    return e["where"]


def good_rows(e: Expressions) -> Sql:
    """Which of them are good; all, where the rule does not say."""
    return and_(e["where"], e["good"]) if "good" in e else e["where"]


def leveled(indicator: Indicator, value: float) -> float:
    """The level that the value reaches; 0 where the indicator only informs and so has no ladder."""
    if not indicator.levels:
        return 0.0
    return level_of(value, indicator.levels, indicator.better)


def number_of(value: Any) -> float:
    """A sum as a number: that of no rows is 0."""
    return 0.0 if value is None else float(value)


def nothing_found(indicator: Indicator, sample: int, what: str) -> Reading:
    """Looked for and not found: level 0, or unknown where the rule says that nothing follows from it."""
    if indicator.absent == "zero":
        return Reading(value=None, sample=sample, level=0.0)
    return Reading(value=None, sample=sample, reason=what)
