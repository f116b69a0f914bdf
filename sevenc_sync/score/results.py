"""What scoring gives: a client's result with its blocks, areas and indicators."""

from datetime import datetime
from typing import Literal

import msgspec

WHOLE = "whole"  # the value of `excepted` where an exception leaves an indicator out altogether


class IndicatorResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One indicator of one client. `level` None: unknown, and `reason` says why.

    `sample` is the number of rows that the value rests on, `good` how many of them are good where the measure counts
    them. A level with no value means: looked for, and nothing was there.

    Where exceptions are in force, all of these say what is left when the excepted records are left out, and
    `level_without` is the level that no exception has touched; else both levels are equal. `excepted` is the number of
    records that exceptions name, or "whole": then the indicator counts nowhere, and its level is None.
    """

    id: str
    area: str
    title: str
    measure: str
    unit: str
    value: float | None
    sample: int
    good: int | None
    level: float | None
    level_without: float | None
    reason: str | None
    excepted: str | None
    is_low_sample: bool
    is_gate: bool
    is_attested: bool
    weight: float

    @property
    def counts(self) -> bool:
        """Whether it counts in the roll-up and in the proof: it does more than inform, and no exception leaves it out."""
        return self.excepted != WHOLE and self.weight > 0


class PartResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A block or an area of one client. `cap`: what holds the level down (a gate's id, or "attestation").

    `known` of `total` indicators have a level; that share is the proof. `excepted` further ones are left out by
    exceptions, and count in none of these; in `level_without` they do.
    """

    slug: str
    kind: Literal["block", "area"]
    name: str
    level: float | None
    level_without: float | None
    proof: float
    is_provisional: bool
    cap: str | None
    known: int
    total: int
    excepted: int


class ClientResult(msgspec.Struct, frozen=True, kw_only=True):
    """One client's result: the score (0 to 100, None while nothing is known) beside its proof (0 to 1).

    `score_without` is the score without any exception; the two are equal where none is in force.
    `account` and `company` say where the client's master record is; `at` is the clock that it was computed for.
    """

    client: int
    name: str
    account: int
    company: str
    at: datetime
    rules_hash: str
    score: float | None
    score_without: float | None
    proof: float
    is_provisional: bool
    blocks: tuple[PartResult, ...]
    areas: tuple[PartResult, ...]
    indicators: tuple[IndicatorResult, ...]


class ScoreSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What one scoring did: how many clients it scored, and how many of them came out different."""

    score_run: int
    at: datetime
    rules_hash: str
    clients: int
    changed: int
