"""Cove's records in our words. Pure functions; what is not said stays None, and nothing unknown is ever "ok"."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from connectors.cove import wire
from connectors.cove.columns import (
    MICROSOFT,
    SHARES,
    SOURCES,
    TOTAL,
    Facts,
    Session,
    days_of,
)
from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import clean, from_epoch, number
from sevenc_sync.model import Company, Lookup, Protection, ProtectionRun, Record

PARTNER = "partner"
CUSTOMER = "EndCustomer"
_BIN = re.compile(r"^001.*Recycle Bin", re.IGNORECASE)
_DEEPEST = 20  # levels of partners; there are nine kinds
SERVER, MICROSOFT_ACCOUNT = 2, 2
SYNCHRONISED = 100


def partner(record: wire.Partner, _context: Context) -> Iterable[Record]:
    """A place in the tree of partners and, for an end customer, the company that it is."""
    identifier, name = str(record.id), clean(record.name)
    if not identifier or name is None:
        raise ValueError("a partner without id or name")
    level, parent = clean(record.level), str(record.parent_id) if record.parent_id else None
    is_bin = _BIN.match(name) is not None
    yield Lookup(
        id=f"{PARTNER}:{identifier}",
        kind=PARTNER,
        name=name,
        meaning=None if is_bin else level,
        parent=parent,
    )
    if level != CUSTOMER or is_bin:
        return
    code = clean(str(record.external_code)) if record.external_code else None
    yield Company(
        id=identifier,
        name=name,
        status=clean(record.state),
        created_at=from_epoch(number(record.creation_time)),
        external={"psa": code} if code else None,
    )


def account(record: wire.Account, context: Context) -> Iterator[Record]:
    """A protected machine with its days; of a Microsoft 365 account one protection for each service in use."""
    facts = Facts(record)
    company = customer_of(record.partner_id, context)
    identifier = str(record.account_id)
    if facts.number("I59") == MICROSOFT_ACCOUNT:
        for source in facts.active():
            if source in MICROSOFT:
                yield from _microsoft(facts, identifier, company, source)
        return
    yield from _machine(facts, identifier, company)


def customer_of(partner_id: int | str | None, context: Context) -> str | None:
    """The end customer above a partner (a site, say), or the partner itself; None where there is none."""
    current = None if partner_id is None else str(partner_id)
    for _ in range(_DEEPEST):
        entry = context.lookup(PARTNER, current) if current else None
        if entry is None:
            return None
        if entry.meaning == CUSTOMER:
            return current
        current = entry.parent
    return None


def _machine(facts: Facts, identifier: str, company: str | None) -> Iterator[Record]:
    session = facts.session(TOTAL)
    sources = [source for source in facts.active() if source in SOURCES]
    is_share = bool(sources) and set(sources) == {SHARES}
    good, lacking = _whole(facts, sources, session)
    always_on = facts.number("I32") == SERVER
    days, hours = days_of(session, is_always_on=always_on or is_share)
    name = facts.text("I18") or facts.text("I1")
    yield Protection(
        id=identifier,
        company=company,
        name=name,
        host_name=None if is_share else name,
        workload="share" if is_share else "machine",
        os=facts.text("I16"),
        mac=None if is_share else facts.text("I21"),
        last_attempt_at=session.last,
        last_success_at=good,
        last_result=session.result,
        last_error=session.error or lacking,
        interval_hours=hours,
        interval_inferred=None if hours is None else True,
        offsite_at=good if _is_in_the_cloud(facts) else None,
        size_bytes=facts.number("I14"),
    )
    for day in days:
        yield ProtectionRun(
            id=f"{identifier}@{day.key}", company=company, protection=identifier, at=day.at, result=day.result
        )


def _whole(facts: Facts, sources: list[int], total: Session) -> tuple[datetime | None, str | None]:
    """Since when all of the machine can be restored: the oldest of its sources' last good sessions; and what lacks.

    The total is green while one of the sources has long had no good session.
    """
    told = {source: facts.session(source) for source in sources}
    spoken = {source: one for source, one in told.items() if one.result is not None or one.good is not None}
    if not spoken:
        return total.good, None
    never = [SOURCES[source] for source, one in spoken.items() if one.good is None]
    if never:
        return None, f"No good session yet of {', '.join(never)}" if total.good else None
    times = {source: one.good for source, one in spoken.items() if one.good is not None}
    oldest = min(times, key=lambda source: times[source])
    good = times[oldest] if total.good is None else min(times[oldest], total.good)
    late = total.good is not None and (total.good - good).days >= 1
    return good, f"The last good session of {SOURCES[oldest]} is older than the others'" if late else None


def _is_in_the_cloud(facts: Facts) -> bool:
    """Whether what was backed up last is in Cove's own storage: a local vault may run ahead of it."""
    storage = facts.number("I36")
    return storage == SYNCHRONISED or (storage is None and facts.number("I35") == 0)


def _microsoft(facts: Facts, identifier: str, company: str | None, source: int) -> Iterator[Record]:
    workload, service = MICROSOFT[source]
    session = facts.session(source)
    protected = f"{identifier}/D{source}"
    days, hours = days_of(session, is_always_on=True)
    yield Protection(
        id=protected,
        company=company,
        name=" ".join(filter(None, (facts.text("I1"), service))),
        workload=workload,
        last_attempt_at=session.last,
        last_success_at=session.good,
        last_result=session.result,
        last_error=session.error,
        interval_hours=hours,
        interval_inferred=None if hours is None else True,
        offsite_at=session.good,
        offsite_expected=False,
    )
    for day in days:
        yield ProtectionRun(
            id=f"{protected}@{day.key}", company=company, protection=protected, at=day.at, result=day.result
        )
