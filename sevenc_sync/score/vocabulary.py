"""The words of the language: kinds of values, functions, and what a condition may read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import BigInteger, Boolean, ColumnElement, Double, Text, bindparam

from sevenc_sync.clock import from_seconds
from sevenc_sync.score.sources import Kind, Source

DAY = 86_400
HOUR = 3_600
MAX_LENGTH = 2_000  # characters: a condition that needs more is two indicators
MAX_DEPTH = 100  # brackets and operators inside one another
MAX_DAYS = 36_600  # a hundred years

AnyKind = Kind | Literal["null", "unknown"]
Sql = ColumnElement[Any]
SQL_TYPE: Mapping[Kind, Any] = {
    "text": Text(),
    "number": Double(),
    "condition": Boolean(),
    "time": BigInteger(),
}
NAMES: Mapping[str, str] = {
    "text": "a text",
    "number": "a number",
    "condition": "a condition",
    "time": "a time",
    "null": "null",
}
# SQL's own words, as people mistype them; columns and functions are added where a mistake is shown.
FUNCTIONS: Mapping[str, str] = {
    "now": "now() : the clock that the score is computed for",
    "this_year": "this_year() : the clock's year as a number",
    "date": "date('2026-01-31') : midnight UTC of a day",
    "days_ago": "days_ago(n) : the clock less n days",
    "hours_ago": "hours_ago(n) : the clock less n hours",
    "days_since": "days_since(time) : days from the time to the clock, with decimals",
    "hours_between": "hours_between(a, b) : hours from a to b, with decimals",
    "lower": "lower(text) : A to Z in small letters",
    "coalesce": "coalesce(a, b, ...) : the first that is not null",
    "rpo_hours": "rpo_hours(24) : hours that a recovery point may be old by the client's group, else this number",
    "how_many": "how_many(condition, ...) : how many of the conditions hold",
    "tagged": "tagged('tag') : whether tags.toml gives the row's words this tag",
    "service": "service('area') : whether services.toml maps the line's words to this area",
    "custom": "custom('Field') : the custom field's text, null where it is empty",
    "custom_date": "custom_date('Field') : the custom field's day, null where it is no date",
    "custom_number": "custom_number('Field') : the custom field's number, null where it is none",
    "custom_year": "custom_year('Field') : 1 January of the year in the custom field",
}


class Fault(msgspec.Struct, frozen=True):
    """Something in a condition that the language does not have."""

    problem: str
    value: str
    expected: str | None = None
    nearest: str | None = None


class Uses(msgspec.Struct, frozen=True):
    """What a condition reads: columns of its source, tags, areas of services, custom fields (in small letters)."""

    columns: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    customs: frozenset[str] = frozenset()

    def __or__(self, other: "Uses") -> "Uses":
        return Uses(
            self.columns | other.columns,
            self.tags | other.tags,
            self.services | other.services,
            self.customs | other.customs,
        )


@dataclass(frozen=True)
class Scope:
    """What the words of a condition stand for: the rows, the clock in epoch seconds, and the known tags and areas.

    Without a `source` nothing is known of the rows: any column may be meant, and all else is checked.
    """

    source: Source | None
    now: int
    tags: frozenset[str]
    areas: frozenset[str]
    column: Callable[[str], Sql]
    tagged: Callable[[str], Sql]
    service: Callable[[str], Sql]
    custom: Callable[[str], Sql]
    rpo_hours: Callable[[Sql], Sql]  # what the client's group says, else the default that is given


@dataclass(frozen=True)
class Built:
    """An expression, what it is, and what it reads. With faults, the expression means nothing."""

    sql: Sql
    kind: AnyKind
    uses: Uses
    faults: tuple[Fault, ...]


def clock(now: int) -> Sql:
    """The clock in epoch seconds, as a value that a statement gets when it is run: one statement serves every moment."""
    return bindparam("now", now, BigInteger())


def clock_year(now: int) -> Sql:
    """The clock's year, likewise."""
    return bindparam("this_year", float(from_seconds(now).year), Double())


def field_key(name: str) -> str:
    """A custom field's name as it is compared: without blanks around it, A to Z in small letters."""
    return ascii_small(name.strip(" "))


def ascii_small(text: str) -> str:
    """The text with A to Z made small, as ascii_lower does it in SQL."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)
