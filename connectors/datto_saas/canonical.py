"""SaaS Protection's records in our words. Pure functions; what is not said stays None, and nothing unknown is ever "ok"."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from connectors.datto_saas import wire
from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import clean, from_epoch, number
from sevenc_sync.model import Company, Lookup, Protection, ProtectionRun, Record

SUBSCRIPTION = "subscription"
DAY = timedelta(days=1)

# Words within the name of a service, in the order in which they are looked for.
_WORKLOADS = (
    ("exchange", "mailbox", "Exchange Online"), ("gmail", "mailbox", "Gmail"), ("onedrive", "drive", "OneDrive"),
    ("sharepoint", "site", "SharePoint Online"), ("teams", "team", "Teams"), ("shareddrive", "drive", "shared drives"),
    ("drive", "drive", "Drive"), ("mail", "mailbox", "mail"),
)  # fmt: skip
_RESULTS = {"perfect": "ok", "backup with issues": "warning"}
_NO_RESULT = "insufficient history"
_RETENTION = {"ICR": "unlimited", "TBR": "limited in time"}
_SPAN = re.compile(r"(?:OVER|BETWEEN)_(\d+)(?:_AND_(\d+))?_(HOUR|DAY)S?_AGO")


def domain(record: wire.Domain, _context: Context) -> Iterable[Record]:
    """The customer as a company, and how long the subscription of this domain keeps what it has."""
    identifier = clean(str(record.saas_customer_id))
    if not identifier:
        raise ValueError("a domain without its customer")
    name = clean(record.saas_customer_name) or clean(record.domain)
    yield Company(id=identifier, name=name or f"Customer {identifier}")
    subscription = clean(record.external_subscription_id)
    if subscription is not None:
        yield Lookup(
            id=f"{SUBSCRIPTION}:{subscription}",
            kind=SUBSCRIPTION,
            name=clean(record.domain) or subscription,
            meaning=_RETENTION.get(clean(record.retention_type) or ""),
            parent=identifier,
        )


def applications(record: wire.Applications, context: Context) -> Iterator[Record]:
    """A protection for each service of each subscription, and a run for each day that it tells."""
    company = clean(str(record.customer_id))
    if not company:
        raise ValueError("applications without their customer")
    for suite in record.suites or ():
        subscription = clean(suite.external_subscription_id) or clean(suite.suite_type)
        for service in suite.app_types or ():
            kind = clean(service.app_type)
            if kind is None or subscription is None:
                raise ValueError("a service without its name or subscription")
            yield from _service(service, company, f"{company}/{subscription}/{kind}", suite, context)


def _service(
    service: wire.Application, company: str, protected: str, suite: wire.Suite, context: Context
) -> Iterator[Record]:
    kind = clean(service.app_type) or ""
    workload, called = _workload(kind)
    days = [found for span in service.backup_history or () if (found := _day(span)) is not None]
    days.sort(key=lambda found: found[0])
    newest = days[-1] if days else None
    subscription = clean(suite.external_subscription_id)
    entry = context.lookup(SUBSCRIPTION, subscription) if subscription else None
    where = clean(suite.domain) or (entry.name if entry else None)
    good = last_good(service.last_fully_protected_time, context.now)
    yield Protection(
        id=protected,
        company=company,
        name=" ".join(filter(None, (where, called))),
        workload=workload,
        last_attempt_at=newest[0] if newest and newest[1] != "missed" else None,
        last_success_at=good,
        last_result=newest[1] if newest else None,
        last_error=newest[2] if newest else None,
        interval_hours=24.0 if newest else None,
        interval_inferred=True if newest else None,
        offsite_expected=False,
        size_bytes=_whole(service.used_bytes),
        retention=entry.meaning if entry else None,
    )
    told: set[str] = set()
    for at, result, error in reversed(days):
        day = f"{at:%Y-%m-%d}"
        if result is not None and day not in told:
            told.add(day)
            yield ProtectionRun(
                id=f"{protected}@{day}",
                company=company,
                protection=protected,
                at=at,
                result=result,
                error=error,
            )


def _workload(kind: str) -> tuple[str | None, str]:
    word = kind.casefold()
    return next(((load, called) for part, load, called in _WORKLOADS if part in word), (None, kind))


def _day(span: wire.Span) -> tuple[datetime, str | None, str | None] | None:
    """When a span of a day ended, what it came to, and what was wrong; None for one without times.

    The later end is called startTime; both are looked at, so that it does not matter.
    """
    ends = [at for value in (span.start_time, span.end_time) if (at := _time(value)) is not None]
    if not ends:
        return None
    at = max(ends).replace(microsecond=0)
    active, saved = _whole(span.active_service_count), _whole(span.active_service_with_backup_count)
    if active and saved == 0:
        return at, "missed", f"none of {active} has a backup of this day"
    word = clean(span.status, 60)
    result = _RESULTS.get(word.casefold()) if word else None
    lacking = (
        f"{active - saved} of {active} have no backup of this day"
        if active and saved is not None and saved < active
        else None
    )
    if result == "ok" and lacking:
        result = "warning"
    if result is None and word and word.casefold() != _NO_RESULT:
        return at, None, f"Datto reports the status {word!r}, which is not known here"
    return at, result, lacking or (None if result != "warning" else "backup with issues")


def last_good(value: wire.Moment, now: datetime) -> datetime | None:
    """When all of a service was last protected, from a time or the name of a span.

    Of a span its older end counts, of an open one its newer end: no backup is said to be younger than Datto says. Full days
    are counted from the beginning of today, so that the same span is the same time all day. Raises ValueError for other words.
    """
    if not isinstance(value, str):
        return _time(value)
    text = value.strip()
    if not text or text.upper() == "NEVER":
        return None
    if text.isdecimal():
        return _time(int(text))
    found = _SPAN.fullmatch(text.upper())
    if found is None:
        raise ValueError(f"no time: {text[:40]!r}")
    count = int(found[2] or found[1])
    if found[3] == "HOUR":
        return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=count)
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - count * DAY


def _time(value: wire.Moment) -> datetime | None:
    seconds = number(value)
    if not seconds:
        return None
    if seconds < 0:
        raise ValueError(f"a time before 1970: {value}")
    return from_epoch(seconds / 1000)


def _whole(value: wire.Count) -> int | None:
    found = number(value)
    return None if found is None else int(found)
