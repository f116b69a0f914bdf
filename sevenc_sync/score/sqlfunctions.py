"""SQL that both databases must answer alike: each function here has one form per database and one meaning.

What an MSP typed into a field is never trusted: a text that is no date or no number becomes null on both databases,
never an error.
"""

from typing import Any

from sqlalchemy import BigInteger, Double, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

# Blanks of every kind that vendors pad texts with, the non-breaking space among them.
_BLANKS = " \t\r\n\u00a0"
# What people type to say that they have nothing to say.
_NOTHING = ("", "-", "?", "n/a", "none", "tbd")


class ascii_lower(GenericFunction[str]):  # noqa: N801 - named as it reads in a statement
    """A text with A to Z made small and all else kept, whatever the database's locale."""

    type = Text()
    inherit_cache = True
    name = "ascii_lower"


class said(GenericFunction[str]):  # noqa: N801 - as above
    """A text without the blanks around it; null where it says nothing ("", "-", "n/a", ...)."""

    type = Text()
    inherit_cache = True
    name = "said"


class day_of_text(GenericFunction[int]):  # noqa: N801 - as above
    """Midnight UTC, in epoch seconds, of a text that begins with YYYY-MM-DD; null for any other text."""

    type = BigInteger()
    inherit_cache = True
    name = "day_of_text"


class number_of_text(GenericFunction[float]):  # noqa: N801 - as above
    """The number that a text is ("85", "85.5", "85,5", "85 %"); null for any other text."""

    type = Double()
    inherit_cache = True
    name = "number_of_text"


class middle(GenericFunction[float]):  # noqa: N801 - as above
    """An aggregate: the middle one of the numbers that are not null; half-way between two where their number is even."""

    type = Double()
    inherit_cache = True
    name = "middle"


class same_order(GenericFunction[str]):  # noqa: N801 - as above
    """A text that sorts by its bytes, whatever the database's locale."""

    type = Text()
    inherit_cache = True
    name = "same_order"


def _arguments(element: Any, compiler: SQLCompiler) -> list[str]:
    # Each argument may stand several times in the text: binds are named, so repeating them is safe.
    return [compiler.process(clause) for clause in element.clauses]


def _register(function: type[Any], *, sqlite: str, postgresql: str) -> None:
    """Give the function its form per database: templates over {0}, {1}, its arguments."""

    @compiles(function)
    def _default(element: Any, compiler: SQLCompiler, **_: Any) -> str:
        return sqlite.format(*_arguments(element, compiler))

    @compiles(function, "postgresql")
    def _postgresql(element: Any, compiler: SQLCompiler, **_: Any) -> str:
        return postgresql.format(*_arguments(element, compiler))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


# The argument stands once, in a query of its own: it may be a long expression.
_SAID = (
    f"(SELECT CASE WHEN lower(v) IN ({', '.join(map(_text, _NOTHING))}) THEN NULL ELSE v END"  # noqa: S608 - texts of our own
    f" FROM (SELECT {{trim}}({{{{0}}}}, {_text(_BLANKS)}) AS v) AS padless)"
)

_register(ascii_lower, sqlite="lower({0})", postgresql='lower(({0}) COLLATE "C")')
_register(middle, sqlite="middle({0})", postgresql="percentile_cont(0.5) WITHIN GROUP (ORDER BY {0})")
_register(same_order, sqlite="{0}", postgresql='({0}) COLLATE "C"')
_register(said, sqlite=_SAID.format(trim="trim"), postgresql=_SAID.format(trim="btrim"))
# "+0 days" makes SQLite work the day out: without it, 30 February comes back as it was given.
_register(
    day_of_text,
    sqlite="(SELECT CASE WHEN d GLOB '[12][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND d >= '1900' AND after IN ('', 'T', ' ')"
    " AND date(d, '+0 days') = d THEN CAST(strftime('%s', d) AS INTEGER) END"
    " FROM (SELECT substr({0}, 1, 10) AS d, substr({0}, 11, 1) AS after))",
    # make_date and the cast refuse impossible days, so they are reached only by texts that are days of some month.
    postgresql="(SELECT CASE WHEN d ~ '^(19|2[0-9])[0-9]{{2}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'"
    " AND after IN ('', 'T', ' ') THEN"
    " CASE WHEN to_char(make_date(substr(d, 1, 4)::integer, substr(d, 6, 2)::integer, 1)"
    " + (substr(d, 9, 2)::integer - 1), 'YYYY-MM-DD') = d"
    " THEN extract(epoch FROM make_date(substr(d, 1, 4)::integer, substr(d, 6, 2)::integer, 1)"
    " + (substr(d, 9, 2)::integer - 1))::bigint END END"
    " FROM (SELECT substr({0}, 1, 10) AS d, substr({0}, 11, 1) AS after) AS parts)",
)
# 33 characters hold every number worth typing, and none that overflows a double.
_register(
    number_of_text,
    sqlite="(SELECT CASE WHEN length(v) <= 33 AND b GLOB '[0-9]*' AND b NOT GLOB '*[^0-9.]*' AND b NOT GLOB '*.'"
    " AND b NOT GLOB '*.*.*' THEN CAST(v AS REAL) END"
    " FROM (SELECT v, CASE WHEN substr(v, 1, 1) IN ('+', '-') THEN substr(v, 2) ELSE v END AS b"
    " FROM (SELECT replace(rtrim({0}, '% '), ',', '.') AS v)))",
    postgresql="(SELECT CASE WHEN v ~ '^[+-]?[0-9]+([.][0-9]+)?$' AND length(v) <= 33 THEN v::double precision END"
    " FROM (SELECT replace(rtrim({0}, chr(37) || ' '), ',', '.') AS v) AS parts)",
)
