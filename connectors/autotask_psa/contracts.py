"""Autotask's contracts and what they sell, in our words. Pure functions.

A contract's service has no quantity of its own: it stands in rows of units, one for each billing period, which a job of
Autotask writes ahead. They are read first, as list entries: the row that covers today under `ID/now`, earlier ones under
the month in which they end. So a service without a row for today, because that job is late, still has the last quantity.
"""

from collections.abc import Iterable
from datetime import datetime

from connectors.autotask_psa import wire
from connectors.autotask_psa.canonical import label, text_id
from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import clean, number, when
from sevenc_sync.model import Contract, ContractLine, Lookup

RECURRING = "7"  # the system's own contract type of recurring services, in every tenant
IN_FORCE = {"1": True, "0": False}  # the system's own contract statuses
SERVICE, BUNDLE = "service", "service bundle"  # what a line counts
MONTHS = 3  # how many months back the last quantity is looked for


def contract(record: wire.Contract, context: Context) -> Iterable[Contract]:
    """A contract with its term."""
    kind, status = record.contract_type, record.status
    yield Contract(
        id=str(record.id),
        company=text_id(record.company_id),
        name=clean(record.contract_name),
        type=label(context, "contract_type", kind),
        status=label(context, "contract_status", status),
        is_active=None if status is None else IN_FORCE.get(str(status)),
        is_recurring=True if kind is not None and str(kind) == RECURRING else None,
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
    # the last day counts: dates come as midnight of their day
    period = "now" if _midnight(ends) >= today else _month(ends)
    yield Lookup(id=f"{kind}:{owner}/{period}", kind=kind, name=f"{units:g}")


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _month(moment: datetime) -> str:
    return f"{moment:%Y-%m}"


def quantity(context: Context, kind: str, owner: int) -> float | None:
    """The units of the billing period that covers today, else of the latest one before; None without either."""
    for period in ("now", *_months_back(context.now)):
        entry = context.lookup(kind, f"{owner}/{period}")
        if entry is not None:
            return number(entry.name)
    return None


def _months_back(moment: datetime) -> Iterable[str]:
    year, month = moment.year, moment.month
    for _ in range(MONTHS + 1):
        yield f"{year:04d}-{month:02d}"
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


def service_line(record: wire.ContractService, context: Context) -> Iterable[ContractLine]:
    """A service on a contract."""
    return _line(
        record, SERVICE, "service", record.service_id, quantity(context, "service_units", record.id), context
    )


def bundle_line(record: wire.ContractServiceBundle, context: Context) -> Iterable[ContractLine]:
    """A bundle of services on a contract."""
    found = quantity(context, "bundle_units", record.id)
    return _line(record, BUNDLE, "service_bundle", record.service_bundle_id, found, context)


def _line(
    record: wire.ContractService | wire.ContractServiceBundle,
    unit: str,
    kind: str,
    product: int | None,
    units: float | None,
    context: Context,
) -> Iterable[ContractLine]:
    if record.contract_id is None:
        raise ValueError("a service without its contract")
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
        quantity=units,
        bills=None if price is None else price > 0,
    )
