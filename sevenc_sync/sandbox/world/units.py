"""Sold units of contracts' lines by billing period: past ones, the current one, and those written ahead."""

from collections.abc import Iterator
from datetime import date, timedelta

from sevenc_sync.sandbox.world.entities import Contract, ContractLine, ServicePeriod
from sevenc_sync.sandbox.world.seeds import clamp

MONTHS_BACK, MONTHS_AHEAD = 13, 2
IDS_PER_LINE = 1000
FIRST_YEAR = 2020
SPLIT_DAY = 16
"""Day from which a change in the middle of a period counts: the period falls in two."""


def service_periods(
    contract: Contract, line: ContractLine, anchor: date, today: date
) -> Iterator[ServicePeriod]:
    """The line's periods from thirteen months before `anchor` to two months after `today`, one a month.

    Units grow to the line's quantity over the year before the anchor. Some lines have one period that fell in two.
    """
    ends = [day for day in (line.cancelled, contract.cancelled, contract.end) if day is not None]
    last_day = min(ends, default=date.max)
    first = max(_month(anchor) - MONTHS_BACK, _month(line.start))
    for month in range(first, _month(today) + MONTHS_AHEAD + 1):
        start, end = _first_day(month), _first_day(month + 1) - timedelta(days=1)
        if start > last_day:
            return
        age = _month(anchor) - month
        units, before = _units(line, age), _units(line, age + 1)
        number = line.id * IDS_PER_LINE + 2 * (month - FIRST_YEAR * 12)
        if line.id % 7 == 3 and age == 4:  # noqa: PLR2004 (one line of seven was changed within a month)
            middle = start.replace(day=SPLIT_DAY)
            yield ServicePeriod(number, line.id, start, middle - timedelta(days=1), before)
            yield ServicePeriod(number + 1, line.id, middle, end, units)
        else:
            yield ServicePeriod(number, line.id, start, end, units)


def _units(line: ContractLine, months_ago: int) -> int:
    """Units so many months before the anchor; from the anchor on the line's own quantity."""
    return max(1, round(line.quantity * (1 - 0.02 * clamp(months_ago, 0, MONTHS_BACK))))


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
