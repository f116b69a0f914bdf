"""The plan of a client: which indicators hold its areas below their targets, and what became of each of them.

An item of the plan is one indicator of one client. It is opened and closed by the evidence, at every scoring; in between
people say what they make of it. Accepting a risk here changes no score: for that there are exceptions.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from sevenc_sync.score.results import ClientResult, IndicatorResult
from sevenc_sync.score.rollup import ATTESTATION, GATE_LEAD
from sevenc_sync.score.rules import Rules
from sevenc_sync.score.saving import OnSaved
from sevenc_sync.score.suppose import level_at, lifted, top_of
from sevenc_sync.store.clients import groups_of
from sevenc_sync.store.plan_items import (
    NewItem,
    PlanItem,
    add_plan_items,
    read_plan_items,
    write_plan_items,
)

# How long a person's "done" stands against evidence that still shows the gap; judgement: most rules look back that far.
CLAIM_HOLDS = timedelta(days=90)


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator that holds its area below its target.

    `needed` is the level that would not: the target, or the top of a ladder that ends below it.
    """

    indicator: IndicatorResult
    needed: float


class AreaGap(msgspec.Struct, frozen=True, kw_only=True):
    """An area below its target, or unknown (`level` None), with what holds it there: what lifts it most surely first.

    `gaps` is empty where no indicator can lift the area as high as its target.
    """

    area: str
    name: str
    level: float | None
    target: float
    cap: str | None
    gaps: tuple[Gap, ...]


class Gain(msgspec.Struct, frozen=True):
    """The level of the area and the score (0 to 100) if one indicator reached the level that it needs."""

    area_level: float | None
    score: float | None


def area_gaps(rules: Rules, result: ClientResult, group: str | None) -> list[AreaGap]:
    """The areas below the targets of the client's group, in the framework's order."""
    by_area: dict[str, list[IndicatorResult]] = {}
    for item in result.indicators:
        if item.counts:  # what an exception leaves out holds nothing back
            by_area.setdefault(item.area, []).append(item)
    found = []
    for part in result.areas:
        target = rules.target_of(group, part.slug)
        if part.level is not None and part.level >= target:
            continue
        mine = by_area.get(part.slug, [])
        needed = {item.id: min(target, top_of(rules.indicator_by_id[item.id])) for item in mine}
        low = [
            item
            for item in mine
            if _holds_back(item, needed[item.id], is_known=part.level is not None, cap=part.cap)
        ]
        low.sort(key=lambda item: _order(item, part.cap, target))
        found.append(
            AreaGap(
                area=part.slug,
                name=part.name,
                level=part.level,
                target=target,
                cap=part.cap,
                gaps=tuple(Gap(indicator=item, needed=needed[item.id]) for item in low),
            )
        )
    return found


def gain_of(rules: Rules, base: ClientResult, gap: Gap) -> Gain:
    """What the real roll-up makes of it; `base` is the client's result as `with_levels` rolls it up with no other level."""
    after = lifted(rules, base, gap.indicator.id, gap.needed)
    return Gain(level_at(after, gap.indicator.area), after.score)


def _holds_back(item: IndicatorResult, needed: float, *, is_known: bool, cap: str | None) -> bool:
    if item.level is not None:
        return item.level < needed
    # What is unknown holds nothing down, unless nothing else speaks for the area but somebody's word.
    return not is_known or (cap == ATTESTATION and not item.is_attested)


def _order(item: IndicatorResult, cap: str | None, target: float) -> tuple[bool, bool, float, float, str]:
    level = target if item.level is None else item.level
    caps = item.is_gate and item.level is not None and item.level + GATE_LEAD < target
    return item.id != cap, not caps, level, -item.weight, item.id


def plan_keeper(rules: Rules) -> OnSaved:
    """The hook for `score_clients` that keeps the plans in step with the scores, a few statements for many clients."""

    def keep(connection: Connection, results: Sequence[ClientResult]) -> None:
        if not results:
            return
        now = results[0].at
        groups = groups_of(connection, [result.client for result in results])
        items = read_plan_items(connection, [result.client for result in results])
        new: list[NewItem] = []
        changed: list[PlanItem] = []
        for result in results:
            there = items.get(result.client, {})
            gaps = {
                gap.indicator.id
                for area in area_gaps(rules, result, groups.get(result.client))
                for gap in area.gaps
            }
            unknown = {item.id for item in result.indicators if item.level is None}
            new += [
                NewItem(result.client, f"{result.account}\n{result.company}\n{name}", name)
                for name in sorted(gaps - set(there))
            ]
            for name, item in there.items():
                # Not known is not closed: only evidence that the indicator is well closes a gap.
                has_gap = True if name in gaps else None if name in unknown else False
                after = moved(item, has_gap, now)
                if after != item:
                    changed.append(after)
        add_plan_items(connection, new, now)
        write_plan_items(connection, changed)

    return keep


def moved(item: PlanItem, has_gap: bool | None, now: datetime) -> PlanItem:
    """The item after a scoring that found its gap there, closed, or (None) could not tell."""
    if has_gap is False:
        if item.state == "done" and item.by is None:
            return item
        return _changed(item, now, state="done", due_at=item.due_at)
    if item.state == "risk" and item.until is not None and item.until <= now:
        # Who accepted it, why and until when stays with it: whoever meets it again must decide it again.
        return msgspec.structs.replace(item, state="open", changed_at=now)
    if item.state == "done" and has_gap and (item.by is None or item.changed_at <= now - CLAIM_HOLDS):
        return _changed(item, now, state="open")
    return item


def _changed(item: PlanItem, now: datetime, *, state: str, due_at: datetime | None = None) -> PlanItem:
    """By the evidence: what a person said of the former state is over, and its owner stays."""
    return msgspec.structs.replace(
        item, state=state, reason=None, by=None, until=None, due_at=due_at, changed_at=now
    )
