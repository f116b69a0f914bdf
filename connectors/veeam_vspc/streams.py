"""The console's streams: companies, jobs and copies as list entries, then what they protect. There is no filter by change."""

from collections.abc import Callable, Iterable
from typing import Any

from connectors.veeam_vspc import canonical, jobs, wire
from sevenc_sync.connect.layouts import Envelope
from sevenc_sync.connect.pages import OffsetPages
from sevenc_sync.connect.stream import Context, Stream
from sevenc_sync.model import Company, Lookup, Protection, Record

PAGE_SIZE = 500  # the most; the server's own limit may be lower, which its count shows

_NEEDS = "An API key of a user with the Portal Operator or Portal Read-only Operator role, for all companies"
_PAGES = OffsetPages(
    size=PAGE_SIZE,
    size_param="limit",
    offset_param="offset",
    total_field=("meta", "pagingInfo", "total"),
    offset_field=("meta", "pagingInfo", "offset"),
)
_POINT = ("latestRestorePointDate",)  # null there is an answer: never
_Translation = Callable[[Any, Context], Iterable[Record]]


def _stream(
    name: str,
    title: str,
    path: str,
    record: type[Any],
    read: _Translation,
    made: type[Record],
    *,
    key: str = "instanceUid",
    **rest: Any,
) -> Stream:
    return Stream(
        name=name,
        title=title,
        path=path,
        key=key,
        wire=record,
        to_canonical=read,
        records=(made,),
        complete=(made,),
        paginator=_PAGES,
        layout=Envelope("data"),
        needs=_NEEDS,
        **rest,
    )


STREAMS = (
    _stream("companies", "Companies", "/organizations/companies", wire.Company, canonical.company, Company),
    _stream(
        "jobs",
        "Jobs of backup servers, with what their last sessions came to",
        "/infrastructure/backupServers/jobs",
        wire.ServerJob,
        jobs.server_job,
        Lookup,
        key="uniqueUid",
        scope={"kind": jobs.JOB},
    ),
    _stream(
        "agent_jobs",
        "Jobs of agents that the console runs",
        "/infrastructure/backupAgents/jobs",
        wire.AgentJob,
        jobs.agent_job,
        Lookup,
        scope={"kind": jobs.AGENT_JOB},
    ),
    _stream(
        "m365_jobs",
        "Jobs over Microsoft 365",
        "/infrastructure/vb365Servers/organizations/jobs",
        wire.MicrosoftJob,
        jobs.microsoft_job,
        Lookup,
        scope={"kind": jobs.MICROSOFT_JOB},
    ),
    _stream(
        "vm_copies",
        "Copies of virtual machines' recovery points",
        "/protectedWorkloads/virtualMachines/backups",
        wire.Copy,
        jobs.vm_copy,
        Lookup,
        scope={"kind": jobs.COPY},
    ),
    _stream(
        "virtual_machines",
        "Protected virtual machines",
        "/protectedWorkloads/virtualMachines",
        wire.VirtualMachine,
        canonical.virtual_machine,
        Protection,
        lookups=(jobs.JOB, jobs.COPY),
        scope={"id": "vm:"},
        tells_by_null=_POINT,
    ),
    _stream(
        "console_computers",
        "Computers whose agents the console runs",
        "/protectedWorkloads/computersManagedByConsole",
        wire.ConsoleComputer,
        canonical.console_computer,
        Protection,
        key="backupAgentUid",
        lookups=(jobs.AGENT_JOB,),
        scope={"id": "agent:"},
        tells_by_null=_POINT,
    ),
    _stream(
        "server_computers",
        "Computers whose agents a backup server runs",
        "/protectedWorkloads/computersManagedByBackupServer",
        wire.ServerComputer,
        canonical.server_computer,
        Protection,
        lookups=(jobs.JOB,),
        scope={"id": "computer:"},
        tells_by_null=_POINT,
    ),
    _stream(
        "file_shares",
        "Protected file shares",
        "/protectedWorkloads/fileShares",
        wire.FileShare,
        canonical.file_share,
        Protection,
        key="fileShareUid",
        lookups=(jobs.JOB,),
        scope={"id": "share:"},
        tells_by_null=_POINT,
    ),
    _stream(
        "m365_objects",
        "Protected users, sites and teams of Microsoft 365",
        "/protectedWorkloads/vb365ProtectedObjects",
        wire.MicrosoftObject,
        canonical.microsoft_object,
        Protection,
        key="id",
        lookups=(jobs.MICROSOFT_JOB,),
        scope={"id": "m365:"},
        tells_by_null=_POINT,
    ),
)
