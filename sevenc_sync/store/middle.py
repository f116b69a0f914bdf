"""The middle one of many numbers, as an aggregate that SQLite lacks; PostgreSQL calls its own percentile_cont."""

from typing import Any

MIDDLE = "middle"  # its name in SQLite


class Middle:
    """The middle of the numbers that are not null; half-way between the two middle ones where their number is even."""

    def __init__(self) -> None:
        self._numbers: list[float] = []

    def step(self, value: Any, /) -> None:
        """One more row: a number or null."""
        if value is not None:
            self._numbers.append(value)

    def finalize(self) -> Any:
        """The middle; null of no numbers."""
        if not self._numbers:
            return None
        self._numbers.sort()
        last = len(self._numbers) - 1
        low, high = self._numbers[last // 2], self._numbers[(last + 1) // 2]
        # As PostgreSQL works it out, to the last bit.
        return low + 0.5 * (high - low)
