"""The world in the PSA's records: tickets, agreements and their additions."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sevenc_sync.sandbox.connectwise import lookups
from sevenc_sync.sandbox.connectwise.records import SITE_OFFSET, Render, contact_ref, midnight, moment
from sevenc_sync.sandbox.world.entities import Contract, ContractLine, Ticket, World

Record = dict[str, Any]


class Work:
    """Turns what the MSP does and sells into records."""

    def __init__(self, world: World, books: Render) -> None:
        self.world = world
        self.books = books
        self.contracts = {c.id: c for c in world.contracts}
        self.types = lookups.type_ids()
        self.subtypes = lookups.subtype_ids()

    def ticket_list(self) -> Iterable[Record]:
        """All service tickets."""
        return (self._ticket(t) for t in self.world.tickets)

    def _ticket(self, t: Ticket) -> Record:
        board = lookups.BOARD_OF[t.kind]
        status = _status(t)
        level = lookups.PRIORITIES[t.priority][0]
        record: Record = {
            "id": t.id, "summary": t.summary.replace(" ", "\u00a0", 1) if t.id % 40 == 0 else t.summary,
            "recordType": "ServiceTicket", "board": lookups.board_reference(board),
            "status": _status_ref(t, board, status), "company": self.books.company_ref(t.client_id),
            "site": {"id": t.client_id + SITE_OFFSET, "name": "Main", "_info": {}}, "siteName": "Main",
            "contactName": _contact(t),
            "type": lookups.reference(self.types[board, t.type], t.type,
            f"service/boards/{lookups.BOARDS[board][0]}/types"),
            "subType": lookups.reference(self.subtypes[board, t.subtype], t.subtype,
            f"service/boards/{lookups.BOARDS[board][0]}/subtypes"),
            "team": lookups.TEAM, "priority": _priority_ref(t, level),
            "serviceLocation": {"id": 4, "name": "Remote", "_info": {}},
            "source": lookups.reference(lookups.SOURCES[t.source], t.source, "service/sources"),
            "severity": "Medium", "impact": "High" if t.priority == "Critical" else "Medium",
            "externalXRef": "", "poNumber": "",
            "allowAllClientsPortalView": False, "customerUpdatedFlag": False,
            "automaticEmailContactFlag": False,
            "closedFlag": t.closed is not None, "actualHours": t.hours, "approved": True,
            "billTime": "NoDefault", "billExpenses": "NoDefault",
            "billProducts": "NoDefault", "isInSla": _in_sla(t, self.world.now), "resources": t.owner or "",
            "hasChildTicket": False,
            "hasMergedChildTicketFlag": False, "location": lookups.LOCATION, "department": lookups.DEPARTMENT,
            "slaStatus": _sla_text(t),
            "requestForChangeFlag": False, "integratorTags": [], "escalationLevel": 0, "minutesWaiting": 0,
            "_info": {
                "lastUpdated": moment(t.updated), "updatedBy": f"{t.updated_by:<15}",
                "dateEntered": moment(t.created),
                "enteredBy": "zIntegrator" if t.kind == "alert" else "jdoe", "sourceId": "",
            },
            "customFields": [{"id": 7, "caption": "Vendor Ticket Number ", "type": "Text",
            "entryMethod": "EntryField", "numberOfDecimals": 0}],
        }  # fmt: skip
        self._ticket_extras(t, record)
        return record

    def _ticket_extras(self, t: Ticket, record: Record) -> None:
        """Keys that the vendor leaves out while they are unset."""
        if t.owner:
            record["owner"] = self.books.member_ref(t.owner)
        if t.contract_id is not None:
            contract = self.contracts[t.contract_id]
            type_name = lookups.AGREEMENT_TYPES[contract.kind][1]
            record["agreement"] = {
                "id": contract.id,
                "name": contract.name,
                "type": type_name,
                "chargeFirmFlag": False,
                "_info": {},
            }
            record["agreementType"] = type_name
        if t.under_sla:
            record["sla"] = lookups.SLA
            record["respondByGoalUTC"], record["resolutionGoalUTC"] = (
                moment(t.respond_by),
                moment(t.resolve_by),
            )
        if t.responded is not None:
            record["dateResponded"] = moment(t.responded)
            record["respondMinutes"] = int((t.responded - t.created).total_seconds() // 60)
            record["respondedBy"] = t.owner or "jdoe"
        if t.resolved is not None:
            record["dateResolved"] = moment(t.resolved)
            record["resolveMinutes"] = int((t.resolved - t.created).total_seconds() // 60)
        if t.closed is not None:
            record["closedDate"], record["closedBy"] = moment(t.closed), t.owner or "jdoe"
        elif t.id % 3 == 0:
            record["closedDate"] = ""  # dirt: an unset date-time as an empty text

    def agreement_list(self) -> Iterable[Record]:
        """All agreements."""
        return (self._agreement(c) for c in self.world.contracts)

    def _agreement(self, c: Contract) -> Record:
        number, type_name = lookups.AGREEMENT_TYPES[c.kind]
        record: Record = {
            "id": c.id, "name": c.name, "type": lookups.reference(number, type_name,
            "finance/agreements/types"),
            "company": self.books.company_ref(c.client_id), "contact": contact_ref(c.client_id),
            "site": {"id": c.client_id + SITE_OFFSET, "name": "Main", "_info": {}},
            "location": lookups.LOCATION, "department": lookups.DEPARTMENT, "startDate": midnight(c.start),
            "noEndingDateFlag": c.end is None,
            "cancelledFlag": c.cancelled is not None, "internalNotes": "",
            "applicationUnits": "Hours" if c.kind == "block hours" else "Amount",
            "applicationLimit": 10.0 if c.kind == "block hours" else 0.0, "applicationCycle": "CalendarMonth",
            "applicationUnlimitedFlag": c.kind == "managed", "oneTimeFlag": False,
            "coverAgreementTime": c.kind in {"managed", "block hours"},
            "coverAgreementProduct": False, "coverAgreementExpense": False,
            "billingCycle": {"id": 2, "name": "Monthly", "_info": {}},
            "billAmount": c.amount, "billStartDate": midnight(c.start), "periodType": "Current",
            "billTime": "Billable",
            "agreementStatus": _agreement_status(c, self.world.now.date()),
            "_info": {"lastUpdated": moment(c.updated), "updatedBy": "jdoe           ",
            "createdDate": moment(c.entered), "createdBy": "jdoe"},
            "customFields": [],
        }  # fmt: skip
        if c.end is not None:
            record["endDate"] = midnight(c.end)
        if c.cancelled is not None:
            record["dateCancelled"], record["reasonCancelled"] = midnight(c.cancelled), "Replaced"
        if c.has_sla:
            record["sla"] = lookups.SLA
        return record

    def addition_list(self) -> Iterable[Record]:
        """All additions of all agreements."""
        return (self._addition(c, line) for c in self.world.contracts for line in c.lines)

    def _addition(self, c: Contract, line: ContractLine) -> Record:
        record: Record = {
            "id": line.id, "product": {"id": line.product_id, "identifier": line.product,
            "serializedFlag": False, "_info": {}},
            "quantity": float(line.quantity), "lessIncluded": 0.0, "unitPrice": line.unit_price,
            "unitCost": round(line.unit_price * 0.55, 2),
            "billCustomer": "Billable", "effectiveDate": midnight(line.start), "taxableFlag": False,
            "serialNumber": "",
            "invoiceDescription": line.description, "purchaseItemFlag": False, "specialOrderFlag": False,
            "agreementId": c.id,
            "description": line.description, "billedQuantity": float(line.quantity), "uom": "Each",
            "extPrice": round(line.quantity * line.unit_price, 2), "sequenceNumber": float(line.id % 24 + 1),
            "margin": 0.0,
            "agreementStatus": _agreement_status(c, self.world.now.date()),
            "_info": {"lastUpdated": moment(c.updated), "updatedBy": "jdoe"},
        }  # fmt: skip
        if line.cancelled is not None:
            record["cancelledDate"] = midnight(line.cancelled)
        return record


def _status(t: Ticket) -> str:
    if t.closed is not None:
        return ">Closed"
    if t.resolved is not None:
        return "Completed"
    if t.responded is None:
        return "New"
    return "Waiting on Client" if t.id % 4 == 1 else "In Progress"


def _status_ref(t: Ticket, board: str, status: str) -> Record:
    number = lookups.status_id(board, status)
    path = f"service/boards/{lookups.BOARDS[board][0]}/statuses"
    return lookups.reference(
        number, status, path, **{"Sort" if t.id % 50 == 0 else "sort": number % 100 * 10}
    )


def _priority_ref(t: Ticket, level: int) -> Record:
    more: Record = {} if t.id % 20 == 1 else {"sort": level, "level": t.priority}
    return lookups.reference(level, f"Priority {level} - {t.priority}", "service/priorities", **more)


def _contact(t: Ticket) -> str:
    return (
        ""
        if t.kind in {"alert", "maintenance"}
        else "Sam\u00a0Field (Inactive)"
        if t.id % 17 == 0
        else "Sam Field"
    )


def _in_sla(t: Ticket, now: datetime) -> bool:
    return (t.responded or now) <= t.respond_by and (t.resolved or now) <= t.resolve_by


def _sla_text(t: Ticket) -> str:
    if not t.under_sla:
        return ""
    return "Resolved" if t.resolved else f"Resolve by {t.resolve_by:%a %m/%d %I:%M %p} UTC-05"


def _agreement_status(c: Contract, today: date) -> str:
    if c.cancelled is not None and c.cancelled <= today:
        return "Cancelled"
    return "Expired" if c.end is not None and c.end < today else "Active"
