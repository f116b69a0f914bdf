"""The custom fields that rules read, and what they take a value for: what somebody may attest, and how."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from difflib import get_close_matches

import msgspec

from sevenc_sync.score.language import custom_calls
from sevenc_sync.score.parties import PARTIES, field_names, is_party
from sevenc_sync.score.rules import Rules
from sevenc_sync.score.vocabulary import field_key

MATRIX = "responsibility matrix"
FIRST_YEAR, LAST_YEAR = 1900, 2999  # as custom_date reads texts
# As said() reads texts in the store: these say that nothing is said.
NOTHING = frozenset({"", "-", "?", "n/a", "none", "tbd"})
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}([.,][0-9]{1,30})?[% ]*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR = re.compile(r"[0-9]{4}")
_LONGEST_NUMBER = 33  # characters: as number_of_text


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field that rules read: its name as the first rule spells it, what it is read as, and by which indicators.

    `kinds`: text, date, number, year or party; `readers`: ids of indicators, or the responsibility matrix.
    """

    key: str
    label: str
    kinds: tuple[str, ...]
    readers: tuple[str, ...]

    def wrong(self, value: str) -> str | None:
        """What a value should be that no rule can read as this field; None for one that is right."""
        if value.strip().lower() in NOTHING:
            return "a value that says something"
        if any(_FITS[kind](value) for kind in self.kinds):
            return None
        return " or ".join(_WORDS[kind] for kind in self.kinds)


def fields_of(rules: Rules) -> Mapping[str, Field]:
    """All fields that the rules read, by key, in the order of their names; worked out once for a set of rules."""
    return rules.statements.get("fields", lambda: _fields_of(rules))


def _fields_of(rules: Rules) -> Mapping[str, Field]:
    labels: dict[str, str] = {}
    kinds: dict[str, dict[str, None]] = {}
    readers: dict[str, dict[str, None]] = {}
    for indicator in rules.indicators:
        for text in indicator.expressions().values():
            for function, name in custom_calls(text):
                key = field_key(name)
                labels.setdefault(key, name.strip())
                kinds.setdefault(key, {})[_KINDS[function]] = None
                readers.setdefault(key, {})[indicator.id] = None
    # The responsibility matrix reads one more for each area.
    for name in field_names(rules).values():
        labels[field_key(name)] = name
        kinds[field_key(name)] = {"party": None}
        readers[field_key(name)] = {MATRIX: None}
    return {
        key: Field(key=key, label=labels[key], kinds=tuple(sorted(kinds[key])), readers=tuple(readers[key]))
        for key in sorted(labels)
    }


def nearest_fields(fields: Mapping[str, Field], name: str) -> list[str]:
    """The names of fields that look most like this one."""
    return [fields[key].label for key in get_close_matches(field_key(name), fields, n=3, cutoff=0.5)]


def _is_day(value: str) -> bool:
    if _DAY.fullmatch(value) is None:
        return False
    try:
        return FIRST_YEAR <= date.fromisoformat(value).year <= LAST_YEAR
    except ValueError:
        return False


def _is_year(value: str) -> bool:
    return _YEAR.fullmatch(value) is not None and FIRST_YEAR <= int(value) <= LAST_YEAR


def _is_number(value: str) -> bool:
    return len(value.rstrip("% ")) <= _LONGEST_NUMBER and _NUMBER.fullmatch(value) is not None


_KINDS: Mapping[str, str] = {
    "custom": "text",
    "custom_date": "date",
    "custom_number": "number",
    "custom_year": "year",
}
_FITS: Mapping[str, Callable[[str], bool]] = {
    "text": lambda _: True,
    "party": is_party,
    "date": _is_day,
    "number": _is_number,
    "year": _is_year,
}
_WORDS: Mapping[str, str] = {
    "text": "a text",
    "party": f"{', '.join(PARTIES[:-1])} or {PARTIES[-1]}, and who it is where that helps",
    "date": "a day such as 2026-01-31",
    "number": "a number such as 85 or 85.5",
    "year": "a year such as 2026",
}
