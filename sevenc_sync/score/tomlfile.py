"""Reading a mapping file so that every value keeps its line: mistakes must point at what a person has to change."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from sevenc_sync.score.mistakes import Mistake

_HEADER = re.compile(r"\[\[\s*([A-Za-z0-9_-]+)\s*\]\]")
_TABLE = re.compile(r"\[\s*([A-Za-z0-9_-]+)\s*\]")
_KEY = re.compile(r"""["']?([A-Za-z0-9_-]+)["']?(?:\s*\.\s*[A-Za-z0-9_-]+)*\s*=""")
_SYNTAX_LINE = re.compile(r"at line (\d+)")


class Given(msgspec.Struct, frozen=True):
    """A value as a file gives it, and where."""

    value: Any
    file: str
    line: int


class Entry(msgspec.Struct, frozen=True):
    """One `[[table]]` of a file: its values by key, and where it begins."""

    table: str
    file: str
    line: int
    values: dict[str, Given]

    @property
    def enable_on(self) -> date | None:
        """The day from which it counts; None: always, or what is given is no day."""
        given = self.values.get("enable_on")
        # A date with a time is a date too, in Python's eyes.
        return given.value if given is not None and type(given.value) is date else None


def read_entries(path: Path, mistakes: list[Mistake]) -> list[Entry]:
    """The file's entries in their order. What is no array of tables becomes a mistake."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        mistakes.append(Mistake(file=str(path), line=0, problem="cannot be read", value=type(error).__name__))
        return []
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_LINE.search(str(error))
        line = int(found[1]) if found else 0
        mistakes.append(Mistake(file=str(path), line=line, problem="is not TOML", value=str(error)))
        return []
    places = _Places(text)
    entries: list[Entry] = []
    for table, items in document.items():
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            mistakes.append(
                Mistake(
                    file=str(path),
                    line=places.top.get(table, 0),
                    key=table,
                    problem="is not a list of rules",
                    expected=f"[[{table}]]",
                )
            )
            continue
        for number, item in enumerate(items):
            line, keys = places.entry(table, number)
            values = {key: Given(value, str(path), keys.get(key, line)) for key, value in item.items()}
            entries.append(Entry(table, str(path), line, values))
    return entries


class _Places:
    """Where headers and keys stand. tomllib does not say, so the lines are looked through once more."""

    def __init__(self, text: str) -> None:
        self.top: dict[str, int] = {}
        self._entries: dict[str, list[tuple[int, dict[str, int]]]] = {}
        keys = self.top
        for number, line in _lines_outside_texts(text):
            header = _HEADER.match(line)
            if header is not None:
                keys = {}
                self._entries.setdefault(header[1], []).append((number, keys))
                continue
            table = _TABLE.match(line)
            if table is not None:
                self.top.setdefault(table[1], number)
            key = _KEY.match(line)
            if key is not None:
                keys.setdefault(key[1], number)

    def entry(self, table: str, number: int) -> tuple[int, dict[str, int]]:
        """The line of the header and of each key of the n-th entry of that table."""
        found = self._entries.get(table, [])
        return found[number] if number < len(found) else (0, {})


def _lines_outside_texts(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines that do not lie inside a text of several lines."""
    closing: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if closing is None:
            yield number, line.strip()
        rest = line
        while True:
            if closing is not None:
                at = rest.find(closing)
                if at < 0:
                    break
                rest, closing = rest[at + 3 :], None
            starts = [(rest.find(mark), mark) for mark in ('"""', "'''") if mark in rest]
            if not starts:
                break
            at, closing = min(starts)
            rest = rest[at + 3 :]
