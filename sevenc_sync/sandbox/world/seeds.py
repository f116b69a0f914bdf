"""Repeatable chance: every draw of the simulated world is a function of the seed and of what it is drawn for."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

GRID_START = date(2020, 1, 1)
"""Day 0 of the absolute day grid on which events, and so their ids, are placed."""


def dice(seed: int, *key: object) -> Random:
    """A fresh generator for one thing: the same seed and key give the same draws on every machine."""
    return Random("|".join((str(seed), *map(str, key))))  # noqa: S311 (a simulation, not a secret)


def day_index(day: date) -> int:
    """Number of a day on the grid; 0 is `GRID_START`."""
    return day.toordinal() - GRID_START.toordinal()


def day_of(index: int) -> date:
    """The day with this number on the grid."""
    return date.fromordinal(GRID_START.toordinal() + index)


def at(day: date, seconds: float) -> datetime:
    """The UTC moment so many seconds after the start of a day, in whole seconds."""
    return datetime.combine(day, time(), UTC) + timedelta(seconds=int(seconds))


def clamp(value: float, low: float = 0.0, high: float = 1.0) -> float:
    """`value` held between two bounds."""
    return min(high, max(low, value))


def poisson(chance: Random, mean: float, most: int) -> int:
    """A Poisson number by inversion, never above `most`; `mean` is small here (a client's tickets of a day)."""
    draw = chance.random()
    term = 2.718281828459045**-mean
    total = term
    count = 0
    while draw > total and count < most:
        count += 1
        term *= mean / count
        total += term
    return count
