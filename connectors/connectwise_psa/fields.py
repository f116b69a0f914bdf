"""The score in custom fields of ConnectWise's companies, for its own reports.

ConnectWise checks the whole stored company when a part of it changes, and refuses the change for an old fault elsewhere in the
record. Then nothing is written and the reason says so: replacing the whole record would risk more than a number is worth.
"""

from datetime import date
from urllib.parse import quote

import msgspec

from connectors.connectwise_psa import replies, wire
from connectors.connectwise_psa.notes import naming_the_right
from connectors.connectwise_psa.settings import ConnectwiseSettings
from sevenc_sync.connect.errors import ContractChanged, NoSuchChoice
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.text import clean

NEEDS = "Companies > Company Maintenance: Edit All and Inquire All"
NUMBERS = frozenset({"Number", "Percent", "Currency"})


class CompanyFields:
    """See FieldPort."""

    def __init__(self, http: Http, settings: ConnectwiseSettings) -> None:
        self._http = http
        self._score = settings.score_field
        self._proof = settings.proof_field
        self._day = settings.score_day_field

    def put(self, company: str, score: int, proof: int, day: date) -> bool:
        """See FieldPort. Raises NoSuchChoice for a field that the tenant does not have."""
        path = f"/company/companies/{quote(company, safe='')}"
        with naming_the_right("companies", NEEDS):
            answer = self._http.get(path, {"fields": wire.fields_of(replies.OwnCompany)})
        try:
            there = msgspec.json.decode(answer.body, type=replies.OwnCompany)
        except msgspec.DecodeError as error:
            raise ContractChanged(
                "ConnectWise answered a company with something else.", detail=str(error)
            ) from error
        fields = there.custom_fields or []
        told: dict[int, object] = {}
        for name, value in ((self._score, score), (self._proof, proof)):
            if name is not None:
                field = _known(name, fields)
                told[field.id] = value if field.type in NUMBERS else str(value)
        if all(_same(field.value, told[field.id]) for field in fields if field.id in told):
            return False
        if self._day is not None:
            field = _known(self._day, fields)
            told[field.id] = f"{day.isoformat()}T00:00:00Z" if field.type == "Date" else day.isoformat()
        values = [{"id": field.id, "value": told.get(field.id, field.value)} for field in fields]
        change = [{"op": "replace", "path": "customFields", "value": values}]
        with naming_the_right("companies", NEEDS):
            self._http.write("PATCH", path, change)
        return True


def _known(name: str, fields: list[replies.CustomField]) -> replies.CustomField:
    wanted = name.strip().casefold()
    for field in fields:
        if wanted in ((clean(field.caption) or "").casefold(), str(field.id)):
            return field
    names = ", ".join(sorted(filter(None, (clean(field.caption) for field in fields))))
    raise NoSuchChoice(
        f"ConnectWise's companies have no custom field {name!r}.",
        action=f"Make it in System > Setup Tables > Custom Fields, or correct the settings; there are: {names}.",
    )


def _same(there: object, value: object) -> bool:
    if isinstance(there, int | float) and isinstance(value, int):
        return float(there) == value
    return there == value
