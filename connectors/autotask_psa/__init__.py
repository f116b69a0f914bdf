"""Autotask PSA: companies, tickets, work, devices, contracts, projects, and the company note."""

from connectors.autotask_psa.fields import CompanyFields
from connectors.autotask_psa.notes import CompanyNotes
from connectors.autotask_psa.settings import AutotaskSettings
from connectors.autotask_psa.streams import STREAMS
from connectors.autotask_psa.tickets import Tickets
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
    fields=CompanyFields,
    tickets=Tickets,
    writes=lambda settings: settings.extras,
)
