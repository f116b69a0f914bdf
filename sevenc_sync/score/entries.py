"""Entries of mapping files, merged over directories by id, and read key by key with every mistake told."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sevenc_sync.score.mistakes import Mistake, listed, nearest, shown
from sevenc_sync.score.tomlfile import Entry, Given

# Tables of mapping files, each with a key that every entry must have: one without it can only change another.
KNOWN = {
    "block": "name",
    "area": "name",
    "indicator": "rows",
    "tag": "kind",
    "service": "words",
    "group": "clients",
    "device": "first",
}
LEVELS = (0.0, 5.0)
ENABLE_ON = "enable_on"  # may stand in every entry; read where entries are chosen by day
_LENGTH = re.compile(r"(\d{1,6})(h|d)")
_SECONDS = {"h": 3_600, "d": 86_400}


def merged(
    layers: Sequence[Sequence[Entry]], table: str, mistakes: list[Mistake], *, later_first: bool = False
) -> Iterator["EntryReader"]:
    """One reader per id that is not switched off. Keys of later layers replace those of earlier ones.

    An entry that is given twice in one layer is a mistake, and read all the same: its own mistakes are told with it. With `later_first`, ids that only a later layer has come before those of earlier layers: an operator's words are
    looked at before ours.
    """
    values: dict[str, dict[str, Given]] = {}
    order: list[str] = []
    doubles: list[tuple[str, Entry]] = []
    for layer in layers:
        fresh: list[str] = []
        for name, entries in _by_id(layer, table, mistakes, doubles).items():
            if name not in values:
                if layer is not layers[0] and not any(KNOWN[table] in entry.values for entry in entries):
                    mistakes += [_stray(entry, name, values) for entry in entries]
                    continue
                fresh.append(name)
            for entry in entries:
                values[name] = values.get(name, {}) | _values(entry)
        order = [*fresh, *order] if later_first else [*order, *fresh]
    readings = [(name, values[name]) for name in order]
    readings += [(name, values[name] | _values(entry)) for name, entry in doubles if name in values]
    for name, given in readings:
        reader = EntryReader(name, given, mistakes)
        if reader.flag("enabled", True):
            yield reader


def _values(entry: Entry) -> dict[str, Given]:
    """The entry's keys, and under no key where it begins."""
    return {**entry.values, "": Given(None, entry.file, entry.line)}


def _by_id(
    layer: Sequence[Entry], table: str, mistakes: list[Mistake], doubles: list[tuple[str, Entry]]
) -> dict[str, list[Entry]]:
    """The layer's entries of a table by id; `doubles` gets those whose id has been.

    One id may come again for another day; the later day's word is last.
    """
    found: dict[str, list[Entry]] = {}
    for entry in (entry for entry in layer if entry.table == table):
        name = _id(entry, mistakes)
        if name is None:
            continue
        others = found.setdefault(name, [])
        first = next((other for other in others if other.enable_on == entry.enable_on), None)
        if first is None:
            others.append(entry)
        else:
            doubles.append((name, entry))
            mistakes.append(
                Mistake(
                    file=entry.file,
                    line=entry.line,
                    id=name,
                    problem="is given twice",
                    value=f"first at {first.file}:{first.line}",
                )
            )
    return {
        name: sorted(entries, key=lambda entry: entry.enable_on or date.min)
        for name, entries in found.items()
    }


def _stray(entry: Entry, name: str, known: Mapping[str, Any]) -> Mistake:
    return Mistake(
        file=entry.file,
        line=entry.line,
        id=name,
        problem=f"changes no [[{entry.table}]] that is there",
        expected=f"the id of one that is, or at least the key {KNOWN[entry.table]!r} for a new one",
        nearest=nearest(name, known),
    )


def _id(entry: Entry, mistakes: list[Mistake]) -> str | None:
    given = entry.values.get("id")
    if given is not None and isinstance(given.value, str) and given.value.strip() == given.value != "":
        return given.value
    mistakes.append(
        Mistake(
            file=entry.file,
            line=given.line if given else entry.line,
            key="id",
            problem=f"[[{entry.table}]] has no id" if given is None else "is no id",
            value=None if given is None else shown(given.value),
            expected="a text",
        )
    )
    return None


class EntryReader:
    """Reads the keys of one entry. A mistake is noted and a harmless value given, so that reading goes on."""

    def __init__(self, name: str, values: Mapping[str, Given], mistakes: list[Mistake]) -> None:
        self.id = name
        self._values = values
        self._mistakes = mistakes
        self._read = {"", "id", ENABLE_ON}
        self._before = len(mistakes)

    @property
    def is_right(self) -> bool:
        """Whether no mistake was found in this entry so far."""
        return len(self._mistakes) == self._before

    def has(self, key: str) -> bool:
        """Whether the entry gives that key."""
        return key in self._values

    def wrong(
        self,
        key: str,
        problem: str,
        value: str | None = None,
        expected: str | None = None,
        near: str | None = None,
    ) -> None:
        """Note a mistake at that key, or at the entry's head where the key is missing."""
        given = self._values.get(key, self._values[""])
        self._mistakes.append(
            Mistake(
                file=given.file,
                line=given.line,
                id=self.id,
                key=key,
                problem=problem,
                value=value,
                expected=expected,
                nearest=near,
            )
        )

    def finish(self) -> None:
        """Note every key that nobody asked for."""
        for key in self._values:
            if key not in self._read:
                self.wrong(key, "unknown key", key, listed(self._read - {""}), nearest(key, self._read))

    def _take(self, key: str) -> Any:
        self._read.add(key)
        given = self._values.get(key)
        return None if given is None else given.value

    def text(self, key: str) -> str:
        """A text that must be there."""
        value = self._take(key)
        if isinstance(value, str) and value.strip():
            return value
        self.wrong(key, "is missing" if value is None else "is no text", _or_none(value), "a text")
        return ""

    def optional_text(self, key: str) -> str | None:
        """A text that may be there."""
        return self.text(key) if self._take(key) is not None else None

    def choice(self, key: str, valid: Sequence[str], default: str | None) -> str:
        """One of some words; without a default it must be there."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value in valid:
            return value
        near = nearest(value, valid) if isinstance(value, str) else None
        self.wrong(
            key, "is missing" if value is None else "unknown word", _or_none(value), listed(valid), near
        )
        return default if default is not None else ""

    def meant(self, key: str, valid: Sequence[str], default: str | None = None) -> str | None:
        """The word that is given, or the valid one that was probably meant; None where nothing looks like it.

        What follows from a wrong word is checked by it, so that all mistakes of an entry are told at once.
        """
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, str):
            return None
        return value if value in valid else nearest(value, valid)

    def flag(self, key: str, default: bool) -> bool:
        """A choice of yes or no."""
        value = self._take(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.wrong(key, "is neither true nor false", shown(value), "true or false")
        return default

    def whole(self, key: str, default: int) -> int:
        """A whole number from 0 on."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self.wrong(key, "is no whole number", shown(value), "a whole number from 0 on")
        return default

    def positive(self, key: str, default: float) -> float:
        """A number above 0."""
        value = self._take(key)
        if value is None:
            return default
        if is_number(value) and 0 < value < float("inf"):
            return float(value)
        self.wrong(key, "is no number above 0", shown(value), "a number above 0")
        return default

    def level(self, key: str) -> float | None:
        """A level that may be there."""
        value = self._take(key)
        return None if value is None else self.level_of(key, value)

    def level_of(self, key: str, value: Any) -> float | None:
        """The value as a level; None where it is none."""
        if is_number(value) and LEVELS[0] <= value <= LEVELS[1]:
            return float(value)
        self.wrong(key, "is no level", shown(value), "a number from 0 to 5")
        return None

    def list_or_table(self, key: str) -> list[Any] | Mapping[str, Any]:
        """A list or a table that must be there and hold something."""
        value = self._take(key)
        if isinstance(value, list | dict) and value:
            return value
        problem = "is missing" if value is None else "is neither a list nor a table"
        self.wrong(key, problem, _or_none(value), '["text"] or { field = ["text"] }')
        return []

    def texts(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        """A list of texts."""
        value = self._take(key)
        if value is None and not needed:
            return ()
        if isinstance(value, list) and (value or not needed) and all(isinstance(v, str) and v for v in value):
            return tuple(value)
        self.wrong(key, "is missing" if value is None else "is no list of texts", _or_none(value), '["text"]')
        return ()

    def numbers(self, key: str) -> tuple[float, ...] | None:
        """A list of numbers, or None where the key is missing or wrong."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, list) and value and all(is_number(item) for item in value):
            return tuple(float(item) for item in value)
        self.wrong(key, "is no list of numbers", shown(value), "[1, 2, 3, 4, 5]")
        return None

    def table(self, key: str) -> Mapping[str, Any]:
        """A table that must be there and hold something."""
        value = self._take(key)
        if isinstance(value, dict) and value:
            return value
        self.wrong(key, "is missing" if value is None else "is no table", _or_none(value), "{ name = ... }")
        return {}

    def optional_table(self, key: str) -> Mapping[str, Any]:
        """A table that may be there."""
        return self.table(key) if self._take(key) is not None else {}

    def length(self, key: str, default: int | None) -> int | None:
        """A length of time such as "36h" or "90d", in seconds."""
        value = self._take(key)
        return default if value is None else self.length_of(key, value, default)

    def length_of(self, key: str, value: Any, default: int | None) -> int | None:
        """The seconds of a length of time."""
        found = _LENGTH.fullmatch(value) if isinstance(value, str) else None
        if found is not None and int(found[1]) > 0:
            return int(found[1]) * _SECONDS[found[2]]
        self.wrong(key, "is no length of time", shown(value), '"36h" or "90d"')
        return default


def is_number(value: Any) -> bool:
    """Whether TOML gave a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _or_none(value: Any) -> str | None:
    return None if value is None else shown(value)
