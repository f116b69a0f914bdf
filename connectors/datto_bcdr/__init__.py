"""Datto BCDR: backup appliances, what they protect, how each backup went, and the appliances' alerts."""

from connectors.datto_bcdr.account import open_account
from connectors.datto_bcdr.settings import DattoSettings
from connectors.datto_bcdr.streams import STREAMS
from sevenc_sync.connect.connector import Connector

CONNECTOR = Connector(
    name="datto_bcdr",
    title="Datto BCDR",
    role="backup",
    settings=DattoSettings,
    open=open_account,
    streams=STREAMS,
)
