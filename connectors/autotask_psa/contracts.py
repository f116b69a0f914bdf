"""Autotask's contracts and what they sell, in our words. Pure functions.

A contract's service has no quantity of its own: it stands in rows of units, one for each billing period, which a job of
Autotask writes ahead. They are read first, as list entries: the row that covers today under `ID/now`, earlier ones under
the month in which they end; each keeps its last day as its meaning. So a service without a row for today, because that
job is late, still has the last quantity, and one whose rows ended long ago is known to be sold no more.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from connectors.autotask_psa import wire
from connectors.autotask_psa.canonical import label, text_id
from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import clean, iso, number, when
from sevenc_sync.model import Contract, ContractLine, Lookup

RECURRING = "7"  # the system's own contract type of recurring services, in every tenant
IN_FORCE = {"1": True, "0": False}  # the system's own contract statuses
SERVICE, BUNDLE = "service", "service bundle"  # what a line counts

MONTHS = 14  # how many months back the last quantity is looked for: as far as rules look back
LATE = timedelta(days=35)  # so long the job may owe the row of a new period; a monthly one and some days


def contract(record: wire.Contract, context: Context) -> Iterable[Contract]:
    """A contract with its term. A recurring one is called by the MSP's own category, where it has one."""
    kind, status = record.contract_type, record.status
    recurring = kind is not None and str(kind) == RECURRING
    category = label(context, "contract_category", record.contract_category) if recurring else None
    yield Contract(
        id=str(record.id),
        company=text_id(record.company_id),
        name=clean(record.contract_name),
        type=category or label(context, "contract_type", kind),
        status=label(context, "contract_status", status),
        is_active=None if status is None else IN_FORCE.get(str(status)),
        is_recurring=True if recurring else None,
        starts_on=when(record.start_date),
        ends_on=when(record.end_date),
        sla=label(context, "sla", record.service_level_agreement_id),
        billing_cycle=label(context, "contract_period", record.contract_period_type),
        updated_at=when(record.last_modified_date_time),
    )


def service_units(record: wire.ServiceUnits, context: Context) -> Iterable[Lookup]:
    """How many of a contract's service there are in one billing period."""
    return _units("service_units", record.contract_service_id, record, context)


def bundle_units(record: wire.BundleUnits, context: Context) -> Iterable[Lookup]:
    """How many of a contract's bundle there are in one billing period."""
    return _units("bundle_units", record.contract_service_bundle_id, record, context)


def _units(
    kind: str, owner: int | None, record: wire.ServiceUnits | wire.BundleUnits, context: Context
) -> Iterable[Lookup]:
    starts, ends, units = when(record.start_date), when(record.end_date), number(record.units)
    if owner is None or starts is None or ends is None or units is None:
        return
    today = _midnight(context.now)
    if starts > today:
        return
    # dates come as midnight of their day, and the last day counts
    period = "now" if _midnight(ends) >= today else f"{ends:%Y-%m}"
    yield Lookup(id=f"{kind}:{owner}/{period}", kind=kind, name=f"{units:g}", meaning=iso(_midnight(ends)))


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _periods_back(moment: datetime) -> Iterator[str]:
    """The names under which a period that matters may be known, the one in force first."""
    yield "now"
    year, month = moment.year, moment.month
    for _ in range(MONTHS + 1):
        yield f"{year:04d}-{month:02d}"
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


def _latest(context: Context, kind: str, owner: int) -> tuple[float | None, datetime | None]:
    """The units of the latest period that has begun, and its last day.

    Without any period in our history there are none of it now; without periods of anything we do not know.
    """
    found = [
        (ends, number(entry.name))
        for period in _periods_back(context.now)
        if (entry := context.lookup(kind, f"{owner}/{period}")) is not None
        and (ends := when(entry.meaning)) is not None
    ]
    if not found:
        return (0.0 if context.lookups.get(kind) else None), None
    # of equal days the first: what was in force when it was read comes before what had ended
    ends, units = max(found, key=lambda pair: pair[0])
    return units, ends


def service_line(record: wire.ContractService, context: Context) -> Iterable[ContractLine]:
    """A service on a contract."""
    return _line(record, (SERVICE, "service", "service_units"), record.service_id, context)


def bundle_line(record: wire.ContractServiceBundle, context: Context) -> Iterable[ContractLine]:
    """A bundle of services on a contract."""
    return _line(record, (BUNDLE, "service_bundle", "bundle_units"), record.service_bundle_id, context)


def _line(
    record: wire.ContractService | wire.ContractServiceBundle,
    kinds: tuple[str, str, str],
    product: int | None,
    context: Context,
) -> Iterable[ContractLine]:
    if record.contract_id is None:
        raise ValueError("a service without its contract")
    unit, kind, counts = kinds
    quantity, last_day = _latest(context, counts, record.id)
    ended = last_day is not None and last_day + LATE < context.now
    price = number(record.unit_price)
    key = str(record.contract_id)
    yield ContractLine(
        # services and bundles are numbered each from one
        id=f"{kind}:{record.id}",
        company=context.related("contract", "company", key),
        contract=key,
        product=label(context, kind, product),
        description=clean(record.invoice_description) or clean(record.internal_description),
        unit=unit,
        quantity=quantity,
        bills=None if price is None else price > 0,
        cancelled_on=last_day if ended else None,
    )
