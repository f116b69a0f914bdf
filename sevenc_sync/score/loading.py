"""From mapping directories to rules: merge by id, check everything, and tell all mistakes together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import mappings
from sevenc_sync.model import RECORDS
from sevenc_sync.score.devicesources import DEVICE_FACTS, FIRSTS
from sevenc_sync.score.entries import ENABLE_ON, KNOWN, EntryReader, merged
from sevenc_sync.score.estate import COUNTS
from sevenc_sync.score.groups import read_group
from sevenc_sync.score.indicators import read_indicator
from sevenc_sync.score.mistakes import Mistake, RulesInvalid, listed, nearest, shown
from sevenc_sync.score.rulebook import Dated, RuleBook
from sevenc_sync.score.rules import Area, Block, DeviceFact, Indicator, Rules
from sevenc_sync.score.sources import SOURCES
from sevenc_sync.score.tomlfile import Entry, read_entries
from sevenc_sync.score.words import ANY, WordRule


def builtin_rules_dir() -> Path:
    """The directory of the rules that come with the product."""
    return Path(mappings.__file__).parent


def load_rules(dirs: Sequence[Path], now: datetime | None = None) -> Rules:
    """The effective rules at the clock `now`; without one, those that no `enable_on` holds back. See load_book."""
    book = load_book(dirs)
    return book.stages[0][1] if now is None else book.at(now)


def load_book(dirs: Sequence[Path], *, at_once: Collection[Path] = ()) -> RuleBook:
    """The rules of all `*.toml` files in the directories; a later directory wins, key by key, for the same id.

    In the directories of `at_once` every entry counts from the beginning, whatever its `enable_on`. Raises RulesInvalid
    with every mistake of every file, also of entries that do not count yet.
    """
    mistakes: list[Mistake] = []
    layers = [_layer(directory, mistakes, at_once=directory in at_once) for directory in dirs]
    dated = [
        Dated(on=entry.enable_on, table=entry.table, id=name, file=entry.file, line=entry.line)
        for layer in layers
        for entry in layer
        if entry.enable_on is not None and (name := _name(entry)) is not None
    ]
    days = (None, *sorted({item.on for item in dated}))
    stages = tuple((day, _checked(_in_force(layers, day), mistakes)) for day in days)
    if mistakes:
        # What is wrong today and on a later day is one mistake.
        raise RulesInvalid(dict.fromkeys(mistakes))
    return RuleBook(stages, tuple(sorted(dated, key=lambda item: (item.on, item.table, item.id))))


def _layer(directory: Path, mistakes: list[Mistake], *, at_once: bool) -> list[Entry]:
    """All entries of one directory, by file."""
    if not directory.is_dir():
        mistakes.append(Mistake(file=str(directory), line=0, problem="is no directory"))
        return []
    found = [entry for path in sorted(directory.glob("*.toml")) for entry in read_entries(path, mistakes)]
    for entry in found:
        if entry.table not in KNOWN:
            mistakes.append(
                Mistake(
                    file=entry.file,
                    line=entry.line,
                    problem="unknown table",
                    value=f"[[{entry.table}]]",
                    expected=listed(KNOWN),
                    nearest=nearest(entry.table, KNOWN),
                )
            )
        given = entry.values.get(ENABLE_ON)
        if given is not None and entry.enable_on is None:
            mistakes.append(
                Mistake(
                    file=given.file,
                    line=given.line,
                    id=_name(entry),
                    key=ENABLE_ON,
                    problem="is no day",
                    value=shown(given.value),
                    expected="a date without quotes, such as 2027-01-31",
                )
            )
        if at_once:
            entry.values.pop(ENABLE_ON, None)
    return found


def _name(entry: Entry) -> str | None:
    given = entry.values.get("id")
    return given.value if given is not None and isinstance(given.value, str) else None


def _in_force(layers: Sequence[Sequence[Entry]], day: date | None) -> list[list[Entry]]:
    """Of each layer the entries that count on that day (None: before any).

    A change to a rule that does not count yet waits with it; else it would be taken for one to no rule at all.
    """

    def counts(entry: Entry) -> bool:
        return entry.enable_on is None or (day is not None and entry.enable_on <= day)

    def begun(entries: Iterable[Entry]) -> set[tuple[str, str | None]]:
        return {(e.table, _name(e)) for e in entries if KNOWN.get(e.table, "id") in e.values}

    every = [entry for one in layers for entry in one]
    waiting = begun(every) - begun(entry for entry in every if counts(entry))
    return [
        [entry for entry in layer if counts(entry) and (entry.table, _name(entry)) not in waiting]
        for layer in layers
    ]


def _checked(layers: Sequence[Sequence[Entry]], mistakes: list[Mistake]) -> Rules:
    blocks = [_block(reader) for reader in merged(layers, "block", mistakes)]
    block_slugs = {block.slug for block in blocks}
    areas = [_area(reader, block_slugs) for reader in merged(layers, "area", mistakes)]
    area_slugs = frozenset(area.slug for area in areas)
    tags = [_tag(reader) for reader in merged(layers, "tag", mistakes, later_first=True)]
    services = [
        _service(reader, area_slugs) for reader in merged(layers, "service", mistakes, later_first=True)
    ]
    groups = [
        read_group(reader, block_slugs, area_slugs)
        for reader in merged(layers, "group", mistakes, later_first=True)
    ]
    devices = [_device(reader) for reader in merged(layers, "device", mistakes)]
    known_tags = frozenset(tag for rule in tags for tag in rule.gives)
    indicators: list[Indicator] = []
    for reader in merged(layers, "indicator", mistakes):
        indicator = read_indicator(reader, area_slugs, known_tags)
        if indicator is not None:
            indicators.append(indicator)
    order = {area.slug: (block_order(blocks, area), area.order, area.slug) for area in areas}
    last = (len(blocks) + 1, 0, "")
    return Rules(
        blocks=tuple(sorted(blocks, key=lambda block: (block.order, block.slug))),
        areas=tuple(sorted(areas, key=lambda area: order[area.slug])),
        indicators=tuple(sorted(indicators, key=lambda item: (order.get(item.area, last), item.id))),
        tags=tuple(tags),
        services=tuple(services),
        groups=tuple(groups),
        devices=tuple(sorted(devices, key=lambda fact: fact.id)),
    )


def block_order(blocks: Sequence[Block], area: Area) -> int:
    """Where the area's block stands among the seven."""
    return next((block.order for block in blocks if block.slug == area.block), len(blocks) + 1)


def _block(reader: EntryReader) -> Block:
    block = Block(
        slug=reader.id,
        name=reader.text("name"),
        name_status=reader.choice("name_status", ("sourced", "inferred"), "inferred"),
        order=reader.whole("order", 0),
        question=reader.text("question"),
        purpose=reader.text("purpose"),
        aliases=reader.texts("aliases"),
        weight=reader.positive("weight", 1.0),
        target=reader.level("target"),
    )
    reader.finish()
    return block


def _area(reader: EntryReader, blocks: set[str]) -> Area:
    slug = reader.id
    if slug.partition(".")[0] not in blocks or not slug.partition(".")[2]:
        reader.wrong("id", "unknown block", slug, "block.area", nearest(slug.partition(".")[0], blocks))
    area = Area(
        slug=slug,
        name=reader.text("name"),
        name_status=reader.choice("name_status", ("heading", "body", "inferred"), "inferred"),
        order=reader.whole("order", 0),
        purpose=reader.text("purpose"),
        aliases=reader.texts("aliases"),
        weight=reader.positive("weight", 1.0),
        target=reader.level("target"),
    )
    reader.finish()
    return area


def _device(reader: EntryReader) -> DeviceFact:
    name = reader.id
    if name not in DEVICE_FACTS:
        reader.wrong(
            "id", "unknown fact of a device", name, listed(DEVICE_FACTS), nearest(name, DEVICE_FACTS)
        )
    first = reader.choice("first", FIRSTS, None)
    if first == "latest" and name in DEVICE_FACTS and SOURCES["assets"].columns[name].kind != "time":
        reader.wrong("first", "needs a fact that is a time", first, listed(FIRSTS[:2]))
    reader.finish()
    return DeviceFact(name, first)


def _tag(reader: EntryReader) -> WordRule:
    kinds = [name for name, record in RECORDS.items() if record.phrase]
    kind = reader.choice("kind", kinds, None)
    rule = WordRule(
        id=reader.id,
        kind=kind,
        words=_words(reader, kind),
        gives=reader.texts("tags", needed=True),
        group=reader.optional_text("group"),
    )
    reader.finish()
    return rule


def _service(reader: EntryReader, areas: frozenset[str]) -> WordRule:
    gives = reader.texts("areas", needed=True)
    for slug in gives:
        if slug not in areas:
            reader.wrong("areas", "unknown area", slug, "an area of framework.toml", nearest(slug, areas))
    rule = WordRule(
        id=reader.id,
        kind="contract_line",
        words=_words(reader, "contract_line"),
        gives=gives,
        counts=reader.choice("counts", COUNTS, None) if reader.has("counts") else None,
    )
    reader.finish()
    return rule


def _words(reader: EntryReader, kind: str) -> Mapping[str, tuple[str, ...]]:
    """Patterns by field of the phrase."""
    fields = (*RECORDS[kind].phrase, ANY) if kind in RECORDS else ()
    found: dict[str, tuple[str, ...]] = {}
    for name, patterns in reader.table("words").items():
        if kind in RECORDS and name not in fields:
            reader.wrong("words", "unknown field", name, listed(fields), nearest(name, fields))
        if (
            not isinstance(patterns, list)
            or not patterns
            or not all(isinstance(p, str) and p for p in patterns)
        ):
            reader.wrong("words", "is no list of patterns", f"{name} = {patterns!r}", '["text", "text*"]')
            continue
        found[name] = tuple(patterns)
    return found
