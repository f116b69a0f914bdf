"""A vendor's records by table and id, filled when first asked for, with what was written to them kept apart."""

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

Key = int | str
Record = dict[str, Any]
Loader = Callable[[], Iterable[Record]]


class Tables:
    """The tables of one vendor.

    What callers write (`put`, `remove`) survives a restart when a file is given; it lies over the world's records,
    so a world that has grown in the meantime shows both.
    """

    def __init__(self, loaders: Mapping[str, tuple[Loader, str]], written: Path | None = None) -> None:
        self._loaders = loaders
        self._rows: dict[str, dict[Key, Record]] = {}
        self._file = written
        self._written: dict[str, dict[str, Record | None]] = {}
        if written is not None and written.exists():
            self._written = msgspec.json.decode(
                written.read_bytes(), type=dict[str, dict[str, Record | None]]
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tables."""
        return tuple(self._loaders)

    def rows(self, table: str) -> dict[Key, Record]:
        """All records of a table by id. KeyError if there is no such table."""
        if table not in self._rows:
            load, key = self._loaders[table]
            rows: dict[Key, Record] = {record[key]: record for record in load()}
            for text, record in self._written.get(table, {}).items():
                if record is None:
                    rows.pop(_like(rows, text), None)
                else:
                    rows[record[key]] = record
            self._rows[table] = rows
        return self._rows[table]

    def put(self, table: str, record: Record) -> None:
        """Adds or replaces a record and keeps it."""
        key = record[self._loaders[table][1]]
        self.rows(table)[key] = record
        self._keep(table, key, record)

    def remove(self, table: str, key: Key) -> None:
        """Takes a record away for good. KeyError if it is not there."""
        del self.rows(table)[key]
        self._keep(table, key, None)

    def next_id(self, table: str, floor: int = 1) -> int:
        """An id above all that the table ever had, not below `floor`."""
        kept = (int(text) for text in self._written.get(table, {}) if text.isdigit())
        return max(
            floor, 1 + max((key for key in (*self.rows(table), *kept) if isinstance(key, int)), default=0)
        )

    def _keep(self, table: str, key: Key, record: Record | None) -> None:
        self._written.setdefault(table, {})[str(key)] = record
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=f".{self._file.name}")
        with os.fdopen(handle, "wb") as out:
            out.write(msgspec.json.encode(self._written))
        Path(name).replace(self._file)


def _like(rows: Mapping[Key, Record], text: str) -> Key:
    """A kept id in the type of the table's ids."""
    return int(text) if text.isdigit() and not any(isinstance(key, str) for key in rows) else text
