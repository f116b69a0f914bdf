"""ConnectWise PSA (Manage): companies, tickets, configurations, agreements, and the company note."""

from connectors.connectwise_psa.fields import CompanyFields
from connectors.connectwise_psa.notes import CompanyNotes
from connectors.connectwise_psa.settings import ConnectwiseSettings
from connectors.connectwise_psa.site import link, open_account
from connectors.connectwise_psa.streams import STREAMS
from connectors.connectwise_psa.tickets import Tickets
from sevenc_sync.connect.connector import Connector

CONNECTOR = Connector(
    name="connectwise_psa",
    title="ConnectWise PSA",
    role="psa",
    settings=ConnectwiseSettings,
    open=open_account,
    streams=STREAMS,
    notes=CompanyNotes,
    fields=CompanyFields,
    tickets=Tickets,
    writes=lambda settings: settings.extras,
    link=link,
)
