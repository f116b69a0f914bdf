"""What comes of each fault of a vendor: one table, which the suite checks stream by stream and the manual shows."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import cycle
from typing import Any, Literal

import msgspec

from sevenc_sync.connect.pages import Keyset
from sevenc_sync.connect.stream import Stream
from sevenc_sync.sandbox.faults import MISSING
from tests.conformance.facts import can_be_paged
from tests.conformance.source import ATTEMPTS, Source

FAR_AWAY = 3600  # seconds: longer than a run waits
A_MOMENT = 2
FAR_FUTURE = "2099-01-01T00:00:00Z"
IN_VAIN = 3  # parents in a row whose lists cannot be read, before the stream is given up

Kept = Literal["nothing", "what was read before", "everything", "all but the record"]


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
    of_transport: bool = False  # the same for all streams that are asked in one way: checked with one of them

    @property
    def moves(self) -> bool:
        """Whether the watermark moves: only after a run that read everything."""
        return self.state == "ok"

    def state_for(self, stream: Stream) -> set[str]:
        """The states that the run of this stream may have."""
        told = self.child_state if stream.parent is not None and self.child_state else self.state
        return set(told.split(" or "))


def _every(action: Any, **rule: Any) -> Callable[[Source, str], None]:
    """The fault at every request of the stream."""

    def arm(source: Source, stream: str) -> None:
        source.server.faults.add(action, path=source.facts[stream].paths, **rule)

    return arm


def _second(action: Any, times: int = 1, **rule: Any) -> Callable[[Source, str], None]:
    """The fault at the second page of the stream's longest list, and at so many tries to read it."""

    def arm(source: Source, stream: str) -> None:
        for nth in range(2, 2 + times):
            source.server.faults.add(action, path=source.facts[stream].longest, nth=nth, **rule)

    return arm


def _record(key: str, value: Any, index: int = 0) -> Callable[[Source, str], None]:
    """A record of the first page with another value."""

    def arm(source: Source, stream: str) -> None:
        faults = source.server.faults
        faults.add(
            "mutate", path=f"^{source.facts[stream].first_path}$", nth=1, key=key, value=value, index=index
        )

    return arm


def _without_key(index: int) -> Callable[[Source, str], None]:
    def arm(source: Source, stream: str) -> None:
        _record(source.stream(stream).key, MISSING, index)(source, stream)

    return arm


def _last_without_key(source: Source, stream: str) -> None:
    """Nothing says where the page after the first one begins."""
    key = source.stream(stream).key
    for nth in range(1, 1 + ATTEMPTS):
        source.server.faults.add(
            "mutate", path=source.facts[stream].longest, nth=nth, key=key, value=MISSING, index=10**6
        )


def strict_field(stream: Stream) -> str | None:
    """A field of the wire record that no object fits in, the key last; None where any value fits everywhere."""
    fields = sorted(msgspec.structs.fields(stream.wire), key=lambda field: field.encode_name == stream.key)
    for field in fields:
        try:
            msgspec.convert({"conformance": [1]}, field.type)
        except msgspec.ValidationError:
            return field.encode_name
    return None


def _wrong_type(source: Source, stream: str) -> None:
    _record(strict_field(source.stream(stream)) or "", {"conformance": [1]})(source, stream)


def _null_key(source: Source, stream: str) -> None:
    _record(strict_key(source.stream(stream)), None)(source, stream)


def strict_key(stream: Stream) -> str:
    """The required field that must not be null: the key, or the first that has no default."""
    required = [field.encode_name for field in msgspec.structs.fields(stream.wire) if field.required]
    return stream.key if stream.key in required or not required else required[0]


def _odd_values(source: Source, stream: str) -> None:
    """Every value of the first record but its key is one that says little."""
    key = source.stream(stream).key
    names = [name for name in json.loads(source.facts[stream].records[0]) if name != key]
    for name, value in zip(names, cycle([0, False, "", []]), strict=False):
        _record(name, value)(source, stream)


def _redirected(source: Source, stream: str) -> None:
    source.server.faults.add(
        "redirect", path=source.facts[stream].paths, location=f"{source.elsewhere.address}/taken"
    )


def _future(source: Source, stream: str) -> None:
    """Every time in the first record lies far ahead."""
    for key in keys_of_times(json.loads(source.facts[stream].records[0])):
        _record(key, FAR_FUTURE)(source, stream)


def keys_of_times(record: Any, prefix: str = "") -> list[str]:
    """Where times stand in a record, in the words of a fault's `key`."""
    found: list[str] = []
    for name, value in record.items() if isinstance(record, dict) else ():
        if isinstance(value, dict):
            found += keys_of_times(value, f"{prefix}{name}/")
        elif isinstance(value, str) and _is_time(value):
            found.append(prefix + name)
    return found


def _is_time(value: str) -> bool:
    try:
        return len(value) > len("2026-11-20") and datetime.fromisoformat(value) is not None
    except ValueError:
        return False


def _big(source: Source, stream: str) -> None:
    source.server.faults.add(
        "big_record",
        path=f"^{source.facts[stream].first_path}$",
        nth=1,
        key="conformanceUnknown",
        size=10_000_000,
    )


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
        _ok(f"{status}-once", f"{status} once", _every("status", status=status, first=1), 1)
        for status in (500, 502, 503, 504)
    ),
    _ok(
        "429-seconds",
        "429 with a short Retry-After in seconds",
        _every("status", status=429, retry_after=A_MOMENT, first=1),
        1,
    ),
    _ok(
        "429-date",
        "429 with a short Retry-After as a date",
        _every("status", status=429, retry_after=A_MOMENT, retry_date=True, first=1),
        1,
    ),
    Outcome(
        name="time-out-once",
        fault="no answer in time, once",
        arm=_every("delay", seconds=3, first=1),
        state="ok",
        kept="everything",
        timeout=0.4,
    ),
    _ok("cut-once", "the connection ends within an answer, once", _every("cut", first=1), 1),
    _ok("invalid-json-once", "an answer that is no JSON, once", _every("invalid_json", first=1), 1),
    _ok("html-once", "a web page with status 200, once", _every("html", first=1), 1),
    _ok("one-byte-at-a-time", "an answer that comes byte by byte", _every("trickle", first=1)),
    _ok("big-record", "a record of 10 MB", _big),
)

_LASTING = (
    Outcome(
        name="401",
        fault="401",
        arm=_every("status", status=401),
        state="failed",
        stopped=True,
        requests=1,
        child_requests=1,
    ),
    Outcome(
        name="403",
        fault="403",
        arm=_every("status", status=403),
        state="unreadable",
        requests=1,
        child_requests=IN_VAIN,
    ),
    Outcome(
        name="404",
        fault="404",
        arm=_every("status", status=404),
        state="failed or unreadable",
        child_state="failed or unreadable or partial",
        requests=1,
    ),
    *(
        _down(f"{status}-lasting", f"{status}, for good", _every("status", status=status))
        for status in (500, 502, 503, 504)
    ),
    _down("cut-lasting", "every answer is cut", _every("cut")),
    _down("invalid-json-lasting", "every answer is no JSON", _every("invalid_json")),
    _down("html-lasting", "every answer is a web page with status 200", _every("html")),
    Outcome(
        name="redirect",
        fault="a redirect to another host",
        arm=_redirected,
        state="failed",
        requests=1,
        child_requests=1,
    ),
    Outcome(
        name="time-out-lasting",
        fault="no answer in time, for good",
        arm=_every("delay", seconds=3),
        state="failed",
        timeout=0.2,
    ),
    Outcome(
        name="429-lasting",
        fault="429 for good, without a time",
        arm=_every("status", status=429),
        state="throttled",
        requests=ATTEMPTS,
        child_requests=ATTEMPTS,
    ),
    Outcome(
        name="429-far",
        fault="429 with a Retry-After beyond the longest wait",
        arm=_every("status", status=429, retry_after=FAR_AWAY),
        state="throttled",
        requests=1,
        child_requests=1,
    ),
)

_PAGES = (
    Outcome(
        name="second-page-500",
        fault="500 for good, from the second page on",
        arm=_second("status", times=ATTEMPTS, status=500),
        state="failed",
        child_state="partial",
        kept="what was read before",
        paged=True,
    ),
    Outcome(
        name="repeated-page",
        fault="the second page is the first once more",
        arm=_second("repeat_page"),
        state="failed",
        child_state="partial",
        kept="what was read before",
        requests=2,
        paged=True,
    ),
    _ok("empty-page-once", "an empty page in the middle, once", _second("empty_page"), 1, paged=True),
    Outcome(
        name="empty-page-lasting",
        fault="an empty page in the middle, for good",
        arm=_second("empty_page", times=ATTEMPTS),
        state="failed",
        child_state="partial",
        kept="what was read before",
        paged=True,
    ),
    Outcome(
        name="duplicate",
        fault="a record comes on two pages",
        arm=_second("duplicate"),
        state="ok",
        kept="everything",
        paged=True,
    ),
    Outcome(
        name="last-without-key",
        fault="the last record of a page has no key, for good, and the next page begins after it",
        arm=_last_without_key,
        state="failed",
        child_state="partial",
        paged=True,
        fits=lambda stream: isinstance(stream.paginator, Keyset),
    ),
)

_RECORDS = (
    _ok("unknown-field", "a field that is not known", _record("conformanceUnknown", {"a": [1, None]})),
    Outcome(
        name="missing-field",
        fault="a record without its key",
        arm=_without_key(0),
        state="ok",
        kept="all but the record",
        more=0,
    ),
    Outcome(
        name="wrong-type",
        fault="a value of another type than documented",
        arm=_wrong_type,
        state="ok",
        kept="all but the record",
        more=0,
        fits=lambda stream: strict_field(stream) is not None,
    ),
    Outcome(
        name="null",
        fault="null where a value is required",
        arm=_null_key,
        state="ok",
        kept="all but the record",
        more=0,
    ),
    Outcome(
        name="odd-values",
        fault="0, false, an empty text and an empty list in place of a record's values",
        arm=_odd_values,
        state="ok",
        kept="all but the record",
        more=0,
    ),
    Outcome(
        name="future",
        fault="a record from the far future",
        arm=_future,
        state="ok",
        kept="all but the record",
        more=0,
    ),
)

_STREAMS_OWN = frozenset({"401", "403", "404", "500-lasting"})

OUTCOMES: Sequence[Outcome] = (
    *(replace(outcome, of_transport=outcome.name not in _STREAMS_OWN) for outcome in (*_ONCE, *_LASTING)),
    *_PAGES,
    *_RECORDS,
)


def way_of(stream: Stream) -> tuple[object, ...]:
    """How a stream is asked: of streams asked in the same way one stands for all where only the transport counts."""
    return (
        type(stream.paginator),
        type(stream.layout),
        stream.parent is not None,
        stream.body is not None,
        can_be_paged(stream),
    )


def cases(streams: Sequence[Stream]) -> Iterator[tuple[Stream, Outcome]]:
    """The streams of one connector, each with the faults that make sense for it."""
    met: set[tuple[object, ...]] = set()
    for stream in streams:
        first = way_of(stream) not in met
        met.add(way_of(stream))
        for outcome in OUTCOMES:
            makes_sense = outcome.fits(stream) and (can_be_paged(stream) or not outcome.paged)
            if makes_sense and (first or not outcome.of_transport):
                yield stream, outcome
