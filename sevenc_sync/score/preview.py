"""What would come out: at another clock, or under other rules. Nothing is saved here."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection, and_, select

from sevenc_sync.score.evaluate import evaluate
from sevenc_sync.score.feeds import Feeds
from sevenc_sync.score.groups import group_test
from sevenc_sync.score.results import ClientResult
from sevenc_sync.score.rulebook import RuleBook
from sevenc_sync.score.rules import Rules
from sevenc_sync.store.tables import client, evidence

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


class TargetMove(msgspec.Struct, frozen=True, kw_only=True):
    """Areas of a client, in the rules' order, whose target (a level, 0 to 5) differs in the same way."""

    client: int
    name: str
    areas: tuple[str, ...]
    before: float
    after: float


def preview(
    connection: Connection, rules: Rules, now: datetime, feeds: Feeds, clients: Collection[int] | None = None
) -> list[ClientResult]:
    """The results of those clients (None: all active ones) as of `now`, by name, from the evidence as it is stored.

    Clients are in the groups that these rules put them in, and not in those that the store has from the last matching.
    """
    results = evaluate(connection, _grouped(connection, rules), now, feeds, clients).results()
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
    grouped: dict[str, Rules] = {}  # their statements are made once for all clocks
    for now in clocks:
        old, new = before.at(now), after.at(now)
        if old.hash == new.hash:
            continue
        for rules in (old, new):
            if rules.hash not in grouped:
                grouped[rules.hash] = _grouped(connection, rules)
        old, new = grouped[old.hash], grouped[new.hash]
        results = {item.client: item for item in preview(connection, new, now, feeds)}
        for result in preview(connection, old, now, feeds):
            yield from _moves(old, new, result, results[result.client])


def target_moves(connection: Connection, before: Rules, after: Rules) -> list[TargetMove]:
    """The targets of active clients that differ between two sets of rules, by client's name."""
    groups = [_groups(connection, rules) for rules in (before, after)]
    shared = [area.slug for area in after.areas if area.slug in before.area_by_slug]
    statement = (
        select(client.c.id, client.c.name).where(client.c.is_active).order_by(client.c.name, client.c.id)
    )
    found: list[TargetMove] = []
    for row in connection.execute(statement):
        alike: dict[tuple[float, float], list[str]] = {}
        for slug in shared:
            one, two = (
                rules.target_of(mine.get(row.id), slug)
                for rules, mine in zip((before, after), groups, strict=True)
            )
            if one != two:
                alike.setdefault((one, two), []).append(slug)
        found += [
            TargetMove(client=row.id, name=row.name, areas=tuple(areas), before=one, after=two)
            for (one, two), areas in alike.items()
        ]
    return found


def _grouped(connection: Connection, rules: Rules) -> Rules:
    """The rules with the clients of each group, where conditions ask for a group's hours."""
    if rules.members is not None or all(group.rpo_hours is None for group in rules.groups):
        return rules
    found: dict[str, set[int]] = {}
    for number, group in _groups(connection, rules).items():
        if group is not None:
            found.setdefault(group, set()).add(number)
    members = {name: frozenset(numbers) for name, numbers in found.items()}
    return msgspec.structs.replace(rules, members=members)


def _groups(connection: Connection, rules: Rules) -> dict[int, str | None]:
    """The group that each client would be in if companies were matched now; without its record it stays where it was."""
    group_of = group_test(rules)
    company = evidence["company"].c
    of_client = and_(
        company.account == client.c.account, company.id == client.c.company, company.gone_at.is_(None)
    )
    statement = select(client.c.id, client.c.grp, company.name, company.types, company.status).select_from(
        client.outerjoin(evidence["company"], of_client)
    )
    return {
        number: held if name is None else group_of(name, types, status)
        for number, held, name, types, status in connection.execute(statement)
    }


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
