"""Tags, services and custom fields as small tables that a statement can join."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    FromClause,
    Integer,
    Table,
    Text,
    column,
    false,
    func,
    literal,
    text,
)

from sevenc_sync.score.rules import Rules
from sevenc_sync.score.sources import Source
from sevenc_sync.score.vocabulary import Sql, Uses
from sevenc_sync.score.words import Phrases

_BITS = 60  # flags in one integer, clear of its sign on both databases


@dataclass(frozen=True)
class Flags:
    """Tags and services of a source's rows, read from a small table of phrases that travels with the statement."""

    words: FromClause | None
    phrase: Column[Any] | None
    by_name: Mapping[str, Sql]

    @classmethod
    def of(
        cls,
        rules: Rules,
        phrases: Phrases,
        dialect: str,
        table: Table,
        source: Source,
        names: Collection[str],
    ) -> "Flags":
        """Flags of those names for the rows of `table`."""
        ordered = sorted(names)
        if not ordered or source.phrase is None:
            return cls(None, None, {name: false() for name in ordered})
        tags = phrases.given(rules.tag_matcher, source.phrase)
        areas = phrases.given(rules.service_matcher, source.phrase)
        given: dict[int, set[str]] = {number: set(words) for number, words in tags.items()}
        for number, words in areas.items():
            given.setdefault(number, set()).update(service_flag(area) for area in words)
        wide = (len(ordered) + _BITS - 1) // _BITS
        rows = [[number, *_masks(ordered, words, wide)] for number, words in sorted(given.items())]
        words_table = _words_table(
            f"words_of_{table.name}", [row for row in rows if any(row[1:])], wide, dialect
        )
        by_name = {
            name: func.coalesce(words_table.c[f"m{n // _BITS}"], 0).bitwise_and(
                literal(1 << (n % _BITS), BigInteger())
            )
            != 0
            for n, name in enumerate(ordered)
        }
        return cls(words_table, table.c.phrase, by_name)

    def join(self, from_: FromClause) -> FromClause:
        """The rows with their flags."""
        if self.words is None or self.phrase is None:
            return from_
        return from_.outerjoin(self.words, self.words.c.phrase == self.phrase)


def _masks(ordered: Sequence[str], words: Collection[str], wide: int) -> list[int]:
    masks = [0] * wide
    for n, name in enumerate(ordered):
        if name in words:
            masks[n // _BITS] |= 1 << (n % _BITS)
    return masks


def _words_table(name: str, rows: Sequence[Sequence[int]], wide: int, dialect: str) -> FromClause:
    """(phrase, masks) as a table made of one JSON text: no temporary table, and no limit on their number.

    DISTINCT keeps SQLite from unfolding the list anew for each row; CAST lets it index the list for the join. Without
    either, every row is compared with every phrase.
    """
    names = ["phrase", *(f"m{n}" for n in range(wide))]
    if dialect == "postgresql":
        parts = ", ".join(f"CAST(value ->> {n} AS BIGINT) AS {name}" for n, name in enumerate(names))
        body = f"SELECT DISTINCT {parts} FROM json_array_elements(CAST(:{name} AS JSON)) AS value"  # noqa: S608 - names made here
    else:
        parts = ", ".join(
            f"CAST(json_extract(value, '$[{n}]') AS INTEGER) AS {name}" for n, name in enumerate(names)
        )
        body = f"SELECT DISTINCT {parts} FROM json_each(:{name})"  # noqa: S608 - names made here
    statement = text(body).bindparams(**{name: msgspec.json.encode(rows).decode()})
    return statement.columns(*[column(name, BigInteger()) for name in names]).subquery(name)


def custom_fields(dialect: str) -> FromClause:
    """(account, field, value) of every custom field of every company that is there."""
    if dialect == "postgresql":
        pairs = 'lower(btrim(f.key) COLLATE "C") AS field, f.value AS value'
        source = "json_each_text(CASE WHEN strpos(c.custom, '\\u0000') = 0 THEN CAST(c.custom AS JSON) END)"
    else:
        pairs = "lower(trim(f.key)) AS field, CAST(f.atom AS TEXT) AS value"
        source = (
            "json_each(CASE WHEN json_valid(c.custom) AND instr(c.custom, '\\u0000') = 0 THEN c.custom END)"
        )
    body = f"SELECT c.account AS account, {pairs} FROM company AS c, {source} AS f WHERE c.gone_at IS NULL"  # noqa: S608 - names of our own tables
    columns = (column("account", Integer()), column("field", Text()), column("value", Text()))
    return text(body).columns(*columns).subquery("fields")


def flag_names(uses: Uses) -> list[str]:
    """Names of the flags that conditions with these uses read."""
    return sorted({*uses.tags, *(service_flag(area) for area in uses.services)})


def service_flag(area: str) -> str:
    """The flag of a service."""
    return f"service {area}"
