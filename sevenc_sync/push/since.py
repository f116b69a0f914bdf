"""What changed since the last note, why, and what would bring a block back."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil

from sqlalchemy import Connection

from sevenc_sync.push.choose import about, area_name, plain, to_fix, value_as, value_of
from sevenc_sync.push.content import Block, Core, Direction, Goal, Move, Reason, Way
from sevenc_sync.score import ClientResult, Fix, IndicatorResult, Rules, TooMany, levels_at, what_if
from sevenc_sync.store.outbox import Facts

WAYS = 2  # blocks that are told how to get back: more are a plan, not a note
GOALS = 3  # of each
CAUSES = 2  # indicators that are named where the score moved and no block did
TOP = 5


def moves_since(
    connection: Connection,
    result: ClientResult,
    core: Core,
    rules: Rules,
    before: Facts,
    at: datetime,
) -> dict[str, tuple[Move, IndicatorResult | None]]:
    """The blocks at another whole level than in the note of `at`, by slug, each with the indicator that moved most in it."""
    moved = [
        block
        for block in core.blocks
        if block.slug in before.levels and before.levels[block.slug] != block.level
    ]
    if not moved:
        return {}
    levels = levels_at(connection, result.client, at)
    found = {}
    for block in moved:
        direction = _direction(before.levels[block.slug], block.level)
        cause = _cause(result, block, direction, levels)
        move = Move(
            slug=block.slug,
            name=block.name,
            before=before.levels[block.slug],
            after=block.level,
            direction=direction,
            reason=None if cause is None else _reason(cause, rules),
        )
        found[block.slug] = (move, cause)
    return found


def score_causes(
    connection: Connection,
    result: ClientResult,
    core: Core,
    rules: Rules,
    before: Facts,
    at: datetime,
    moved: Sequence[tuple[Move, IndicatorResult | None]],
) -> list[tuple[Reason, IndicatorResult]]:
    """The indicators that moved most the way the score did since the note of `at`, at most CAUSES of them.

    None where a block that `moved` the same way gives the reason. Levels are shown whole: a score may well move while no
    block does, and the note would not say why.
    """
    if core.score == before.score:
        return []
    way = "up" if core.score > before.score else "down"
    if any(move.direction == way and move.reason for move, _ in moved):
        return []
    levels = levels_at(connection, result.client, at)
    found = _moved_most(result, "", 1 if way == "up" else -1, levels)
    return [(_reason(item, rules), item) for item in found[:CAUSES]]


def _direction(before: int | None, after: int | None) -> Direction:
    if before is None or after is None:
        return "known" if after is not None else "unknown"
    return "up" if after > before else "down"


def _cause(
    result: ClientResult, block: Block, direction: Direction, levels: dict[str, float | None]
) -> IndicatorResult | None:
    """The indicator of the block that moved most in the same direction since."""
    if direction not in ("up", "down"):
        return None
    found = _moved_most(result, f"{block.slug}.", 1 if direction == "up" else -1, levels)
    return found[0] if found else None


def _moved_most(
    result: ClientResult, under: str, sign: int, levels: dict[str, float | None]
) -> list[IndicatorResult]:
    """The indicators under a slug that moved up (sign 1) or down (-1) since those levels, the largest move first."""
    moved = [
        (sign * (item.level - (levels.get(item.id) or 0.0)) * item.weight, item.id, item)
        for item in result.indicators
        if item.area.startswith(under)
        and item.counts
        and item.level is not None
        and (levels.get(item.id) is not None or sign < 0)
    ]
    ordered = sorted((found for found in moved if found[0] > 0), key=lambda found: found[:2], reverse=True)
    return [item for _, _, item in ordered]


def _reason(item: IndicatorResult, rules: Rules) -> Reason:
    rule = rules.indicator_by_id.get(item.id)
    return Reason(
        area=area_name(item.area, rules),
        title=plain(item.title, 120),
        why="" if rule is None else plain(rule.why, 240),
        value=value_of(item),
        to_fix=to_fix(item),
    )


def ways_of(result: ClientResult, rules: Rules, core: Core, moves: Sequence[Move]) -> tuple[Way, ...]:
    """How each block that went down gets back; where none did, how the weakest block gets one level up."""
    back = [(move.slug, move.before) for move in moves if move.direction == "down" and move.before]
    if back:
        wanted = [(slug, level, True) for slug, level in back[:WAYS]]
    else:
        known = [block for block in core.blocks if block.level is not None and block.level < TOP]
        weakest = min(known, key=lambda block: block.level or 0, default=None)
        wanted = [] if weakest is None else [(weakest.slug, (weakest.level or 0) + 1, False)]
    names = {block.slug: block.name for block in core.blocks}
    found = []
    for slug, level, is_back in wanted:
        try:
            way = what_if(rules, result, float(level), slug)
        except TooMany:
            continue
        if way.is_reached and way.fixes:
            goals = tuple(_goal(fix, rules) for fix in way.fixes[:GOALS])
            found.append(
                Way(
                    name=names[slug],
                    level=level,
                    is_back=is_back,
                    goals=goals,
                    more=len(way.fixes) - len(goals),
                )
            )
    return tuple(found)


def _goal(fix: Fix, rules: Rules) -> Goal:
    item = fix.indicator
    rule = rules.indicator_by_id[item.id]
    needed = ceil(fix.needed)
    value, rows = None, None
    if item.measure == "share" and 0 < needed <= len(rule.levels):
        step = rule.levels[needed - 1]
        value = value_as(step, item.measure, item.unit)
        if item.good is not None:
            missing = ceil(step * item.sample / 100 - 1e-9) - item.good
            rows = about(missing) if missing > 0 else None
    return Goal(area=area_name(item.area, rules), title=plain(item.title, 120), value=value, rows=rows)
