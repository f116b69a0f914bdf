"""Whether a run fits into what is left of a vendor's quota: asked before it starts.

A run that does not fit waits. One that is larger than our share of a whole window would wait for ever: it goes in portions,
as large as what is left, each from the place where the one before stopped.
"""

from datetime import datetime

import msgspec

from sevenc_sync.clock import Clock, from_seconds
from sevenc_sync.connect.errors import AccessProblem, ContractChanged, RecordVanished, Throttled, VendorDown
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.limits import Allowance
from sevenc_sync.connect.pages import Malformed
from sevenc_sync.connect.stream import Count, Stream, Window
from sevenc_sync.store.database import Store
from sevenc_sync.store.details import count_waiting
from sevenc_sync.store.reads import stream_states, usual_requests
from sevenc_sync.sync.run import Kind, reads_whole

MARGIN = 1.25  # more than the last runs took: pages that are asked again, records that came since
EXTRA = 2  # requests beyond that, which matter where a run takes one or two
PORTIONS = 4  # a run in portions begins with a quarter of our share: fewer would hardly move it


class NoRoom(Throttled):
    """A run that would not fit, and so did not begin."""


class Budget:
    """What one opening of an account may still ask. Without a quota that the vendor tells, everything fits."""

    def __init__(self, store: Store, clock: Clock, account: int, http: Http, horizon: datetime) -> None:
        self._store = store
        self._clock = clock
        self._account = account
        self._http = http
        self._horizon = horizon
        if http.quota is not None and http.quota.is_rationed:
            http.allowance = Allowance(http.quota, clock)

    def check(self, stream: Stream, kind: Kind) -> None:
        """Raise NoRoom when the stream's next run may not begin now; the kit's other Problems too, for it may have to ask."""
        quota, allowance = self._http.quota, self._http.allowance
        if quota is None or allowance is None:
            return
        needed = self.needed(stream, kind)
        wanted = needed if needed <= quota.share else max(1, quota.share // PORTIONS)
        if wanted <= allowance.left:
            return
        retry_at = max(self._clock(), quota.at + quota.window / 4)
        minutes = int(quota.window.total_seconds() // 60)
        what = f"{needed} requests" if wanted == needed else f"{wanted} requests for a portion of {needed}"
        raise NoRoom(
            f"{stream.title}: this run needs about {what}, and {allowance.left} are left for us of the {quota.limit} that the"
            f" vendor allows in {minutes} minutes (all integrations together had used {quota.used})."
            f" Tried again at {retry_at:%H:%M} UTC.",
            retry_at=retry_at,
        )

    def needed(self, stream: Stream, kind: Kind) -> int:
        """About how many requests the stream's next run takes.

        As many as its last runs of this sort did. A whole pass over a stream that is usually read by its changes is
        rare, and may have been read in portions: there, and before the first run, the vendor is asked how many there are.
        """
        if stream.detail is not None:
            with self._store.read() as connection:
                waiting = count_waiting(connection, self._account, stream.name)
            return min(waiting, stream.detail.per_run) + EXTRA
        mode, since = self._mode(stream, kind)
        with self._store.read() as connection:
            usual = usual_requests(connection, self._account, stream.name, mode)
        counted = None
        if usual is None or (mode == "full" and stream.delta):
            counted = self._counted(stream, mode, since)
        found = max((number for number in (usual, counted) if number is not None), default=1)
        return int(found * MARGIN) + EXTRA

    def _mode(self, stream: Stream, kind: Kind) -> tuple[str, datetime | None]:
        """How the run will read, and what changed since when."""
        if kind != "usual":
            return kind, None
        with self._store.read() as connection:
            state = next(
                (
                    row
                    for row in stream_states(connection)
                    if row["account"] == self._account and row["stream"] == stream.name
                ),
                None,
            )
        told = (state["watermark"], state["last_full_at"]) if state else (None, None)
        watermark, last = (None if time is None else from_seconds(time) for time in told)
        whole = reads_whole(stream, watermark, last, self._clock())
        return ("full", None) if whole else ("delta", watermark)

    def _counted(self, stream: Stream, mode: str, since: datetime | None) -> int | None:
        """How many pages the vendor says there are; None where it cannot be asked, or does not say."""
        body = stream.sweep.body if mode == "sweep" and stream.sweep is not None else stream.body
        count = stream.count
        if count is None or body is None:
            return None
        window = Window(since=since, horizon=self._horizon, now=self._clock())
        try:
            number = self._http.read(
                stream.path + count.suffix,
                lambda answer: _number(answer, count),
                json_body=count.narrow(body(window)),
            )
        except (AccessProblem, ContractChanged, RecordVanished, VendorDown):
            return None  # the run itself says what is wrong, and what to do about it
        return number // count.page + 1


def _number(answer: Response, count: Count) -> int:
    try:
        return msgspec.json.decode(answer.body, type=dict[str, int])[count.field]
    except (msgspec.ValidationError, KeyError) as error:
        raise ContractChanged("A count is no number.", detail=str(error)) from error
    except msgspec.DecodeError as error:
        raise Malformed(str(error)) from error
