"""Jobs, and what their last sessions came to: kept as list entries, because protections are told with them.

The console lists what is protected and what protects it in different lists. A job's state is kept as text in the meaning of
its entry and looked up when the protection is read.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from connectors.veeam_vspc import wire
from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import clean, when
from sevenc_sync.model import Lookup

JOB, AGENT_JOB, MICROSOFT_JOB, COPY = "job", "agent job", "m365 job", "vm copy"

_RESULTS = {
    "Success": "ok",
    "Warning": "warning",
    "Failed": "failed",
    "Running": "running",
    "Starting": "running",
}
_NO_BACKUPS = frozenset(
    {
        "BackupCopy",
        "BackupFileCopy",
        "BackupToTape",
        "CdpReplicationVM",
        "CopyFile",
        "CopyVm",
        "FileToTape",
        "ObjectStorageBackupCopy",
        "OracleLogBackup",
        "PostgreSqlLogBackup",
        "ReplicationVM",
        "SimpleBackupCopy",
        "SobrMaintenance",
        "SqlLogBackup",
    }
)  # jobs whose tasks say nothing of a machine's own backup
_VERIFICATION = "SureBackup"  # starts machines from their recovery points: its tasks say whether they would
_COPIES = frozenset({"BackupCopy", "BackupToTape"})
_UNITS = {"Minutes": 1 / 60, "Hours": 1.0, "Days": 24.0}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = 24.0
_MONTH = 31 * _DAY
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a job says of one object: its last attempt, what came of it, how often it should run, whether it is switched off."""

    result: str | None = None
    at: datetime | None = None
    error: str | None = None
    hours: float | None = None
    paused: bool | None = None
    offsite: bool | None = None
    kept: str | None = None
    checks: bool = False  # the job tries recovery points and makes none


def moment(value: str | None) -> datetime | None:
    """A time with up to seven digits behind the second; None for null and for the year 1. Raises ValueError."""
    if not value:
        return None
    head, dot, rest = value.partition(".")
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        value = head + rest[digits:]
    return when(value)


def server_job(record: wire.ServerJob, _context: Context) -> Iterable[Lookup]:
    """A job of a backup server as the state of each object of its last session, by server and object name."""
    if record.type in _NO_BACKUPS:
        return
    hours = interval_hours(record)
    paused = None if record.is_enabled is None else not record.is_enabled
    began = moment(record.last_run)
    for task in record.last_session_tasks or ():
        name = object_key(record.backup_server_uid, task.object_name)
        if name is None:
            continue
        if record.type == _VERIFICATION:
            tried = moment(task.end_time) or moment(task.start_time) or began
            state = State(result=_RESULTS.get(task.status or ""), at=tried, checks=True)
            yield _entry(JOB, f"{record.unique_uid}/{name}", record.name, name, state)
            continue
        messages = "; ".join(task.failure_messages or ())
        state = State(
            result=_RESULTS.get(task.status or ""),
            at=moment(task.start_time) or began,
            error=clean(messages, 500),
            hours=hours,
            paused=paused,
            offsite={"Cloud": True, "Local": False}.get(record.target_type or ""),
            kept=_kept(record),
        )
        yield _entry(JOB, f"{record.unique_uid}/{name}", record.name, name, state)


def agent_job(record: wire.AgentJob, _context: Context) -> Iterable[Lookup]:
    """A job of an agent that the console runs."""
    daily = {"Daily": _DAY, "Continuously": _DAY, "Monthly": _MONTH}
    state = State(
        result="never" if record.status == "None" else _RESULTS.get(record.status or ""),
        at=moment(record.last_run),
        error=clean(record.failure_message, 500),
        hours=daily.get(record.schedule_type or ""),
        paused=None if record.is_enabled is None else not record.is_enabled,
        offsite=record.target_type == "CloudRepository"
        if record.target_type not in {None, "Unknown"}
        else None,
    )
    yield _entry(AGENT_JOB, record.instance_uid, record.name, record.backup_agent_uid, state)


def microsoft_job(record: wire.MicrosoftJob, _context: Context) -> Iterable[Lookup]:
    """A job of one Microsoft 365 organisation; copy jobs say nothing of the backup itself."""
    if record.job_type == "CopyJob":
        return
    state = State(
        result="never" if record.last_status == "NotConfigured" else _RESULTS.get(record.last_status or ""),
        at=moment(record.last_run),
        error=clean(record.last_status_details, 500),
        paused=None if record.is_enabled is None else not record.is_enabled,
    )
    yield _entry(MICROSOFT_JOB, record.instance_uid, record.name, record.vb365_organization_uid, state)


def vm_copy(record: wire.Copy, _context: Context) -> Iterable[Lookup]:
    """A copy of a machine's recovery points that is not where the first ones are."""
    at = moment(record.latest_restore_point_date)
    if at is not None and (record.backup_type in _COPIES or record.target_type == "Cloud"):
        yield _entry(COPY, record.instance_uid, record.backup_type, record.virtual_machine_uid, State(at=at))


def object_key(server: str | None, name: str | None) -> str | None:
    """What tasks and workloads have in common: the backup server and the object's name."""
    text = clean(name)
    return None if server is None or text is None else f"{server}/{text.casefold()}"


def states(context: Context, kind: str, parent: str | None) -> list[State]:
    """What the jobs of a kind say of one object."""
    if parent is None:
        return []
    return [msgspec.json.decode(entry.meaning or "{}", type=State) for entry in context.below(kind, parent)]


def together(found: Sequence[State]) -> State:
    """Several jobs over one object as one: the newest attempt counts, the shortest interval, and one that is switched on."""
    found = [state for state in found if not state.checks]
    if not found:
        return State()
    live = [state for state in found if not state.paused] or list(found)
    newest = max(live, key=lambda state: state.at or _LONG_AGO)
    return msgspec.structs.replace(
        newest,
        hours=min((state.hours for state in live if state.hours), default=None),
        offsite=any(state.offsite for state in live) if any(s.offsite is not None for s in live) else None,
    )


def verification(found: Sequence[State]) -> tuple[datetime | None, bool | None]:
    """When recovery points of an object were last tried, and whether that went well. A warning is a machine that started."""
    tried = [
        state for state in found if state.checks and state.at and state.result in {"ok", "warning", "failed"}
    ]
    newest = max(tried, key=lambda state: state.at or _LONG_AGO, default=None)
    return (None, None) if newest is None else (newest.at, newest.result != "failed")


def interval_hours(record: wire.ServerJob) -> float | None:
    """The longest time that a job's schedule leaves between two runs, in hours; None where it does not tell."""
    schedule = record.schedule or wire.Schedule()
    if record.schedule_type == "Monthly":
        return _MONTH
    if record.schedule_type == "Daily":
        daily = schedule.daily_schedule_options
        if daily is None:
            return None  # an older console: it may be every day or one day a week
        if daily.kind == "Everyday":
            return _DAY
        days = _WEEKDAYS[:5] if daily.kind == "WeekDays" else daily.days or ()
        places = sorted({_WEEKDAYS.index(day) for day in days if day in _WEEKDAYS})
        gaps = [b - a for a, b in zip(places, [*places[1:], places[0] + 7], strict=True)] if places else []
        return max(gaps) * _DAY if gaps else None
    every = schedule.periodically_schedule_options
    if record.schedule_type == "Periodically" and every is not None and every.full_period:
        unit = _UNITS.get(every.kind or "")
        return None if unit is None else max(1.0, float(every.full_period) * unit)
    return None


def _kept(record: wire.ServerJob) -> str | None:
    word = {"Days": "days", "RestorePoints": "recovery points"}.get(record.retention_limit_type or "")
    return f"{record.retention_limit:g} {word}" if word and record.retention_limit else None


def _entry(kind: str, key: str, name: str | None, parent: str | None, state: State) -> Lookup:
    meaning = msgspec.json.encode(state).decode()
    return Lookup(id=f"{kind}:{key}", kind=kind, name=clean(name) or key, meaning=meaning, parent=parent)
