"""The company note in Autotask PSA: how our result reaches a company's notes.

Notes are written below their company and read from their own collection. A note needs an action type and a person who
signs it, which the configuration names. Texts are cleaned both ways, so that a text compares equal to what was written.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import TypeVar

import msgspec

from connectors.autotask_psa import queries, replies, wire
from connectors.autotask_psa.choices import picked
from connectors.autotask_psa.settings import AutotaskSettings
from connectors.autotask_psa.work import NOTE_TITLE
from sevenc_sync.connect.errors import (
    AccessProblem,
    ConfigProblem,
    ContractChanged,
    RecordVanished,
)
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.notes import CompanyState, VendorNote
from sevenc_sync.connect.text import clean, flag, iso
from sevenc_sync.connect.walk import read_all

NEEDS = "CRM > Notes: view, add and edit all"
LASTS = timedelta(minutes=15)  # a note has a beginning and an end

T = TypeVar("T")


class CompanyNotes:
    """See NotePort. `max_length` is the vendor's own for a note's text."""

    max_length = 32_000

    def __init__(self, http: Http, settings: AutotaskSettings) -> None:
        self._http = http
        self._signer = settings.note_resource
        self._wanted_type = settings.note_action_type
        self._type: int | None = None

    def company(self, company: str) -> CompanyState:
        """See NotePort. Autotask deletes no company; one that was merged into another is deactivated or gone."""
        answer = self._http.get(f"/Companies/{number_of(company)}")
        item = None if answer.body.strip() == b"null" else decoded(answer, replies.CompanyItem).item
        if item is None:
            raise RecordVanished(f"Autotask does not have the company {company}.")
        return "inactive" if flag(item.is_active) is False else "active"

    def find(self, company: str, mark: str) -> list[VendorNote]:
        """See NotePort. The mark is looked for here, among all notes of the company."""
        owner = number_of(company)
        with naming_the_right():
            notes = read_all(
                self._http,
                "/CompanyNotes/query",
                wire.Note,
                queries.PAGES,
                layout=queries.ITEMS,
                body=queries.query(
                    wire.fields_of(wire.Note), {"op": "eq", "field": "companyID", "value": owner}
                ),
            )
        return [
            _known(note)
            for note in sorted(notes, key=lambda note: note.id)
            if note.company_id == owner and mark in (note.note or "")
        ]

    def read(self, company: str, note: str) -> VendorNote | None:
        """See NotePort."""
        try:
            with naming_the_right():
                answer = self._http.get(f"/CompanyNotes/{number_of(note)}")
        except RecordVanished:
            return None
        # a note that is not there: 404, or nothing with status 200
        item = None if answer.body.strip() == b"null" else decoded(answer, wire.NoteItem).item
        return None if item is None or item.company_id != number_of(company) else _known(item)

    def create(self, company: str, text: str) -> VendorNote:
        """See NotePort. Raises ConfigProblem when nobody is named to sign the note."""
        owner = number_of(company)
        if self._signer is None:
            raise ConfigProblem(
                "Autotask wants a person who signs each note, and note_resource is not set.",
                action="Set note_resource to the id of an active resource that is a person, not an API user.",
            )
        now = self._http.clock()
        note = clean(text) or ""
        body = {
            "companyID": owner,
            "actionType": self._action_type(),
            "assignedResourceID": self._signer,
            "startDateTime": iso(now),
            "endDateTime": iso(now + LASTS),
            "name": NOTE_TITLE,
            "note": note,
        }
        with naming_the_right():
            written = decoded(self._http.write("POST", f"/Companies/{owner}/Notes", body), wire.Written)
        return VendorNote(id=str(written.item_id), text=note)

    def update(self, company: str, note: str, text: str) -> VendorNote:
        """See NotePort. Only the text changes: what a PATCH leaves out stays."""
        wanted = clean(text) or ""
        with naming_the_right():
            self._http.write(
                "PATCH", f"/Companies/{number_of(company)}/Notes", {"id": number_of(note), "note": wanted}
            )
        return VendorNote(id=note, text=wanted)

    def _action_type(self) -> int:
        """The number of the action type of our notes. Asked for once."""
        if self._type is None:
            self._type = self._find_type()
        return self._type

    def _find_type(self) -> int:
        with naming_the_right():
            return picked(self._http, "CompanyNotes", "actionType", self._wanted_type, "note_action_type")


def number_of(value: str) -> int:
    """An id as the vendor writes it. Raises RecordVanished for what cannot be one."""
    if not value.isascii() or not value.isdecimal():
        raise RecordVanished(f"Autotask has no record {value!r}: its ids are numbers.")
    return int(value)


def _known(note: wire.Note) -> VendorNote:
    return VendorNote(id=str(note.id), text=clean(note.note) or "")


def decoded(response: Response, kind: type[T]) -> T:
    """The answer as a record of that kind. Raises ContractChanged."""
    try:
        return msgspec.json.decode(response.body, type=kind)
    except msgspec.DecodeError as error:
        text = "Autotask answered what was written with something else."
        raise ContractChanged(text, detail=str(error)) from error


def naming_the_right(what: str = "company notes", needs: str = NEEDS) -> AbstractContextManager[None]:
    """Say which right is missing: Autotask does not."""
    return _naming(what, needs)


@contextmanager
def _naming(what: str, needs: str) -> Iterator[None]:
    try:
        yield
    except AccessProblem as error:
        raise AccessProblem(
            f"The API user may not read or write {what}.",
            action=f"Give its security level this right in Admin > Security Levels: {needs}.",
            detail=error.text,
        ) from error
