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
    select,
    text,
)

from sevenc_sync.score.rules import Rules
from sevenc_sync.score.sources import Source
from sevenc_sync.score.vocabulary import Sql, Uses
from sevenc_sync.score.words import Phrases

_BITS = 60  # flags in one integer, clear of its sign on both databases


@dataclass(frozen=True)
class WordsTable:
    """A small table of phrases that travels with a statement: (phrase, masks), made of one JSON text.

    A bit of the masks stands for a tag or a service. The rows are those of the phrases that are known when the table is
    bound; a statement that is kept is told the rows of later ones (`rows`) when it is run.
    """

    name: str
    kind: str
    flags: tuple[str, ...]
    table: FromClause

    @classmethod
    def of(cls, name: str, kind: str, flags: Sequence[str], dialect: str, rows: str) -> "WordsTable":
        """The table with these rows. No temporary table, and no limit on their number.

        DISTINCT keeps SQLite from unfolding the list anew for each row; CAST lets it index the list for the join. Without
        either, every row is compared with every phrase.
        """
        names = ["phrase", *(f"m{n}" for n in range(_wide(flags)))]
        if dialect == "postgresql":
            parts = ", ".join(f"CAST(value ->> {n} AS BIGINT) AS {part}" for n, part in enumerate(names))
            body = f"SELECT DISTINCT {parts} FROM json_array_elements(CAST(:{name} AS JSON)) AS value"  # noqa: S608 - names made here
        else:
            parts = ", ".join(
                f"CAST(json_extract(value, '$[{n}]') AS INTEGER) AS {part}" for n, part in enumerate(names)
            )
            body = f"SELECT DISTINCT {parts} FROM json_each(:{name})"  # noqa: S608 - names made here
        columns = [column(part, BigInteger()) for part in names]
        table = text(body).bindparams(**{name: rows}).columns(*columns).subquery(name)
        return cls(name, kind, tuple(flags), table)

    def rows(self, rules: Rules, phrases: Phrases) -> str:
        """The rows for these phrases, as the statement wants them."""
        return _rows(rules, phrases, self.kind, self.flags)

    def has(self, number: int) -> Sql:
        """Whether a row of the table, where there is one, has the flag at that place."""
        mask = literal(1 << (number % _BITS), BigInteger())
        return func.coalesce(self.table.c[f"m{number // _BITS}"], 0).bitwise_and(mask) != 0

    def lists(self, phrase: Sql, number: int) -> Sql:
        """Whether the phrase has that flag, for a condition that stands before the table is joined: the list is made once."""
        return func.coalesce(phrase.in_(select(self.table.c.phrase).where(self.has(number))), false())


@dataclass(frozen=True)
class Flags:
    """Tags and services of a source's rows, read from a table of phrases.

    `early` says the same of a row that is not joined to the table of phrases yet.
    """

    words: WordsTable | None
    phrase: Column[Any] | None
    by_name: Mapping[str, Sql]
    early: Mapping[str, Sql]

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
            never: dict[str, Sql] = {name: false() for name in ordered}
            return cls(None, None, never, never)
        rows = _rows(rules, phrases, source.phrase, ordered)
        words = WordsTable.of(f"words_of_{table.name}", source.phrase, ordered, dialect, rows)
        return cls(
            words,
            table.c.phrase,
            {name: words.has(n) for n, name in enumerate(ordered)},
            {name: words.lists(table.c.phrase, n) for n, name in enumerate(ordered)},
        )

    def join(self, from_: FromClause) -> FromClause:
        """The rows with their flags."""
        if self.words is None or self.phrase is None:
            return from_
        return from_.outerjoin(self.words.table, self.words.table.c.phrase == self.phrase)


def _rows(rules: Rules, phrases: Phrases, kind: str, flags: Sequence[str]) -> str:
    tags = phrases.given(rules.tag_matcher, kind)
    areas = phrases.given(rules.service_matcher, kind)
    given: dict[int, set[str]] = {number: set(words) for number, words in tags.items()}
    for number, words in areas.items():
        given.setdefault(number, set()).update(service_flag(area) for area in words)
    rows = [[number, *_masks(flags, words)] for number, words in sorted(given.items())]
    return msgspec.json.encode([row for row in rows if any(row[1:])]).decode()


def _wide(flags: Sequence[str]) -> int:
    return (len(flags) + _BITS - 1) // _BITS


def _masks(flags: Sequence[str], words: Collection[str]) -> list[int]:
    masks = [0] * _wide(flags)
    for n, name in enumerate(flags):
        if name in words:
            masks[n // _BITS] |= 1 << (n % _BITS)
    return masks


def client_numbers(numbers: str, dialect: str) -> FromClause:
    """The numbers of the clients that are asked for, one row each, from a JSON list."""
    if dialect == "postgresql":
        body = "SELECT CAST(value AS BIGINT) AS value FROM json_array_elements_text(CAST(:clients AS JSON))"
    else:
        body = "SELECT value FROM json_each(:clients)"
    statement = text(body).bindparams(clients=numbers)
    return statement.columns(column("value", BigInteger())).subquery("asked")


def custom_fields(dialect: str) -> FromClause:
    """(account, company, field, value) of every custom field of every company that is there.

    A field's name is in small letters, without blanks around it; a company may have two of one name. The NUL character, which
    JSON may carry and PostgreSQL may not, makes all fields of a company unreadable there: then both databases see none.
    """
    if dialect == "postgresql":
        pairs = 'lower(btrim(f.key) COLLATE "C") AS field, f.value AS value'
        source = "json_each_text(CASE WHEN strpos(c.custom, '\\u0000') = 0 THEN CAST(c.custom AS JSON) END)"
    else:
        value = "CASE f.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(f.atom AS TEXT) END"
        pairs = f"lower(trim(f.key)) AS field, {value} AS value"
        source = (
            "json_each(CASE WHEN json_valid(c.custom) AND instr(c.custom, '\\u0000') = 0 THEN c.custom END)"
        )
    body = (
        f"SELECT c.account, c.id AS company, {pairs} FROM company AS c, {source} AS f WHERE c.gone_at IS NULL"  # noqa: S608 - names of our own tables
    )
    columns = (
        column("account", Integer()),
        column("company", Text()),
        column("field", Text()),
        column("value", Text()),
    )
    return text(body).columns(*columns).subquery("fields")


def flag_names(uses: Uses) -> list[str]:
    """Names of the flags that conditions with these uses read."""
    return sorted({*uses.tags, *(service_flag(area) for area in uses.services)})


def service_flag(area: str) -> str:
    """The flag of a service."""
    return f"service {area}"
