"""A client's plan as a person reads it: each step with its records, its gain, and what was decided about it."""

from datetime import datetime
from typing import Literal

import msgspec

from sevenc_sync.clock import to_seconds
from sevenc_sync.score.estate import sold_areas
from sevenc_sync.score.explain import Explained, explain_indicators
from sevenc_sync.score.feeds import Feeds, Sources
from sevenc_sync.score.indicators import DEFAULT_FRESH
from sevenc_sync.score.plan import AreaGap, Gain, Gap, area_gaps, gain_of
from sevenc_sync.score.results import ClientResult
from sevenc_sync.score.rules import Rules
from sevenc_sync.score.suppose import with_levels
from sevenc_sync.store.clients import groups_of
from sevenc_sync.store.database import Store
from sevenc_sync.store.plan_items import PlanItem, read_plan_items

# failing: sold and below its target; unsold: no line in force maps to it; unproven: unknown; unclear: nobody knows what is sold.
Kind = Literal["failing", "unsold", "unproven", "unclear"]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator to fix. `item` is None until the next scoring where the gap is newer than the last one."""

    gap: Gap
    gain: Gain
    explained: Explained
    item: PlanItem | None


class PlanArea(msgspec.Struct, frozen=True, kw_only=True):
    """An area below its target with its steps, the one that lifts it most surely first."""

    gap: AreaGap
    kind: Kind
    sold: bool | None
    steps: tuple[Step, ...]


class ClientPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of one client as of `at`. `closed` are items without a gap; `sold_reason` says why nobody knows what is sold."""

    result: ClientResult
    at: datetime
    areas: tuple[PlanArea, ...]
    closed: tuple[PlanItem, ...]
    sold_reason: str | None


def read_plan(
    store: Store, rules: Rules, now: datetime, feeds: Feeds, result: ClientResult, *, limit: int
) -> ClientPlan:
    """The plan that follows from a stored result; records (those to fix, at most `limit` a step) are those of the evidence now."""
    with store.read() as connection:
        group = groups_of(connection, [result.client]).get(result.client)
        items = read_plan_items(connection, [result.client]).get(result.client, {})
        # Without its contract lines nobody knows what a client buys: that is not the same as buying nothing.
        sources = Sources.read(connection, feeds, to_seconds(now), [result.client])
        unclear = sources.fault(result.client, result.account, "contract_line", ("contract",), DEFAULT_FRESH)
        sold = frozenset[str]() if unclear else sold_areas(connection, rules, now, result.client)
    areas = area_gaps(rules, result, group)
    wanted = {gap.indicator.id for area in areas for gap in area.gaps}
    explained = {
        item.result.id: item
        for item in explain_indicators(
            store, rules, now, feeds, result.client, wanted, limit=limit, only_to_fix=True
        )
    }
    base = with_levels(rules, result, {})
    found = []
    for area in areas:
        is_sold = None if unclear else area.area in sold
        steps = tuple(
            Step(
                gap=gap,
                gain=gain_of(rules, base, gap),
                explained=explained[gap.indicator.id],
                item=items.get(gap.indicator.id),
            )
            for gap in area.gaps
        )
        found.append(PlanArea(gap=area, kind=_kind(area, is_sold), sold=is_sold, steps=steps))
    return ClientPlan(
        result=result,
        at=now,
        areas=tuple(found),
        closed=tuple(item for name, item in sorted(items.items()) if name not in wanted),
        sold_reason=unclear,
    )


def _kind(area: AreaGap, is_sold: bool | None) -> Kind:
    if area.level is None:
        return "unproven"
    if is_sold is None:
        return "unclear"
    return "failing" if is_sold else "unsold"
