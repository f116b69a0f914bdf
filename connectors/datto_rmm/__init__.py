"""Datto RMM: sites, devices, what audits find in them, and the patches that they lack."""

from connectors.datto_rmm.account import open_account
from connectors.datto_rmm.settings import DattoRmmSettings
from connectors.datto_rmm.streams import STREAMS
from sevenc_sync.connect.connector import Connector

CONNECTOR = Connector(
    name="datto_rmm",
    title="Datto RMM",
    role="rmm",
    settings=DattoRmmSettings,
    open=open_account,
    streams=STREAMS,
)
