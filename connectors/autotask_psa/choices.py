"""A word of the configuration as the number that the tenant's own list has for it."""

from connectors.autotask_psa import replies
from sevenc_sync.connect.errors import ContractChanged, NoSuchChoice
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.layouts import Envelope
from sevenc_sync.connect.pages import SinglePage
from sevenc_sync.connect.text import clean, flag
from sevenc_sync.connect.walk import read_all


def picked(http: Http, collection: str, field: str, wanted: str | None, setting: str) -> int:
    """The number of the active value of that name; without a name the list's default. Raises NoSuchChoice."""
    fields = read_all(
        http,
        f"/{collection}/entityInformation/fields",
        replies.FieldChoices,
        SinglePage(),
        key="name",
        layout=Envelope("fields"),
    )
    values = [
        value
        for item in fields
        if item.name.lower() == field.lower()
        for value in item.picklist_values or ()
        if flag(value.is_active) is not False and value.value is not None
    ]
    name = None if wanted is None else wanted.strip().casefold()
    for value in values:
        is_meant = (
            flag(value.is_default_value) if name is None else (clean(value.label) or "").casefold() == name
        )
        if is_meant:
            return _number(str(value.value))
    names = ", ".join(sorted(filter(None, (clean(value.label) for value in values))))
    said = f"has no active {field} {wanted!r}" if wanted is not None else f"has no default {field}"
    raise NoSuchChoice(f"Autotask {said} in {collection}.", action=f"Set {setting} to one of: {names}.")


def _number(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise ContractChanged("Autotask has a list whose values are no numbers.", detail=value[:40]) from None
