"""NinjaOne's streams: organisations, and devices with the queries that tell their state. There is no filter by change."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from connectors.ninjaone import canonical, wire
from connectors.ninjaone.shapes import QueryAnswer
from sevenc_sync.connect.pages import CursorPages, Keyset
from sevenc_sync.connect.stream import Beside, Stream, Window, no_params
from sevenc_sync.model import Asset, Company

PAGE_SIZE = 1000
FAILURES_OF = timedelta(days=90)  # what failed before that has been replaced by a newer patch since

_NEEDS = "an API application (Administration > Apps > API) of API Services, scope Monitoring"
# Where people and scripts write freely: passwords and recovery keys have been kept there.
_FREE = ("notes", "userData", "fields", "tags", "description")
_LIST = Keyset(size=PAGE_SIZE, size_param="pageSize", key_param="after")


def _about(row: Any) -> str | None:
    """The device that a query's row speaks of."""
    return None if row.device_id is None else str(row.device_id)


def _query(name: str, record: type[Any], params: Callable[[Window], Mapping[str, str]] = no_params) -> Beside:
    return Beside(
        name=name,
        path=f"/queries/{name}",
        wire=record,
        of=_about,
        paginator=CursorPages(PAGE_SIZE, "pageSize", "cursor", envelope="cursor"),
        layout=QueryAnswer(),
        params=params,
    )


def _failed(window: Window) -> Mapping[str, str]:
    return {"status": "FAILED", "installedAfter": f"{window.now - FAILURES_OF:%Y%m%d}"}


STREAMS = (
    Stream(
        name="organizations",
        title="Organisations",
        path="/organizations",
        wire=wire.Organization,
        to_canonical=canonical.organization,
        records=(Company,),
        complete=(Company,),
        never_stored=_FREE,
        paginator=_LIST,
        needs=_NEEDS,
    ),
    Stream(
        name="devices",
        title="Devices with their antivirus, patches, encryption and system",
        path="/devices-detailed",
        wire=wire.Device,
        to_canonical=canonical.device,
        records=(Asset,),
        complete=(Asset,),
        never_stored=_FREE,
        paginator=_LIST,
        beside=(
            _query(canonical.MACHINES, wire.System),
            _query(canonical.SYSTEMS, wire.OperatingSystem),
            _query(canonical.HEALTH, wire.Health),
            _query(canonical.ANTIVIRUS, wire.Antivirus),
            _query(canonical.WAITING, wire.Patch),
            _query(canonical.FAILED, wire.Patch, _failed),
            _query(canonical.VOLUMES, wire.Volume, lambda _window: {"include": "bl"}),
        ),
        cadence=timedelta(hours=2),
        needs=_NEEDS,
    ),
)
