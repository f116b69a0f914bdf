"""What a rule may count: the row sources, their columns, and what each column means.

A source is a view of the evidence that belongs to clients: rows of linked companies of active clients that are not
gone upstream. The docstrings here are the reference that docs/rules.md repeats; a test compares them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sevenc_sync.score.devicesources import DEVICE_SOURCES
from sevenc_sync.score.sourcefacts import COMMON, ColumnFact, Kind, Source, flag, number, text, time
from sevenc_sync.score.worksources import WORK_SOURCES

__all__ = ["SOURCES", "ColumnFact", "Kind", "Source"]

_COMPANIES = Source(
    name="companies",
    table="company",
    means="The client's own record in its master PSA account: one row per client. Carries the custom fields.",
    columns={
        **COMMON,
        "name": text("the company's name"),
        "types": text("the vendor's type names, joined with '; '"),
        "status": text("the vendor's status name"),
        "seats": number("people who work there: the client's own number, else the vendor's"),
        "created_at": time("when the vendor's record was made"),
        "updated_at": time("when the vendor's record last changed"),
    },
    at=None,
    newest="updated_at",
    phrase="company",
    label=("name", "status", "updated_at"),
)

_TICKETS = Source(
    name="tickets",
    table="ticket",
    means="Service tickets. A ticket that was merged into another one is left out.",
    columns={
        **COMMON,
        "number": text("the number that people use"),
        "summary": text("the ticket's title"),
        "board": text("the board or queue"),
        "type": text("the MSP's type"),
        "subtype": text("the MSP's sub-type"),
        "category": text("the vendor's own class of the type, such as Reactive"),
        "source": text("how the ticket came in, such as Phone or Email"),
        "status": text("the MSP's status name"),
        "priority": text("the MSP's priority name"),
        "priority_level": text("critical, high, medium or low"),
        "is_closed": flag("whether the ticket is done"),
        "opened_at": time("when it was opened"),
        "responded_at": time("when someone first answered"),
        "respond_due_at": time("by when someone should have answered"),
        "resolved_at": time("when it was resolved"),
        "resolve_due_at": time("by when it should be resolved"),
        "closed_at": time("when it was closed"),
        "updated_at": time("when it last changed"),
        "sla": text("the service level that applies"),
        "met_sla": flag("the vendor's own verdict on the service level"),
        "owner": text("who is responsible for it"),
        "hours": number(
            "hours worked on it; where the ticket does not say, those of its time entries: none are 0 in an account that has any"
        ),
        "contract": text("the vendor's id of the contract that it falls under"),
        "asset": text("the vendor's id of the device that it is about"),
        "is_repeat": flag(
            "whether another ticket about the same device, of the same type and sub-type, came in up to 30 days before; "
            "null where no device is known"
        ),
    },
    at="opened_at",
    newest="updated_at",
    phrase="ticket",
    label=("number", "summary", "board", "type", "status", "owner", "opened_at", "closed_at"),
)

_CONTRACTS = Source(
    name="contracts",
    table="contract",
    means="What clients buy: agreements with their terms.",
    columns={
        **COMMON,
        "name": text("the contract's name"),
        "type": text("the MSP's type of contract"),
        "status": text("the vendor's status name"),
        "is_active": flag("in force by the vendor's word"),
        "is_recurring": flag("whether it bills again and again"),
        "starts_on": time("first day"),
        "ends_on": time("last day; null: open-ended"),
        "cancelled_on": time("day of cancellation"),
        "sla": text("the service level agreed in it"),
        "billing_cycle": text("how often it bills"),
        "updated_at": time("when the record last changed"),
        "in_force": flag("not called inactive, begun, not ended and not cancelled; never null"),
    },
    at="starts_on",
    newest="updated_at",
    phrase="contract",
    label=("name", "type", "status", "starts_on", "ends_on", "sla"),
)

_LINES = Source(
    name="contract_lines",
    table="contract_line",
    means="Products and services on contracts, each with the state of its contract.",
    columns={
        **COMMON,
        "product": text("the product's code or name"),
        "description": text("the text on the line"),
        "unit": text("what the quantity counts"),
        "quantity": number("how many"),
        "bills": flag("whether the client is charged for it"),
        "starts_on": time("first day"),
        "cancelled_on": time("day of cancellation"),
        "updated_at": time("when the record last changed"),
        "contract": text("the vendor's id of its contract"),
        "contract_name": text("the contract's name", "contract"),
        "contract_type": text("the MSP's type of the contract", "contract"),
        "in_force": flag(
            "the line has begun, is not cancelled, and its contract is in force; never null", "contract"
        ),
    },
    at="starts_on",
    newest="updated_at",
    phrase="contract_line",
    label=("product", "description", "quantity", "unit", "contract_name", "starts_on"),
)

_PROTECTIONS = Source(
    name="protections",
    table="protection",
    means=(
        "Machines and workloads that a backup product protects. Archived ones are left out, and those beside which the "
        "product has a newer one of the same device."
    ),
    columns={
        **COMMON,
        "name": text("the name in the backup product"),
        "host_name": text("the name on the network"),
        "workload": text("machine, vm, share, database, mailbox, drive, site or team"),
        "os": text("the operating system"),
        "is_paused": flag("whether backups are paused"),
        "last_attempt_at": time("the newest attempt"),
        "last_success_at": time("the newest good recovery point"),
        "last_result": text("ok, warning, failed, missed, running or never"),
        "last_error": text("what the product says about the last failure"),
        "interval_hours": number("expected hours between backups"),
        "offsite_at": time("newest copy outside the building"),
        "offsite_expected": flag("false where the workload lives in the vendor's cloud anyway"),
        "verified_at": time("when a recovery point was last tested"),
        "verified_ok": flag("whether that test passed"),
        "size_bytes": number("what its recovery points take up in the product's storage, in bytes"),
        "retention": text("how long recovery points are kept, in the product's words"),
        "in_psa": flag("whether the client's master PSA account knows the same device; never null", "asset"),
    },
    at="last_attempt_at",
    newest="last_attempt_at",
    phrase="protection",
    label=("name", "workload", "last_result", "last_success_at", "offsite_at", "verified_at"),
)

_RUNS = Source(
    name="protection_runs",
    table="protection_run",
    means="Single backup runs.",
    columns={
        **COMMON,
        "protection": text("the vendor's id of the protected machine"),
        "at": time("when the run started"),
        "result": text("ok, warning, failed or missed"),
        "error": text("what the product says about a failure"),
        "verified_ok": flag("whether this run's recovery point was tested and started"),
    },
    at="at",
    newest="at",
    phrase=None,
    label=("protection", "at", "result", "error"),
)

_ALERTS = Source(
    name="alerts",
    table="alert",
    means="Conditions that a vendor's own monitoring raised about a device.",
    columns={
        **COMMON,
        "device": text("the vendor's id of the device"),
        "kind": text("the vendor's kind of alert"),
        "threshold": text("what was exceeded"),
        "raised_at": time("when it was raised"),
        "sent_at": time("when somebody was told"),
    },
    at="raised_at",
    newest="raised_at",
    phrase="alert",
    label=("device", "kind", "threshold", "raised_at"),
)

SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        source.name: source
        for source in (
            _COMPANIES,
            _TICKETS,
            *WORK_SOURCES,
            *DEVICE_SOURCES,
            _CONTRACTS,
            _LINES,
            _PROTECTIONS,
            _RUNS,
            _ALERTS,
        )
    }
)
