"""N-able Cove Data Protection: customers, protected devices and Microsoft 365 tenants, and how each day's backup went."""

from connectors.cove.account import open_account
from connectors.cove.settings import CoveSettings
from connectors.cove.streams import STREAMS
from sevenc_sync.connect.connector import Connector

CONNECTOR = Connector(
    name="cove",
    title="N-able Cove Data Protection",
    role="backup",
    settings=CoveSettings,
    open=open_account,
    streams=STREAMS,
)
