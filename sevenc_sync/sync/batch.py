"""What has been read and not yet committed: a few pages, so that quick pages do not cost a commit each."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sevenc_sync.store.codec import Row
from sevenc_sync.store.details import Mark, Said
from sevenc_sync.store.quarantine import BadRecord
from sevenc_sync.sync.decode import DecodedPage

MAX_ROWS = 10_000  # bounds the memory, whatever the source's size
MAX_SECONDS = 1.0  # a crash re-reads at most this much


@dataclass(slots=True)
class Batch:
    """Rows by table and bad records, since `opened` on the monotonic clock."""

    monotonic: Callable[[], float] = time.monotonic
    rows: dict[str, list[Row]] = field(default_factory=dict)
    bad: list[BadRecord] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)  # of a stream that tells more of other streams' rows
    tried: list[str] = field(default_factory=list)  # rows of which it could not be read
    size: int = 0
    opened: float | None = None

    def add(self, page: DecodedPage) -> None:
        """Take the page's rows."""
        if self.opened is None:
            self.opened = self.monotonic()
        for table, rows in page.rows.items():
            self.rows.setdefault(table, []).extend(rows)
            self.size += len(rows)
        self.bad += page.bad
        self.marks += page.marks

    @property
    def is_due(self) -> bool:
        """Whether it should be committed now."""
        return self.size >= MAX_ROWS or (
            self.opened is not None and self.monotonic() - self.opened >= MAX_SECONDS
        )

    def clear(self) -> None:
        """Forget everything: it is committed."""
        self.rows.clear()
        self.bad.clear()
        self.marks.clear()
        self.said.clear()
        self.tried.clear()
        self.size = 0
        self.opened = None
