"""Misbehaviour on order: rules that say which calls go wrong, and how. Shared by all vendor servers."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any, Literal

import msgspec

from sevenc_sync.sandbox.exchange import Answer, Call, Vendor

Action = Literal[
    "status", "delay", "cut", "invalid_json", "html", "repeat_page", "empty_page", "duplicate",
    "mutate", "clock_skew", "trickle", "redirect", "big_record", "poison",
]  # fmt: skip
HTML = b"<!doctype html><html><body><h1>Down for maintenance</h1></body></html>"
MISSING = "__missing__"
"""The `value` of a `mutate` fault that takes the key away."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule. It applies to calls of `method` whose path holds the expression `path`.

    Of these calls: the `nth` only (from 1), the `first` so many, or each with `probability`; with none of the three, all.
    What the rest means depends on the action:

    - `status`: answer `status` with the vendor's body; `retry_after` in seconds, `retry_date` as a date instead. The call
      has no effect, unless `after` says that it fails only once it has had it
    - `delay`: wait `seconds` first; `trickle`: send the body one byte a time, `seconds` in between
    - `cut`: close the connection in the middle of the body; `invalid_json`, `html`: such a body with status 200
    - `repeat_page`: send the list that this path answered before; `empty_page`: no records, all else unchanged
    - `duplicate`: the last record of the previous page comes first once more, as when it moves while pages are read
    - `mutate`: in record `index` of the list (or the single record) set `key` (`a/b` for a nested one, `a/0/b` in a list) to `value`
    - `big_record`: the same with a text of `size` characters
    - `poison`: answer `status` to whatever would hold the record whose `key` is `value` with its field `chokes_on`, or with
      any other one
    - `clock_skew`: the Date header is `seconds` ahead (negative: behind); `redirect`: to `location`
    """

    action: Action
    method: str = "*"
    path: str = ""
    nth: int | None = None
    first: int | None = None
    probability: float | None = None
    seed: int = 0
    status: int = 500
    retry_after: int | None = None
    retry_date: bool = False
    after: bool = False
    seconds: float = 0.0
    index: int = 0
    key: str = ""
    value: Any = None
    size: int = 1_000_000
    chokes_on: str = ""
    location: str = "http://elsewhere.invalid/"

    @property
    def refuses(self) -> bool:
        """Whether the call is turned away before it has any effect."""
        return self.action == "redirect" or (self.action == "status" and not self.after)


@dataclass(slots=True)
class _Armed:
    number: int
    fault: Fault
    expression: re.Pattern[str]
    chance: Random
    matched: int = 0
    fired: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an answer goes out once the faults have had their say (times in seconds)."""

    answer: Answer
    delay: float = 0.0
    skew: float = 0.0
    cut: bool = False
    trickle: float | None = None


@dataclass(slots=True)
class Faults:
    """The rules in force at one server; any thread may change them."""

    _armed: list[_Armed] = field(default_factory=list)
    _pages: dict[str, Answer] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last: int = 0

    def add(self, action: Action, **rule: Any) -> int:
        """Arms a rule (see `Fault`) and returns its number. Raises msgspec.ValidationError on a wrong field."""
        return self.arm(msgspec.convert({"action": action, **rule}, Fault))

    def arm(self, fault: Fault) -> int:
        """Arms a rule and returns its number. Raises re.error if its path is no expression."""
        expression = re.compile(fault.path)
        with self._lock:
            self._last += 1
            self._armed.append(_Armed(self._last, fault, expression, Random(fault.seed)))  # noqa: S311 (a simulation)
            return self._last

    def clear(self) -> None:
        """Ends all misbehaviour; pages remembered for `repeat_page` and `duplicate` are forgotten."""
        with self._lock:
            self._armed.clear()
            self._pages.clear()

    def fired(self, number: int) -> int:
        """How often the rule of that number has applied; 0 for one that is gone."""
        with self._lock:
            return next((armed.fired for armed in self._armed if armed.number == number), 0)

    def rules(self) -> list[dict[str, Any]]:
        """All rules in force with their numbers and how often each has applied."""
        with self._lock:
            return [
                {"number": a.number, "fired": a.fired, **msgspec.to_builtins(a.fault)} for a in self._armed
            ]

    def due(self, call: Call) -> list[Fault]:
        """The faults that this call must suffer; counts it for every rule that it matches."""
        with self._lock:
            return [armed.fault for armed in self._armed if _applies(armed, call)]

    def deliver(
        self, call: Call, vendor: Vendor, answer: Answer, due: list[Fault], now: datetime
    ) -> Delivery:
        """The answer as the faults leave it. `answer` is the honest one."""
        before = self._remember(call, vendor, answer, due)
        delivery = Delivery(answer)
        skew = sum(fault.seconds for fault in due if fault.action == "clock_skew")
        for fault in due:  # a server whose clock is wrong counts its waits by that clock too
            delivery = _spoil(delivery, fault, vendor, before, now + timedelta(seconds=skew))
        return delivery

    def _remember(self, call: Call, vendor: Vendor, answer: Answer, due: list[Fault]) -> Answer | None:
        """The list that this path answered before, while this one takes its place unless that is sent once more."""
        if answer.status != 200 or vendor.records_in(_decoded(answer)) is None:  # noqa: PLR2004 (HTTP)
            return None
        name = vendor.list_of(call)
        with self._lock:
            before = self._pages.get(name)
            repeated = before is not None and any(fault.action == "repeat_page" for fault in due)
            if self._armed and not repeated:
                self._pages[name] = answer
        return before

    @property
    def quiet(self) -> bool:
        """Whether no rule is in force."""
        return not self._armed


def _applies(armed: _Armed, call: Call) -> bool:
    fault = armed.fault
    if fault.method not in {"*", call.method} or not armed.expression.search(call.path):
        return False
    armed.matched += 1
    hit = True
    if fault.nth is not None:
        hit = armed.matched == fault.nth
    elif fault.first is not None:
        hit = armed.matched <= fault.first
    elif fault.probability is not None:
        hit = armed.chance.random() < fault.probability
    armed.fired += hit
    return hit


def _spoil(  # noqa: PLR0911 (one line for each action)
    delivery: Delivery, fault: Fault, vendor: Vendor, before: Answer | None, now: datetime
) -> Delivery:
    answer = delivery.answer
    match fault.action:
        case "delay":
            return _changed(delivery, delay=delivery.delay + fault.seconds)
        case "clock_skew":
            return _changed(delivery, skew=fault.seconds)
        case "cut":
            return _changed(delivery, cut=True)
        case "trickle":
            return _changed(delivery, trickle=fault.seconds)
        case "status":
            return _changed(delivery, answer=_failure(fault, vendor, now))
        case "poison":
            poisoned = _holds(answer, fault, vendor)
            return _changed(delivery, answer=_failure(fault, vendor, now)) if poisoned else delivery
        case "invalid_json":
            return _changed(delivery, answer=_with_body(answer, answer.body[:-1] + b",}"))
        case "html":
            return _changed(delivery, answer=Answer(200, HTML, content_type="text/html"))
        case "redirect":
            return _changed(delivery, answer=Answer(302, b"", {"Location": fault.location}))
        case _:
            return _changed(delivery, answer=_other_records(answer, fault, vendor, before))


def _changed(delivery: Delivery, **changes: Any) -> Delivery:
    fields = {name: getattr(delivery, name) for name in ("answer", "delay", "skew", "cut", "trickle")}
    return Delivery(**{**fields, **changes})


def _failure(fault: Fault, vendor: Vendor, now: datetime) -> Answer:
    answer = vendor.error(fault.status)
    headers = dict(answer.headers)
    if fault.retry_after is not None:
        moment = format_datetime(now + timedelta(seconds=fault.retry_after), usegmt=True)
        headers["Retry-After"] = moment if fault.retry_date else str(fault.retry_after)
    return Answer(answer.status, answer.body, headers, answer.content_type)


def _holds(answer: Answer, fault: Fault, vendor: Vendor) -> bool:
    """Whether the record that the vendor chokes on is among what it would send, with more than its key."""
    body = _decoded(answer)
    records = vendor.records_in(body)
    return any(
        isinstance(record, dict)
        and record.get(fault.key) == fault.value
        and any(
            value
            for name, value in record.items()
            if name == fault.chokes_on or (name != fault.key and not fault.chokes_on)
        )
        for record in ([body] if records is None else records)
    )


def _other_records(answer: Answer, fault: Fault, vendor: Vendor, before: Answer | None) -> Answer:
    body = _decoded(answer)
    records = vendor.records_in(body)
    if fault.action == "repeat_page":
        return _with_body(before, before.body) if before else answer
    if records is None:
        if fault.action in {"mutate", "big_record"} and isinstance(body, dict):
            _mutate(body, fault)
            return _with_body(answer, msgspec.json.encode(body))
        return answer
    if fault.action == "empty_page":
        records = []
    elif fault.action == "duplicate":
        earlier = vendor.records_in(_decoded(before)) if before else None
        records = [*(earlier or records)[-1:], *records]
    elif records and isinstance(records[min(fault.index, len(records) - 1)], dict):
        _mutate(records[min(fault.index, len(records) - 1)], fault)
    return _with_body(answer, msgspec.json.encode(vendor.with_records(body, records)))


def _mutate(record: dict[str, Any], fault: Fault) -> None:
    *path, key = fault.key.split("/")
    place: Any = record
    for step in path:
        if isinstance(place, list):
            place = place[int(step)] if int(step) < len(place) else None
        elif isinstance(place, dict):
            if not isinstance(place.get(step), dict | list):
                place[step] = {}
            place = place[step]
    if not isinstance(place, dict):
        return  # a list that is shorter here
    if fault.action == "big_record":
        place[key or "notes"] = "x" * fault.size
    elif fault.value == MISSING:
        place.pop(key, None)
    else:
        place[key] = fault.value


def _decoded(answer: Answer) -> Any:
    try:
        return msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return None


def _with_body(answer: Answer, body: bytes) -> Answer:
    return Answer(answer.status, body, answer.headers, answer.content_type)


def parse_rules(body: bytes) -> tuple[bool, list[Fault]]:
    """What another process posts: one rule or `{"clear": true, "rules": [...]}`.

    Returns whether to clear first, and the rules. Raises msgspec.ValidationError or msgspec.DecodeError.
    """
    value = msgspec.json.decode(body or b"{}")
    if isinstance(value, Mapping) and "action" not in value:
        return bool(value.get("clear")), msgspec.convert(value.get("rules", []), list[Fault])
    return False, [msgspec.convert(value, Fault)]
