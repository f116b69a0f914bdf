"""Which rows have words that no rule knows, asked family by family.

A family is a set of tags of which every row should have one: the tags that the rules of one `group` give, such as
internal, project, proactive and reactive. A row that has none of them is not mapped: indicators that ask for such a tag look past it.
Tags outside any group (how-to, backup) mark a few rows among many, so that nothing follows from a row that lacks them.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec
from sqlalchemy import BigInteger, Connection, Select, and_, false, func, literal, select

from sevenc_sync.score.binding import Binder
from sevenc_sync.score.devicebinding import KINDS
from sevenc_sync.score.rules import Indicator, Rules
from sevenc_sync.score.sources import SOURCES, Source
from sevenc_sync.score.vocabulary import Sql
from sevenc_sync.score.words import WordRule
from sevenc_sync.store.tables import evidence

SERVICES = "services"  # the family of contract lines: the areas that services.toml maps them to
# A family that the program itself asks for, whatever the rules do: what a device is.
_BUILT_IN: Mapping[str, str] = {"assets": "kind"}
_ENTRIES = "time_entries"
_UNWRITABLE = re.compile("[\x00-\x1f\x7f]+")

Words = Mapping[str, str]  # what a record says, field by field; fields without a word left out


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One family of one source: the rules' group, the kind of words it belongs to, and the tags in it."""

    source: str
    kind: str
    name: str
    tags: frozenset[str]


class Combination(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one source that have the same words; `beside` are those of the ticket that a time entry belongs to.

    `is_told` says that the vendor itself tells what the words are asked for (a device's kind).
    """

    kind: str
    words: Words
    beside: Words
    is_told: bool
    rows: int


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a source's rows the rules of one family know."""

    family: Family
    rows: int
    mapped: int
    unmapped: tuple[Combination, ...]  # the most frequent first
    usual: str | None  # the family's most frequent tag

    @property
    def share(self) -> float:
        """The unmapped rows' share, 0 to 1; 0 where there are no rows."""
        return 0.0 if not self.rows else 1 - self.mapped / self.rows


@dataclass
class _Knowledge:
    """What the rules give to words, asked once for each combination."""

    rules: Rules
    known: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def tags(self, kind: str, words: Words) -> frozenset[str]:
        key = (kind, _text(words))
        if key not in self.known:
            matcher = self.rules.service_matcher if kind == "contract_line" else self.rules.tag_matcher
            self.known[key] = frozenset(
                tag for rule in matcher.matching(kind, words) if not _takes_all(rule) for tag in rule.gives
            )
        return self.known[key]


def _takes_all(rule: WordRule) -> bool:
    """Whether it stands for whatever the others of its group leave over: that is not knowing a word."""
    return all(set(pattern) == {"*"} for patterns in rule.words.values() for pattern in patterns)


def _text(words: Words) -> str:
    return msgspec.json.encode(words, order="deterministic").decode()


def families_of(rules: Rules) -> tuple[Family, ...]:
    """The families that some indicator, or the program itself, asks for; by source and name."""
    found: list[Family] = []
    for source in SOURCES.values():
        if source.phrase is None or (source.instead is not None and source.name != _ENTRIES):
            continue
        asked = frozenset[str]().union(*(i.uses.tags for i in rules.indicators if i.rows == source.name))
        if source.phrase == "contract_line":
            areas = frozenset(area for rule in rules.services for area in rule.gives)
            found.append(Family(source=source.name, kind=source.phrase, name=SERVICES, tags=areas))
            continue
        found += _grouped(rules, source, asked)
    return tuple(found)


def _grouped(rules: Rules, source: Source, asked: Collection[str]) -> list[Family]:
    kinds = [kind for kind in (source.phrase, source.words_of) if kind is not None]
    members: dict[str, set[str]] = {}
    alone: set[str] = set()
    for rule in rules.tags:
        if rule.kind not in kinds:
            continue
        if rule.group is not None:
            members.setdefault(rule.group, set()).update(rule.gives)
        elif rule.kind == source.phrase and source.words_of is not None:
            alone.update(rule.gives)  # an entry's own words may say what its ticket's group would
    return [
        Family(
            source=source.name, kind=source.phrase or "", name=group, tags=frozenset(members[group] | alone)
        )
        for group in sorted(members)
        if members[group] & set(asked) or _BUILT_IN.get(source.name) == group
    ]


def line_to_paste(mapped: Mapped, item: Combination) -> str | None:
    """The TOML entry that maps this combination, for an operator's own mapping file; None where there are no words.

    It holds the family's most frequent tag as a start, and the others in a comment: which of them is meant only the
    MSP knows.
    """
    family = mapped.family
    words = {name: word for name, word in item.words.items() if word.strip()}
    if not words:
        return None
    gives = mapped.usual or min(family.tags)
    others = ", ".join(sorted(family.tags - {gives}))
    key, table = ("areas", "service") if family.name == SERVICES else ("tags", "tag")
    slug = "-".join(re.findall(r"[a-z0-9]+", " ".join(words.values()).lower()))[:60] or "words"
    mark = hashlib.sha256(_text(words).encode()).hexdigest()[:4]
    patterns = ", ".join(f"{name} = [{_quoted(word)}]" for name, word in words.items())
    lines = [f"[[{table}]]", f'id = "own.{family.kind}.{slug}-{mark}"']
    if table == "tag":
        lines += [f'kind = "{family.kind}"']
    if table == "tag" and family.source != _ENTRIES:
        lines += [f'group = "{family.name}"']
    lines += [f'{key} = ["{gives}"]  # or: {others}', f"words = {{ {patterns} }}"]
    return "\n".join(lines)


def _quoted(word: str) -> str:
    """The word as a TOML text. What TOML does not allow in one, and what no pattern sees, is any run of letters."""
    return msgspec.json.encode(_UNWRITABLE.sub("*", word)).decode()


def mapped_rows(
    connection: Connection, binder: Binder, families: Sequence[Family], *, limit: int
) -> list[Mapped]:
    """For each family how many rows its rules know, with at most `limit` of the combinations that they do not."""
    knowledge = _Knowledge(binder.rules)
    by_source: dict[str, list[Combination]] = {}
    found: list[Mapped] = []
    for family in families:
        if family.source not in by_source:
            by_source[family.source] = _combinations(connection, binder, SOURCES[family.source])
        rows, mapped = 0, 0
        unmapped: list[Combination] = []
        tagged: Counter[str] = Counter()
        for item in by_source[family.source]:
            rows += item.rows
            tags = _tags(knowledge, item) & family.tags
            tagged.update(dict.fromkeys(tags, item.rows))
            if tags or (item.is_told and _BUILT_IN.get(family.source) == family.name):
                mapped += item.rows
            else:
                unmapped.append(item)
        unmapped.sort(key=lambda item: (-item.rows, _text(item.words), _text(item.beside)))
        usual = min(tagged, key=lambda tag: (-tagged[tag], tag), default=None)
        found.append(
            Mapped(family=family, rows=rows, mapped=mapped, unmapped=tuple(unmapped[:limit]), usual=usual)
        )
    return found


def unmapped_shares(
    connection: Connection, binder: Binder, indicators: Sequence[Indicator]
) -> dict[str, float]:
    """For each indicator that asks for tags or services: the share of its source's rows that their families do not know.

    Only rows of the binder's clients count. Indicators that rest on no words are left out.
    """
    families = families_of(binder.rules)
    mine = {
        indicator.id: [family for family in families if _asks(indicator, family)] for indicator in indicators
    }
    wanted = [family for family in families if any(family in found for found in mine.values())]
    share = {item.family: item.share for item in mapped_rows(connection, binder, wanted, limit=0)}
    return {name: max(share[family] for family in found) for name, found in mine.items() if found}


def _asks(indicator: Indicator, family: Family) -> bool:
    if indicator.rows != family.source:
        return False
    if family.name == SERVICES:
        return bool(indicator.uses.services)
    is_built_in = _BUILT_IN.get(family.source) == family.name
    return bool(indicator.uses.tags & family.tags) or (is_built_in and "kind" in indicator.uses.columns)


def _tags(knowledge: _Knowledge, item: Combination) -> frozenset[str]:
    tags = knowledge.tags(item.kind, item.words)
    return tags | knowledge.tags("ticket", item.beside) if item.beside else tags


def _combinations(connection: Connection, binder: Binder, source: Source) -> list[Combination]:
    """The words that the source's rows have, each combination once, with how many rows have it."""
    words = {
        kind: {number: {name: word for name, word in given.items() if word} for number, given in items}
        for kind, items in binder.phrases.by_kind.items()
    }
    kind = source.phrase or ""
    found: Counter[tuple[int | None, int | None, bool]] = Counter()
    for row in binder.run(connection, ("words", source.name), partial(_counted, source)):
        found[(row.phrase, row.beside, bool(row.told))] += row.rows
    return [
        Combination(
            kind=kind,
            words=words.get(kind, {}).get(own, {}) if own is not None else {},
            beside=words.get("ticket", {}).get(other, {}) if other is not None else {},
            is_told=told,
            rows=rows,
        )
        for (own, other, told), rows in found.items()
    ]


def _counted(source: Source, binder: Binder) -> Select[tuple[int | None, int | None, bool, int]]:
    table, ticket = evidence[source.table], evidence["ticket"]
    from_, where = binder.linked(table)
    beside: Sql = literal(None, BigInteger())
    told: Sql = false()
    if source.words_of == "ticket":
        beside = ticket.c.phrase
        from_ = from_.outerjoin(
            ticket,
            and_(
                ticket.c.account == table.c.account,
                ticket.c.id == table.c.ticket,
                ticket.c.gone_at.is_(None),
            ),
        )
    if source.name == "tickets":
        where = [*where, table.c.merged_into.is_(None)]
    if source.name == "assets":
        told = func.coalesce(table.c.kind.in_(KINDS), false())
    inner = (
        select(table.c.phrase, beside.label("beside"), told.label("told"))
        .select_from(from_)
        .where(*where)
        .subquery("rows")
    )
    return select(*inner.c, func.count().label("rows")).group_by(*inner.c)
