"""Meetings with the clients: each kind in a rhythm of its own on the grid, closer the better a client is managed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sevenc_sync.sandbox.world.entities import Activity, Organisation, Profile
from sevenc_sync.sandbox.world.profile import ADVISERS
from sevenc_sync.sandbox.world.seeds import at, clamp, day_index, day_of, dice

IDS_PER_DAY, IDS_PER_CLIENT = 4000, 10
PLANNED_AHEAD = 35
"""Days before its date on which a meeting enters the calendar."""

NEGLECTED_BELOW = 0.3
"""Quality below which nobody ever asks the client to a meeting of this kind."""

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of meeting: the block it speaks for, its name in the calendar, and a good MSP's days between two."""

    block: str
    name: str
    interval: int


KINDS: Mapping[str, Kind] = {
    "business review": Kind("competent", "Quarterly Business Review", 90),
    "strategy": Kind("conscious", "Strategy Session", 180),
    "plan review": Kind("conscious", "IT Plan Review", 90),
    "SLA audit": Kind("clear", "SLA Audit", 180),
    "budget": Kind("cost-effective", "IT Budget Meeting", 180),
    "security review": Kind("confident", "Security and Risk Review", 180),
    "check-in": Kind("charge", "Service Check-in Call", 45),
}
"""Kinds in a fixed order: their place is part of an activity's id."""


def make_activities(
    seed: int, client: Organisation, profile: Profile, anchor: datetime, now: datetime, history: timedelta
) -> Iterator[Activity]:
    """The client's meetings that the calendar holds at `now`, those of the coming weeks included; oldest first."""
    adviser = dice(seed, "adviser", client.index).choice(ADVISERS).split()[0]
    member = {"Ara": "akim", "Dana": "dreyes"}[adviser]
    rhythms = {name: _rhythm(seed, client, profile.blocks[kind.block], name) for name, kind in KINDS.items()}
    first = day_index((anchor - history).date())
    for index in range(first, day_index(now.date()) + PLANNED_AHEAD + 1):
        for place, (name, rhythm) in enumerate(rhythms.items()):
            if rhythm is not None and index % rhythm[0] == rhythm[1]:
                number = index * IDS_PER_DAY + client.index * IDS_PER_CLIENT + place
                quality = profile.blocks[KINDS[name].block]
                activity = _activity(seed, client, name, number, index, member, quality, now)
                if activity.created <= now:
                    yield activity


def _rhythm(seed: int, client: Organisation, quality: float, name: str) -> tuple[int, int] | None:
    """(days between two meetings, day of the first), None where there are none."""
    if quality < NEGLECTED_BELOW:
        return None
    days = round(KINDS[name].interval * (1 + 2.2 * (1 - quality) ** 1.3))
    return days, dice(seed, "rhythm", client.index, name).randrange(days)


def _activity(
    seed: int, client: Organisation, name: str, number: int, index: int, member: str, quality: float,
    now: datetime,
) -> Activity:  # fmt: skip
    chance = dice(seed, "activity", number)
    weekday = day_of(index).weekday()
    day = day_of(index + (7 - weekday if weekday >= SATURDAY else 0))
    start = at(day, 1800 * chance.randint(28, 44))
    end = start + timedelta(minutes=30 if name == "check-in" else chance.choice((60, 90, 120)))
    created = at(day_of(index - PLANNED_AHEAD), chance.randrange(46_800, 79_200))
    written_up = end + timedelta(minutes=chance.randint(5, 600))
    held = chance.random() < clamp(0.62 + 0.42 * quality)
    done = held and written_up <= now
    return Activity(
        id=number, client_id=client.id, kind=name, name=f"{KINDS[name].name} - {client.name}"[:100],
        member=member, created=created, start=start, end=end, held=done,
        updated=written_up if done else created,
    )  # fmt: skip
