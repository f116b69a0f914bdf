"""The console's records as they come: only the fields that are used, everything optional but the keys.

Fields that could hold a secret (a company's `ownerCredentials`, say) are not read.
"""

import msgspec

# Numbers of bytes and points; whole, but the document leaves the width open.
Count = int | float | None
# A workload's newest recovery point: null and the year 1 are "never", a missing key is not said.
Point = str | msgspec.UnsetType | None


class Wire(msgspec.Struct, gc=False, rename="camel"):
    """A record or a part of one. Keys that are not named here are skipped."""


class Company(Wire, gc=False, rename="camel"):
    """GET /organizations/companies."""

    instance_uid: str
    name: str | None = None
    status: str | None = None


class Task(Wire, gc=False, rename="camel"):
    """What the last session of a job came to for one object."""

    object_name: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    status: str | None = None
    failure_messages: list[str] | None = None


class Daily(Wire, gc=False, rename="camel"):
    """On which days a daily job runs."""

    kind: str | None = None
    days: list[str] | None = None


class Periodically(Wire, gc=False, rename="camel"):
    """How often a periodical job runs."""

    kind: str | None = None
    full_period: Count = None


class Schedule(Wire, gc=False, rename="camel"):
    """When a job runs; consoles before 3.7 do not tell."""

    daily_schedule_options: Daily | None = None
    periodically_schedule_options: Periodically | None = None


class ServerJob(Wire, gc=False, rename="camel"):
    """GET /infrastructure/backupServers/jobs."""

    unique_uid: str
    name: str | None = None
    status: str | None = None
    is_enabled: bool | None = None
    type: str | None = None
    backup_server_uid: str | None = None
    last_run: str | None = None
    schedule_type: str | None = None
    schedule: Schedule | None = None
    target_type: str | None = None
    retention_limit: Count = None
    retention_limit_type: str | None = None
    last_session_tasks: list[Task] | None = None


class AgentJob(Wire, gc=False, rename="camel"):
    """GET /infrastructure/backupAgents/jobs."""

    instance_uid: str
    backup_agent_uid: str | None = None
    name: str | None = None
    status: str | None = None
    is_enabled: bool | None = None
    last_run: str | None = None
    schedule_type: str | None = None
    target_type: str | None = None
    failure_message: str | None = None


class MicrosoftJob(Wire, gc=False, rename="camel"):
    """GET /infrastructure/vb365Servers/organizations/jobs."""

    instance_uid: str
    name: str | None = None
    job_type: str | None = None
    vb365_organization_uid: str | None = msgspec.field(default=None, name="vb365OrganizationUid")
    last_run: str | None = None
    is_enabled: bool | None = None
    last_status: str | None = None
    last_status_details: str | None = None


class Copy(Wire, gc=False, rename="camel"):
    """GET /protectedWorkloads/virtualMachines/backups: one place where a machine's recovery points are."""

    instance_uid: str
    virtual_machine_uid: str | None = None
    backup_type: str | None = None
    target_type: str | None = None
    latest_restore_point_date: str | None = None


class VirtualMachine(Wire, gc=False, rename="camel"):
    """GET /protectedWorkloads/virtualMachines."""

    instance_uid: str
    backup_server_uid: str | None = None
    organization_uid: str | None = None
    name: str | None = None
    total_restore_point_size: int | None = None
    latest_restore_point_date: Point = msgspec.UNSET


class ConsoleComputer(Wire, gc=False, rename="camel"):
    """GET /protectedWorkloads/computersManagedByConsole."""

    backup_agent_uid: str
    organization_uid: str | None = None
    name: str | None = None
    latest_restore_point_date: Point = msgspec.UNSET


class ServerComputer(Wire, gc=False, rename="camel"):
    """GET /protectedWorkloads/computersManagedByBackupServer: one row for each protection group of the computer."""

    instance_uid: str
    backup_server_uid: str | None = None
    organization_uid: str | None = None
    name: str | None = None
    guest_os: str | None = None
    latest_restore_point_date: Point = msgspec.UNSET


class FileShare(Wire, gc=False, rename="camel"):
    """GET /protectedWorkloads/fileShares."""

    file_share_uid: str
    backup_server_uid: str | None = None
    organization_uid: str | None = None
    name: str | None = None
    total_short_term_backup_size: int | None = None
    latest_restore_point_date: Point = msgspec.UNSET


class MicrosoftObject(Wire, gc=False, rename="camel"):
    """GET /protectedWorkloads/vb365ProtectedObjects."""

    id: str
    name: str | None = None
    repository_uid: str | None = None
    protected_data_type: str | None = None
    latest_restore_point_date: Point = msgspec.UNSET
    organization_uid: str | None = None
    vb365_organization_uid: str | None = msgspec.field(default=None, name="vb365OrganizationUid")
