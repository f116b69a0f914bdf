"""Date-times in the vendor's several forms, all of them UTC."""

from datetime import UTC, date, datetime
from functools import lru_cache

FORMS = 3


def moment(value: datetime | None, number: int) -> str | None:
    """A time as the vendor sends it for the record of that number.

    By number: with `Z`, with a fraction and `Z`, with a fraction and no designator. The fraction stays within the second.
    """
    if value is None:
        return None
    text = value.strftime("%Y-%m-%dT%H:%M:%S")
    form = number % FORMS
    if form == 0:
        return f"{text}Z"
    fraction = f"{number * 37 % 1000:03d}".rstrip("0")
    return f"{text}{'.' if fraction else ''}{fraction}{'Z' if form == 1 else ''}"


def midnight(value: date | None) -> str | None:
    """A date as the vendor sends it: its midnight UTC."""
    return f"{value.isoformat()}T00:00:00Z" if value else None


@lru_cache(maxsize=200_000)
def parsed(text: str) -> datetime:
    """The time that a text of the wire or of a query means; without a designator it is UTC. ValueError if it is none."""
    value = datetime.fromisoformat(text)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
