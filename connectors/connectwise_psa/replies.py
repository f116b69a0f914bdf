"""What ConnectWise answers where we write: only the fields that are used, apart from the records that are read as evidence."""

from typing import Any

from connectors.connectwise_psa.wire import Flag, IdRef, Wire


class CustomField(Wire, rename="camel"):
    """A field that the MSP made, as a company has it. All of it is sent back: what is left out may be emptied."""

    id: int
    caption: str | None = None
    type: str | None = None
    value: Any = None


class OwnCompany(Wire, rename="camel"):
    """A company as the place of our fields."""

    id: int
    custom_fields: list[CustomField] | None = None


class OwnTicket(Wire, rename="camel"):
    """A ticket that we opened."""

    id: int
    company: IdRef | None = None
    external_x_ref: str | None = None


class TicketNote(Wire, rename="camel"):
    """A note on a ticket."""

    id: int
    text: str | None = None


class Named(Wire, rename="camel"):
    """An entry of a list that the MSP edits."""

    id: int
    name: str | None = None
    inactive_flag: Flag = None
