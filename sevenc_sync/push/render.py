"""The note in English: plain text that fits on one screen of a PSA."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from sevenc_sync.push.content import EXACT, Content, Gap, Move, Risk, Value, Weakness
from sevenc_sync.score import LEVEL_NAMES

WIDTH = 100  # characters; PSAs show notes in a proportional font, so longer lines wrap anyway


def render(content: Content, *, date: str, reference: str, moves: Sequence[Move] = ()) -> str:
    """The note's text: at most about 60 lines of at most 100 characters, the reference line last.

    `date` (YYYY-MM-DD) is the day on which the content became what it is.
    """
    parts = [
        _head(content, date),
        _blocks(content),
        _weakest(content.weakest),
        _gaps(content.gaps, content.more_gaps),
        _risks(content.risks, content.more_risks),
        _moves(moves),
        [
            "Written by sevenc-sync, which keeps this note up to date; other changes to it are lost.",
            reference,
        ],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def level_words(level: int | None) -> str:
    """A level for people."""
    return "not enough proof" if level is None else f"{level} {LEVEL_NAMES[level]}"


_WORDS: Mapping[str, str] = {
    "percent": "{number} %",
    "never": "no date is recorded",
    "count": "{number} {unit}",
    "number": "{number} {unit}",
    "step": "step {number}",
    "none": "nothing found",
}


def value_words(value: Value) -> str:
    """A value for people."""
    number = f"{value.number:,.0f}" if value.number == int(value.number) else f"{value.number:g}"
    if value.kind == "count":
        number = _counted(int(value.number))
    if value.kind in _WORDS:
        return _WORDS[value.kind].format(number=number, unit=value.unit).strip()
    if not value.number:
        return "within the last week"
    return f"{number} {value.kind if value.number != 1 else value.kind[:-1]} ago"


def _head(content: Content, date: str) -> list[str]:
    score = f"7C score: {content.score} of 100"
    if content.score_without is not None:
        score += f" ({content.score_without} without the accepted risks below)"
    proof = f"{content.known} of {content.total} indicators could be judged"
    if content.is_provisional:
        tail = f"PROVISIONAL: only {proof}, so this score can still change a lot."
    else:
        tail = f"Proof: {proof}."
    return [f"7C IT management review: {content.client}", f"As of {date}", "", score, *_wrapped(tail)]


def _blocks(content: Content) -> list[str]:
    width = max((len(block.name) for block in content.blocks), default=0)
    lines = ["The seven blocks, from 0 Absent to 5 Optimizing:"]
    for block in content.blocks:
        doubt = " (provisional)" if block.is_provisional else ""
        lines.append(f"  {block.name.ljust(width)}  {level_words(block.level)}{doubt}")
    return lines


def _weakest(items: Iterable[Weakness]) -> list[str]:
    lines = []
    for number, item in enumerate(items, start=1):
        lines += _wrapped(f"{number}. {item.area}: {item.title}", "   ")
        fix = f"; {_counted(item.to_fix)} to fix" if item.to_fix else ""
        lines += _wrapped(f"   Now: {value_words(item.value)}{fix} (level {level_words(item.level)})", "   ")
        if item.step:
            lines += _wrapped(f"   Next step: {item.step}", "   ")
    return ["What to do first:", *lines] if lines else ["Nothing that could be judged is weak."]


def _counted(count: int) -> str:
    return f"{count:,}" if count <= EXACT else f"about {count:,}"


def _gaps(gaps: Sequence[Gap], more: int) -> list[str]:
    if not gaps:
        return []
    lines = ["What could not be judged, and why:"]
    for gap in gaps:
        named = ", ".join(gap.areas[:3])
        rest = f" and {len(gap.areas) - 3} more" if len(gap.areas) > 3 else ""  # noqa: PLR2004 - as many as named
        lines += _wrapped(f"- {named}{rest}: {gap.need}", "  ")
    if more:
        lines.append(f"- and {more} more reasons; `sevenc-sync show` lists all.")
    return lines


def _risks(risks: Sequence[Risk], more: int) -> list[str]:
    if not risks:
        return []
    lines = ["Accepted risks, which the score leaves out:"]
    for risk in risks:
        lines += _wrapped(f"- {risk.what}: {risk.reason} (until {risk.until})", "  ")
    if more:
        lines.append(f"- and {more} more; `sevenc-sync except` lists all.")
    return lines


def _moves(moves: Sequence[Move]) -> list[str]:
    if not moves:
        return []
    changes = ", ".join(
        f"{move.name} from {level_words(move.before)} to {level_words(move.after)}" for move in moves
    )
    return _wrapped(f"What changed: {changes}.", "  ")


def _wrapped(line: str, indent: str = "") -> list[str]:
    """The line in pieces of at most WIDTH characters, the further ones indented."""
    own = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line.strip(), WIDTH, initial_indent=own, subsequent_indent=indent)
