"""How a vendor is made to misbehave for one stream: what each fault of `outcomes` puts in force."""

import json
from collections.abc import Callable
from datetime import datetime
from itertools import cycle
from typing import Any

import msgspec

from sevenc_sync.connect.stream import Stream
from sevenc_sync.sandbox.faults import MISSING
from tests.conformance.source import ATTEMPTS, Source

FAR_FUTURE = "2099-01-01T00:00:00Z"


def every(action: Any, **rule: Any) -> Callable[[Source, str], None]:
    """The fault at every request of the stream."""

    def arm(source: Source, stream: str) -> None:
        source.server.faults.add(action, path=source.facts[stream].paths, **rule)

    return arm


def second(action: Any, times: int = 1, **rule: Any) -> Callable[[Source, str], None]:
    """The fault at the second page of the stream's longest list, and at so many tries to read it."""

    def arm(source: Source, stream: str) -> None:
        for nth in range(2, 2 + times):
            source.server.faults.add(action, path=source.facts[stream].longest, nth=nth, **rule)

    return arm


def record(key: str, value: Any, index: int = 0) -> Callable[[Source, str], None]:
    """A record of the first page with another value."""

    def arm(source: Source, stream: str) -> None:
        faults = source.server.faults
        faults.add(
            "mutate", path=f"^{source.facts[stream].first_path}$", nth=1, key=key, value=value, index=index
        )

    return arm


def without_key(index: int) -> Callable[[Source, str], None]:
    def arm(source: Source, stream: str) -> None:
        record(source.stream(stream).key, MISSING, index)(source, stream)

    return arm


def last_without_key(source: Source, stream: str) -> None:
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


def wrong_type(source: Source, stream: str) -> None:
    record(strict_field(source.stream(stream)) or "", {"conformance": [1]})(source, stream)


def null_key(source: Source, stream: str) -> None:
    record(strict_key(source.stream(stream)), None)(source, stream)


def strict_key(stream: Stream) -> str:
    """The required field that must not be null: the key, or the first that has no default."""
    required = [field.encode_name for field in msgspec.structs.fields(stream.wire) if field.required]
    return stream.key if stream.key in required or not required else required[0]


def odd_values(source: Source, stream: str) -> None:
    """Every value of the first record but its key is one that says little."""
    key = source.stream(stream).key
    names = [name for name in json.loads(source.facts[stream].records[0]) if name != key]
    for name, value in zip(names, cycle([0, False, "", []]), strict=False):
        record(name, value)(source, stream)


def redirected(source: Source, stream: str) -> None:
    source.server.faults.add(
        "redirect", path=source.facts[stream].paths, location=f"{source.elsewhere.address}/taken"
    )


def future(source: Source, stream: str) -> None:
    """Every time in the first record lies far ahead."""
    for key in keys_of_times(json.loads(source.facts[stream].records[0])):
        record(key, FAR_FUTURE)(source, stream)


def keys_of_times(record: Any, prefix: str = "") -> list[str]:
    """Where times stand in a record, in the words of a fault's `key`."""
    found: list[str] = []
    named = (
        record.items() if isinstance(record, dict) else enumerate(record) if isinstance(record, list) else ()
    )
    for key, value in named:
        name = str(key)
        if isinstance(value, dict | list):
            found += keys_of_times(value, f"{prefix}{name}/")
        elif is_time(value):
            found.append(prefix + name)
    return found


def is_time(value: Any) -> bool:
    """Whether it is an ISO time, or one of our days in seconds or milliseconds."""
    if isinstance(value, int | float):
        return 1e9 <= value < 4e9 or 1e12 <= value < 4e12
    if not isinstance(value, str):
        return False
    try:
        return len(value) > len("2026-11-20") and datetime.fromisoformat(value) is not None
    except ValueError:
        return False


def big(source: Source, stream: str) -> None:
    source.server.faults.add(
        "big_record",
        path=f"^{source.facts[stream].first_path}$",
        nth=1,
        key="conformanceUnknown",
        size=10_000_000,
    )


def poisoned(source: Source, stream: str) -> None:
    """The vendor chokes on the stream's first record, and on whatever would hold it."""
    key = source.stream(stream).key
    value = json.loads(source.facts[stream].records[0])[key]
    source.server.faults.add("poison", path=source.facts[stream].paths, key=key, value=value)
