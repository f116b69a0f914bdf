"""What the JSON API answers with. Levels are 0 to 5, scores 0 to 100, shares 0 to 1; null is unknown."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """Some of `total` items, from `offset` on."""

    total: int
    offset: int
    items: list[Item]


class Part(BaseModel):
    """A block or an area."""

    slug: str
    name: str
    level: float | None
    level_without: float | None
    proof: float
    provisional: bool
    cap: str | None


class Level(BaseModel):
    """A block or an area of one client."""

    client: int
    name: str
    kind: str
    slug: str
    level: float | None
    level_without: float | None
    proof: float
    provisional: bool
    cap: str | None


class Score(BaseModel):
    """A client's score beside its proof; `score_without` is the score without exceptions."""

    id: int
    name: str
    group: str | None
    score: float | None
    score_without: float | None
    proof: float
    provisional: bool
    at: datetime
    blocks: dict[str, float | None]


class Client(Score):
    """The same with the client's areas."""

    areas: list[Part]


class Indicator(BaseModel):
    """One indicator of one client; `reason` says why it is unknown."""

    client: int
    id: str
    area: str
    title: str
    value: float | None
    unit: str
    sample: int
    level: float | None
    reason: str | None


class Change(BaseModel):
    """A change of the score or of a level; `before` null on the first."""

    at: datetime
    slug: str
    before: float | None
    after: float | None
    proof: float | None


class PlanStep(BaseModel):
    """One step of a client's plan: open, accepted, done or risk."""

    id: str
    indicator: str
    title: str
    state: str
    owner: str | None
    due: datetime | None
    until: datetime | None
    reason: str | None
    changed_at: datetime


class Service(BaseModel):
    """One area of the MSP's offering."""

    area: str
    name: str
    clients: int
    buyers: int
    median_buyers: float | None
    median_others: float | None
    gap_clients: int
    gap: float | None
    gap_seats: float
    need: float


class Run(BaseModel):
    """One reading of a stream."""

    run: int
    account: str
    stream: str
    state: str
    mode: str
    trigger: str
    started_at: str | None
    finished_at: str | None
    fetched: int
    new: int
    changed: int
    same: int
    held: int
    gone: int
    requests: int
    retries: int


class Stream(BaseModel):
    """How a stream is."""

    account: str
    stream: str
    state: str
    word: str
    last_ok_at: str | None
    next_due_at: str | None
    newest_at: str | None
    failures: int
    quarantined: int
    reason: str | None
    action: str | None


class Problem(BaseModel):
    """Why there is no answer."""

    detail: Any
