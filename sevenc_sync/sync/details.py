"""A pass that tells more of rows that are there: one call for each that waits, a bounded number in one run.

What one answer holds is folded into the row's columns. A row whose answer cannot be read keeps what it had, null at first,
and goes to the end of the queue.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sevenc_sync.connect.errors import AccessProblem, ContractChanged, RecordVanished, VendorDown
from sevenc_sync.connect.pages import Params
from sevenc_sync.connect.stream import Detail, Fold, Parent
from sevenc_sync.store.codec import Codec, Row
from sevenc_sync.store.details import Said, read_anew, waiting_rows
from sevenc_sync.store.runs import Token
from sevenc_sync.sync.decode import DecodedPage
from sevenc_sync.sync.passes import Pass

COMMIT_EVERY = 25  # answers: a crash asks for so many again


@dataclass(slots=True, kw_only=True)
class DetailPass(Pass):
    """A pass over the rows whose turn it is. A full pass lets all rows wait again first."""

    detail: Detail
    _mark: dict[str, str] = field(default_factory=dict)  # of the rows of this pass
    _rows: dict[str, Row] = field(default_factory=dict)  # what the answer for one row has told so far, by key
    _is_whole: bool = True  # whether all of its records could be read

    def read_all(
        self,
        mode: str,
        since: datetime | None,
        token: Token | None,  # noqa: ARG002 - the queue itself is the place where the next run goes on
        parents: Iterator[Parent] | None,  # noqa: ARG002 - and it says which rows there are
    ) -> None:
        """See Pass."""
        account, stream = self.claim.account, self.stream
        if mode == "full":
            with self.store.write() as connection:
                read_anew(connection, account, stream.name)
        with self.store.read() as connection:
            waiting = waiting_rows(
                connection, account, stream.name, stream.records[0].table, self.detail.per_run
            )
        self._mark = {row["id"]: mark for row, mark in waiting}
        rows = (Parent(id=row["id"], company=row.get("company"), row=row) for row, _mark in waiting)
        self.read_children(mode, since, rows, None)
        self.commit()

    def read_list(
        self, mode: str, since: datetime | None, parent: Parent | None, resumed: Params | None
    ) -> None:
        """The whole answer for one row, and what it comes to."""
        if parent is None:
            raise AssertionError("a detail is always one of a row")
        self._rows, self._is_whole = {}, True
        try:
            Pass.read_list(self, mode, since, parent, resumed)
            if self._is_whole:
                codec = self.codecs[self.stream.records[0].table]
                values = folded(codec, self.detail.fills, parent.id, list(self._rows.values()))
                self.batch.said.append(Said(parent.id, self._mark[parent.id], values))
            else:
                self.batch.tried.append(parent.id)
        except (RecordVanished, VendorDown, AccessProblem, ContractChanged):
            self.batch.tried.append(parent.id)
            raise
        finally:
            self.place = None
        if len(self.batch.said) + len(self.batch.tried) >= COMMIT_EVERY:
            self.commit()

    def take(self, page: DecodedPage) -> None:
        """Keep the page's rows until the answer is whole, of a record that comes twice the last; bad ones are held."""
        rows = page.rows[self.stream.records[0].table]
        for key, row in zip(page.keys, rows, strict=True):
            self._rows[key or f"\0{len(self._rows)}"] = row
        self._is_whole = self._is_whole and not page.bad
        self.batch.bad += page.bad
        self.count(page)


def folded(codec: Codec, fills: Mapping[str, Fold], key: str, rows: Sequence[Row]) -> dict[str, Any]:
    """The columns that one answer tells of the row `key`, by the rows that its records became.

    Raises ContractChanged for several records where one says it all, and for records of another row.
    """
    if any(row[1] != key for row in rows):
        raise ContractChanged("An answer tells of another record than the one that was asked for.")
    return {
        name: _folded(fold, [row[codec.columns.index(name)] for row in rows]) for name, fold in fills.items()
    }


def _folded(fold: Fold, values: Sequence[Any]) -> Any:
    match fold:
        case "only":
            if len(values) > 1:
                raise ContractChanged(f"An answer holds {len(values)} records where one belongs.")
            return values[0] if values else None
        case "sum":
            return None if None in values else sum(values)
        case "earliest":
            return min((value for value in values if value is not None), default=None)
