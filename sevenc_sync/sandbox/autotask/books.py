"""The world in the PSA's records: companies with places and contacts, the MSP's people, devices."""

from collections.abc import Iterable, Mapping
from datetime import date

from sevenc_sync.sandbox.autotask import setup
from sevenc_sync.sandbox.autotask.schema import whole
from sevenc_sync.sandbox.autotask.setup import Choice, Record
from sevenc_sync.sandbox.autotask.times import midnight, moment
from sevenc_sync.sandbox.world.entities import Attested, Machine, Organisation, World
from sevenc_sync.sandbox.world.estate import MODELS
from sevenc_sync.sandbox.world.profile import FIELDS, SCORE_FIELDS
from sevenc_sync.sandbox.world.seeds import dice

COMPANY_OFFSET, RESOURCE_OFFSET, CONTACT_OFFSET = 29_680_000, 29_682_800, 30_700_000
API_USER = RESOURCE_OFFSET + 999
CONTACTS_PER_COMPANY = 100
COMPANY_TYPE_OF = {"own": 1, "client": 1, "vendor": 7, "prospect": 3, "former": 6}
API_LICENSE, FULL_LICENSE = 7, 1
FIRST_NAMES = ("Sam", "Ana", "Björn", "Chloé", "Dmitri", "Eve", "Farid", "Grace", "Hana", "Iván")
LAST_NAMES = ("Field", "Stone", "Marsh", "Köhler", "Reed", "Dale", "Brook", "Lopez", "Wood", "Hill")
NUMERIC_UDFS = frozenset(
    {"MFA Percent", "Training Percent", "IT Plan Year", "RTO Hours", "RPO Hours", "7C Score", "7C Proof"}
)
RATING_UDF = "VML"
TEXT_UDFS = frozenset({"vCIO Name", "Executive Sponsor", RATING_UDF})
COMPANY_UDFS: Mapping[str, str] = {
    name: "num" if name in NUMERIC_UDFS else "str" if name in TEXT_UDFS else "dt"
    for name in (*FIELDS, *SCORE_FIELDS)
}
"""User-defined fields of companies and their types."""


def company_id(world_id: int, own_id: int) -> int:
    """The company's number in this PSA; the MSP itself is 0."""
    return setup.OWN_COMPANY if world_id == own_id else COMPANY_OFFSET + world_id


def makers() -> Mapping[str, int]:
    """Maker of devices to its number."""
    names = dict.fromkeys(maker for models in MODELS.values() for maker, _ in models)
    return {name: 1 + place for place, name in enumerate(names)}


def products() -> Mapping[tuple[str, str], int]:
    """(maker, model) to the number of the product, which is that of the model too."""
    pairs = dict.fromkeys(pair for models in MODELS.values() for pair in models)
    return {pair: setup.FIRST_PRODUCT + place for place, pair in enumerate(pairs)}


def device_picklists() -> Mapping[tuple[str, str], tuple[Choice, ...]]:
    """The picklists that device audits fill."""
    return {
        ("ConfigurationItems", "rmmDeviceAuditManufacturerID"): tuple(
            Choice(number, name) for name, number in makers().items()
        ),
        ("ConfigurationItems", "rmmDeviceAuditModelID"): tuple(
            Choice(number, model) for (_, model), number in products().items()
        ),
    }


def product_list() -> Iterable[Record]:
    """Products that devices are instances of."""
    for (maker, model), number in products().items():
        yield whole(
            "Products",
            {"id": number, "name": f"{maker} {model}", "isActive": True, "isSerialized": True,
             "manufacturerName": maker, "manufacturerProductName": model, "description": "",
             "productBillingCodeID": setup.FIRST_SERVICE - 1},
        )  # fmt: skip


class Books:
    """Turns the world's organisations, people and devices into records."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.members = {m.identifier: RESOURCE_OFFSET + m.id for m in world.members}
        self.makers, self.products = makers(), products()

    def company(self, world_id: int) -> int:
        """A company's number."""
        return company_id(world_id, self.world.own.id)

    def contact(self, world_id: int) -> int:
        """The number of a company's first contact."""
        return CONTACT_OFFSET + world_id * CONTACTS_PER_COMPANY

    def organisations(self) -> Iterable[Organisation]:
        """Those that this PSA holds: what was deleted is gone without a trace."""
        everybody = (self.world.own, *self.world.clients, *self.world.others)
        return (o for o in everybody if o.kind != "deleted")

    def company_list(self) -> Iterable[Record]:
        """All companies, the MSP and those that are not clients included."""
        for o in self.organisations():
            number = self.company(o.id)
            yield whole(
                "Companies",
                {
                    "id": number, "companyName": o.name, "companyNumber": o.identifier,
                    "companyType": COMPANY_TYPE_OF[o.kind], "isActive": o.kind != "former",
                    "phone": o.phone, "address1": o.street, "address2": "", "city": o.city, "state": o.state,
                    "postalCode": o.postcode, "webAddress": o.website or None, "fax": "", "countryID": 237,
                    "ownerResourceID": RESOURCE_OFFSET + self.world.members[o.id % 5].id,
                    "createDate": moment(o.entered, number), "lastActivityDate": moment(o.updated, number),
                    "lastTrackedModifiedDateTime": moment(o.updated, number), "taxRegionID": None,
                    "isClientPortalActive": True, "isTaxExempt": False, "isTaskFireActive": False,
                    "assetValue": 0.0, "currencyID": 1, "invoiceMethod": None, "isSample": False,
                    "additionalAddressInformation": "Back door\r\nring\u00a0twice" if number % 9 == 0 else "",
                    "userDefinedFields": [_udf(name, o.attested.get(name)) for name in COMPANY_UDFS],
                },
            )  # fmt: skip

    def location_list(self) -> Iterable[Record]:
        """One main place for each company."""
        for o in self.organisations():
            number = self.company(o.id)
            yield whole(
                "CompanyLocations",
                {"id": 1 + number, "companyID": number, "name": "Main", "address1": o.street, "city": o.city,
                 "state": o.state, "postalCode": o.postcode, "phone": o.phone, "isActive": True, "isPrimary": True},
            )  # fmt: skip

    def contact_list(self) -> Iterable[Record]:
        """One active contact for each of a client's people, and one or two that left; one for any other company."""
        for o in self.organisations():
            active = o.seats if o.kind == "client" else 1
            left = 1 + o.id % 2 if o.kind == "client" else 0
            for place in range(active + left):
                number = self.contact(o.id) + place
                chance = dice(self.world.seed, "contact", number)
                yield whole(
                    "Contacts",
                    {
                        "id": number, "companyID": self.company(o.id), "isActive": int(place < active),
                        "firstName": chance.choice(FIRST_NAMES), "lastName": chance.choice(LAST_NAMES),
                        "emailAddress": f"user{place + 1:02d}@client{o.id}.example", "phone": o.phone,
                        "title": "Office Manager" if place == 0 else "", "primaryContact": place == 0,
                        "createDate": moment(o.entered, number), "lastModifiedDate": moment(o.updated, number),
                        "lastActivityDate": moment(o.updated, number), "receivesEmailNotifications": True,
                        "userDefinedFields": [],
                    },
                )  # fmt: skip

    def resource_list(self) -> Iterable[Record]:
        """The MSP's people, and the API user, to whom no work may be assigned."""
        for m in self.world.members:
            yield whole(
                "Resources",
                {
                    "id": RESOURCE_OFFSET + m.id, "firstName": m.first_name, "lastName": m.last_name,
                    "userName": m.identifier, "email": f"{m.identifier}@brightwater.example", "title": m.title,
                    "isActive": m.active, "licenseType": FULL_LICENSE, "resourceType": "Employee",
                    "hireDate": "2019-02-04T00:00:00Z", "emailTypeCode": "PRIMARY",
                },
            )  # fmt: skip
        yield whole(
            "Resources",
            {"id": API_USER, "firstName": "Seven", "lastName": "Sync", "userName": "sevensync", "email": "",
             "isActive": True, "licenseType": API_LICENSE, "resourceType": "Employee"},
        )  # fmt: skip

    def resource_role_list(self) -> Iterable[Record]:
        """Who works in which role."""
        for place, m in enumerate(self.world.members):
            role = (
                "vCIO" if m.title == "vCIO" else "Project Engineer" if m.title == "Projects" else "Engineer"
            )
            department = "Service Desk" if role == "Engineer" else "Professional Services"
            yield whole(
                "ResourceRoles",
                {"id": 1 + place, "resourceID": RESOURCE_OFFSET + m.id, "roleID": setup.ROLES[role],
                 "departmentID": setup.DEPARTMENTS[department], "isActive": m.active},
            )  # fmt: skip

    def device_list(self) -> Iterable[Record]:
        """All devices; those without an operating system were never seen by an agent."""
        return (self._device(m) for m in self.world.machines)

    def _device(self, m: Machine) -> Record:
        seen = bool(m.os)
        model = self.products[m.maker, m.model]
        return whole(
            "ConfigurationItems",
            {
                "id": m.id, "companyID": self.company(m.client_id), "isActive": m.active,
                "configurationItemType": setup.CONFIGURATION_TYPES[m.kind][0], "configurationItemCategoryID": 1,
                "productID": model, "referenceTitle": m.name, "referenceNumber": "", "serialNumber": m.serial,
                "installDate": midnight(m.purchased), "warrantyExpirationDate": midnight(m.warranty_end),
                "notes": "Rack 2\r\nShelf\u00a03" if m.id % 10 == 0 else "", "location": "",
                "createDate": moment(m.entered, m.id), "lastModifiedTime": moment(m.updated, m.id),
                "rmmDeviceAuditHostname": m.name if seen else None,
                "rmmDeviceAuditOperatingSystem": f"{m.os} {m.os_build}" if seen else None,
                "rmmDeviceAuditMacAddress": m.mac if seen else None,
                "rmmDeviceAuditIPAddress": m.ip if seen else None,
                "rmmDeviceAuditLastUser": m.last_user or None, "rmmDeviceAuditDescription": "" if seen else None,
                "rmmDeviceAuditManufacturerID": self.makers[m.maker] if seen else None,
                "rmmDeviceAuditModelID": model if seen else None,
                "numberOfUsers": 0.0, "monthlyCost": 0.0, "setupFee": 0.0, "userDefinedFields": [],
            },
        )  # fmt: skip


def _udf(name: str, value: Attested | None) -> Record:
    """A user-defined value as the vendor sends it: a text or null, numbers with four decimals, dates at midnight."""
    text: str | None = None
    if isinstance(value, date):
        text = f"{value.isoformat()}T00:00:00"
    elif isinstance(value, int) and name in NUMERIC_UDFS:
        text = f"{value}.0000"
    elif value is not None:
        text = str(value)
    return {"name": name, "value": text}
