"""Finding what a person means: an area or an indicator, by its id or by the part of it that they remember."""

from difflib import get_close_matches

import msgspec

from sevenc_sync.score.rules import Rules


class Found(msgspec.Struct, frozen=True):
    """What a text names: ids of areas or indicators. With none, `nearest` holds the words that look most like it."""

    ids: tuple[str, ...]
    nearest: tuple[str, ...] = ()


def find_target(rules: Rules, text: str) -> Found:
    """Areas or indicators that `text` names: a full id, an id under a block's alias, a block, or the end of an id."""
    wanted = _canonical(rules, text)
    every = _ids(rules)
    if wanted in every:
        return Found((wanted,))
    if wanted in rules.block_by_slug:
        return Found(tuple(area.slug for area in rules.areas if area.block == wanted))
    ends = tuple(name for name in every if name.endswith(f".{wanted}"))
    if ends:
        return Found(ends)
    aliased = tuple(area.slug for area in rules.areas if wanted in area.aliases)
    if aliased:
        return Found(aliased)
    tails = {tail: None for name in every for tail in (name, name.rpartition(".")[2])}
    words = [*rules.block_by_slug, *tails]
    return Found((), tuple(get_close_matches(wanted, words, n=3, cutoff=0.5)))


def indicators_of(rules: Rules, target: str) -> list[str]:
    """The indicators behind an area's slug or an indicator's id, in the rules' order. Raises KeyError for neither."""
    if target in rules.indicator_by_id:
        return [target]
    if target in rules.area_by_slug:
        return [indicator.id for indicator in rules.indicators if indicator.area == target]
    raise KeyError(target)


def _ids(rules: Rules) -> dict[str, None]:
    return dict.fromkeys([*rules.area_by_slug, *rules.indicator_by_id])


def _canonical(rules: Rules, text: str) -> str:
    """The text with a block's alias replaced by its slug."""
    wanted = "-".join(text.strip().lower().split())
    head, dot, tail = wanted.partition(".")
    for block in rules.blocks:
        if head in block.aliases or head == block.name.lower():
            return f"{block.slug}{dot}{tail}"
    return wanted
