"""All clients at a glance: scores, the levels of the blocks, and how the scores went; without what is behind them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.score.rules import Rules
from sevenc_sync.store.tables import client, client_score, part_score, score_history


class BlockLevel(msgspec.Struct, frozen=True):
    """A block's level (0 to 5, None: unknown); provisional where less than half of it is proven."""

    level: float | None
    is_provisional: bool


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """One client: score (0 to 100, None: unknown), proof (0 to 1), and its blocks in the framework's order."""

    client: int
    name: str
    group: str | None
    score: float | None
    score_without: float | None
    proof: float
    is_provisional: bool
    at: datetime
    blocks: tuple[BlockLevel, ...]


def headlines(
    connection: Connection, rules: Rules, clients: Collection[int] | None = None, *, has_blocks: bool = True
) -> list[Headline]:
    """All active clients that were scored, or those of `clients` among them, by name.

    Without `has_blocks` their blocks are not read, and unknown: there are seven times as many of them.
    """
    mine = [] if clients is None else [client_score.c.client.in_(sorted(clients))]
    statement = (
        select(client_score, client.c.name, client.c.grp)
        .join(client, client.c.id == client_score.c.client)
        .where(client.c.is_active, *mine)
        .order_by(client.c.name, client.c.id)
    )
    slugs = [block.slug for block in rules.blocks]
    columns = part_score.c
    parts = select(columns.client, columns.slug, columns.level, columns.is_provisional)
    parts = parts.where(columns.slug.in_(slugs))
    if clients is not None:
        parts = parts.where(columns.client.in_(sorted(clients)))
    levels: dict[tuple[int, str], BlockLevel] = {}
    if has_blocks:
        levels = {(row[0], row[1]): BlockLevel(row[2], bool(row[3])) for row in connection.execute(parts)}
    unknown = BlockLevel(None, False)
    return [
        Headline(
            client=row.client,
            name=row.name,
            group=row.grp,
            score=row.score,
            score_without=row.score_without,
            proof=row.proof,
            is_provisional=row.is_provisional,
            at=from_seconds(row.at),
            blocks=tuple(levels.get((row.client, slug), unknown) for slug in slugs),
        )
        for row in connection.execute(statement)
    ]


def score_lines(
    connection: Connection, clients: Collection[int], since: datetime
) -> dict[int, list[tuple[datetime, float | None]]]:
    """How the scores of those clients went since then: (when, score), oldest first."""
    columns = score_history.c
    statement = (
        select(columns.client, columns.at, columns.level)
        .where(columns.kind == "client", columns.at >= to_seconds(since), columns.client.in_(sorted(clients)))
        .order_by(columns.id)
    )
    found: dict[int, list[tuple[datetime, float | None]]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.client, []).append((from_seconds(row.at), row.level))
    return found


def part_levels(connection: Connection) -> dict[int, dict[str, float | None]]:
    """The levels of blocks and areas (None: unknown) of active clients that were scored, by client and slug."""
    columns = part_score.c
    statement = select(columns.client, columns.slug, columns.level).join(
        client, client.c.id == columns.client
    )
    found: dict[int, dict[str, float | None]] = {}
    for some in connection.execute(statement.where(client.c.is_active)).partitions(2_000):
        for owner, slug, level in some:
            found.setdefault(owner, {})[slug] = level
    return found


def levels(connection: Connection, *, limit: int, offset: int) -> list[Any]:
    """The blocks and areas of active clients, by client and slug: the columns of `part_score` beside the client's name."""
    statement = select(part_score, client.c.name).join(client, client.c.id == part_score.c.client)
    statement = statement.where(client.c.is_active).order_by(part_score.c.client, part_score.c.slug)
    return list(connection.execute(statement.limit(limit).offset(offset)))


def count_levels(connection: Connection) -> int:
    """How many rows `levels` would give without a limit."""
    statement = select(func.count()).select_from(part_score).join(client, client.c.id == part_score.c.client)
    return int(connection.execute(statement.where(client.c.is_active)).scalar_one())
