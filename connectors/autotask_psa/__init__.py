"""Autotask PSA: companies, tickets, work, devices, contracts, projects, and the company note."""

from connectors.autotask_psa.notes import CompanyNotes
from connectors.autotask_psa.settings import AutotaskSettings
from connectors.autotask_psa.streams import STREAMS
from connectors.autotask_psa.zone import open_account
from sevenc_sync.connect.connector import Connector

CONNECTOR = Connector(
    name="autotask_psa",
    title="Autotask PSA",
    role="psa",
    settings=AutotaskSettings,
    open=open_account,
    streams=STREAMS,
    notes=CompanyNotes,
)
