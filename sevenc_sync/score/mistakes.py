"""What is wrong in the mapping files: every mistake at once, each with its place and the nearest valid word."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import msgspec


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake. `line` counts from 1; 0 where the file as a whole is meant. `id` names the rule, where one is meant."""

    file: str
    line: int
    problem: str
    id: str | None = None
    key: str | None = None
    value: str | None = None
    expected: str | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        subject = " ".join(part for part in (self.id, f"[{self.key}]" if self.key else None) if part)
        text = f"{place}: {subject}: {self.problem}" if subject else f"{place}: {self.problem}"
        if self.value is not None:
            text += f": {self.value}"
        if self.expected is not None:
            text += f"; expected {self.expected}"
        if self.nearest is not None:
            text += f"; did you mean {self.nearest!r}?"
        return text


class RulesInvalid(ValueError):
    """The mapping files cannot be used. `mistakes` lists all of them, in the order of files and lines."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(
            sorted(mistakes, key=lambda item: (item.file, item.line, item.id or "", item.key or ""))
        )
        super().__init__("\n".join(str(item) for item in self.mistakes))


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """The valid word that looks most like `word`, or None when none does."""
    found = get_close_matches(word.lower(), sorted(valid), n=1, cutoff=0.6)
    return found[0] if found else None


def shown(value: Any) -> str:
    """A value as a mistake shows it: as it would be typed, on one line and cut short."""
    return cut(repr(value))


def cut(text: str, limit: int = 80) -> str:
    """A text on one line and cut short."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def listed(words: Iterable[str]) -> str:
    """Words for a sentence: "a, b or c"."""
    *most, last = sorted(words)
    return f"{', '.join(most)} or {last}" if most else last
