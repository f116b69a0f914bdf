"""NinjaOne: an RMM's organisations, devices, and what its agents tell of each."""

from connectors.ninjaone.account import open_account
from connectors.ninjaone.settings import NinjaSettings
from connectors.ninjaone.streams import STREAMS
from sevenc_sync.connect.connector import Connector

CONNECTOR = Connector(
    name="ninjaone",
    title="NinjaOne",
    role="rmm",
    settings=NinjaSettings,
    open=open_account,
    streams=STREAMS,
)
