"""The canonical records: what every connector turns its vendor's answers into.

Plain typed values. Times are aware UTC datetimes; calendar dates are midnight UTC of that date. A value that the
vendor did not give is None, never False, zero or an empty text: "not said" and "no" are different evidence.
Ids are the vendor's own, as text, unique within one account and one kind of record.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

import msgspec

# A scalar that an MSP typed into a custom field.
Scalar = str | int | float | bool | None
Custom = Mapping[str, Scalar]


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row of evidence from one account.

    `table` names the record's kind everywhere: in the store, in rules and in `coverage`. `phrase` names the fields
    that hold the MSP's own words; together they are the record's phrase, which tags.toml and services.toml translate.
    `company_is_self` marks the one kind whose own id is the company that it belongs to.
    """

    table: ClassVar[str]
    phrase: ClassVar[tuple[str, ...]] = ()
    company_is_self: ClassVar[bool] = False

    id: str


class Company(Record, frozen=True, kw_only=True, gc=False):
    """One source's record of an organisation: a PSA company, an RMM site, a backup vendor's tenant.

    It becomes a client of ours, or a link to one, only through the match ledger. `external` holds ids that this vendor
    stores of other systems, by system name: {"autotask": "123"}; see docs/writing-a-connector.md.
    """

    table: ClassVar[str] = "company"
    phrase: ClassVar[tuple[str, ...]] = ("types", "status")
    company_is_self: ClassVar[bool] = True

    name: str
    types: str | None = None  # the vendor's type names, joined with "; "
    status: str | None = None
    is_active: bool | None = None  # false once the vendor marks it inactive or deleted
    is_vendor: bool | None = None
    is_msp: bool | None = None  # the MSP's own company
    seats: int | None = None  # people who work there, as the vendor knows them
    created_at: datetime | None = None
    updated_at: datetime | None = None
    external: Mapping[str, str] | None = None
    custom: Custom | None = None


class Lookup(Record, frozen=True, kw_only=True, gc=False):
    """A vendor's own list entry that other records point to: a board's type, a priority, a note type.

    The id is `kind:vendor id`, because vendors number each list from one.
    """

    table: ClassVar[str] = "lookup"

    kind: str
    name: str
    meaning: str | None = None  # the vendor's own classification, such as Reactive or Proactive
    parent: str | None = None
    is_active: bool | None = None


class Ticket(Record, frozen=True, kw_only=True, gc=False):
    """A service ticket. `category` is the vendor's own classification of its type, where it has one.

    `asset` is the id of the device that it is about, in the same account.
    """

    table: ClassVar[str] = "ticket"
    phrase: ClassVar[tuple[str, ...]] = ("board", "type", "subtype", "source", "category")

    company: str | None
    number: str | None = None
    summary: str | None = None
    board: str | None = None
    type: str | None = None
    subtype: str | None = None
    category: str | None = None
    source: str | None = None
    status: str | None = None
    priority: str | None = None
    priority_level: str | None = None  # critical, high, medium, low
    is_closed: bool | None = None
    opened_at: datetime | None = None
    responded_at: datetime | None = None
    respond_due_at: datetime | None = None
    resolved_at: datetime | None = None
    resolve_due_at: datetime | None = None
    closed_at: datetime | None = None
    updated_at: datetime | None = None
    sla: str | None = None
    met_sla: bool | None = None  # the vendor's own verdict
    owner: str | None = None
    hours: float | None = None  # time worked on it
    contract: str | None = None
    merged_into: str | None = None
    parent: str | None = None
    asset: str | None = None


class TimeEntry(Record, frozen=True, kw_only=True, gc=False):
    """Work that somebody wrote down. `charge` is what it was done for: ticket, project, company, internal."""

    table: ClassVar[str] = "time_entry"
    phrase: ClassVar[tuple[str, ...]] = ("work_type", "work_role")

    company: str | None
    charge: str | None = None
    ticket: str | None = None
    project: str | None = None
    contract: str | None = None
    work_type: str | None = None
    work_role: str | None = None
    member: str | None = None
    started_at: datetime | None = None
    hours: float | None = None
    is_billable: bool | None = None
    updated_at: datetime | None = None


class Project(Record, frozen=True, kw_only=True, gc=False):
    """A project with its plan and what it came to. Hours are totals."""

    table: ClassVar[str] = "project"
    phrase: ClassVar[tuple[str, ...]] = ("type", "status")

    company: str | None
    name: str | None = None
    type: str | None = None
    status: str | None = None
    manager: str | None = None
    is_closed: bool | None = None
    planned_start_on: datetime | None = None
    planned_end_on: datetime | None = None
    started_on: datetime | None = None
    ended_on: datetime | None = None
    budget_hours: float | None = None
    actual_hours: float | None = None
    scheduled_hours: float | None = None
    percent_done: float | None = None
    updated_at: datetime | None = None


class Phase(Record, frozen=True, kw_only=True, gc=False):
    """A part of a project with a date of its own: a milestone."""

    table: ClassVar[str] = "phase"

    company: str | None
    project: str
    name: str | None = None
    status: str | None = None
    is_done: bool | None = None
    due_on: datetime | None = None
    ended_on: datetime | None = None
    planned_hours: float | None = None
    actual_hours: float | None = None
    updated_at: datetime | None = None


class Activity(Record, frozen=True, kw_only=True, gc=False):
    """Something that happened or is planned with a client: a meeting, a review, a call."""

    table: ClassVar[str] = "activity"
    phrase: ClassVar[tuple[str, ...]] = ("kind", "status")

    company: str | None
    name: str | None = None
    kind: str | None = None
    status: str | None = None
    is_done: bool | None = None
    member: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    updated_at: datetime | None = None


class Asset(Record, frozen=True, kw_only=True, gc=False):
    """A device as one source knows it. `kind` is set where the vendor says it; otherwise tags.toml reads `type`.

    From `os_support_ends_on` on come facts that a management agent tells. Where a source does not tell one, it is None:
    a device of which nobody knows whether it is encrypted is not one that is not.
    """

    table: ClassVar[str] = "asset"
    phrase: ClassVar[tuple[str, ...]] = ("type", "status")

    company: str | None
    name: str | None = None
    kind: str | None = None  # server, workstation, laptop, network, appliance, other
    type: str | None = None
    status: str | None = None
    is_active: bool | None = None
    host_name: str | None = None
    serial: str | None = None
    mac: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    os: str | None = None
    os_build: str | None = None  # what tells its release, such as 10.0.26200 or 23H2
    purchased_on: datetime | None = None
    installed_on: datetime | None = None
    warranty_ends_on: datetime | None = None
    last_seen_at: datetime | None = None
    updated_at: datetime | None = None
    os_support_ends_on: datetime | None = (
        None  # where the source does not say: by os and os_build, see os_support
    )
    antivirus_present: bool | None = None
    antivirus_running: bool | None = None
    antivirus_current: bool | None = None  # definitions up to date, by the tool's own word
    antivirus_updated_at: datetime | None = None  # when its definitions were last renewed
    patches_missing: int | None = None  # critical or high ones that are not installed; 0: none
    oldest_patch_at: datetime | None = None  # release of the oldest of them
    patches_lesser: int | None = None  # others that are not installed, of less severity or none
    reboot_pending: bool | None = None  # what was installed waits for a restart
    booted_at: datetime | None = None  # when it was last started
    is_encrypted: bool | None = None  # the whole system disk
    offline_minutes: float | None = None  # unplanned, of the last 30 days, maintenance windows left out
    monitored_minutes: float | None = None  # of the same days
    agent_version: str | None = None


class Contract(Record, frozen=True, kw_only=True, gc=False):
    """What a client buys: an agreement or contract with its term."""

    table: ClassVar[str] = "contract"
    phrase: ClassVar[tuple[str, ...]] = ("type",)

    company: str | None
    name: str | None = None
    type: str | None = None
    status: str | None = None
    is_active: bool | None = None  # in force by the vendor's word
    is_recurring: bool | None = None
    starts_on: datetime | None = None
    ends_on: datetime | None = None
    cancelled_on: datetime | None = None
    sla: str | None = None
    billing_cycle: str | None = None
    updated_at: datetime | None = None


class ContractLine(Record, frozen=True, kw_only=True, gc=False):
    """One product or service on a contract, with its quantity."""

    table: ClassVar[str] = "contract_line"
    phrase: ClassVar[tuple[str, ...]] = ("product", "unit")

    company: str | None
    contract: str
    product: str | None = None
    description: str | None = None
    unit: str | None = None
    quantity: float | None = None
    bills: bool | None = None  # charged to the client
    starts_on: datetime | None = None
    cancelled_on: datetime | None = None
    updated_at: datetime | None = None


MACHINE_WORKLOADS = ("machine", "vm")
"""Workloads that are machines; a protection without a word for its workload is taken for one."""


class Protection(Record, frozen=True, kw_only=True, gc=False):
    """A machine or workload that a backup product protects, and how well it does so now.

    `workload` is one of machine, vm, share, database, mailbox, drive, site, team; Microsoft 365 and Google workloads
    stand for one user's or for all of a tenant, as the product counts them. `last_result` is that of the last attempt that
    ended: ok, warning (a recovery point that lacks something), failed, missed; or running, where that was the first; or never;
    None where the vendor does not say. `last_success_at` is the newest recovery point that a restore of the whole workload can
    use, which is not always that of the last job that went well. `interval_hours` is the expected time between backups;
    `interval_inferred` says that we worked it out from history. What each vendor's states become is written in docs/backup-meaning.md.
    """

    table: ClassVar[str] = "protection"
    phrase: ClassVar[tuple[str, ...]] = ("workload",)

    company: str | None
    name: str | None = None
    host_name: str | None = None
    workload: str | None = None
    device: str | None = None  # id of the backup appliance's asset row, where there is one
    os: str | None = None
    serial: str | None = None
    mac: str | None = None
    is_paused: bool | None = None
    is_archived: bool | None = None
    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None
    last_result: str | None = None
    last_error: str | None = None
    interval_hours: float | None = None
    interval_inferred: bool | None = None
    offsite_at: datetime | None = None
    offsite_expected: bool | None = None  # false for workloads that live in the vendor's cloud anyway
    verified_at: datetime | None = None
    verified_ok: bool | None = None
    size_bytes: int | None = None  # what its recovery points take up in the product's storage
    retention: str | None = None  # how long they are kept, in words: "30 days", "14 recovery points"


class ProtectionRun(Record, frozen=True, kw_only=True, gc=False):
    """One backup run of one protection. The id is made of the protection's id and the run's start."""

    table: ClassVar[str] = "protection_run"

    company: str | None
    protection: str
    at: datetime
    result: str  # ok, warning, failed, missed
    error: str | None = None
    verified_ok: bool | None = None


class Alert(Record, frozen=True, kw_only=True, gc=False):
    """A condition that a vendor's own monitoring raises about a device."""

    table: ClassVar[str] = "alert"
    phrase: ClassVar[tuple[str, ...]] = ("kind",)

    company: str | None
    device: str | None = None
    kind: str | None = None
    threshold: str | None = None
    raised_at: datetime | None = None
    sent_at: datetime | None = None


RECORDS: Mapping[str, type[Record]] = {
    record.table: record
    for record in (
        Company,
        Lookup,
        Ticket,
        TimeEntry,
        Project,
        Phase,
        Activity,
        Asset,
        Contract,
        ContractLine,
        Protection,
        ProtectionRun,
        Alert,
    )
}
