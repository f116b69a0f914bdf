"""What would come out: at another clock, or under other rules. Nothing is saved here."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection

from sevenc_sync.score.evaluate import evaluate
from sevenc_sync.score.feeds import Feeds
from sevenc_sync.score.results import ClientResult
from sevenc_sync.score.rulebook import RuleBook
from sevenc_sync.score.rules import Rules

# What happened to a rule. "words": the rule is the same, but tags, services or groups around it are others.
How = Literal["added", "changed", "switched off", "words"]


class RuleChange(msgspec.Struct, frozen=True, kw_only=True):
    """An indicator that is not the same in both sets of rules."""

    id: str
    how: How


class IndicatorMove(msgspec.Struct, frozen=True, kw_only=True):
    """An indicator whose level differs. Levels as in IndicatorResult: None is unknown, or a rule that is not there."""

    id: str
    how: How
    before: float | None
    after: float | None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A client's score (0 to 100; `slug` is empty) or a level of a block or an area (0 to 5) that differs at a clock.

    `by` are the indicators that make the difference: the area's, the block's, or all of the client's.
    """

    client: int
    name: str
    at: datetime
    kind: Literal["client", "block", "area"]
    slug: str
    before: float | None
    after: float | None
    by: tuple[IndicatorMove, ...]


def preview(
    connection: Connection, rules: Rules, now: datetime, feeds: Feeds, clients: Collection[int] | None = None
) -> list[ClientResult]:
    """The results of those clients (None: all active ones) as of `now`, by name, from the evidence as it is stored."""
    results = evaluate(connection, rules, now, feeds, clients).results()
    return sorted(results, key=lambda item: (item.name, item.client))


def rule_changes(before: Rules, after: Rules) -> list[RuleChange]:
    """The indicators that are not the same in both, by id."""
    old, new = before.indicator_by_id, after.indicator_by_id
    found = []
    for name in sorted({*old, *new}):
        how = _how(name, before, after)
        if how != "words":
            found.append(RuleChange(id=name, how=how))
    return found


def moves(
    connection: Connection, before: RuleBook, after: RuleBook, clocks: Sequence[datetime], feeds: Feeds
) -> Iterator[Move]:
    """What differs between two sets of rules, over the same evidence, at each of the clocks; by clock and client."""
    for now in clocks:
        old, new = before.at(now), after.at(now)
        if old.hash == new.hash:
            continue
        results = {item.client: item for item in preview(connection, new, now, feeds)}
        for result in preview(connection, old, now, feeds):
            yield from _moves(old, new, result, results[result.client])


def _moves(old: Rules, new: Rules, before: ClientResult, after: ClientResult) -> Iterator[Move]:
    changed = list(_indicator_moves(old, new, before, after))
    levels = [_levels(before), _levels(after)]
    for kind, slug in {**levels[0], **levels[1]}:
        one, two = (found.get((kind, slug)) for found in levels)
        if one != two:
            yield Move(
                client=after.client,
                name=after.name,
                at=after.at,
                kind=kind,
                slug=slug,
                before=one,
                after=two,
                by=tuple(item for item in changed if f"{item.id}.".startswith(f"{slug}." if slug else "")),
            )


def _levels(
    result: ClientResult,
) -> Mapping[tuple[Literal["client", "block", "area"], str], float | None]:
    return {
        ("client", ""): result.score,
        **{(part.kind, part.slug): part.level for part in (*result.blocks, *result.areas)},
    }


def _indicator_moves(
    old: Rules, new: Rules, before: ClientResult, after: ClientResult
) -> Iterator[IndicatorMove]:
    levels = [{item.id: item.level for item in result.indicators} for result in (before, after)]
    for name in sorted({**levels[0], **levels[1]}):
        one, two = (found.get(name) for found in levels)
        how = _how(name, old, new)
        # A rule that weighs more moves its area though its own level is the same.
        if one != two or how != "words":
            yield IndicatorMove(id=name, how=how, before=one, after=two)


def _how(name: str, before: Rules, after: Rules) -> How:
    old, new = before.indicator_by_id.get(name), after.indicator_by_id.get(name)
    if old is None:
        return "added"
    if new is None:
        return "switched off"
    return "words" if old == new else "changed"
