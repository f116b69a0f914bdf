"""The world in the console's words: companies, what is protected, and the jobs that do it.

The console lists each workload with its newest restore point only; what a job's last session came to for one machine
stands in the job's tasks. A missed run never began: the job shows the session before it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from uuid import NAMESPACE_OID, uuid5

from sevenc_sync.sandbox.tables import Record
from sevenc_sync.sandbox.world import World
from sevenc_sync.sandbox.world.entities import Tenant, Workload, WorkloadRun

PRODUCT = "veeam_vspc"
NEVER = "0001-01-01T00:00:00"
MOST_OBJECTS = 4
"""Users or sites of Microsoft 365 that a tenant is shown with; the world counts them only."""

STATUS = {"ok": "Success", "warning": "Warning", "failed": "Failed"}


def uid(kind: str, number: object) -> str:
    """The instanceUid of one thing."""
    return str(uuid5(NAMESPACE_OID, f"veeam {kind} {number}"))


def moment(at: datetime | None, zone: int = 0) -> str | None:
    """Seven digits behind the second, as the console writes them, with an offset of so many hours."""
    if at is None:
        return None
    local = at.astimezone(timezone(timedelta(hours=zone)))
    return f"{local:%Y-%m-%dT%H:%M:%S}.0000000{local.isoformat()[-6:]}"


def _begun(workload: Workload) -> WorkloadRun | None:
    """The last run that began: of a missed one the console has no session."""
    return next((run for run in reversed(workload.runs) if run.result != "missed"), None)


def _of(world: World) -> Iterator[tuple[Tenant, Workload]]:
    for tenant in world.tenants:
        if tenant.product == PRODUCT:
            for workload in tenant.workloads:
                yield tenant, workload


def _console(workload: Workload) -> bool:
    """Whether an agent is run by the console itself and not by the client's backup server."""
    return workload.kind == "machine" and workload.id % 3 != 0


def _server(tenant: Tenant) -> str:
    return uid("server", tenant.id)


def companies(world: World) -> Iterable[Record]:
    """GET /organizations/companies."""
    for tenant in world.tenants:
        if tenant.product == PRODUCT:
            yield {
                "instanceUid": uid("company", tenant.id), "name": tenant.name, "status": "Active",
                "resellerUid": None, "subscriptionPlanUid": None, "isRestAccessEnabled": False,
                "isAlarmDetectEnabled": True, "loginUrl": None, "_embedded": None,
                "ownerCredentials": {"userName": f"{tenant.name[:8].strip()}\\owner", "password": None},
            }  # fmt: skip


def virtual_machines(world: World) -> Iterable[Record]:
    """GET /protectedWorkloads/virtualMachines."""
    for tenant, w in _of(world):
        if w.kind == "VM":
            yield {
                "instanceUid": uid("vm", w.id), "backupServerUid": _server(tenant),
                "organizationUid": uid("company", tenant.id), "name": w.name, "hierarchyRef": f"vm-{w.id}",
                "parentHostRef": f"host-{tenant.id}", "objectUid": uid("object", w.id),
                "ipAddresses": [], "provisionedSourceSize": w.size * 2, "usedSourceSize": w.size,
                "totalRestorePointSize": w.size, "latestRestorePointSize": w.size // 20, "restorePoints": len(w.runs),
                "latestRestorePointDate": moment(w.recovery_point, -7) or NEVER, "jobUid": uid("job", w.id),
                "malwareState": "Clean", "immutable": False,
            }  # fmt: skip


def vm_backups(world: World) -> Iterable[Record]:
    """GET /protectedWorkloads/virtualMachines/backups: the backup itself and, where there is one, its copy."""
    for tenant, w in _of(world):
        if w.kind != "VM":
            continue
        for kind, target, at in (("Backup", "Local", w.recovery_point), ("BackupCopy", "Cloud", w.offsite)):
            if at is None:
                continue
            yield {
                "instanceUid": uid(f"chain {kind}", w.id), "virtualMachineUid": uid("vm", w.id),
                "backupObjectUid": uid("object", w.id), "jobUid": uid("job", w.id),
                "backupServerUid": _server(tenant), "backupType": kind, "repositoryUid": uid("repository", tenant.id),
                "totalRestorePointSize": w.size, "latestRestorePointSize": w.size // 20, "restorePoints": 14,
                "latestRestorePointDate": moment(at), "targetType": target, "malwareState": "Clean",
                "targetLocationTier": "Performance", "immutable": False,
            }  # fmt: skip


def console_computers(world: World) -> Iterable[Record]:
    """GET /protectedWorkloads/computersManagedByConsole."""
    for tenant, w in _of(world):
        if _console(w):
            yield {
                "backupAgentUid": uid("agent", w.id), "organizationUid": uid("company", tenant.id), "name": w.name,
                "numberOfJobs": 1, "operationMode": "Server" if "SRV" in w.name or "DC" in w.name else "Workstation",
                "latestRestorePointDate": moment(w.recovery_point) or NEVER,
            }  # fmt: skip


def agent_jobs(world: World) -> Iterable[Record]:
    """GET /infrastructure/backupAgents/jobs."""
    for tenant, w in _of(world):
        if not _console(w):
            continue
        run = _begun(w)
        yield {
            "status": STATUS[run.result] if run else "None", "instanceUid": uid("agent job", w.id), "originalUid": None,
            "backupAgentUid": uid("agent", w.id), "organizationUid": uid("company", tenant.id),
            "name": f"Backup {w.name}", "description": None, "configUid": uid("config", w.id), "systemType": "Windows",
            "backupPolicyUid": None, "backupPolicyName": None, "backupPolicyAssignStatus": "Assigned",
            "backupPolicyFailureMessage": None, "operationMode": "Server", "destination": "Cloud repository",
            "restorePoints": len(w.runs), "lastRun": moment(run.at) if run else None,
            "lastEndTime": moment(run.at + timedelta(seconds=run.seconds)) if run else None,
            "lastDuration": run.seconds if run else None, "nextRun": None, "avgDuration": None,
            "backupMode": "EntireComputer",
            "targetType": "CloudRepository" if w.offsite == w.recovery_point or _fresh(w) else "LocalFolder",
            "isEnabled": not w.paused and not w.retired, "scheduleType": "Daily" if w.interval_hours == 24 else "Periodically",  # noqa: PLR2004 (a day)
            "scheduleDisplayName": f"Every {w.interval_hours} hours", "lastModifiedDate": None, "lastModifiedBy": None,
            "failureMessage": run.error.replace("\n", "\r\n") if run and run.error else None,
            "backedUpSize": w.size, "freeSpace": None,
        }  # fmt: skip


def _fresh(w: Workload) -> bool:
    """Whether its copy outside the building keeps up with its recovery points."""
    return w.offsite is not None and w.recovery_point is not None and w.offsite >= w.recovery_point


def server_computers(world: World) -> Iterable[Record]:
    """GET /protectedWorkloads/computersManagedByBackupServer; a null date where there is no restore point."""
    for tenant, w in _of(world):
        if w.kind == "machine" and not _console(w):
            yield {
                "instanceUid": uid("computer", w.id), "sourceInstanceUid": uid("source", w.id),
                "backupServerUid": _server(tenant), "protectionGroups": [uid("group", tenant.id)],
                "organizationUid": uid("company", tenant.id), "name": w.name, "ipAddresses": [],
                "guestOs": "Microsoft Windows Server 2022", "platformType": "Windows", "operationMode": "Server",
                "latestRestorePointDate": moment(w.recovery_point, 2), "malwareState": "Clean",
            }  # fmt: skip


def file_shares(world: World) -> Iterable[Record]:
    """GET /protectedWorkloads/fileShares."""
    for tenant, w in _of(world):
        if w.kind == "share":
            yield {
                "fileShareUid": uid("share", w.id), "backupServerUid": _server(tenant),
                "organizationUid": uid("company", tenant.id), "name": w.name,
                "latestRestorePointDate": moment(w.recovery_point), "totalArchiveSize": 0,
                "totalShortTermBackupSize": w.size, "archiveRestorePoints": 0, "restorePoints": 14,
            }  # fmt: skip


def jobs(world: World) -> Iterable[Record]:
    """GET /infrastructure/backupServers/jobs: one for each workload of a backup server, and one that tries its recovery points."""
    types = {"VM": "BackupVm", "share": "BackupFile", "machine": "AgentBackupJob"}
    for tenant, w in _of(world):
        if w.kind not in types or _console(w):
            continue
        run = _begun(w)
        hosted = tenant.id % 2 == 0
        end = moment(run.at + timedelta(seconds=run.seconds)) if run else None
        status = STATUS[run.result] if run else "None"
        job: Record = {
            "status": status, "isEnabled": not w.paused and not w.retired, "instanceUid": uid("local job", w.id),
            "uniqueUid": uid("job", w.id), "name": f"Backup {w.name}", "description": "", "createdBy": "admin",
            "creationTime": moment(w.created), "backupServerUid": _server(tenant), "locationUid": uid("location", tenant.id),
            "siteUid": None, "organizationUid": uid("provider", 1) if hosted else uid("company", tenant.id),
            "mappedOrganizationUid": uid("company", tenant.id) if hosted else None, "type": types[w.kind],
            "lastRun": moment(run.at) if run else None, "lastEndTime": end,
            "lastDuration": run.seconds if run else None, "processingRate": None, "avgDuration": None,
            "transferredData": None, "backupChainSize": w.size, "bottleneck": "Source",
            "scheduleType": "Daily" if w.interval_hours == 24 else "Periodically",  # noqa: PLR2004 (a day)
            "schedule": _schedule(w), "failureMessage": None, "targetType": "Cloud" if _fresh(w) else "Local",
            "destination": "Repository", "retentionLimit": w.retention_days, "retentionLimitType": "Days",
            "isGfsOptionEnabled": False,
            "lastSessionTasks": [{
                "instanceUid": uid("task", w.id), "objectUid": uid("object", w.id), "objectName": w.name,
                "totalObjects": 1, "processedObjects": 1, "readDataSize": None, "transferredDataSize": None,
                "startTime": moment(run.at), "endTime": end, "duration": run.seconds,
                "failureMessages": [run.error] if run.error else None, "status": status,
            }] if run else [],
        }  # fmt: skip
        yield job
        if w.verified is not None:
            yield _verification(w, job)


def _verification(w: Workload, job: Record) -> Record:
    """The SureBackup job over one workload: its task says whether the machine started from its recovery point."""
    began = w.verified - timedelta(minutes=12) if w.verified else None
    status = "Success" if w.verified_ok else "Failed"
    task = {
        "instanceUid": uid("check task", w.id), "objectUid": uid("object", w.id), "objectName": w.name,
        "totalObjects": 1, "processedObjects": 1, "readDataSize": None, "transferredDataSize": None,
        "startTime": moment(began), "endTime": moment(w.verified), "duration": 720,
        "failureMessages": None if w.verified_ok else ["The machine did not start."], "status": status,
    }  # fmt: skip
    return {
        **job, "status": status, "instanceUid": uid("local check", w.id), "uniqueUid": uid("check", w.id),
        "name": f"Verify {w.name}", "type": "SureBackup", "lastRun": moment(began), "lastEndTime": moment(w.verified),
        "lastDuration": 720, "backupChainSize": None, "scheduleType": "NotScheduled", "schedule": None,
        "targetType": "None", "destination": None, "retentionLimit": None, "retentionLimitType": "None",
        "lastSessionTasks": [task],
    }  # fmt: skip


def _schedule(w: Workload) -> Record:
    return {
        "startDateTime": None, "startDateTimeUtc": None, "continuousScheduleEnabled": False,
        **({"dailyScheduleOptions": {"kind": "Everyday", "days": None, "time": "22:00", "timeUtc": "22:00"}}
           if w.interval_hours == 24  # noqa: PLR2004 (a day)
           else {"periodicallyScheduleOptions": {"kind": "Hours", "fullPeriod": w.interval_hours, "schedule": None}}),
    }  # fmt: skip


def microsoft_objects(world: World) -> Iterable[Record]:
    """GET /protectedWorkloads/vb365ProtectedObjects: users stand for mailboxes and drives alike."""
    for tenant, w in _of(world):
        kind = {"mailboxes": "User", "sites": "Site"}.get(w.kind)
        if kind is None or w.recovery_point is None:
            continue
        for place in range(min(w.units, MOST_OBJECTS)):
            yield {
                "id": f"{w.id}-{place}", "name": f"{kind} {place + 1:02d}", "repositoryUid": uid("m365 repository", tenant.id),
                "repositoryName": "M365", "archiveRepositoryUid": None, "archiveRepositoryName": None,
                "protectedDataType": kind, "restorePointsCount": 30, "archiveRestorePointsCount": 0,
                "latestRestorePointDate": moment(w.recovery_point), "vb365ServerUid": uid("m365 server", 1),
                "vb365ServerName": "VB365", "organizationUid": uid("company", tenant.id), "organizationName": tenant.name,
                "vb365OrganizationUid": uid("m365", tenant.id), "vb365OrganizationName": "tenant.onmicrosoft.example",
                "siteUid": None, "siteName": None, "locationUid": None, "locationName": None,
                "consumesLicense": kind == "User", "isEducationalUser": False, "fileRestorePortalUrl": None,
                "isFileRestorePortalEnabled": False, "isRestorePortalAccessEnabled": False,
            }  # fmt: skip


def microsoft_jobs(world: World) -> Iterable[Record]:
    """GET /infrastructure/vb365Servers/organizations/jobs: one for each tenant."""
    for tenant, w in _of(world):
        if w.kind != "mailboxes":
            continue
        run = _begun(w)
        yield {
            "instanceUid": uid("m365 job", w.id), "name": "All users", "jobType": "BackupJob",
            "repositoryUid": uid("m365 repository", tenant.id), "repositoryName": "M365",
            "vb365OrganizationUid": uid("m365", tenant.id), "vspcOrganizationUid": uid("company", tenant.id),
            "vspcOrganizationName": tenant.name, "scheduleEditingAvailable": True, "vb365ServerUid": uid("m365 server", 1),
            "vb365ServerName": "VB365", "managementAgentUid": uid("management agent", 1),
            "lastRun": moment(run.at) if run else None, "nextRun": None, "isEnabled": not w.paused,
            "isCopyJobAvailable": False, "lastStatus": STATUS[run.result] if run else "NotConfigured",
            "lastStatusDetails": run.error if run else "", "siteName": None, "locationName": None, "lastErrorLogRecords": [],
        }  # fmt: skip
