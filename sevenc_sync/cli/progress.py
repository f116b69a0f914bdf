"""Progress of a round of reading: a bar for each stream on a terminal, nothing otherwise (the log has the lines)."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from sevenc_sync.cli.common import err, safe, show_table, state_text

if TYPE_CHECKING:
    from sevenc_sync.sync.outcome import RunResult
    from sevenc_sync.sync.passes import Totals


class SyncProgress:
    """Bars by (account, stream). Called from the accounts' threads."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[tuple[str, str], TaskID] = {}
        self._lock = threading.Lock()

    def _task(self, account: str, stream: str) -> TaskID:
        key = (account, stream)
        if key not in self._tasks:
            self._tasks[key] = self._progress.add_task(f"{account}/{stream}", total=None, said="")
        return self._tasks[key]

    def on_progress(self, account: str, stream: str, totals: "Totals") -> None:
        """A page came in."""
        with self._lock:
            task = self._task(account, stream)
            self._progress.update(task, completed=totals.fetched, said=f"{totals.fetched:,} records")

    def on_result(self, result: "RunResult") -> None:
        """A stream is done."""
        said = f"{result.fetched:,} records, {result.new:,} new, {result.changed:,} changed"
        if result.state != "ok":
            said = f"{state_text(result.state).markup} {said}"
        with self._lock:
            task = self._task(result.account, result.stream)
            self._progress.update(task, total=1, completed=1, said=said)


@contextmanager
def sync_progress() -> Iterator[SyncProgress]:
    """Bars on standard error while the block runs."""
    with Progress(
        SpinnerColumn(finished_text="•"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
        console=err,
        disable=not err.is_terminal,
    ) as progress:
        yield SyncProgress(progress)


def show_results(results: Sequence["RunResult"]) -> None:
    """The runs as a table, then what to do about those that did not go well."""
    show_table(
        None,
        ("stream", "state", "mode", "fetched", "new", "changed", "same", "held", "calls"),
        [
            (
                f"{r.account}/{r.stream}",
                state_text(r.state),
                *(r.mode or "-", r.fetched, r.new, r.changed, r.same, r.held, r.requests),
            )
            for r in results
        ],
    )
    said = set()
    for result in results:
        key = (result.account, result.error)
        if result.error and key not in said:
            said.add(key)
            err.print(
                safe(f"{result.account}/{result.stream} is {result.state}: {result.error}"), soft_wrap=True
            )
            if result.action:
                err.print(safe(f"  What to do: {result.action}"), soft_wrap=True)
