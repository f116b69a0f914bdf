"""What other stored rows of the account say, for vendors whose records name their company only by way of another one."""

from collections.abc import Iterator, Mapping, Sequence

from sevenc_sync.store.database import Store
from sevenc_sync.store.reads import column_by_id

Wanted = tuple[str, str]  # an evidence table and one of its columns


class RelatedRows(Mapping[Wanted, Mapping[str, str | None]]):
    """(table, column) -> id -> value. Each is read when it is asked for first: a pass without records reads none."""

    def __init__(self, store: Store, account: int, wanted: Sequence[Wanted]) -> None:
        self._store = store
        self._account = account
        self._wanted = tuple(wanted)
        self._known: dict[Wanted, Mapping[str, str | None]] = {}

    def __getitem__(self, key: Wanted) -> Mapping[str, str | None]:
        if key not in self._known:
            if key not in self._wanted:
                raise KeyError(key)
            with self._store.read() as connection:
                self._known[key] = column_by_id(connection, self._account, *key)
        return self._known[key]

    def __iter__(self) -> Iterator[Wanted]:
        return iter(self._wanted)

    def __len__(self) -> int:
        return len(self._wanted)
