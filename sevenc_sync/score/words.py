"""What an MSP's words mean: tags.toml and services.toml turn phrases into tags and delivery areas.

A phrase is the combination of words that a record carries, such as a ticket's board, type and source. There are few
hundred of them in a store, so they are translated one by one here, and rows are then found by the phrase's number.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec
from sqlalchemy import Connection, select

from sevenc_sync.score.kept import Kept
from sevenc_sync.store.tables import phrase

PHRASES = 10_000  # whose tags are kept; a store has a few hundred
ANY = "any"  # stands for every field of the phrase


class WordRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: phrases of `kind` that match every entry of `words` get `gives` (tags, or areas for services).

    `words` holds patterns per field; one matching pattern is enough for a field. Of the rules that share a `group`, only
    the first that matches a phrase counts; rules without a group all count. `counts`, for services, is what the line's
    quantity counts (see estate.COUNTS).
    """

    id: str
    kind: str
    words: Mapping[str, tuple[str, ...]]
    gives: tuple[str, ...]
    group: str | None = None
    counts: str | None = None


@dataclass(frozen=True, eq=False)
class Matcher:
    """Rules made ready to be matched against many phrases. What they give to the last ones is kept: asking a hundred rules takes a while."""

    rules: tuple[tuple[WordRule, tuple[tuple[str, re.Pattern[str]], ...]], ...]
    _given: Kept = field(default_factory=lambda: Kept(PHRASES))

    @classmethod
    def of(cls, rules: Iterable[WordRule]) -> "Matcher":
        """Prepare the rules, in their order."""
        return cls(
            tuple(
                (rule, tuple((name, _pattern(patterns)) for name, patterns in rule.words.items()))
                for rule in rules
            )
        )

    def matching(self, kind: str, words: Mapping[str, str | None]) -> list[WordRule]:
        """The rules that give something to a phrase of that kind, in their order."""
        folded = {name: _fold(word) for name, word in words.items() if word is not None}
        found: list[WordRule] = []
        groups: set[str] = set()
        for rule, tests in self.rules:
            if rule.kind != kind or rule.group in groups:
                continue
            if all(_holds(name, pattern, folded) for name, pattern in tests):
                found.append(rule)
                if rule.group is not None:
                    groups.add(rule.group)
        return found

    def gives(self, kind: str, words: Mapping[str, str | None]) -> frozenset[str]:
        """All that the phrase is given."""
        return self._given.get(
            (kind, *sorted(words.items())),
            lambda: frozenset(word for rule in self.matching(kind, words) for word in rule.gives),
        )


@lru_cache(PHRASES)
def _decoded(words: str) -> Mapping[str, str | None]:
    """A phrase's words, shared by all who read them: a page reads the store's phrases several times."""
    return msgspec.json.decode(words, type=dict[str, str | None])


def _fold(word: str) -> str:
    return " ".join(word.casefold().split())


def _pattern(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression for all the patterns; `*` stands for any run of letters, also for none."""
    parts = (".*".join(re.escape(part) for part in re.split(r"\*+", _fold(text))) for text in patterns)
    return re.compile("|".join(f"(?:{part})" for part in parts), re.DOTALL)


def _holds(name: str, pattern: re.Pattern[str], folded: Mapping[str, str]) -> bool:
    if name == ANY:
        return any(pattern.fullmatch(word) for word in folded.values())
    word = folded.get(name)
    return word is not None and pattern.fullmatch(word) is not None


@dataclass(frozen=True)
class Phrases:
    """The store's phrases: kind -> (number, words)."""

    by_kind: Mapping[str, tuple[tuple[int, Mapping[str, str | None]], ...]]
    _given: dict[tuple[Matcher, str], dict[int, frozenset[str]]] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: Connection) -> "Phrases":
        """All phrases that any record of the store ever carried."""
        found: dict[str, list[tuple[int, Mapping[str, str | None]]]] = {}
        for row in connection.execute(
            select(phrase.c.id, phrase.c.kind, phrase.c.words).order_by(phrase.c.id)
        ):
            found.setdefault(row.kind, []).append((row.id, _decoded(row.words)))
        return cls({kind: tuple(items) for kind, items in found.items()})

    def given(self, matcher: Matcher, kind: str) -> dict[int, frozenset[str]]:
        """What the matcher gives to each phrase of that kind, by the phrase's number; phrases given nothing left out."""
        # Each table of words of a page asks for the same.
        if (matcher, kind) not in self._given:
            found = {number: matcher.gives(kind, words) for number, words in self.by_kind.get(kind, ())}
            self._given[matcher, kind] = {number: words for number, words in found.items() if words}
        return self._given[matcher, kind]
