"""The history of scores: one row per change, written with the score, and read back with what moved it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, and_, func, insert, select

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.score.results import ClientResult, IndicatorResult
from sevenc_sync.score.rollup import PROVISIONAL_BELOW
from sevenc_sync.store.tables import score_history

Kind = Literal["client", "block", "area", "indicator"]
NO_RULE = "no rule looks at it any more"
_BELOW: Mapping[str, Kind] = {"client": "area", "block": "area", "area": "indicator"}


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a client's score (0 to 100; kind client, empty slug) or of a level (0 to 5).

    `before` and `after` None: unknown. `is_first`: nothing was kept before, so `before` says nothing. `proof` is 0 to 1, and
    None for indicators. `other_rules`: the change before was scored with other rules. `moved` are the areas (of a score or a
    block, each with its own `moved`) or the indicators (of an area) that changed in the same run.
    """

    at: datetime
    run: int
    kind: Kind
    slug: str
    before: float | None
    after: float | None
    after_without: float | None
    is_first: bool
    proof: float | None
    reason: str | None
    rules_hash: str
    other_rules: bool
    moved: tuple["Change", ...] = ()


_Levels = tuple[float | None, float | None, float | None]


class Before(msgspec.Struct, frozen=True):
    """What was stored of a client: (level, level without exceptions, proof), by kind and slug; no proof for indicators."""

    levels: Mapping[tuple[Kind, str], _Levels]


def note_changes(
    connection: Connection, run: int, results: Sequence[tuple[ClientResult, Before | None]]
) -> None:
    """Write a row for everything that changed, in the transaction that saves the results."""
    rows = [
        {
            "client": result.client,
            "at": to_seconds(result.at),
            "score_run": run,
            "rules_hash": result.rules_hash,
            **row,
        }
        for result, before in results
        for row in _rows(result, before)
    ]
    if rows:
        connection.execute(insert(score_history), rows)


def _rows(result: ClientResult, before: Before | None) -> Iterator[dict[str, Any]]:
    old = {} if before is None else dict(before.levels)
    score = (result.score, result.score_without, result.proof)
    if _part_changed(old.pop(("client", ""), None), score):
        yield _row("client", "", *score)
    moved: set[str] = set()
    for part in (*result.blocks, *result.areas):
        is_there = bool(part.total or part.excepted)
        now = (part.level, part.level_without, part.proof)
        if is_there and _part_changed(old.pop((part.kind, part.slug), None), now):
            moved.add(part.slug)
            yield _row(part.kind, part.slug, *now)
    for item in result.indicators:
        last = old.pop(("indicator", item.id), None)
        if _indicator_changed(last, item, in_moved_area=item.area in moved):
            yield _row("indicator", item.id, item.level, item.level_without, None, item.reason)
    for (kind, slug), levels in old.items():
        if levels[:2] != (None, None):
            yield _row(kind, slug, None, None, None, NO_RULE)


def _row(
    kind: Kind,
    slug: str,
    level: float | None,
    without: float | None,
    proof: float | None,
    reason: str | None = None,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "slug": slug,
        "level": level,
        "level_without": without,
        "proof": proof,
        "reason": reason,
    }


def _part_changed(old: _Levels | None, new: _Levels) -> bool:
    """Whether a level changed, or became provisional or final. What never was known leaves no row."""
    if old is None:
        return new[:2] != (None, None)
    if old[:2] != new[:2]:
        return True
    return new[0] is not None and _is_provisional(old[2]) != _is_provisional(new[2])


def _is_provisional(proof: float | None) -> bool:
    return proof is not None and proof < PROVISIONAL_BELOW


def _indicator_changed(old: _Levels | None, item: IndicatorResult, *, in_moved_area: bool) -> bool:
    """Whether its whole level changed, or its being known; any change of level where it moved its area."""
    level = None if old is None else old[0]
    if _whole(level) != _whole(item.level):
        return True
    return in_moved_area and level != item.level


def _whole(level: float | None) -> int | None:
    return None if level is None else math.floor(level)


def history(
    connection: Connection,
    client: int,
    kind: Kind,
    slug: str,
    *,
    limit: int,
    offset: int = 0,
    since: datetime | None = None,
) -> list[Change]:
    """The newest changes of a client's score or one of its levels, newest first from the `offset`th on, each with what moved it."""
    mine = (
        score_history.c.client == client,
        score_history.c.kind == kind,
        score_history.c.slug == slug,
    )
    statement = select(score_history).where(*mine).order_by(score_history.c.id.desc())
    # One more, for what the oldest of them changed from.
    rows = connection.execute(statement.limit(limit + 1).offset(offset)).all()
    found = [
        _change(row, rows[number + 1] if number + 1 < len(rows) else None) for number, row in enumerate(rows)
    ]
    found = [item for item in found[:limit] if since is None or item.at >= since]
    below = _BELOW.get(kind)
    if below is None or not found:
        return found
    runs = {item.run for item in found}
    moved = _moved(connection, client, below, slug, runs)
    if below == "area":
        # An area's name alone is no reason: the indicators that moved it are.
        causes = _moved(connection, client, "indicator", slug, runs)
        moved = {
            run: [
                msgspec.structs.replace(
                    area,
                    moved=tuple(i for i in causes.get(run, ()) if i.slug.rpartition(".")[0] == area.slug),
                )
                for area in areas
            ]
            for run, areas in moved.items()
        }
    return [msgspec.structs.replace(item, moved=tuple(moved.get(item.run, ()))) for item in found]


def count_changes(connection: Connection, client: int, kind: Kind, slug: str) -> int:
    """How many changes `history` would give without a limit."""
    columns = score_history.c
    statement = select(func.count()).where(
        columns.client == client, columns.kind == kind, columns.slug == slug
    )
    return int(connection.execute(statement).scalar_one())


def levels_at(
    connection: Connection, client: int, at: datetime, kind: Kind = "indicator"
) -> dict[str, float | None]:
    """The levels of a client's indicators, or of another kind, as noted at that moment; what never was is not there."""
    columns = score_history.c
    rows = connection.execute(
        select(columns.slug, columns.level)
        .where(columns.client == client, columns.kind == kind, columns.at <= to_seconds(at))
        .order_by(columns.id)
    )
    return {row.slug: row.level for row in rows}


def _moved(
    connection: Connection, client: int, kind: Kind, under: str, runs: set[int]
) -> dict[int, list[Change]]:
    """The changes of that kind under a slug, by run."""
    table = score_history.c
    mine = [table.client == client, table.kind == kind]
    if under:
        mine.append(table.slug.startswith(f"{under}.", autoescape=True))
    rows = connection.execute(
        select(score_history).where(and_(*mine), table.score_run <= max(runs)).order_by(table.id)
    )
    last: dict[str, Any] = {}
    found: dict[int, list[Change]] = {}
    for row in rows:
        if row.score_run in runs:
            found.setdefault(row.score_run, []).append(_change(row, last.get(row.slug)))
        last[row.slug] = row
    return found


def _change(row: Any, before: Any) -> Change:
    return Change(
        at=from_seconds(row.at),
        run=row.score_run,
        kind=row.kind,
        slug=row.slug,
        before=None if before is None else before.level,
        after=row.level,
        after_without=row.level_without,
        is_first=before is None,
        proof=row.proof,
        reason=row.reason,
        rules_hash=row.rules_hash,
        other_rules=before is not None and before.rules_hash != row.rules_hash,
    )
