"""ConnectWise's records in our words. Pure functions; what is not said stays None."""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from connectors.connectwise_psa import wire
from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import clean, day, flag, number, when, word
from sevenc_sync.model import (
    Asset,
    Company,
    Contract,
    ContractLine,
    Custom,
    Lookup,
    Scalar,
    Ticket,
)

SERVICE_TICKET = "ServiceTicket"
_LEVELS = frozenset({"critical", "high", "medium", "low"})
_NO_INFO = wire.Info()
_LARGEST = 2**63  # beyond it databases differ in what they make of a number, and nobody typed it


def text_id(ref: wire.IdRef | wire.IdNameRef | None) -> str | None:
    """A reference's id as text; 0 is how old servers write "none"."""
    return str(ref.id) if ref is not None and ref.id else None


def name_of(ref: wire.NameRef | wire.IdNameRef | wire.PriorityRef | None) -> str | None:
    """A reference's name, cleaned."""
    return None if ref is None else word(ref.name)


def _not(value: wire.Flag) -> bool | None:
    said = flag(value)
    return None if said is None else not said


def _required(value: str | None, what: str) -> str:
    text = clean(value)
    if text is None:
        raise ValueError(f"{what} is empty")
    return text


def company(record: wire.Company, context: Context) -> Iterable[Company]:
    """A company with its types, its state and the MSP's own fields.

    Active is what is neither deleted nor in an inactive status; unknown while the list of statuses cannot be read.
    """
    info = record.info or _NO_INFO
    types = sorted(filter(None, (name_of(item) for item in record.types or ())), key=str.casefold)
    account = clean(record.account_number)
    return (
        Company(
            id=str(record.id),
            name=clean(record.name) or _required(record.identifier, "name"),
            types="; ".join(types) or None,
            status=name_of(record.status),
            is_active=_is_active(record, context),
            is_vendor=flag(record.is_vendor_flag),
            seats=_seats(record.number_of_employees),
            created_at=when(info.date_entered),
            updated_at=when(info.last_updated),
            external={"accounting": account} if account else None,
            custom=_custom(record.custom_fields),
        ),
    )


def _seats(value: wire.Number) -> int | None:
    """People at a company: unset is stored as 0, and nobody keeps a client with fewer than one."""
    people = round(number(value) or 0)
    return people if people > 0 else None


def _is_active(record: wire.Company, context: Context) -> bool | None:
    deleted = flag(record.deleted_flag)
    if deleted:
        return False
    status = text_id(record.status)
    if status is None:
        return None if deleted is None else True
    entry = context.lookup("company_status", status)
    return None if entry is None else entry.is_active


def _custom(fields: list[wire.CustomField | None] | None) -> Custom | None:
    """The MSP's own fields by caption. A field without a value stays, as None; of equal captions the first set one."""
    found: dict[str, Scalar] = {}
    for item in fields or ():
        caption = None if item is None else clean(item.caption)
        if item is not None and caption is not None and found.get(caption) is None:
            found[caption] = _scalar(item.value)
    return found or None


def _scalar(value: object) -> Scalar:
    if isinstance(value, str):
        return clean(value)
    return value if isinstance(value, (bool, int, float)) and abs(value) <= _LARGEST else None


def company_status(record: wire.CompanyStatus, _context: Context) -> Iterable[Lookup]:
    """A company status: whether companies in it count as active."""
    yield Lookup(
        id=f"company_status:{record.id}",
        kind="company_status",
        name=_required(record.name, "name"),
        is_active=_not(record.inactive_flag),
    )


def board(record: wire.Board, _context: Context) -> Iterable[Lookup]:
    """A service or project board."""
    project = flag(record.project_flag)
    yield Lookup(
        id=f"board:{record.id}",
        kind="board",
        name=_required(record.name, "name"),
        meaning=None if project is None else "project" if project else "service",
        is_active=_not(record.inactive_flag),
    )


def board_type(record: wire.BoardType, context: Context) -> Iterable[Lookup]:
    """A ticket type, keyed by board and type: its category says Reactive or Proactive."""
    if context.parent is None:
        raise ValueError("a ticket type without its board")
    yield Lookup(
        id=f"board_type:{context.parent.vendor_id}/{record.id}",
        kind="board_type",
        name=_required(record.name, "name"),
        meaning=clean(record.category),
        parent=context.parent.id,
        is_active=_not(record.inactive_flag),
    )


def priority(record: wire.Priority, _context: Context) -> Iterable[Lookup]:
    """A priority; its level is one of four on every server."""
    yield Lookup(
        id=f"priority:{record.id}",
        kind="priority",
        name=_required(record.name, "name"),
        meaning=_level(record.level),
    )


@lru_cache(maxsize=256)
def _level(value: str | None) -> str | None:
    found = (value or "").strip().lower()
    return found if found in _LEVELS else None


def ticket(record: wire.Ticket, context: Context) -> Iterable[Ticket]:
    """A service ticket. Nothing for project tickets, should the server have ignored the condition."""
    kind = record.record_type
    if kind and kind != SERVICE_TICKET and kind.strip().lower() != SERVICE_TICKET.lower():
        return ()
    # There are more of these than of all else, so references are read in place: a call costs more than what it does.
    info = record.info or _NO_INFO
    closed = flag(record.closed_flag)
    number_text = str(record.id)
    named = record.sla
    sla = None if named is None else word(named.name)
    board, status, type_, subtype = record.board, record.status, record.type, record.sub_type
    source, priority_, owner = record.source, record.priority, record.owner
    return (
        Ticket(
            id=number_text,
            company=text_id(record.company),
            number=number_text,
            summary=clean(record.summary),
            board=None if board is None else word(board.name),
            type=None if type_ is None else word(type_.name),
            subtype=None if subtype is None else word(subtype.name),
            category=_category(board, type_, context),
            source=None if source is None else word(source.name),
            status=None if status is None else word(status.name),
            priority=None if priority_ is None else word(priority_.name),
            priority_level=_priority_level(priority_, context),
            is_closed=closed,
            opened_at=when(info.date_entered),
            responded_at=when(record.date_responded),
            respond_due_at=when(record.respond_by_goal),
            resolved_at=when(record.date_resolved),
            resolve_due_at=when(record.resolution_goal),
            # a ticket that was opened again may keep the date; only the flag counts
            closed_at=None if closed is False else when(record.closed_date),
            updated_at=when(info.last_updated),
            sla=sla,
            # without an SLA the flag stands at its default and says nothing
            met_sla=flag(record.is_in_sla) if sla else None,
            owner=None if owner is None else word(owner.identifier),
            hours=number(record.actual_hours),
            contract=text_id(record.agreement),
            merged_into=text_id(record.merged_parent_ticket),
            parent=str(record.parent_ticket_id) if record.parent_ticket_id else None,
        ),
    )


def _category(board: wire.IdNameRef | None, type_: wire.IdNameRef | None, context: Context) -> str | None:
    if board is None or type_ is None:
        return None
    entry = context.lookup("board_type", f"{board.id}/{type_.id}")
    return None if entry is None else entry.meaning


def _priority_level(ref: wire.PriorityRef | None, context: Context) -> str | None:
    if ref is None:
        return None
    level = _level(ref.level)
    if level is None:
        entry = context.lookup("priority", ref.id)
        return None if entry is None else entry.meaning
    return level


# What the MSP may ask for in a question of its own, where the field beside it is left empty.
_PURCHASED = re.compile(r"\bpurchase")
_WARRANTY_ENDS = re.compile(r"\bwarranty\b(?!.*\b(?:start|begin|from))")


def _answered(record: wire.Configuration, asked: re.Pattern[str]) -> datetime | None:
    """The date that the first question of this kind was answered with; None for an answer that is no date."""
    for item in record.questions or ():
        if item is None or (item.field_type or "").strip().lower() != "date" or not item.answer:
            continue
        if asked.search((clean(item.question) or "").lower()):
            try:
                return day(str(item.answer))
            except ValueError:
                return None
    return None


def configuration(record: wire.Configuration, _context: Context) -> Iterable[Asset]:
    """A device as the MSP's documentation or RMM put it there. Its kind is the MSP's word in `type`."""
    info = record.info or _NO_INFO
    yield Asset(
        id=str(record.id),
        company=text_id(record.company),
        name=clean(record.name),
        type=name_of(record.type),
        status=name_of(record.status),
        is_active=flag(record.active_flag),
        serial=clean(record.serial_number),
        mac=clean(record.mac_address),
        manufacturer=name_of(record.manufacturer),
        model=clean(record.model_number),
        os=clean(record.os_type) or clean(record.os_info),
        os_build=clean(record.os_info) if clean(record.os_type) else None,
        purchased_on=day(record.purchase_date) or _answered(record, _PURCHASED),
        installed_on=day(record.installation_date),
        warranty_ends_on=day(record.warranty_expiration_date) or _answered(record, _WARRANTY_ENDS),
        updated_at=when(info.last_updated),
    )


def agreement(record: wire.Agreement, _context: Context) -> Iterable[Contract]:
    """An agreement. Its status decides whether it is in force: a past end does not set the cancelled flag."""
    info = record.info or _NO_INFO
    cancelled = flag(record.cancelled_flag)
    status = clean(record.agreement_status)
    yield Contract(
        id=str(record.id),
        company=text_id(record.company),
        name=clean(record.name),
        type=name_of(record.type),
        status=status,
        is_active=False if cancelled else None if status is None else status.lower() == "active",
        is_recurring=_not(record.bill_one_time_flag),
        starts_on=day(record.start_date),
        ends_on=None if flag(record.no_ending_date_flag) else day(record.end_date),
        cancelled_on=None if cancelled is False else day(record.date_cancelled),
        sla=name_of(record.sla),
        billing_cycle=name_of(record.billing_cycle),
        updated_at=when(info.last_updated),
    )


_BILLS = {"billable": True, "donotbill": False, "nocharge": False}


def addition(record: wire.Addition, context: Context) -> Iterable[ContractLine]:
    """A line of an agreement. A quantity of 0 is a quantity: the client has none of it now."""
    if context.parent is None:
        raise ValueError("an addition without its agreement")
    info = record.info or _NO_INFO
    yield ContractLine(
        id=str(record.id),
        company=context.parent.company,
        contract=context.parent.id,
        product=None if record.product is None else clean(record.product.identifier),
        description=clean(record.description),
        unit=clean(record.uom),
        quantity=number(record.quantity),
        bills=_BILLS.get((record.bill_customer or "").strip().lower()),
        starts_on=day(record.effective_date),
        cancelled_on=day(record.cancelled_date),
        updated_at=when(info.last_updated),
    )
