"""Datto SaaS Protection: Microsoft 365 and Google Workspace tenants, and how each day's backups of their services went."""

from connectors.datto_saas.account import open_account
from connectors.datto_saas.settings import DattoSaasSettings
from connectors.datto_saas.streams import STREAMS
from sevenc_sync.connect.connector import Connector

CONNECTOR = Connector(
    name="datto_saas",
    title="Datto SaaS Protection",
    role="backup",
    settings=DattoSaasSettings,
    open=open_account,
    streams=STREAMS,
)
