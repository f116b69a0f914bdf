"""Groups of clients with targets of their own: `[[group]]` entries, and which group a client belongs to."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sevenc_sync.score.entries import EntryReader
from sevenc_sync.score.mistakes import listed, nearest, shown
from sevenc_sync.score.rules import Group, Rules
from sevenc_sync.score.words import ANY, Matcher, WordRule

FIELDS = ("name", "types", "status", ANY)  # of a company, as patterns may name them
LONGEST_RPO = 24 * 366.0  # hours: a recovery point a year old recovers nothing

# Name, types joined with "; ", and status of a client's master company -> the id of its group.
GroupOf = Callable[[str, str | None, str | None], str | None]


def read_group(reader: EntryReader, blocks: Collection[str], areas: Collection[str]) -> Group:
    """One `[[group]]` entry; mistakes are noted in the reader."""
    group = Group(
        id=reader.id,
        words=_clients(reader),
        target=reader.level("target"),
        targets=_targets(reader, [*blocks, *areas]),
        rpo_hours=_rpo(reader),
    )
    reader.finish()
    return group


def group_test(rules: Rules) -> GroupOf:
    """Says which group a client is in: the first in the rules' order that matches, and never more than one."""
    matcher = Matcher.of(
        WordRule(id=group.id, kind="company", words=group.words, gives=(group.id,)) for group in rules.groups
    )

    def test(name: str, types: str | None, status: str | None) -> str | None:
        found = {
            word
            for one in (types.split("; ") if types else [None])
            for word in matcher.gives("company", {"name": name, "types": one, "status": status})
        }
        return next((group.id for group in rules.groups if group.id in found), None)

    return test


def _clients(reader: EntryReader) -> Mapping[str, tuple[str, ...]]:
    given = reader.list_or_table("clients")
    fields: Mapping[str, Any] = {"name": given} if isinstance(given, Sequence) else given
    found: dict[str, tuple[str, ...]] = {}
    for name, patterns in fields.items():
        if name not in FIELDS:
            reader.wrong("clients", "unknown field", name, listed(FIELDS), nearest(name, FIELDS))
        elif (
            not isinstance(patterns, list)
            or not patterns
            or not all(isinstance(text, str) and text.strip() for text in patterns)
        ):
            if given:
                reader.wrong(
                    "clients", "is no list of patterns", f"{name} = {patterns!r}", '["text", "text*"]'
                )
        else:
            found[name] = tuple(patterns)
    return found


def _targets(reader: EntryReader, slugs: Collection[str]) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for slug, value in reader.optional_table("targets").items():
        if slug not in slugs:
            reader.wrong(
                "targets", "unknown area", slug, "the slug of an area or a block", nearest(slug, slugs)
            )
        level = reader.level_of("targets", value)
        if level is not None:
            found[slug] = level
    return found


def _rpo(reader: EntryReader) -> float | None:
    if not reader.has("rpo_hours"):
        return None
    hours = reader.positive("rpo_hours", 1.0)
    if hours > LONGEST_RPO:
        reader.wrong("rpo_hours", "is too long", shown(hours), f"at most {LONGEST_RPO:g} hours")
    return hours
