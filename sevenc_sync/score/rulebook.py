"""Rules as a function of the clock: an entry with `enable_on` counts from that day on."""

from datetime import UTC, date, datetime, time

import msgspec

from sevenc_sync.score.rules import Rules


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a mapping file that counts from the beginning of a day (UTC), and where it stands."""

    on: date
    table: str
    id: str
    file: str
    line: int


class RuleBook(msgspec.Struct, frozen=True):
    """All that the mapping files say, for every clock.

    `stages` are the effective rules with the day from which they hold, by day; the first has none. `dated` lists the
    entries that make the difference.
    """

    stages: tuple[tuple[date | None, Rules], ...]
    dated: tuple[Dated, ...]

    def at(self, now: datetime) -> Rules:
        """The effective rules at that moment; the same object for all moments between two days of change."""
        day = now.astimezone(UTC).date()
        return next(rules for begin, rules in reversed(self.stages) if begin is None or begin <= day)

    def waiting(self, now: datetime) -> list[Dated]:
        """The entries that do not count yet, by day."""
        return [item for item in self.dated if midnight(item.on) > now]


def midnight(day: date) -> datetime:
    """The first moment of a day, UTC."""
    return datetime.combine(day, time(0), UTC)
