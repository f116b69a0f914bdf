"""The console's records in our words, from records as its document describes them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.veeam_vspc import CONNECTOR, jobs
from sevenc_sync.connect.conformance import mistakes, oddities
from sevenc_sync.connect.stream import Context, Entries, Stream
from sevenc_sync.model import Company, Lookup, Protection

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SERVER, COMPANY = "5e1f0000-0000-4000-8000-000000000001", "c0000000-0000-4000-8000-000000000001"
TASK: dict[str, Any] = {
    "objectName": "ACME-SRV02",
    "startTime": "2026-11-19T22:00:05.0000000-07:00",
    "endTime": "2026-11-19T22:31:00.0000000-07:00",
    "status": "Failed",
    "failureMessages": ["No space left.\r\nRepository 1"],
}
JOB: dict[str, Any] = {
    "uniqueUid": "j1",
    "instanceUid": "inner",
    "name": "Nightly",
    "status": "Warning",
    "isEnabled": True,
    "type": "BackupVm",
    "backupServerUid": SERVER,
    "lastRun": "2026-11-19T22:00:00.0000000-07:00",
    "scheduleType": "Daily",
    "schedule": {"dailyScheduleOptions": {"kind": "WeekDays", "days": None}},
    "targetType": "Local",
    "retentionLimit": 14,
    "retentionLimitType": "RestorePoints",
    "lastSessionTasks": [TASK],
}
VM: dict[str, Any] = {
    "instanceUid": "v1",
    "backupServerUid": SERVER,
    "organizationUid": COMPANY,
    "name": "acme-srv02",
    "totalRestorePointSize": 1000,
    "latestRestorePointDate": "2026-11-18T05:31:00.1234567+00:00",
}
AGENT_JOB: dict[str, Any] = {
    "instanceUid": "a1",
    "backupAgentUid": "agent1",
    "name": "Laptops",
    "status": "Success",
    "isEnabled": True,
    "lastRun": "2026-11-20T01:00:00Z",
    "scheduleType": "Daily",
    "targetType": "CloudRepository",
}
COMPUTER: dict[str, Any] = {
    "backupAgentUid": "agent1",
    "organizationUid": COMPANY,
    "name": "ACME-LT01",
    "latestRestorePointDate": "2026-11-20T01:20:00Z",
}


def stream(name: str) -> Stream:
    return next(item for item in CONNECTOR.streams if item.name == name)


def read(name: str, record: Mapping[str, Any], *told: Lookup) -> list[Any]:
    kinds: dict[str, Entries] = {}
    for entry in told:
        kinds.setdefault(entry.kind, Entries())[entry.id.partition(":")[2]] = entry
    wire = msgspec.convert(record, stream(name).wire)
    return list(stream(name).to_canonical(wire, Context(now=NOW, lookups=kinds)))


def one(name: str, record: Mapping[str, Any], *told: Lookup) -> Protection:
    (found,) = read(name, record, *told)
    assert isinstance(found, Protection)
    return found


def job(**changes: Any) -> list[Lookup]:
    return read("jobs", JOB | changes)


def test_the_declaration_has_no_mistakes() -> None:
    assert mistakes(CONNECTOR) == []


@pytest.mark.parametrize(
    ("name", "record"),
    [("jobs", JOB), ("agent_jobs", AGENT_JOB), ("virtual_machines", VM), ("console_computers", COMPUTER)],
)
def test_odd_values_are_understood_or_refused(name: str, record: dict[str, Any]) -> None:
    context = Context(now=NOW, lookups={jobs.JOB: {"j1/x": job()[0]}})
    assert oddities(stream(name), msgspec.json.encode(record), context) == []


def test_a_machine_has_its_own_recovery_point_and_its_tasks_result() -> None:
    assert one("virtual_machines", VM, *job()) == Protection(
        id="vm:v1",
        company=COMPANY,
        name="acme-srv02",
        host_name="acme-srv02",
        workload="vm",
        is_paused=False,
        last_attempt_at=datetime(2026, 11, 20, 5, 0, 5, tzinfo=UTC),
        last_success_at=datetime(2026, 11, 18, 5, 31, tzinfo=UTC),
        last_result="failed",
        last_error="No space left.\nRepository 1",
        interval_hours=72.0,
        size_bytes=1000,
        retention="14 recovery points",
    )


def test_an_old_recovery_point_stays_old_under_a_green_job() -> None:
    green = one("virtual_machines", VM, *job(lastSessionTasks=[TASK | {"status": "Success"}]))
    assert (green.last_result, green.last_success_at) == ("ok", datetime(2026, 11, 18, 5, 31, tzinfo=UTC))


def test_a_job_that_is_switched_off_pauses_what_no_other_job_backs_up() -> None:
    assert one("virtual_machines", VM, *job(isEnabled=False)).is_paused is True
    other = job(
        uniqueUid="j2", lastRun=None, lastSessionTasks=[TASK | {"startTime": None, "status": "Success"}]
    )
    both = one("virtual_machines", VM, *job(isEnabled=False), *other)
    assert (both.is_paused, both.last_result) == (False, "ok")


@pytest.mark.parametrize("kind", ["BackupCopy", "ReplicationVM", "SqlLogBackup"])
def test_jobs_that_are_no_backup_say_nothing_of_one(kind: str) -> None:
    assert job(type=kind) == []


def check(status: str, ended: str | None = "2026-11-20T03:10:00Z", **changes: Any) -> list[Lookup]:
    """A SureBackup job whose task tried the machine's recovery point."""
    task = TASK | {"status": status, "endTime": ended}
    return job(
        **{"uniqueUid": "s1", "type": "SureBackup", "isEnabled": False, "lastSessionTasks": [task]} | changes
    )


@pytest.mark.parametrize(
    ("status", "verified"), [("Success", True), ("Warning", True), ("Failed", False), ("Running", None)]
)
def test_what_tries_recovery_points_verifies_and_says_nothing_of_the_backup(
    status: str, verified: bool | None
) -> None:
    plain = one("virtual_machines", VM, *job())
    tried = one("virtual_machines", VM, *job(), *check(status))
    at = None if verified is None else datetime(2026, 11, 20, 3, 10, tzinfo=UTC)
    assert tried == msgspec.structs.replace(plain, verified_at=at, verified_ok=verified)


def test_the_newest_trial_of_a_recovery_point_counts_and_one_without_a_session_is_none() -> None:
    older = check("Failed", "2026-11-01T03:10:00Z", uniqueUid="s2")
    assert one("virtual_machines", VM, *older, *check("Success")).verified_ok is True
    assert check("Success", lastSessionTasks=[]) == []
    computer = {
        "instanceUid": "c1",
        "backupServerUid": SERVER,
        "organizationUid": COMPANY,
        "name": "acme-srv02",
    }
    assert one("server_computers", computer, *check("Failed")).verified_ok is False


@pytest.mark.parametrize("point", [None, "0001-01-01T00:00:00"])
def test_without_a_recovery_point_and_a_session_it_never_ran(point: str | None) -> None:
    idle = read("agent_jobs", AGENT_JOB | {"status": "None", "lastRun": None})
    never = one("console_computers", COMPUTER | {"latestRestorePointDate": point}, *idle)
    assert (never.last_result, never.last_success_at, never.last_attempt_at) == ("never", None, None)
    unsaid = {key: value for key, value in COMPUTER.items() if key != "latestRestorePointDate"}
    assert one("console_computers", unsaid).last_result is None


def test_a_run_under_way_says_nothing_of_the_one_before() -> None:
    running = read("agent_jobs", AGENT_JOB | {"status": "Running"})
    assert one("console_computers", COMPUTER, *running).last_result is None
    first = one("console_computers", COMPUTER | {"latestRestorePointDate": None}, *running)
    assert first.last_result == "running"


def test_what_is_backed_up_to_the_cloud_is_off_site_at_once() -> None:
    to_cloud = one("console_computers", COMPUTER, *read("agent_jobs", AGENT_JOB))
    assert to_cloud.offsite_at == to_cloud.last_success_at == datetime(2026, 11, 20, 1, 20, tzinfo=UTC)
    local = read("agent_jobs", AGENT_JOB | {"targetType": "LocalFolder"})
    assert one("console_computers", COMPUTER, *local).offsite_at is None


def test_the_newest_of_a_machines_copies_counts() -> None:
    chain = {"virtualMachineUid": "v1", "backupType": "BackupCopy", "targetType": "Local"}
    old = read("vm_copies", chain | {"instanceUid": "1", "latestRestorePointDate": "2026-11-01T00:00:00Z"})
    new = read("vm_copies", chain | {"instanceUid": "2", "latestRestorePointDate": "2026-11-17T00:00:00Z"})
    own = read(
        "vm_copies",
        chain
        | {"instanceUid": "3", "backupType": "Backup", "latestRestorePointDate": "2026-11-18T00:00:00Z"},
    )
    assert own == []
    assert one("virtual_machines", VM, *new, *old).offsite_at == datetime(2026, 11, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ({"scheduleType": "Daily", "schedule": {"dailyScheduleOptions": {"kind": "Everyday"}}}, 24),
        (
            {"schedule": {"dailyScheduleOptions": {"kind": "SelectedDays", "days": ["Monday", "Thursday"]}}},
            96,
        ),
        ({"schedule": {"dailyScheduleOptions": {"kind": "SelectedDays", "days": ["Sunday"]}}}, 168),
        ({"schedule": None}, None),
        ({"scheduleType": "Monthly"}, 744),
        (
            {
                "scheduleType": "Periodically",
                "schedule": {"periodicallyScheduleOptions": {"kind": "Hours", "fullPeriod": 4}},
            },
            4,
        ),
        ({"scheduleType": "NotScheduled"}, None),
    ],
)
def test_the_interval_is_the_longest_gap_of_the_schedule(schedule: dict[str, Any], hours: int | None) -> None:
    assert one("virtual_machines", VM, *job(**schedule)).interval_hours == hours


def test_a_company_is_active_unless_its_status_says_otherwise() -> None:
    def status(word: str | None) -> bool | None:
        (found,) = read("companies", {"instanceUid": "c", "name": "Acme", "status": word})
        assert isinstance(found, Company)
        return found.is_active

    assert [status(word) for word in ("Active", "Expired", "Unknown", None)] == [True, False, None, None]


def test_nobody_owns_what_has_the_all_zero_company() -> None:
    nobody = one("console_computers", COMPUTER | {"organizationUid": "00000000-0000-0000-0000-000000000000"})
    assert nobody.company is None


def test_a_computer_and_a_share_of_a_backup_server_have_its_jobs_result() -> None:
    task = TASK | {"objectName": "nas", "status": "Warning"}
    made = job(type="BackupFile", targetType="Cloud", lastSessionTasks=[task])
    share = {
        "fileShareUid": "f1",
        "backupServerUid": SERVER,
        "organizationUid": COMPANY,
        "name": "NAS",
        "totalShortTermBackupSize": 7,
        "latestRestorePointDate": "2026-11-20T05:31:00Z",
    }
    found = one("file_shares", share, *made)
    assert (found.id, found.workload, found.host_name) == ("share:f1", "share", None)
    assert (found.last_result, found.size_bytes, found.offsite_at) == ("warning", 7, found.last_success_at)
    computer = {"instanceUid": "p1", "backupServerUid": SERVER, "name": "nas", "guestOs": "Debian 12"}
    machine = one("server_computers", computer, *made)
    assert (machine.id, machine.os, machine.host_name) == ("computer:p1", "Debian 12", "nas")
    # The same name on another backup server is another machine.
    assert one("server_computers", computer | {"backupServerUid": "other"}, *made).last_result is None


def test_a_user_of_microsoft_365_has_its_tenants_jobs_result() -> None:
    running = {"jobType": "BackupJob", "vb365OrganizationUid": "t1", "isEnabled": True}
    made = read(
        "m365_jobs",
        {**running, "instanceUid": "o1", "lastRun": "2026-11-20T00:00:00Z", "lastStatus": "Success"},
    )
    assert read("m365_jobs", {**running, "instanceUid": "o2", "jobType": "CopyJob"}) == []
    user = {
        "id": "u1",
        "repositoryUid": "r1",
        "name": "Ann",
        "protectedDataType": "User",
        "organizationUid": COMPANY,
        "vb365OrganizationUid": "t1",
        "latestRestorePointDate": "2026-11-20T00:10:00Z",
    }
    found = one("m365_objects", user, *made)
    assert (found.id, found.workload, found.last_result) == ("m365:r1/u1", "mailbox", "ok")
    assert (found.host_name, found.offsite_expected) == (None, False)
    assert one("m365_objects", user | {"protectedDataType": "Unknown"}, *made).workload is None
