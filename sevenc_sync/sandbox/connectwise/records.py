"""The world in the PSA's records: companies, sites, configurations, tickets, agreements, additions, people."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sevenc_sync.sandbox.connectwise import lookups
from sevenc_sync.sandbox.world.entities import Contract, ContractLine, Machine, Organisation, Ticket, World
from sevenc_sync.sandbox.world.profile import FIELDS

Record = dict[str, Any]
FIELD_TYPES: Mapping[str, tuple[str, str]] = {
    "IT Plan Year": ("Number", "EntryField"), "MFA Percent": ("Percent", "EntryField"), "Training Percent": ("Percent", "EntryField"),
    "vCIO Name": ("Text", "EntryField"), "Executive Sponsor": ("Text", "EntryField"), "VML": ("Number", "List"),
}  # fmt: skip
FIRST_FIELD_ID = 41
SITE_OFFSET, CONTACT_OFFSET, TIME_OFFSET = 1000, 3000, 500_000_000
"""What is added to a company's id for its site and contact, and to a ticket's for its time entry."""

STATUS_OF_KIND = {"former": "Inactive", "prospect": "Not-Approved", "deleted": "Inactive"}
TYPE_OF_KIND = {
    "own": "Owner",
    "client": "Client",
    "vendor": "Vendor",
    "prospect": "Prospect",
    "former": "Former Client",
    "deleted": "Client",
}


def moment(value: datetime) -> str:
    """A time as the vendor sends it: UTC, whole seconds."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(value: date) -> str:
    """A date as the vendor sends it: its midnight."""
    return f"{value.isoformat()}T00:00:00Z"


def contact_ref(company_id: int) -> Record:
    """A reference to a company's contact."""
    return {"id": company_id + CONTACT_OFFSET, "name": "Sam Field", "_info": {}}


class Render:
    """Turns the world's things into records; look-ups by id are made once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.companies = {o.id: o for o in (world.own, *world.clients, *world.others)}
        self.contracts = {c.id: c for c in world.contracts}
        self.machines = {m.id: m for m in world.machines}
        self.members = {m.identifier: m for m in world.members}
        self.types = lookups.type_ids()
        self.subtypes = lookups.subtype_ids()

    def company_list(self) -> Iterable[Record]:
        """All companies, those that are not clients included."""
        return (self._company(o) for o in sorted(self.companies.values(), key=lambda o: o.id))

    def _company(self, o: Organisation) -> Record:
        status = STATUS_OF_KIND.get(o.kind, "Active")
        kind = TYPE_OF_KIND[o.kind]
        types = [lookups.reference(lookups.COMPANY_TYPES[kind], kind, "company/companies/types")]
        if o.kind == "client" and o.index % 11 == 3:  # noqa: PLR2004 (some clients sell to the MSP as well)
            types.append(
                lookups.reference(lookups.COMPANY_TYPES["Vendor"], "Vendor", "company/companies/types")
            )
        record: Record = {
            "id": o.id, "identifier": o.identifier, "name": o.name,
            "status": lookups.reference(lookups.COMPANY_STATUSES[status][0], status, "company/companies/statuses"),
            "addressLine1": o.street, "addressLine2": "", "city": o.city, "state": o.state, "zip": o.postcode,
            "country": {"id": 1, "identifier": "US", "name": "United States", "_info": {}}, "phoneNumber": o.phone, "faxNumber": "",
            "website": o.website, "territory": lookups.LOCATION, "accountNumber": "", "dateAcquired": moment(o.entered),
            "annualRevenue": 0.0, "numberOfEmployees": o.seats, "leadFlag": False, "unsubscribeFlag": False, "vendorIdentifier": "",
            "taxIdentifier": "", "deletedFlag": o.kind == "deleted", "isVendorFlag": o.kind == "vendor", "types": types,
            "site": {"id": o.id + SITE_OFFSET, "name": "Main", "_info": {}}, "integratorTags": [],
            "_info": self._company_info(o), "customFields": [_custom_field(o, place, name) for place, name in enumerate(FIELDS)],
        }  # fmt: skip
        if o.id % 9 == 0:
            del record["phoneNumber"], record["website"]  # dirt: unset keys are left out in some records
        if o.kind == "deleted":
            record["dateDeleted"], record["deletedBy"] = moment(o.updated), "jdoe           "
        elif o.index % 7 == 2:  # noqa: PLR2004 (dirt: the date is filled, only the flag counts)
            record["dateDeleted"] = moment(o.entered)
        return record

    def _company_info(self, o: Organisation) -> Record:
        by = self.world.members[o.id % 5].identifier
        return {
            "lastUpdated": moment(o.updated), "updatedBy": f"{by:<15}", "dateEntered": moment(o.entered), "enteredBy": by,
            "notes_href": f"https://sandbox-na.psa.example/v2026_3//apis/3.0//company/companies/{o.id}/notes",
        }  # fmt: skip

    def company_ref(self, company_id: int) -> Record:
        """A reference to a company."""
        o = self.companies[company_id]
        return lookups.reference(o.id, o.name, "company/companies", identifier=o.identifier)

    def site_list(self) -> Iterable[Record]:
        """One main site for each company."""
        for o in self.companies.values():
            yield {
                "id": o.id + SITE_OFFSET, "name": "Main", "addressLine1": o.street, "city": o.city,
                "stateReference": {"id": 38, "identifier": o.state, "name": o.state, "_info": {}}, "zip": o.postcode, "phoneNumber": o.phone,
                "primaryAddressFlag": True, "defaultShippingFlag": True, "defaultBillingFlag": True, "defaultMailingFlag": True,
                "inactiveFlag": False, "company": self.company_ref(o.id), "_info": {"lastUpdated": moment(o.updated), "updatedBy": "jdoe"},
            }  # fmt: skip

    def member_list(self) -> Iterable[Record]:
        """The MSP's people and the API member."""
        for m in self.world.members:
            record: Record = {
                "id": m.id, "identifier": m.identifier, "licenseClass": "F", "inactiveFlag": not m.active, "firstName": m.first_name,
                "lastName": m.last_name, "title": m.title, "officeEmail": f"{m.identifier}@brightwater.example", "adminFlag": False,
                "securityRole": {"id": 63, "name": "Service", "_info": {}}, "type": {"id": 1, "name": "Employee", "_info": {}},
                "defaultLocation": lookups.LOCATION, "dailyCapacity": 8.0,
                "hireDate": "2019-02-04T00:00:00Z", "defaultEmail": "Office", "defaultPhone": "Office", "_info": lookups.INFO,
            }  # fmt: skip
            if not m.active:
                record["inactiveDate"] = "2024-06-28T00:00:00Z"
            yield record

    def member_ref(self, identifier: str) -> Record:
        """A reference to a member."""
        m = self.members[identifier]
        return lookups.reference(
            m.id, f"{m.first_name} {m.last_name}", "system/members", identifier=identifier
        )

    def configuration_list(self) -> Iterable[Record]:
        """All devices."""
        return (self._configuration(m) for m in self.world.machines)

    def _configuration(self, m: Machine) -> Record:
        number, type_name = lookups.CONFIGURATION_TYPES[m.kind]
        status = "Active" if m.active else "Retired"
        record: Record = {
            "id": m.id, "name": m.name, "type": lookups.reference(number, type_name, "company/configurations/types"),
            "status": lookups.reference(lookups.CONFIGURATION_STATUSES[status][0], status, "company/configurations/statuses"),
            "company": self.company_ref(m.client_id), "site": {"id": m.client_id + SITE_OFFSET, "name": "Main", "_info": {}},
            "location": lookups.LOCATION, "department": lookups.DEPARTMENT, "deviceIdentifier": "", "serialNumber": m.serial,
            "modelNumber": m.model, "tagNumber": "", "notes": "Rack 2\r\nShelf\u00a03" if m.id % 10 == 0 else "", "macAddress": m.mac, "lastLoginName": m.last_user, "billFlag": m.active,
            "ipAddress": m.ip, "defaultGateway": "", "osType": m.os, "osInfo": m.os_build, "cpuSpeed": "", "ram": "", "localHardDrives": "",
            "manufacturer": lookups.reference(1 + len(m.maker), m.maker, "procurement/manufacturers"), "activeFlag": m.active,
            "showRemoteFlag": False, "needsRenewalFlag": False, "manufacturerPartNumber": "",
            "_info": {"lastUpdated": moment(m.updated), "updatedBy": "zIntegrator    ", "dateEntered": moment(m.entered), "enteredBy": "wbrown"},
        }  # fmt: skip
        if m.purchased is not None:
            record["purchaseDate"] = record["installationDate"] = midnight(m.purchased)
        if m.warranty_end is not None:
            record["warrantyExpirationDate"] = midnight(m.warranty_end)
        return record

    def ticket_list(self) -> Iterable[Record]:
        """All service tickets."""
        return (self._ticket(t) for t in self.world.tickets)

    def _ticket(self, t: Ticket) -> Record:
        board = lookups.BOARD_OF[t.kind]
        status = _status(t)
        level = lookups.PRIORITIES[t.priority][0]
        record: Record = {
            "id": t.id, "summary": t.summary.replace(" ", "\u00a0", 1) if t.id % 40 == 0 else t.summary, "recordType": "ServiceTicket", "board": lookups.board_reference(board),
            "status": _status_ref(t, board, status), "company": self.company_ref(t.client_id),
            "site": {"id": t.client_id + SITE_OFFSET, "name": "Main", "_info": {}}, "siteName": "Main", "contactName": _contact(t),
            "type": lookups.reference(self.types[board, t.type], t.type, f"service/boards/{lookups.BOARDS[board][0]}/types"),
            "subType": lookups.reference(self.subtypes[board, t.subtype], t.subtype, f"service/boards/{lookups.BOARDS[board][0]}/subtypes"),
            "team": lookups.TEAM, "priority": _priority_ref(t, level),
            "serviceLocation": {"id": 4, "name": "Remote", "_info": {}}, "source": lookups.reference(lookups.SOURCES[t.source], t.source, "service/sources"),
            "severity": "Medium", "impact": "High" if t.priority == "Critical" else "Medium", "externalXRef": "", "poNumber": "",
            "allowAllClientsPortalView": False, "customerUpdatedFlag": False, "automaticEmailContactFlag": False,
            "closedFlag": t.closed is not None, "actualHours": t.hours, "approved": True, "billTime": "NoDefault", "billExpenses": "NoDefault",
            "billProducts": "NoDefault", "isInSla": _in_sla(t, self.world.now), "resources": t.owner or "", "hasChildTicket": False,
            "hasMergedChildTicketFlag": False, "location": lookups.LOCATION, "department": lookups.DEPARTMENT, "slaStatus": _sla_text(t),
            "requestForChangeFlag": False, "integratorTags": [], "escalationLevel": 0, "minutesWaiting": 0,
            "_info": {
                "lastUpdated": moment(t.updated), "updatedBy": f"{t.updated_by:<15}", "dateEntered": moment(t.created),
                "enteredBy": "zIntegrator" if t.kind == "alert" else "jdoe", "sourceId": "",
            },
            "customFields": [{"id": 7, "caption": "Vendor Ticket Number ", "type": "Text", "entryMethod": "EntryField", "numberOfDecimals": 0}],
        }  # fmt: skip
        self._ticket_extras(t, record)
        return record

    def _ticket_extras(self, t: Ticket, record: Record) -> None:
        """Keys that the vendor leaves out while they are unset."""
        if t.owner:
            record["owner"] = self.member_ref(t.owner)
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

    def contact_list(self) -> Iterable[Record]:
        """One person to talk to at each company."""
        for o in self.companies.values():
            yield {
                "id": o.id + CONTACT_OFFSET, "firstName": "Sam", "lastName": "Field", "company": self.company_ref(o.id),
                "site": {"id": o.id + SITE_OFFSET, "name": "Main", "_info": {}}, "inactiveFlag": False, "title": "Office Manager",
                "defaultFlag": True, "defaultPhoneType": "Direct", "defaultPhoneNbr": o.phone, "communicationItems": [
                    {"id": o.id + CONTACT_OFFSET, "type": {"id": 1, "name": "Email", "_info": {}}, "value": f"office{o.id}@client.example",
                     "defaultFlag": True, "communicationType": "Email"},
                ], "_info": {"lastUpdated": moment(o.updated), "updatedBy": "jdoe"},
            }  # fmt: skip

    def time_list(self) -> Iterable[Record]:
        """One time entry for each ticket that somebody has worked on."""
        return (self._time(t, t.responded) for t in self.world.tickets if t.responded is not None)

    def _time(self, t: Ticket, start: datetime) -> Record:
        end = start + timedelta(hours=t.hours)
        work = "Preventive" if t.kind == "maintenance" else "Remote"
        member = self.member_ref(t.owner or "jdoe")
        record: Record = {
            "id": t.id + TIME_OFFSET, "company": self.company_ref(t.client_id), "companyType": "Client", "chargeToId": t.id,
            "chargeToType": "ServiceTicket", "member": member, "workType": lookups.reference(lookups.WORK_TYPES[work], work, "time/workTypes"),
            "workRole": lookups.reference(lookups.WORK_ROLES["Engineer"], "Engineer", "time/workRoles"), "timeStart": moment(start),
            "timeEnd": moment(end), "hoursDeduct": 0.0, "actualHours": t.hours, "billableOption": "Billable", "notes": "",
            "hoursBilled": t.hours, "hourlyCost": "45.00", "enteredBy": member["identifier"], "dateEntered": moment(end), "hourlyRate": 135.0,
            "status": "Open", "ticket": {"id": t.id, "summary": t.summary, "_info": {}}, "ticketBoard": lookups.BOARD_OF[t.kind],
            "ticketType": t.type, "ticketSubType": t.subtype, "invoiceFlag": False,
            "_info": {"lastUpdated": moment(min(t.updated, max(end, t.created))), "updatedBy": "jdoe           ", "dateEntered": moment(end)},
        }  # fmt: skip
        if t.contract_id is not None:
            contract = self.contracts[t.contract_id]
            record["agreement"] = {"id": contract.id, "name": contract.name, "_info": {}}
        return record

    def agreement_list(self) -> Iterable[Record]:
        """All agreements."""
        return (self._agreement(c) for c in self.world.contracts)

    def _agreement(self, c: Contract) -> Record:
        number, type_name = lookups.AGREEMENT_TYPES[c.kind]
        record: Record = {
            "id": c.id, "name": c.name, "type": lookups.reference(number, type_name, "finance/agreements/types"),
            "company": self.company_ref(c.client_id), "contact": contact_ref(c.client_id), "site": {"id": c.client_id + SITE_OFFSET, "name": "Main", "_info": {}},
            "location": lookups.LOCATION, "department": lookups.DEPARTMENT, "startDate": midnight(c.start), "noEndingDateFlag": c.end is None,
            "cancelledFlag": c.cancelled is not None, "internalNotes": "", "applicationUnits": "Hours" if c.kind == "block hours" else "Amount",
            "applicationLimit": 10.0 if c.kind == "block hours" else 0.0, "applicationCycle": "CalendarMonth",
            "applicationUnlimitedFlag": c.kind == "managed", "oneTimeFlag": False, "coverAgreementTime": c.kind in {"managed", "block hours"},
            "coverAgreementProduct": False, "coverAgreementExpense": False, "billingCycle": {"id": 2, "name": "Monthly", "_info": {}},
            "billAmount": c.amount, "billStartDate": midnight(c.start), "periodType": "Current", "billTime": "Billable",
            "agreementStatus": _agreement_status(c, self.world.now.date()),
            "_info": {"lastUpdated": moment(c.updated), "updatedBy": "jdoe           ", "createdDate": moment(c.entered), "createdBy": "jdoe"},
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
            "id": line.id, "product": {"id": line.product_id, "identifier": line.product, "serializedFlag": False, "_info": {}},
            "quantity": float(line.quantity), "lessIncluded": 0.0, "unitPrice": line.unit_price, "unitCost": round(line.unit_price * 0.55, 2),
            "billCustomer": "Billable", "effectiveDate": midnight(line.start), "taxableFlag": False, "serialNumber": "",
            "invoiceDescription": line.description, "purchaseItemFlag": False, "specialOrderFlag": False, "agreementId": c.id,
            "description": line.description, "billedQuantity": float(line.quantity), "uom": "Each",
            "extPrice": round(line.quantity * line.unit_price, 2), "sequenceNumber": float(line.id % 24 + 1), "margin": 0.0,
            "agreementStatus": _agreement_status(c, self.world.now.date()),
            "_info": {"lastUpdated": moment(c.updated), "updatedBy": "jdoe"},
        }  # fmt: skip
        if line.cancelled is not None:
            record["cancelledDate"] = midnight(line.cancelled)
        return record


def _custom_field(o: Organisation, place: int, name: str) -> Record:
    kind, entry = FIELD_TYPES.get(name, ("Date", "Date"))
    caption = f"{name} " if name == "Training Percent" else name  # dirt: a caption with a blank at its end
    field: Record = {
        "id": FIRST_FIELD_ID + place, "caption": caption, "type": kind, "entryMethod": entry, "numberOfDecimals": 0,
        "rowNum": place + 1, "userDefinedFieldRecId": FIRST_FIELD_ID + place, "podId": "company_overview",
    }  # fmt: skip
    value = o.attested.get(name)
    if value is not None:
        field["value"] = midnight(value) if isinstance(value, date) else value
    elif (o.id + place) % 3 == 0:
        field["value"] = None  # dirt: null in some records, no key in others
    return field


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
