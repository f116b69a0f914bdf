"""The world in the PSA's records: contracts, the services on them, and their units by billing period."""

from collections.abc import Iterable
from datetime import date, timedelta

from sevenc_sync.sandbox.autotask import setup
from sevenc_sync.sandbox.autotask.books import Books
from sevenc_sync.sandbox.autotask.schema import whole
from sevenc_sync.sandbox.autotask.setup import Record
from sevenc_sync.sandbox.autotask.times import midnight, moment
from sevenc_sync.sandbox.world.entities import Contract, ContractLine, World
from sevenc_sync.sandbox.world.units import service_periods

RECURRING = frozenset({"managed", "backup", "cloud"})
TYPE_OF = {"block hours": "Block Hours", "hourly": "Time & Materials"}
ACTIVE, INACTIVE = 1, 0
WITHOUT_END_DAYS = 3650
"""Every contract has an end here; one that runs on got one ten years away."""


class Sales:
    """Turns what the MSP sold into records."""

    def __init__(self, world: World, books: Books) -> None:
        self.world = world
        self.books = books

    def contract_list(self) -> Iterable[Record]:
        """All contracts, those that ended included."""
        return (self._contract(c) for c in self.world.contracts)

    def _contract(self, c: Contract) -> Record:
        recurring = c.kind in RECURRING
        gone = c.cancelled is not None and c.cancelled <= self.world.now.date()
        end = c.cancelled or c.end or c.start + timedelta(days=WITHOUT_END_DAYS)
        return whole(
            "Contracts",
            {
                "id": c.id, "contractName": c.name, "companyID": self.books.company(c.client_id),
                "contractType": setup.CONTRACT_TYPES[TYPE_OF.get(c.kind, "Recurring Service")],
                "contractCategory": setup.CONTRACT_CATEGORIES[c.kind], "status": INACTIVE if gone else ACTIVE,
                "startDate": midnight(c.start), "endDate": midnight(end), "contractNumber": str(c.id),
                "contractPeriodType": setup.PERIODS["Monthly"] if recurring else None, "description": "",
                "serviceLevelAgreementID": setup.SLA[0] if c.has_sla else None, "isCompliant": False,
                "isDefaultContract": c.kind == "managed", "timeReportingRequiresStartAndStopTimes": 0,
                "contactID": self.books.contact(c.client_id), "contactName": "Office", "setupFee": 0.0,
                "estimatedRevenue": c.amount * 12, "estimatedCost": 0.0, "estimatedHours": 0.0,
                "lastModifiedDateTime": moment(c.updated, c.id), "userDefinedFields": [],
            },
        )  # fmt: skip

    def _service_lines(self) -> Iterable[tuple[Contract, ContractLine]]:
        return ((c, line) for c in self.world.contracts if c.kind in RECURRING for line in c.lines)

    def service_list(self) -> Iterable[Record]:
        """Services on contracts: the price, never the quantity."""
        for c, line in self._service_lines():
            yield whole(
                "ContractServices",
                {
                    "id": line.id, "contractID": c.id, "serviceID": setup.service_ids()[line.product],
                    "unitPrice": line.unit_price, "unitCost": round(line.unit_price * 0.55, 2),
                    "internalCurrencyUnitPrice": line.unit_price, "invoiceDescription": line.description,
                    "internalCurrencyAdjustedPrice": line.unit_price, "internalDescription": "",
                },
            )  # fmt: skip

    def unit_list(self) -> Iterable[Record]:
        """Units of each service, one row a billing period; of a dropped service the rows end with it."""
        today = self.world.now.date()
        for c, line in self._service_lines():
            for period in service_periods(c, line, self.world.anchor.date(), today):
                price = round(period.units * line.unit_price, 2)
                yield whole(
                    "ContractServiceUnits",
                    {
                        "id": period.id, "contractID": c.id, "contractServiceID": line.id,
                        "serviceID": setup.service_ids()[line.product], "units": period.units, "price": price,
                        "cost": round(price * 0.55, 2), "internalCurrencyPrice": price,
                        "startDate": midnight(period.start), "endDate": midnight(period.end),
                        "approveAndPostDate": midnight(period.start) if period.end < today else None,
                    },
                )  # fmt: skip

    def block_list(self) -> Iterable[Record]:
        """Blocks of hours bought on contracts of that type."""
        for c in self.world.contracts:
            for line in c.lines if c.kind == "block hours" else ():
                yield whole(
                    "ContractBlocks",
                    {
                        "id": line.id, "contractID": c.id, "hours": float(line.quantity), "hourlyRate": line.unit_price,
                        "hoursApproved": 0.0, "isPaid": True, "status": ACTIVE, "startDate": midnight(line.start),
                        "endDate": midnight(_block_end(c, line)), "datePurchased": midnight(line.start),
                    },
                )  # fmt: skip


def _block_end(c: Contract, line: ContractLine) -> date:
    return line.cancelled or c.end or line.start + timedelta(days=365)
