"""Hours of the day in which the daemon does something not by itself."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

_HOURS = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `start` to `end` of each day, by the clocks of `zone`; over midnight where `start` is after `end`."""

    start: time
    end: time
    zone: tzinfo = UTC

    @classmethod
    def of(cls, text: str, zone: tzinfo = UTC) -> "Quiet":
        """Two different times of the day, as in 19:00-07:00. Raises ValueError."""
        wrong = ValueError("expected two different times of the day, such as 19:00-07:00")
        found = _HOURS.fullmatch(text)
        if found is None:
            raise wrong
        numbers = [int(number) for number in found.groups()]
        try:
            start, end = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
        except ValueError:
            raise wrong from None
        if start == end:
            raise wrong
        return cls(start, end, zone)

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies within them; their end does not."""
        now = moment.astimezone(self.zone).time()
        if self.start < self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end

    def over_at(self, moment: datetime) -> datetime:
        """The moment itself, or the end of the quiet hours that it lies in."""
        if not self.holds(moment):
            return moment
        local = moment.astimezone(self.zone)
        day = local.date() if self.end > local.time() else local.date() + timedelta(days=1)
        return datetime.combine(day, self.end, self.zone).astimezone(UTC)
