"""What Autotask answers where we write: only the fields that are used, apart from the records that are read as evidence."""

from connectors.autotask_psa.wire import Flag, Pick, UserDefined, Wire


class Choice(Wire):
    """One value of a list, with what is needed to choose it."""

    value: Pick = None
    label: str | None = None
    is_active: Flag = None
    is_default_value: Flag = None


class FieldChoices(Wire):
    """GET /X/entityInformation/fields: a field and, where it has one, its list."""

    name: str
    picklist_values: list[Choice] | None = None


class OwnCompany(Wire):
    """A company as the place of our note and fields."""

    id: int
    is_active: Flag = None
    user_defined_fields: list[UserDefined] | None = None


class CompanyItem(Wire):
    """GET /Companies/{id}."""

    item: OwnCompany | None = None


class OwnTicket(Wire):
    """A ticket that we opened."""

    id: int
    company_id: int | None = None
    ticket_number: str | None = None
    external_id: str | None = None


class TicketItem(Wire):
    """GET /Tickets/{id}."""

    item: OwnTicket | None = None


class TicketNote(Wire):
    """A note on a ticket."""

    id: int
    description: str | None = None
