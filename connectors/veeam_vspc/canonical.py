"""The console's workloads in our words. Pure functions; what is not said stays None."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from connectors.veeam_vspc import wire
from connectors.veeam_vspc.jobs import (
    AGENT_JOB,
    COPY,
    JOB,
    MICROSOFT_JOB,
    State,
    moment,
    object_key,
    states,
    together,
    verification,
)
from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import clean
from sevenc_sync.model import Company, Protection

NOBODY = "00000000-0000-0000-0000-000000000000"
_GONE = frozenset({"Deleted", "Deleting", "Disabled", "Expired"})
_WORKLOADS = {"User": "mailbox", "Group": "mailbox", "Site": "site", "Teams": "team"}


def company(record: wire.Company, _context: Context) -> Iterable[Company]:
    """A customer of the provider."""
    status = clean(record.status)
    yield Company(
        id=record.instance_uid,
        name=clean(record.name) or f"Company {record.instance_uid}",
        status=status,
        is_active=None if status in {None, "Unknown"} else status not in _GONE,
    )


def virtual_machine(record: wire.VirtualMachine, context: Context) -> Iterable[Protection]:
    """A virtual machine. Seen through two backup servers it is two protections of one device."""
    found = states(context, JOB, object_key(record.backup_server_uid, record.name))
    copies = [copy.at for copy in states(context, COPY, record.instance_uid) if copy.at]
    yield _protection(
        f"vm:{record.instance_uid}",
        "vm",
        record.organization_uid,
        record.name,
        record.latest_restore_point_date,
        together(found),
        verified=verification(found),
        offsite=max(copies, default=None),
        size=record.total_restore_point_size,
    )


def console_computer(record: wire.ConsoleComputer, context: Context) -> Iterable[Protection]:
    """A computer whose agent the console runs."""
    state = together(states(context, AGENT_JOB, record.backup_agent_uid))
    yield _protection(
        f"agent:{record.backup_agent_uid}",
        "machine",
        record.organization_uid,
        record.name,
        record.latest_restore_point_date,
        state,
    )


def server_computer(record: wire.ServerComputer, context: Context) -> Iterable[Protection]:
    """A computer whose agent a backup server runs."""
    found = states(context, JOB, object_key(record.backup_server_uid, record.name))
    yield _protection(
        f"computer:{record.instance_uid}",
        "machine",
        record.organization_uid,
        record.name,
        record.latest_restore_point_date,
        together(found),
        verified=verification(found),
        os=record.guest_os,
    )


def file_share(record: wire.FileShare, context: Context) -> Iterable[Protection]:
    """A file share."""
    state = together(states(context, JOB, object_key(record.backup_server_uid, record.name)))
    point = record.latest_restore_point_date
    yield _protection(
        f"share:{record.file_share_uid}",
        "share",
        record.organization_uid,
        record.name,
        point,
        state,
        size=record.total_short_term_backup_size,
    )


def microsoft_object(record: wire.MicrosoftObject, context: Context) -> Iterable[Protection]:
    """A user, group, site or team of Microsoft 365 in one repository."""
    state = together(states(context, MICROSOFT_JOB, record.vb365_organization_uid))
    yield _protection(
        f"m365:{record.repository_uid or ''}/{record.id}",
        _WORKLOADS.get(record.protected_data_type or ""),
        record.organization_uid,
        record.name,
        record.latest_restore_point_date,
        state,
        offsite_expected=False,  # it lives in Microsoft's cloud
    )


def _time(said: wire.Point) -> datetime | None:
    return None if said is msgspec.UNSET else moment(said)


def _protection(
    key: str,
    workload: str | None,
    owner: str | None,
    name: str | None,
    said: wire.Point,
    state: State,
    *,
    verified: tuple[datetime | None, bool | None] = (None, None),
    offsite: datetime | None = None,
    offsite_expected: bool | None = None,
    os: str | None = None,
    size: int | None = None,
) -> Protection:
    """A protection: its newest recovery point is the workload's own word, the last attempt its job's.

    What is backed up to the provider's cloud is off site at once.
    """
    shown, point = clean(name), _time(said)
    result = state.result
    if result in {"never", "running"} and point is not None:
        result = None  # what came of the last attempt that ended is not said
    if result is None and state.at is None and point is None and said is not msgspec.UNSET:
        result = "never"
    return Protection(
        id=key,
        company=None if owner in {None, NOBODY} else owner,
        name=shown,
        host_name=shown if workload in {"machine", "vm"} else None,
        workload=workload,
        os=clean(os),
        is_paused=state.paused,
        last_attempt_at=state.at,
        last_success_at=point,
        last_result=result,
        last_error=None if result == "ok" else state.error,
        interval_hours=state.hours,
        offsite_at=point if state.offsite else offsite,
        offsite_expected=offsite_expected,
        verified_at=verified[0],
        verified_ok=verified[1],
        size_bytes=size,
        retention=state.kept,
    )
