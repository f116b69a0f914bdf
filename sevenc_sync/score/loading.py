"""From mapping directories to rules: merge by id, check everything, and tell all mistakes together."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import mappings
from sevenc_sync.model import RECORDS
from sevenc_sync.score.entries import KNOWN, EntryReader, merged
from sevenc_sync.score.groups import read_group
from sevenc_sync.score.indicators import read_indicator
from sevenc_sync.score.mistakes import Mistake, RulesInvalid, listed, nearest
from sevenc_sync.score.rules import Area, Block, Indicator, Rules
from sevenc_sync.score.tomlfile import Entry, read_entries
from sevenc_sync.score.words import ANY, WordRule


def builtin_rules_dir() -> Path:
    """The directory of the rules that come with the product."""
    return Path(mappings.__file__).parent


def load_rules(dirs: Sequence[Path]) -> Rules:
    """The effective rules of all `*.toml` files in the directories; a later directory wins, key by key, for the same id.

    Raises RulesInvalid with every mistake of every file.
    """
    mistakes: list[Mistake] = []
    layers: list[list[Entry]] = []
    for directory in dirs:
        if not directory.is_dir():
            mistakes.append(Mistake(file=str(directory), line=0, problem="is no directory"))
            continue
        layers.append(
            [entry for path in sorted(directory.glob("*.toml")) for entry in read_entries(path, mistakes)]
        )
    mistakes += [
        Mistake(
            file=entry.file,
            line=entry.line,
            problem="unknown table",
            value=f"[[{entry.table}]]",
            expected=listed(KNOWN),
            nearest=nearest(entry.table, KNOWN),
        )
        for layer in layers
        for entry in layer
        if entry.table not in KNOWN
    ]
    rules = _checked(layers, mistakes)
    if mistakes:
        raise RulesInvalid(mistakes)
    return rules


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
        id=reader.id, kind="contract_line", words=_words(reader, "contract_line"), gives=gives, group=None
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
