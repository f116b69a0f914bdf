"""Datto's streams: devices, then what hangs below each device. The vendor offers no filter by change."""

from datetime import timedelta

from connectors.datto_bcdr import canonical, wire
from connectors.datto_bcdr.shapes import Checked
from sevenc_sync.connect.layouts import AnyOf
from sevenc_sync.connect.pages import NumberedPages
from sevenc_sync.connect.stream import Stream
from sevenc_sync.model import Alert, Asset, Company, Lookup, Protection, ProtectionRun

DEVICES = "/bcdr/device"
PAGE_SIZE = 100  # the vendor's own default; a larger one is not confirmed

_NEEDS = "API keys of Partner Portal > Admin > Integrations > API Keys, not limited to one organisation"
_SHAPES = Checked(AnyOf(items="items"))


def _pages(size_param: str | None) -> NumberedPages:
    return NumberedPages(
        size=PAGE_SIZE,
        page_param="_page",
        size_param=size_param,
        envelope="pagination",
        page_field="page",
        total_field="totalPages",
        count_field="count",
    )


STREAMS = (
    Stream(
        name="devices",
        title="Backup appliances and their organisations",
        path=DEVICES,
        key="serialNumber",
        wire=wire.Device,
        to_canonical=canonical.device,
        records=(Company, Asset),
        complete=(Company, Asset),
        paginator=_pages("_perPage"),
        layout=_SHAPES,
        # a hidden device is one that the MSP has put away
        params=lambda _window: {"showHiddenDevices": "0"},
        needs=_NEEDS,
    ),
    Stream(
        name="service_plans",
        title="Service plans of the appliances: how long copies are kept",
        path=DEVICES,
        key="serialNumber",
        wire=wire.Plan,
        to_canonical=canonical.service_plan,
        records=(Lookup,),
        complete=(Lookup,),
        scope={"kind": canonical.PLAN},
        paginator=_pages("_perPage"),
        layout=_SHAPES,
        params=lambda _window: {"showHiddenDevices": "0"},
        needs=_NEEDS,
    ),
    Stream(
        name="protections",
        title="Protected machines and shares, with their last backups",
        path="/bcdr/device/{parent}/asset",
        key="volume",
        parent="asset",
        parent_kinds={"kind": canonical.APPLIANCE},
        lookups=(canonical.PLAN,),
        wire=wire.Asset,
        to_canonical=canonical.protection,
        records=(Protection, ProtectionRun),
        # runs are history: that Datto shows only the last ones does not undo them
        complete=(Protection,),
        paginator=_pages("_perPage"),
        layout=_SHAPES,
        needs=_NEEDS,
    ),
    Stream(
        name="alerts",
        title="Alerts of the appliances",
        path="/bcdr/device/{parent}/alert",
        key="dateTriggered",
        parent="asset",
        parent_kinds={"kind": canonical.APPLIANCE},
        wire=wire.Alert,
        to_canonical=canonical.alert,
        records=(Alert,),
        complete=(Alert,),
        paginator=_pages(None),
        layout=_SHAPES,
        cadence=timedelta(hours=4),
        needs=_NEEDS,
    ),
)
