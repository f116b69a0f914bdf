"""The lists of Datto RMM: sites, devices, and what has to be asked for each device. The vendor tells no changes."""

from connectors.datto_rmm import canonical, wire
from sevenc_sync.connect.layouts import Envelope, OneRecord
from sevenc_sync.connect.pages import PagesToLast, SinglePage
from sevenc_sync.connect.stream import Detail, Stream
from sevenc_sync.model import Asset, Company

_PAGES = PagesToLast(
    size=250,  # the default and the most
    page_param="page",
    size_param="max",
    envelope="pageDetails",
    next_field="nextPageUrl",
    count_field="count",
    total_field="totalCount",
)
_NEEDS = "API keys of a user whose security level sees all sites and devices"

STREAMS = (
    Stream(
        name="sites",
        title="Sites",
        path="/account/sites",
        key="uid",
        wire=wire.Site,
        to_canonical=canonical.site,
        records=(Company,),
        complete=(Company,),
        paginator=_PAGES,
        layout=Envelope("sites"),
        never_stored=("proxySettings",),
        needs=_NEEDS,
    ),
    Stream(
        name="devices",
        title="Devices",
        path="/account/devices",
        key="uid",
        wire=wire.Device,
        to_canonical=canonical.device,
        records=(Asset,),
        complete=(Asset,),
        paginator=_PAGES,
        layout=Envelope("devices"),
        never_stored=("udf", "udfs"),
        needs=_NEEDS,
    ),
    Stream(
        name="patches",
        title="Patches that each device lacks",
        path="/device/{parent}/patches",
        key="patchId",
        parent=Asset.table,
        wire=wire.Patch,
        to_canonical=canonical.patch,
        records=(Asset,),
        paginator=_PAGES,
        layout=Envelope("patches"),
        detail=Detail(
            of="devices",
            mark=canonical.patches_mark,
            fills={"patches_missing": "sum", "patches_lesser": "sum", "oldest_patch_at": "earliest"},
            per_run=500,
        ),
        needs=_NEEDS,
    ),
    Stream(
        name="audits",
        title="Serial number and hardware of each device",
        path="/audit/device/{parent}",
        key="bios",
        parent=Asset.table,
        wire=wire.Audit,
        to_canonical=canonical.audit,
        records=(Asset,),
        paginator=SinglePage(),
        layout=OneRecord(("systemInfo", "bios", "nics")),
        detail=Detail(
            of="devices",
            mark=canonical.audit_mark,
            fills={"serial": "only", "mac": "only", "manufacturer": "only", "model": "only"},
            per_run=500,
        ),
        needs=_NEEDS,
    ),
)
