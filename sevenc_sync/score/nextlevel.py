"""The way from a result to the next whole level: the step, how far it is, or in words what no step says."""

import math

import msgspec

from sevenc_sync.score.dated import DATED, DOCUMENT_PARTIAL, RHYTHM_MOST, RHYTHM_SPANS
from sevenc_sync.score.ladders import TOP, shown_value
from sevenc_sync.score.language import custom_calls
from sevenc_sync.score.results import IndicatorResult
from sevenc_sync.score.rules import Indicator
from sevenc_sync.score.vocabulary import DAY

_DATED = frozenset(measure.name for measure in DATED)


class Way(msgspec.Struct, frozen=True):
    """The way to the next whole level, as in Explained; all None where the level is unknown or the ladder ends."""

    level: int | None = None
    step: float | None = None
    how_far: float | None = None
    rows_far: int | None = None
    needs: str | None = None


def _beyond(indicator: Indicator, number: int) -> str | None:
    """What brings the levels that the ladder's steps do not reach; None: nothing does."""
    if number > TOP:
        return None
    is_next = number == len(indicator.levels) + 1
    if indicator.measure == "document":
        return _beyond_document(indicator, is_next=is_next)
    if indicator.measure == "drill":
        if is_next:
            return f"Level 4 needs half of the records within {indicator.levels[-1]:g} days."
        return "Level 5 needs all of the records within 30 days."
    return None


def _beyond_document(indicator: Indicator, *, is_next: bool) -> str | None:
    if not indicator.before or not indicator.earlier:
        return f"Its ladder ends at level {len(indicator.levels)}: no field tells of earlier reviews."
    if is_next:
        fields = _fields_of(indicator.before, indicator.earlier)
        return (
            "Level 4 needs the two reviews before the last, each at most 366 days after the one before: "
            f"{fields}."
        )
    if indicator.acted:
        return f"Level 5 needs an action of the last review that is done: {_fields_of(indicator.acted)}."
    return None


def _absent(indicator: Indicator) -> str:
    """What is missing where no day is known at all: no step says where level 1 begins then."""
    first = indicator.levels[0]
    if indicator.measure == "rhythm":
        first *= (indicator.interval or DAY) / DAY
    within = "of any age" if indicator.measure == "document" else f"within the last {first:g} days"
    fields = _fields_of(indicator.of or "")
    if indicator.rows == "companies" and fields:
        return f"Level 1 needs a day {within} in {fields}; none that has come is known."
    record = "test that passed" if indicator.measure == "drill" else "record"
    also = f", or such a day in {fields}" if fields else ""
    return f"Level 1 needs a {record} {within}{also}; none is known."


def _fields_of(*texts: str) -> str:
    """The custom fields that these texts read, as people write them; "" where they read none."""
    names = [name for text in texts if text for _, name in custom_calls(text)]
    return " and ".join(f"'{name}'" for name in names)


def way_of(indicator: Indicator, result: IndicatorResult) -> Way:
    """What is missing to the next whole level of a result."""
    if result.level is None:
        return Way()
    number = math.floor(result.level) + 1
    if indicator.measure == "rhythm" and result.value is not None and number >= RHYTHM_MOST + 1:
        return _way_of_rhythm(indicator, result.value, result.good or 0, number)
    if number > len(indicator.levels):
        return Way(needs=_beyond(indicator, number))
    if result.value is None and indicator.measure in _DATED:
        return Way(needs=_absent(indicator))
    if indicator.measure == "document" and indicator.complete and result.level == DOCUMENT_PARTIAL:
        lacks = f"Level 3 needs {_fields_of(indicator.complete)}"
        step = indicator.levels[number - 1]
        days = f", and a review within {step:g} days" if (result.value or 0.0) > step else ""
        return Way(needs=f"{lacks}{days}.")
    step = indicator.levels[number - 1]
    far = None if result.value is None else shown_value(abs(step - result.value))
    return Way(number, step, far, _rows_far(indicator, result, step))


def _way_of_rhythm(indicator: Indicator, value: float, held: int, number: int) -> Way:
    """From level 3 on the newest event alone is not enough: most of the last intervals must hold one, for 5 all."""
    if number > len(indicator.levels) + 1:
        return Way()
    step = indicator.levels[min(number, len(indicator.levels)) - 1]
    far = shown_value(max(0.0, value - step))
    wanted = RHYTHM_MOST if number <= len(indicator.levels) else RHYTHM_SPANS
    return Way(number, step, far, max(0, wanted - held))


def _rows_far(indicator: Indicator, result: IndicatorResult, step: float) -> int | None:
    """How many more rows must be good for a share to reach the step."""
    if indicator.measure != "share" or result.good is None:
        return None
    # Whole rows: the small allowance keeps 95 % of 20 rows at 19, not 20.
    return max(0, math.ceil(step * result.sample / 100 - 1e-9) - result.good)
