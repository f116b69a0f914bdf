"""What comes of each fault of a vendor: one table, which the suite checks stream by stream and the manual shows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sevenc_sync.connect.pages import Keyset
from sevenc_sync.connect.stream import Stream
from tests.conformance import arms
from tests.conformance.facts import can_be_paged
from tests.conformance.source import ATTEMPTS, Source

FAR_AWAY = 3600  # seconds: longer than a run waits
A_MOMENT = 2
IN_VAIN = 3  # parents in a row whose lists cannot be read, before the stream is given up

Kept = Literal["nothing", "what was read before", "everything", "all but the record"]
Tier = Literal[
    "connector", "way", "kind", "stream"
]  # with how many streams of a connector a fault is tried; see `cases`


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One fault and what must come of it.

    `state` is the run's; `child_state` that of a stream below parents, of which the fault may hit one only. `more` is
    how many requests it costs beside those of an undisturbed run; `requests` how many there are in all, with
    `child_requests` below parents. Neither: as many as it takes.
    """

    name: str
    fault: str  # for people
    arm: Callable[[Source, str], None]
    state: str
    child_state: str = ""
    kept: Kept = "nothing"
    stopped: bool = False
    more: int | None = None
    requests: int | None = None
    child_requests: int | None = None
    paged: bool = False  # makes sense for lists of several pages only
    fits: Callable[[Stream], bool] = lambda _stream: True
    timeout: float | None = None
    cost: str = ""  # in words, where it is not checked to the request
    once_per: Tier = "stream"

    @property
    def moves(self) -> bool:
        """Whether the watermark moves: only after a run that read everything."""
        return self.state == "ok"

    def shown(self) -> str:
        """Its row in the manual's table."""
        costs = {1: "1", 2: "2", ATTEMPTS: "all tries", 1 + ATTEMPTS: "1, then all tries of that page"}
        usual = {None: costs.get(self.requests or 0, ""), 0: "as usual"}.get(self.more, f"{self.more} more")
        cells = (
            self.fault,
            self.state if not self.child_state else f"{self.state}; below parents {self.child_state}",
            self.kept,
            "moves" if self.moves else "stays",
            "is stopped" if self.stopped else "goes on",
            self.cost or usual,
        )
        return f"| {' | '.join(cells)} |"

    def state_for(self, stream: Stream) -> set[str]:
        """The states that the run of this stream may have."""
        told = self.child_state if stream.parent is not None and self.child_state else self.state
        return set(told.split(" or "))


def _ok(name: str, fault: str, arm: Callable[[Source, str], None], more: int = 0, **rest: Any) -> Outcome:
    return Outcome(name=name, fault=fault, arm=arm, state="ok", kept="everything", more=more, **rest)


def _down(name: str, fault: str, arm: Callable[[Source, str], None], **rest: Any) -> Outcome:
    return Outcome(
        name=name,
        fault=fault,
        arm=arm,
        state="failed",
        requests=ATTEMPTS,
        child_requests=ATTEMPTS * IN_VAIN,
        **rest,
    )


_ONCE = (
    *(
        _ok(f"{status}-once", f"{status} once", arms.every("status", status=status, first=1), 1)
        for status in (500, 502, 503, 504)
    ),
    _ok(
        "429-seconds",
        "429 with a short Retry-After in seconds",
        arms.every("status", status=429, retry_after=A_MOMENT, first=1),
        1,
    ),
    _ok(
        "429-date",
        "429 with a short Retry-After as a date",
        arms.every("status", status=429, retry_after=A_MOMENT, retry_date=True, first=1),
        1,
    ),
    Outcome(
        name="time-out-once",
        fault="no answer in time, once",
        cost="1 more",
        arm=arms.every("delay", seconds=3, first=1),
        state="ok",
        kept="everything",
        timeout=0.4,
    ),
    _ok("cut-once", "the connection ends within an answer, once", arms.every("cut", first=1), 1),
    _ok("invalid-json-once", "an answer that is no JSON, once", arms.every("invalid_json", first=1), 1),
    _ok("html-once", "a web page with status 200, once", arms.every("html", first=1), 1),
    _ok("one-byte-at-a-time", "an answer that comes byte by byte", arms.every("trickle", first=1)),
    _ok("big-record", "a record of 10 MB", arms.big),
)

_LASTING = (
    Outcome(
        name="401",
        fault="401",
        arm=arms.every("status", status=401),
        state="failed",
        stopped=True,
        requests=1,
        child_requests=1,
    ),
    Outcome(
        name="403",
        fault="403",
        arm=arms.every("status", status=403),
        state="unreadable",
        requests=1,
        child_requests=IN_VAIN,
    ),
    Outcome(
        name="404",
        fault="404",
        arm=arms.every("status", status=404),
        state="failed or unreadable",
        child_state="failed or unreadable or partial",
        requests=1,
    ),
    *(
        _down(f"{status}-lasting", f"{status}, for good", arms.every("status", status=status))
        for status in (500, 502, 503, 504)
    ),
    _down("cut-lasting", "every answer is cut", arms.every("cut")),
    _down("invalid-json-lasting", "every answer is no JSON", arms.every("invalid_json")),
    _down("html-lasting", "every answer is a web page with status 200", arms.every("html")),
    Outcome(
        name="redirect",
        fault="a redirect to another host",
        arm=arms.redirected,
        state="failed",
        requests=1,
        child_requests=1,
    ),
    Outcome(
        name="time-out-lasting",
        fault="no answer in time, for good",
        arm=arms.every("delay", seconds=3),
        state="failed",
        requests=ATTEMPTS,
        child_requests=ATTEMPTS * IN_VAIN,
        timeout=0.2,
    ),
    Outcome(
        name="429-lasting",
        fault="429 for good, without a time",
        arm=arms.every("status", status=429),
        state="throttled",
        requests=ATTEMPTS,
        child_requests=ATTEMPTS,
    ),
    Outcome(
        name="429-far",
        fault="429 with a Retry-After beyond the longest wait",
        arm=arms.every("status", status=429, retry_after=FAR_AWAY),
        state="throttled",
        requests=1,
        child_requests=1,
    ),
)

_PAGES = (
    Outcome(
        name="second-page-500",
        fault="500 for good, from the second page on",
        arm=arms.second("status", times=ATTEMPTS + 1, status=500),
        state="failed",
        child_state="partial",
        kept="what was read before",
        requests=1 + ATTEMPTS,
        paged=True,
    ),
    _ok(
        "repeated-page-once",
        "a page comes again in the place of the next, once",
        arms.second("repeat_page"),
        1,
        paged=True,
    ),
    Outcome(
        name="repeated-page-lasting",
        fault="a page comes again in the place of the next, for good",
        arm=arms.second("repeat_page", times=ATTEMPTS),
        state="failed",
        child_state="partial",
        kept="what was read before",
        requests=1 + ATTEMPTS,
        paged=True,
    ),
    _ok("empty-page-once", "an empty page in the middle, once", arms.second("empty_page"), 1, paged=True),
    Outcome(
        name="empty-page-lasting",
        fault="an empty page in the middle, for good",
        arm=arms.second("empty_page", times=ATTEMPTS),
        state="failed",
        child_state="partial",
        kept="what was read before",
        requests=1 + ATTEMPTS,
        paged=True,
    ),
    Outcome(
        name="duplicate",
        fault="a record comes on two pages",
        arm=arms.second("duplicate"),
        state="ok",
        kept="everything",
        cost="as usual",
        paged=True,
    ),
    Outcome(
        name="last-without-key",
        fault="the last record of a page has no key, for good, and the next page begins after it",
        arm=arms.last_without_key,
        state="failed",
        child_state="partial",
        requests=ATTEMPTS,
        paged=True,
        fits=lambda stream: isinstance(stream.paginator, Keyset),
    ),
)

_RECORDS = (
    Outcome(
        name="poisoned",
        fault="500 for good to every question that one record belongs to, where records can be asked for by id",
        arm=arms.poisoned,
        state="ok",
        kept="all but the record",
        cost="all tries of that page, then halves of it",
        fits=lambda stream: stream.apart is not None,
    ),
    _ok("unknown-field", "a field that is not known", arms.record("conformanceUnknown", {"a": [1, None]})),
    Outcome(
        name="missing-field",
        fault="a record without its key",
        arm=arms.without_key(0),
        state="ok",
        kept="all but the record",
        more=0,
    ),
    Outcome(
        name="wrong-type",
        fault="a value of another type than documented",
        arm=arms.wrong_type,
        state="ok",
        kept="all but the record",
        more=0,
        fits=lambda stream: arms.strict_field(stream) is not None,
    ),
    Outcome(
        name="null",
        fault="null where a value is required",
        arm=arms.null_key,
        state="ok",
        kept="all but the record",
        more=0,
    ),
    Outcome(
        name="odd-values",
        fault="0, false, an empty text and an empty list in place of a record's values",
        arm=arms.odd_values,
        state="ok",
        kept="all but the record",
        more=0,
    ),
    Outcome(
        name="future",
        fault="a record from the far future",
        arm=arms.future,
        state="ok",
        kept="all but the record",
        more=0,
    ),
)

# What the client alone takes: it and the connector's own reading of errors are the same for all streams.
_CLIENTS = frozenset(
    {
        *(f"{status}-{how}" for status in (502, 503, 504) for how in ("once", "lasting")),
        *("429-seconds", "429-date", "time-out-once", "cut-once", "one-byte-at-a-time", "big-record"),
    }
)
# What becomes of a stream by how it is read and by what its passes tell, not by what its records are.
_KINDS = frozenset({"401", "403", "404", "500-lasting", "unknown-field", "poisoned", "null", "odd-values"})
_STREAMS = frozenset({"missing-field", "wrong-type", "future", "duplicate"})


def _tier(name: str) -> Tier:
    if name in _CLIENTS:
        return "connector"
    if name in _STREAMS:
        return "stream"
    return "kind" if name in _KINDS or any(name == outcome.name for outcome in _PAGES) else "way"


OUTCOMES: Sequence[Outcome] = tuple(
    replace(outcome, once_per=_tier(outcome.name)) for outcome in (*_ONCE, *_LASTING, *_PAGES, *_RECORDS)
)


def _like(stream: Stream) -> dict[Tier, tuple[object, ...]]:
    """What makes one stream stand for another, by tier."""
    way = (
        type(stream.paginator),
        type(stream.layout),
        stream.parent is not None,
        stream.body is not None,
        can_be_paged(stream),
    )
    told = (
        stream.detail is not None,
        bool(stream.beside),
        bool(stream.complete),
        stream.sweep is not None,
        stream.delta,
    )
    return {"connector": (), "way": way, "kind": (*way, *told), "stream": (stream.name,)}


def cases(streams: Sequence[Stream], *, every: bool = False) -> Iterator[tuple[Stream, Outcome]]:
    """The streams of one connector, each with the faults that make sense for it.

    Where one stream stands for others it is the first of its like: of the connector's, of those that are asked in one way,
    or of those whose passes also tell the same. `every` tries every fault with every stream.
    """
    met: set[tuple[str, tuple[object, ...]]] = set()
    for stream in streams:
        like = _like(stream)
        for outcome in OUTCOMES:
            if not outcome.fits(stream) or (outcome.paged and not can_be_paged(stream)):
                continue
            mark = (outcome.name, like[outcome.once_per])
            if every or mark not in met:
                met.add(mark)
                yield stream, outcome


def table() -> str:
    """The table as the manual shows it."""
    head = "| the vendor's answer | the run is | kept | watermark | account | requests |\n|---|---|---|---|---|---|"
    return "\n".join([head, *(outcome.shown() for outcome in OUTCOMES)])
