"""The score in user-defined fields of Autotask's companies, for its own reports and live widgets."""

from collections.abc import Mapping
from datetime import date

from connectors.autotask_psa import replies, wire
from connectors.autotask_psa.notes import decoded, naming_the_right, number_of
from connectors.autotask_psa.settings import AutotaskSettings
from sevenc_sync.connect.errors import NoSuchChoice, RecordVanished
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.text import clean

NEEDS = "CRM > Organizations: view and edit all"


class CompanyFields:
    """See FieldPort. Only the fields that the settings name are written; what a PATCH leaves out stays."""

    def __init__(self, http: Http, settings: AutotaskSettings) -> None:
        self._http = http
        self._score = settings.score_field
        self._proof = settings.proof_field
        self._day = settings.score_day_field

    def put(self, company: str, score: int, proof: int, day: date) -> bool:
        """See FieldPort. Raises NoSuchChoice for a field that the tenant does not have."""
        there = self._read(company)
        told = {self._score: str(score), self._proof: str(proof)}
        named = {name: value for name, value in told.items() if name is not None}
        if all(_same(there[_known(name, there)], value) for name, value in named.items()):
            return False
        if self._day is not None:
            named[self._day] = day.isoformat()
        fields = [{"name": _known(name, there), "value": value} for name, value in named.items()]
        with naming_the_right("companies", NEEDS):
            answer = self._http.write(
                "PATCH", "/Companies", {"id": number_of(company), "userDefinedFields": fields}
            )
        decoded(answer, wire.Written)
        return True

    def _read(self, company: str) -> Mapping[str, str | None]:
        with naming_the_right("companies", NEEDS):
            answer = self._http.get(f"/Companies/{number_of(company)}")
        item = None if answer.body.strip() == b"null" else decoded(answer, replies.CompanyItem).item
        if item is None:
            raise RecordVanished(f"Autotask does not have the company {company}.")
        return {
            field.name: None if field.value is None else str(field.value)
            for field in item.user_defined_fields or ()
            if field.name is not None
        }


def _known(name: str, there: Mapping[str, str | None]) -> str:
    """The field as Autotask spells it: it does not mind the case."""
    wanted = name.strip().casefold()
    for spelled in there:
        if (clean(spelled) or "").casefold() == wanted:
            return spelled
    raise NoSuchChoice(
        f"Autotask's companies have no user-defined field {name!r}.",
        action="Make it in Admin > Application-wide (Shared) Features > User-Defined Fields, or correct the settings.",
    )


def _same(there: str | None, value: str) -> bool:
    """Numbers come back with zeros behind the point."""
    try:
        return there is not None and float(there) == float(value)
    except ValueError:
        return there == value
