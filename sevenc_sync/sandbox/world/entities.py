"""What the simulated MSP consists of, in nobody's vocabulary: each vendor server renders these in its own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

BLOCKS = ("continuous", "competent", "charge", "conscious", "confident", "clear", "cost-effective")
"""Slugs of the seven blocks of the framework, in its order."""

OrganisationKind = Literal["own", "client", "vendor", "prospect", "former", "deleted"]
MachineKind = Literal["server", "workstation", "laptop", "firewall", "switch", "access point", "printer"]
ContractKind = Literal["managed", "block hours", "hourly", "backup", "cloud"]
WorkloadKind = Literal["machine", "VM", "share", "mailboxes", "drives", "sites"]
"""What a backup product covers; the last three are a tenant's Exchange, OneDrive and SharePoint in Microsoft 365."""

RunResult = Literal["ok", "warning", "failed", "missed"]
TicketKind = Literal["incident", "question", "request", "alert", "maintenance", "project"]
WorkKind = Literal["remote", "on-site", "maintenance", "vCIO", "project"]
ProjectKind = Literal["programme", "change"]
PatchSeverity = Literal["critical", "important", "moderate", "low"]
Attested = str | int | date
"""A value that the MSP noted on the client's record."""


@dataclass(frozen=True, slots=True)
class Truth:
    """How well a client is really managed, 0 to 1; the order that honest scores must have.

    A block is None where no vendor holds a record that speaks for it.
    """

    overall: float
    blocks: Mapping[str, float | None]
    has_backup: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """The hidden cause behind a client's records: quality per block, 0 to 1, known for every block."""

    blocks: Mapping[str, float]
    has_backup: bool


@dataclass(frozen=True, slots=True)
class Member:
    """One of the MSP's own people."""

    id: int
    identifier: str
    first_name: str
    last_name: str
    title: str
    active: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """A company in the MSP's books: itself, a client, or one of those that are not clients."""

    id: int
    index: int
    kind: OrganisationKind
    name: str
    identifier: str
    backup_name: str
    street: str
    city: str
    state: str
    postcode: str
    phone: str
    website: str
    seats: int
    entered: datetime
    updated: datetime
    attested: Mapping[str, Attested] = field(default_factory=dict)
    backup: str | None = None
    """The backup product that it is on, by the connector's name."""
    rmm: str | None = None
    """The RMM that manages its devices, by the connector's name."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A device of a client; dates are None where the MSP never noted them."""

    id: int
    client_id: int
    kind: MachineKind
    name: str
    maker: str
    model: str
    serial: str
    os: str
    os_build: str
    purchased: date | None
    warranty_end: date | None
    mac: str
    ip: str
    last_user: str
    active: bool
    entered: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """One piece of work; `closed`, `resolved`, `responded` are None while they have not happened yet."""

    id: int
    client_id: int
    kind: TicketKind
    summary: str
    type: str
    subtype: str
    source: str
    priority: str
    machine_id: int | None
    owner: str | None
    contract_id: int | None
    under_sla: bool
    created: datetime
    respond_by: datetime
    resolve_by: datetime
    responded: datetime | None
    resolved: datetime | None
    closed: datetime | None
    updated: datetime
    updated_by: str
    hours: float


@dataclass(frozen=True, slots=True)
class ContractLine:
    """A sold service within a contract."""

    id: int
    contract_id: int
    product: str
    product_id: int
    description: str
    quantity: int
    unit_price: float
    start: date
    cancelled: date | None


@dataclass(frozen=True, slots=True)
class Contract:
    """An agreement with a client; `end` None runs on."""

    id: int
    client_id: int
    kind: ContractKind
    name: str
    start: date
    end: date | None
    cancelled: date | None
    has_sla: bool
    amount: float
    entered: datetime
    updated: datetime
    lines: tuple[ContractLine, ...]


@dataclass(frozen=True, slots=True)
class ServicePeriod:
    """How many units of a contract's line were sold in one billing period, both days included."""

    id: int
    line_id: int
    start: date
    end: date
    units: int


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of a project's phase; `ended` is None while it runs."""

    id: int
    phase_id: int
    name: str
    owner: str
    start: datetime
    due: datetime
    ended: datetime | None
    planned_hours: float
    actual_hours: float
    updated: datetime


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a project with a date of its own."""

    id: int
    project_id: int
    name: str
    start: datetime
    due: datetime
    ended: datetime | None
    planned_hours: float
    actual_hours: float
    updated: datetime
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """Work with an end: a `change`; or the standing `programme` on which the advisers book their hours."""

    id: int
    client_id: int
    kind: ProjectKind
    name: str
    manager: str
    contract_id: int | None
    created: datetime
    start: datetime
    due: datetime
    ended: datetime | None
    on_hold: bool
    planned_hours: float
    actual_hours: float
    updated: datetime
    phases: tuple[Phase, ...]


@dataclass(frozen=True, slots=True)
class Activity:
    """A meeting or call with a client, held or planned; one whose time has passed without `held` was forgotten."""

    id: int
    client_id: int
    kind: str
    name: str
    member: str
    created: datetime
    start: datetime
    end: datetime
    held: bool
    updated: datetime


@dataclass(frozen=True, slots=True)
class Effort:
    """Hours that somebody booked: on a ticket, on a project's task, or on an activity (and its programme's task)."""

    id: int
    client_id: int
    kind: WorkKind
    member: str
    start: datetime
    end: datetime
    hours: float
    billable: bool
    note: str
    ticket_id: int | None
    task_id: int | None
    activity_id: int | None
    contract_id: int | None
    entered: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class BackupRun:
    """One run of a backup; `verified` None means that no boot test was made."""

    at: datetime
    ok: bool
    error: str
    verified: bool | None


@dataclass(frozen=True, slots=True)
class Protection:
    """A machine or file share that the backup product covers; runs are oldest first."""

    id: int
    appliance: str
    kind: Literal["agent", "share"]
    name: str
    machine_id: int | None
    paused: bool
    archived: bool
    offsite: datetime | None
    runs: tuple[BackupRun, ...]


@dataclass(frozen=True, slots=True)
class Appliance:
    """A backup device; `client_id` None belongs to an organisation that the PSA does not know."""

    serial: str
    client_id: int | None
    organisation_id: int
    organisation: str
    name: str
    model: str
    cloud: bool
    registered: date
    service_end: date
    last_seen: datetime
    protections: tuple[Protection, ...]


@dataclass(frozen=True, slots=True)
class Antivirus:
    """An antivirus as an agent finds it; `current` is the product's own word on its definitions."""

    product: str
    running: bool
    definitions: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class Patch:
    """An update that a machine lacks."""

    id: str
    kb: int
    title: str
    severity: PatchSeverity
    released: date


@dataclass(frozen=True, slots=True)
class Agent:
    """A management agent and what it last told of its machine; None where it does not look, or the machine has none.

    `restart_since` is when the machine began to wait for a restart, `patched` when it last installed an update.
    Minutes are of the 30 days before `now`; a machine that may be switched off at will is not timed.
    """

    id: int
    uid: str
    machine_id: int
    client_id: int
    version: str
    installed: datetime
    last_seen: datetime
    online: bool
    booted: datetime | None
    restart_since: datetime | None
    antivirus: Antivirus | None
    missing: tuple[Patch, ...]
    patched: datetime | None
    encrypted: bool | None
    offline_minutes: int | None
    monitored_minutes: int | None


@dataclass(frozen=True, slots=True)
class WorkloadRun:
    """One due backup of a workload; a missed one never began, and its `at` is when it should have."""

    at: datetime
    result: RunResult
    error: str
    seconds: int
    """How long it took."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What a backup product other than Datto's covers; runs are oldest first, and none where it never ran."""

    id: int
    kind: WorkloadKind
    name: str
    machine_id: int | None
    units: int
    """Mailboxes, drives or sites in it; 1 for all else."""
    paused: bool
    retired: bool
    """The machine is decommissioned; what was kept of it stands in the product still."""
    created: datetime
    interval_hours: int
    retention_days: int
    size: int
    """Bytes that its recovery points take up."""
    recovery_point: datetime | None
    """The newest that a restore can go back to; older than the last good run where a run went well and kept nothing."""
    offsite: datetime | None
    verified: datetime | None
    verified_ok: bool | None
    runs: tuple[WorkloadRun, ...]


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer in a backup product; `client_id` None is one that the PSA does not know."""

    id: int
    product: str
    client_id: int | None
    name: str
    reference: int | None
    """The client's number in the PSA, where somebody entered it."""
    workloads: tuple[Workload, ...]


@dataclass(frozen=True, slots=True)
class World:
    """One simulated MSP with everything its vendors know, as of `now`."""

    seed: int
    now: datetime
    anchor: datetime
    own: Organisation
    clients: tuple[Organisation, ...]
    others: tuple[Organisation, ...]
    members: tuple[Member, ...]
    machines: tuple[Machine, ...]
    tickets: tuple[Ticket, ...]
    contracts: tuple[Contract, ...]
    appliances: tuple[Appliance, ...]
    tenants: tuple[Tenant, ...]
    projects: tuple[Project, ...]
    activities: tuple[Activity, ...]
    efforts: tuple[Effort, ...]
    agents: tuple[Agent, ...]
    """Those of clients that are on an RMM."""
    truth: Mapping[str, Truth]
