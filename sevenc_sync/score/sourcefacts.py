"""What describes a row source: its columns, its times, and the words that it carries."""

from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

Kind = Literal["text", "number", "condition", "time"]


class ColumnFact(msgspec.Struct, frozen=True):
    """One column: what kind of value it holds, what it means, and the evidence table it comes from beyond the source's own.

    `told` names what only some sources tell at all, such as "whether disks are encrypted": where none of them does, a rule
    that asks for it is unknown.
    """

    kind: Kind
    means: str
    table: str | None = None
    told: str | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A row source. `at` is the time that `window` looks at; `newest` the time that shows how new the evidence is.

    `phrase` is the kind of words that tagged() and service() read, None where the rows have none. `label` names the
    columns by which a person knows a row again. `instead` is the evidence table whose rows stand in where no source
    delivers the own one; `words_of` another table whose words tagged() reads beside the own ones. `is_own`: the rows are
    this program's own, so no source can fail to deliver them. `shows` names, for columns of which a rule may ask, what a
    person wants to see then, and `brief` by which columns the row is known beside them.
    """

    name: str
    table: str
    means: str
    columns: Mapping[str, ColumnFact]
    at: str | None
    newest: str
    phrase: str | None
    label: tuple[str, ...]
    instead: str | None = None
    words_of: str | None = None
    is_own: bool = False
    shows: Mapping[str, tuple[str, ...]] = {}
    brief: tuple[str, ...] = ()

    def labels_for(self, used: Collection[str]) -> tuple[str, ...]:
        """The columns to show of a row where a rule uses these: what `shows` names, behind `brief`; else `label`."""
        more = [name for column, names in self.shows.items() if column in used for name in names]
        return (*self.brief, *dict.fromkeys(more)) if more else self.label


def text(means: str, table: str | None = None) -> ColumnFact:
    """A column of text."""
    return ColumnFact("text", means, table)


def number(means: str, table: str | None = None, told: str | None = None) -> ColumnFact:
    """A column of numbers."""
    return ColumnFact("number", means, table, told)


def flag(means: str, table: str | None = None, told: str | None = None) -> ColumnFact:
    """A column that holds or does not."""
    return ColumnFact("condition", means, table, told)


def time(means: str, table: str | None = None, told: str | None = None) -> ColumnFact:
    """A column of times."""
    return ColumnFact("time", means, table, told)


# What every row has.
COMMON = {
    "id": text("the vendor's id of the record"),
    "fetched_at": time("when this version of the record was read"),
}
