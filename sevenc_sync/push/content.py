"""What a note says, before it is words. Names and titles are those of the rules; numbers are coarse enough to stand for weeks.

`Core` follows from a client's result, its exceptions and its plan alone: where it is the same, there is nothing new to write.
`Note` adds what is read when the text is written: what changed since the last note, examples, and how old the sources are.
"""

from datetime import date
from typing import Literal

import msgspec

ValueKind = Literal["percent", "weeks", "months", "years", "never", "count", "number", "step", "none"]
Direction = Literal["up", "down", "known", "unknown", "same"]
# stale, closed: a stream; few: how many records are needed; no-source, not-known: what would deliver; other: a sentence
NeedKind = Literal[
    "stale", "closed", "few", "nothing", "no-source", "not-known", "untold", "not-entered", "unmarked",
    "too-new", "too-short", "other",
]  # fmt: skip


class Value(msgspec.Struct, frozen=True):
    """An indicator's value, rounded for people. `unit` is set for counts and plain numbers."""

    kind: ValueKind
    number: float = 0.0
    unit: str = ""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A block with its whole level; None: not enough proof."""

    slug: str
    name: str
    level: int | None
    is_provisional: bool


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do. `to_fix` is the number of rows that do not pass, rounded; None where rows are not counted.

    `why` is what it means for the client's business. `owner` and `due` are what was agreed, where `is_agreed`.
    """

    item: str | None
    indicator: str
    area: str
    title: str
    value: Value
    to_fix: int | None
    level: int | None
    why: str
    fix: str
    owner: str | None
    due: date | None
    is_agreed: bool
    example: str | None = None


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Areas that could not be judged, wholly or in part, and what that needs."""

    areas: tuple[str, ...]
    kind: NeedKind
    need: str


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """A risk that somebody accepted until a day; `records` of 0: all. With `is_left_out` the score leaves it out."""

    area: str
    title: str | None
    records: int
    reason: str
    until: date
    is_left_out: bool


class Core(msgspec.Struct, frozen=True, kw_only=True):
    """What a note says of the client. `known` of `total` indicators could be judged, `proof` is that share in percent.

    `score_without` is the score without any exception; None where none counts, or nothing is known without.
    """

    client: str
    score: int
    score_without: int | None
    proof: int
    known: int
    total: int
    is_provisional: bool
    blocks: tuple[Block, ...]
    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]
    more_gaps: int
    risks: tuple[Risk, ...]
    more_risks: int


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a block moved: the indicator that moved most in it. `example` is one device or ticket."""

    area: str
    title: str
    why: str
    value: Value
    to_fix: int | None
    example: str | None = None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A block whose level is another one than in the last note; None: not enough proof."""

    slug: str
    name: str
    before: int | None
    after: int | None
    direction: Direction
    reason: Reason | None


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator that must get better: to which value (None where a value says nothing), and how many rows that takes."""

    area: str
    title: str
    value: Value | None
    rows: int | None


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest set of indicators that brings a block to a level; `is_back` where it stood there before."""

    name: str
    level: int
    is_back: bool
    goals: tuple[Goal, ...]
    more: int


class Source(msgspec.Struct, frozen=True):
    """One source and how many days ago it was last read to the end (None: never)."""

    name: str
    days: int | None


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """All that a template may say. `day` is the day in the MSP's time zone; `before` the score of the last note and its day.

    `causes` are the indicators that moved the score most, where none of `moves` tells why it moved.
    """

    core: Core
    day: date
    before_score: int | None = None
    before_day: date | None = None
    moves: tuple[Move, ...] = ()
    causes: tuple[Reason, ...] = ()
    ways: tuple[Way, ...] = ()
    sources: tuple[Source, ...] = ()

    def move_of(self, slug: str) -> Move | None:
        """The block's move since the last note."""
        return next((move for move in self.moves if move.slug == slug), None)

    @property
    def better(self) -> tuple[Move, ...]:
        """The blocks that went up."""
        return tuple(move for move in self.moves if move.direction == "up")

    @property
    def worse(self) -> tuple[Move, ...]:
        """The blocks that went down."""
        return tuple(move for move in self.moves if move.direction == "down")
