"""The world in the PSA's records: companies with sites and contacts, configurations, people."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sevenc_sync.sandbox.connectwise import lookups
from sevenc_sync.sandbox.world.entities import Machine, Organisation, World
from sevenc_sync.sandbox.world.profile import FIELDS, SCORE_FIELDS

Record = dict[str, Any]
FIELD_TYPES: Mapping[str, tuple[str, str]] = {
    "IT Plan Year": ("Number", "EntryField"), "MFA Percent": ("Percent", "EntryField"),
    "Training Percent": ("Percent", "EntryField"),
    "RTO Hours": ("Number", "EntryField"), "RPO Hours": ("Number", "EntryField"),
    "vCIO Name": ("Text", "EntryField"), "Executive Sponsor": ("Text", "EntryField"),
    "VML": ("Number", "List"),
    "7C Score": ("Number", "EntryField"), "7C Proof": ("Percent", "EntryField"),
}  # fmt: skip
FIRST_FIELD_ID = 41
SITE_OFFSET, CONTACT_OFFSET = 1000, 3000
"""What is added to a company's id for its site and its contact."""

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
        self.members = {m.identifier: m for m in world.members}

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
            "status": lookups.reference(lookups.COMPANY_STATUSES[status][0], status,
            "company/companies/statuses"),
            "addressLine1": o.street, "addressLine2": "", "city": o.city, "state": o.state, "zip": o.postcode,
            "country": {"id": 1, "identifier": "US", "name": "United States", "_info": {}},
            "phoneNumber": o.phone, "faxNumber": "",
            "website": o.website, "territory": lookups.LOCATION, "accountNumber": "",
            "dateAcquired": moment(o.entered),
            "annualRevenue": 0.0, "numberOfEmployees": o.seats, "leadFlag": False, "unsubscribeFlag": False,
            "vendorIdentifier": "",
            "taxIdentifier": "", "deletedFlag": o.kind == "deleted", "isVendorFlag": o.kind == "vendor",
            "types": types,
            "site": {"id": o.id + SITE_OFFSET, "name": "Main", "_info": {}}, "integratorTags": [],
            "_info": self._company_info(o), "customFields": [_custom_field(o, place, name) for place,
            name in enumerate((*FIELDS, *SCORE_FIELDS))],
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
            "lastUpdated": moment(o.updated), "updatedBy": f"{by:<15}", "dateEntered": moment(o.entered),
            "enteredBy": by,
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
                "stateReference": {"id": 38, "identifier": o.state, "name": o.state, "_info": {}},
                "zip": o.postcode, "phoneNumber": o.phone,
                "primaryAddressFlag": True, "defaultShippingFlag": True, "defaultBillingFlag": True,
                "defaultMailingFlag": True,
                "inactiveFlag": False, "company": self.company_ref(o.id),
                "_info": {"lastUpdated": moment(o.updated), "updatedBy": "jdoe"},
            }  # fmt: skip

    def member_list(self) -> Iterable[Record]:
        """The MSP's people and the API member."""
        for m in self.world.members:
            record: Record = {
                "id": m.id, "identifier": m.identifier, "licenseClass": "F", "inactiveFlag": not m.active,
                "firstName": m.first_name,
                "lastName": m.last_name, "title": m.title,
                "officeEmail": f"{m.identifier}@brightwater.example", "adminFlag": False,
                "securityRole": {"id": 63, "name": "Service", "_info": {}},
                "type": {"id": 1, "name": "Employee", "_info": {}},
                "defaultLocation": lookups.LOCATION, "dailyCapacity": 8.0,
                "hireDate": "2019-02-04T00:00:00Z", "defaultEmail": "Office", "defaultPhone": "Office",
                "_info": lookups.INFO,
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
            "id": m.id, "name": m.name, "type": lookups.reference(number, type_name,
            "company/configurations/types"),
            "status": lookups.reference(lookups.CONFIGURATION_STATUSES[status][0], status,
            "company/configurations/statuses"),
            "company": self.company_ref(m.client_id),
            "site": {"id": m.client_id + SITE_OFFSET, "name": "Main", "_info": {}},
            "location": lookups.LOCATION, "department": lookups.DEPARTMENT, "deviceIdentifier": "",
            "serialNumber": m.serial,
            "modelNumber": m.model, "tagNumber": "",
            "notes": "Rack 2\r\nShelf\u00a03" if m.id % 10 == 0 else "", "macAddress": m.mac,
            "lastLoginName": m.last_user, "billFlag": m.active,
            "ipAddress": m.ip, "defaultGateway": "", "osType": m.os, "osInfo": m.os_build, "cpuSpeed": "",
            "ram": "", "localHardDrives": "",
            "manufacturer": lookups.reference(1 + len(m.maker), m.maker, "procurement/manufacturers"),
            "activeFlag": m.active,
            "showRemoteFlag": False, "needsRenewalFlag": False, "manufacturerPartNumber": "",
            "_info": {"lastUpdated": moment(m.updated), "updatedBy": "zIntegrator    ",
            "dateEntered": moment(m.entered), "enteredBy": "wbrown"},
        }  # fmt: skip
        if m.purchased is not None:
            record["purchaseDate"] = record["installationDate"] = midnight(m.purchased)
        asked = m.id % 6 == 0  # of some devices the MSP keeps the date in a question of its own
        if m.warranty_end is not None and not asked:
            record["warrantyExpirationDate"] = midnight(m.warranty_end)
        if asked:
            record["questions"] = _questions(m)
        return record

    def contact_list(self) -> Iterable[Record]:
        """One person to talk to at each company."""
        for o in self.companies.values():
            yield {
                "id": o.id + CONTACT_OFFSET, "firstName": "Sam", "lastName": "Field",
                "company": self.company_ref(o.id),
                "site": {"id": o.id + SITE_OFFSET, "name": "Main", "_info": {}}, "inactiveFlag": False,
                "title": "Office Manager",
                "defaultFlag": True, "defaultPhoneType": "Direct", "defaultPhoneNbr": o.phone,
                "communicationItems": [
                    {"id": o.id + CONTACT_OFFSET, "type": {"id": 1, "name": "Email", "_info": {}},
                    "value": f"office{o.id}@client.example",
                     "defaultFlag": True, "communicationType": "Email"},
                ], "_info": {"lastUpdated": moment(o.updated), "updatedBy": "jdoe"},
            }  # fmt: skip


def _questions(m: Machine) -> list[Record]:
    """The questions to a device; an answer may be missing."""
    ends: Record = {"answer": midnight(m.warranty_end)} if m.warranty_end is not None else {}
    return [
        {"answerId": m.id * 2, "questionId": 1, "question": "Rack", "answer": "R2", "sequenceNumber": 1.0,
         "numberOfDecimals": 0, "fieldType": "Text", "requiredFlag": False},
        {"answerId": m.id * 2 + 1, "questionId": 2, "question": "Warranty ends", **ends, "sequenceNumber": 2.0,
         "numberOfDecimals": 0, "fieldType": "Date", "requiredFlag": False},
    ]  # fmt: skip


def _custom_field(o: Organisation, place: int, name: str) -> Record:
    kind, entry = FIELD_TYPES.get(name, ("Date", "Date"))
    caption = f"{name} " if name == "Training Percent" else name  # dirt: a caption with a blank at its end
    field: Record = {
        "id": FIRST_FIELD_ID + place, "caption": caption, "type": kind, "entryMethod": entry,
        "numberOfDecimals": 0,
        "rowNum": place + 1, "userDefinedFieldRecId": FIRST_FIELD_ID + place, "podId": "company_overview",
    }  # fmt: skip
    value = o.attested.get(name)
    if value is not None:
        field["value"] = midnight(value) if isinstance(value, date) else value
    elif (o.id + place) % 3 == 0:
        field["value"] = None  # dirt: null in some records, no key in others
    return field
