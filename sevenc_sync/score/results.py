"""What scoring gives: a client's result with its blocks, areas and indicators."""

from datetime import datetime
from typing import Literal

import msgspec


class IndicatorResult(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator of one client. `level` None: unknown, and `reason` says why.

    `sample` is the number of rows that the value rests on, `good` how many of them are good where the measure counts
    them. A level with no value means: looked for, and nothing was there.
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
    reason: str | None
    is_low_sample: bool
    is_gate: bool
    is_attested: bool
    weight: float
    newest_at: datetime | None


class PartResult(msgspec.Struct, frozen=True, kw_only=True):
    """A block or an area of one client. `cap`: what holds the level down (a gate's id, or "attestation").

    `known` of `total` indicators have a level; that share is the proof.
    """

    slug: str
    kind: Literal["block", "area"]
    name: str
    level: float | None
    proof: float
    is_provisional: bool
    cap: str | None
    known: int
    total: int


class ClientResult(msgspec.Struct, frozen=True, kw_only=True):
    """One client's result: the score (0 to 100, None while nothing is known) beside its proof (0 to 1).

    `account` and `company` say where the client's master record is; `at` is the clock that it was computed for.
    """

    client: int
    name: str
    account: int
    company: str
    at: datetime
    rules_hash: str
    score: float | None
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
