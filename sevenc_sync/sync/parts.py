"""A whole pass in parts: ranges of ids read side by side, for vendors that are far away.

Threads fetch and decode; only the calling thread touches the batch and the store. With a near source one thread that
does everything is quicker, so the distance is measured first.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import msgspec

from sevenc_sync.clock import to_seconds
from sevenc_sync.connect.errors import ContractChanged
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.pages import Params
from sevenc_sync.connect.stream import Ranges, Window
from sevenc_sync.store.runs import Part, Token
from sevenc_sync.sync.decode import DecodedPage
from sevenc_sync.sync.passes import Pass, Question

FAR = 0.05  # seconds a request: below it the vendor is not what takes the time
PARTS_PER_WORKER = 4  # ids are never spread evenly: a worker that is done early takes another part
POLL_SECONDS = 0.1


@dataclass(slots=True)
class _Fetched:
    """What a thread gives: a page of a part, or the fault that ended it."""

    part: Part
    page: DecodedPage | None
    following: Params | None
    fault: BaseException | None = None


@dataclass(slots=True, kw_only=True)
class PartsPass(Pass):
    """A pass over a stream with `ranges`. `workers`: requests at once; None leaves it to the connector."""

    ranges: Ranges
    workers: int | None = None
    monotonic: Callable[[], float] = time.monotonic

    def read_parts(self, mode: str, since: datetime | None, token: Token | None) -> bool:  # noqa: ARG002 - a whole pass has no since
        """See Pass. Only whole passes are read in parts; an interrupted one goes on with the parts that it had."""
        if mode != "full" or (token is not None and token.parts is None):
            return False
        window = Window(since=None, horizon=self.horizon, now=self.clock())
        workers = self.workers or self.ranges.workers
        parts = token.parts if token is not None else None
        if parts is None:
            parts = self._cut(window, workers)
        if not parts:
            return False
        _Reading(self, self.ranges, window, parts, mode).run(workers)
        return True

    def _cut(self, window: Window, workers: int) -> list[Part]:
        """Ranges that cover all ids; none when the source is near, small or has no numeric ids."""
        began = self.monotonic()
        low, high = self._edge(window, False), self._edge(window, True)
        seconds = (self.monotonic() - began) / 2
        if workers < 2 or seconds < FAR or low is None or high is None:  # noqa: PLR2004 - side by side begins at two
            return []
        count = workers * PARTS_PER_WORKER
        if high - low < count:
            return []
        width = (high - low) // count + 1
        starts = list(range(low, high + 1, width))
        # The last one is open: what is made while we read belongs to it.
        return [Part(low=start, high=end) for start, end in zip(starts, [*starts[1:], None], strict=True)]

    def _edge(self, window: Window, highest: bool) -> int | None:
        def parse(response: Response) -> int | None:
            if self.started is None:
                self.started = response.server_time or self.clock()
            raws, _ = self.stream.layout.split(response.body)
            if not raws:
                return None
            record = msgspec.json.decode(raws[0], type=dict[str, msgspec.Raw])
            try:
                return int(msgspec.json.decode(record[self.stream.key], type=int | str))
            except (KeyError, ValueError) as error:
                raise ContractChanged(f"{self.stream.name} has no numeric {self.stream.key}.") from error

        return self.http.read(self.stream.path, parse, params=self.ranges.edge(window, highest))


class _Reading:
    """Threads that fetch, and the one that commits."""

    def __init__(
        self, owner: PartsPass, ranges: Ranges, window: Window, parts: list[Part], mode: str
    ) -> None:
        self._owner = owner
        self._ranges = ranges
        self._window = window
        self._parts = parts
        self._mode = mode
        self._todo: queue.SimpleQueue[Part] = queue.SimpleQueue()
        self._abort = threading.Event()

    def run(self, workers: int) -> None:
        """Read all parts that are not done. Raises the first fault of any thread."""
        waiting = [part for part in self._parts if not part.done]
        for part in waiting:
            # Threads get copies: the parts here say what is in the batch, not what is on its way.
            self._todo.put(Part(low=part.low, high=part.high, params=part.params))
        arrived: queue.Queue[_Fetched] = queue.Queue(maxsize=workers)  # bounds the pages in memory
        by_low = {part.low: part for part in self._parts}
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="part") as pool:
            for _ in range(min(workers, len(waiting))):
                pool.submit(self._fetch_parts, arrived)
            try:
                left = len(waiting)
                while left:
                    left -= self._take(arrived.get(), by_low)
            finally:
                self._abort.set()

    def _take(self, fetched: _Fetched, by_low: dict[int, Part]) -> bool:
        """Take a page into the batch; True when its part is done."""
        if fetched.fault is not None:
            raise fetched.fault
        owner = self._owner
        if fetched.page is not None:
            owner.take(fetched.page)
        part = by_low[fetched.part.low]
        part.params, part.done = fetched.following, fetched.following is None
        owner.place = Token(
            mode=self._mode,
            since=None,
            started=to_seconds(owner.started or owner.clock()),
            parts=self._parts,
            held=owner.held_before + owner.totals.held,
        )
        if owner.batch.is_due:
            owner.commit()
        return part.done

    def _fetch_parts(self, arrived: "queue.Queue[_Fetched]") -> None:
        part = Part(low=0, high=None)
        try:
            while not self._abort.is_set():
                try:
                    part = self._todo.get_nowait()
                except queue.Empty:
                    return
                self._fetch_part(part, arrived)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits, which raises it
            self._hand_over(_Fetched(part, None, None, error), arrived)

    def _fetch_part(self, part: Part, arrived: "queue.Queue[_Fetched]") -> None:
        owner = self._owner
        question = Question(
            params=dict(self._ranges.within(self._window, part.low, part.high)),
            body=None,
            ids=(part.low, part.high),
        )
        params: Params | None = part.params or owner.stream.paginator.first()
        seen: set[tuple[tuple[str, str | int], ...]] = set()
        while params is not None and not self._abort.is_set():
            mark = tuple(sorted(params.items()))
            if mark in seen:
                raise ContractChanged(f"{owner.stream.path} leads back to a page already read: {params}.")
            seen.add(mark)
            page, params = owner.fetch(owner.stream.path, question, params, None)
            self._hand_over(_Fetched(part, page, params), arrived)

    def _hand_over(self, fetched: _Fetched, arrived: "queue.Queue[_Fetched]") -> None:
        while not self._abort.is_set():
            try:
                arrived.put(fetched, timeout=POLL_SECONDS)
            except queue.Full:
                continue
            return
