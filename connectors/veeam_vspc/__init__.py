"""Veeam Service Provider Console: companies, what is protected for them, and how its backups went."""

from connectors.veeam_vspc.account import open_account
from connectors.veeam_vspc.settings import VeeamSettings
from connectors.veeam_vspc.streams import STREAMS
from sevenc_sync.connect.connector import Connector

CONNECTOR = Connector(
    name="veeam_vspc",
    title="Veeam Service Provider Console",
    role="backup",
    settings=VeeamSettings,
    open=open_account,
    streams=STREAMS,
)
