"""What a rule may count: the row sources, their columns, and what each column means.

A source is a view of the evidence that belongs to clients: rows of linked companies of active clients that are not
gone upstream. The docstrings here are the reference that docs/rules.md repeats; a test compares them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

Kind = Literal["text", "number", "condition", "time"]


class ColumnFact(msgspec.Struct, frozen=True):
    """One column: what kind of value it holds, what it means, and the evidence table it comes from beyond the source's own."""

    kind: Kind
    means: str
    table: str | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A row source. `at` is the time that `window` looks at; `newest` the time that shows how new the evidence is.

    `phrase` is the kind of words that tagged() and service() read, None where the rows have none. `label` names the
    columns by which a person knows a row again.
    """

    name: str
    table: str
    means: str
    columns: Mapping[str, ColumnFact]
    at: str | None
    newest: str
    phrase: str | None
    label: tuple[str, ...]


def _text(means: str, table: str | None = None) -> ColumnFact:
    return ColumnFact("text", means, table)


def _number(means: str, table: str | None = None) -> ColumnFact:
    return ColumnFact("number", means, table)


def _flag(means: str, table: str | None = None) -> ColumnFact:
    return ColumnFact("condition", means, table)


def _time(means: str, table: str | None = None) -> ColumnFact:
    return ColumnFact("time", means, table)


_COMMON = {
    "id": _text("the vendor's id of the record"),
    "fetched_at": _time("when this version of the record was read"),
}

_COMPANIES = Source(
    name="companies",
    table="company",
    means="The client's own record in its master PSA account: one row per client. Carries the custom fields.",
    columns={
        **_COMMON,
        "name": _text("the company's name"),
        "types": _text("the vendor's type names, joined with '; '"),
        "status": _text("the vendor's status name"),
        "seats": _number("people who work there: the client's own number, else the vendor's"),
        "created_at": _time("when the vendor's record was made"),
        "updated_at": _time("when the vendor's record last changed"),
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
        **_COMMON,
        "number": _text("the number that people use"),
        "summary": _text("the ticket's title"),
        "board": _text("the board or queue"),
        "type": _text("the MSP's type"),
        "subtype": _text("the MSP's sub-type"),
        "category": _text("the vendor's own class of the type, such as Reactive"),
        "source": _text("how the ticket came in, such as Phone or Email"),
        "status": _text("the MSP's status name"),
        "priority": _text("the MSP's priority name"),
        "priority_level": _text("critical, high, medium or low"),
        "is_closed": _flag("whether the ticket is done"),
        "opened_at": _time("when it was opened"),
        "responded_at": _time("when someone first answered"),
        "respond_due_at": _time("by when someone should have answered"),
        "resolved_at": _time("when it was resolved"),
        "resolve_due_at": _time("by when it should be resolved"),
        "closed_at": _time("when it was closed"),
        "updated_at": _time("when it last changed"),
        "sla": _text("the service level that applies"),
        "met_sla": _flag("the vendor's own verdict on the service level"),
        "owner": _text("who is responsible for it"),
        "hours": _number("hours worked on it"),
        "contract": _text("the vendor's id of the contract that it falls under"),
    },
    at="opened_at",
    newest="updated_at",
    phrase="ticket",
    label=("number", "summary", "board", "type", "status", "owner", "opened_at", "closed_at"),
)

_ASSETS = Source(
    name="assets",
    table="asset",
    means=(
        "Devices, one row per device: where several sources know the same device, the master PSA's record stands for "
        "it. Backup facts are those of all protections of the same device together, archived ones left out."
    ),
    columns={
        **_COMMON,
        "name": _text("the device's name"),
        "kind": _text(
            "server, workstation, laptop, network, appliance or other; the vendor's, else from tags.toml"
        ),
        "type": _text("the vendor's type name"),
        "status": _text("the vendor's status name"),
        "is_active": _flag("whether the vendor calls it active"),
        "managed": _flag("not called inactive by the vendor and not tagged 'retired' by tags.toml"),
        "host_name": _text("the name on the network"),
        "serial": _text("the serial number"),
        "mac": _text("the hardware address"),
        "manufacturer": _text("who made it"),
        "model": _text("the model"),
        "os": _text("the operating system, as the source writes it"),
        "purchased_on": _time("day of purchase"),
        "installed_on": _time("day of installation"),
        "warranty_ends_on": _time("last day of warranty"),
        "last_seen_at": _time("when its management agent last reported"),
        "updated_at": _time("when the record last changed"),
        "is_protected": _flag(
            "whether a backup product protects it and is not paused; never null", "protection"
        ),
        "last_backup_success_at": _time("its newest good recovery point", "protection"),
        "offsite_at": _time("its newest copy outside the building", "protection"),
        "verified_at": _time("when a recovery point was last shown to start", "protection"),
    },
    at=None,
    newest="updated_at",
    phrase="asset",
    label=("name", "kind", "type", "os", "purchased_on", "warranty_ends_on"),
)

_CONTRACTS = Source(
    name="contracts",
    table="contract",
    means="What clients buy: agreements with their terms.",
    columns={
        **_COMMON,
        "name": _text("the contract's name"),
        "type": _text("the MSP's type of contract"),
        "status": _text("the vendor's status name"),
        "is_active": _flag("in force by the vendor's word"),
        "is_recurring": _flag("whether it bills again and again"),
        "starts_on": _time("first day"),
        "ends_on": _time("last day; null: open-ended"),
        "cancelled_on": _time("day of cancellation"),
        "sla": _text("the service level agreed in it"),
        "billing_cycle": _text("how often it bills"),
        "updated_at": _time("when the record last changed"),
        "in_force": _flag("not called inactive, begun, not ended and not cancelled; never null"),
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
        **_COMMON,
        "product": _text("the product's code or name"),
        "description": _text("the text on the line"),
        "unit": _text("what the quantity counts"),
        "quantity": _number("how many"),
        "bills": _flag("whether the client is charged for it"),
        "starts_on": _time("first day"),
        "cancelled_on": _time("day of cancellation"),
        "updated_at": _time("when the record last changed"),
        "contract": _text("the vendor's id of its contract"),
        "contract_name": _text("the contract's name", "contract"),
        "contract_type": _text("the MSP's type of the contract", "contract"),
        "in_force": _flag(
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
    means="Machines and workloads that a backup product protects. Archived ones are left out.",
    columns={
        **_COMMON,
        "name": _text("the name in the backup product"),
        "host_name": _text("the name on the network"),
        "workload": _text("machine, share, mailbox, ..."),
        "os": _text("the operating system"),
        "is_paused": _flag("whether backups are paused"),
        "last_attempt_at": _time("the newest attempt"),
        "last_success_at": _time("the newest good recovery point"),
        "last_result": _text("ok, warning, failed, missed, running or never"),
        "last_error": _text("what the product says about the last failure"),
        "interval_hours": _number("expected hours between backups"),
        "offsite_at": _time("newest copy outside the building"),
        "offsite_expected": _flag("false where the workload lives in the vendor's cloud anyway"),
        "verified_at": _time("when a recovery point was last tested"),
        "verified_ok": _flag("whether that test passed"),
        "in_psa": _flag("whether the client's master PSA account knows the same device; never null", "asset"),
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
        **_COMMON,
        "protection": _text("the vendor's id of the protected machine"),
        "at": _time("when the run started"),
        "result": _text("ok, warning, failed or missed"),
        "error": _text("what the product says about a failure"),
        "verified_ok": _flag("whether this run's recovery point was tested and started"),
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
        **_COMMON,
        "device": _text("the vendor's id of the device"),
        "kind": _text("the vendor's kind of alert"),
        "threshold": _text("what was exceeded"),
        "raised_at": _time("when it was raised"),
        "sent_at": _time("when somebody was told"),
    },
    at="raised_at",
    newest="raised_at",
    phrase="alert",
    label=("device", "kind", "threshold", "raised_at"),
)

SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        source.name: source
        for source in (_COMPANIES, _TICKETS, _ASSETS, _CONTRACTS, _LINES, _PROTECTIONS, _RUNS, _ALERTS)
    }
)
