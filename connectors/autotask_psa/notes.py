"""The company note in Autotask PSA: how our result reaches a company's notes.

Notes are written below their company and read from their own collection. A note needs an action type and a person who
signs it, which the configuration names. Texts are cleaned both ways, so that a text compares equal to what was written.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import msgspec

from connectors.autotask_psa import queries, wire
from connectors.autotask_psa.settings import AutotaskSettings
from connectors.autotask_psa.work import NOTE_TITLE
from sevenc_sync.connect.errors import AccessProblem, ConfigProblem, ContractChanged, RecordVanished
from sevenc_sync.connect.http import Http, Response
from sevenc_sync.connect.notes import VendorNote
from sevenc_sync.connect.pages import Envelope, SinglePage
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

    def find(self, company: str, reference: str) -> list[VendorNote]:
        """See NotePort. The reference is looked for here, among all notes of the company."""
        owner = _number(company)
        whole = re.compile(rf"(?<!\w){re.escape(reference)}(?!\w)")
        with _naming_the_right():
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
            if note.company_id == owner and whole.search(note.note or "")
        ]

    def read(self, company: str, note: str) -> VendorNote | None:
        """See NotePort."""
        try:
            with _naming_the_right():
                answer = self._http.get(f"/CompanyNotes/{_number(note)}")
        except RecordVanished:
            return None
        # a note that is not there: 404, or nothing with status 200
        item = None if answer.body.strip() == b"null" else _decode(answer, wire.NoteItem).item
        return None if item is None or item.company_id != _number(company) else _known(item)

    def create(self, company: str, text: str) -> VendorNote:
        """See NotePort. Raises ConfigProblem when nobody is named to sign the note."""
        owner = _number(company)
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
        with _naming_the_right():
            written = _decode(self._http.write("POST", f"/Companies/{owner}/Notes", body), wire.Written)
        return VendorNote(id=str(written.item_id), text=note)

    def update(self, company: str, note: str, text: str) -> VendorNote:
        """See NotePort. Only the text changes: what a PATCH leaves out stays."""
        wanted = clean(text) or ""
        with _naming_the_right():
            self._http.write(
                "PATCH", f"/Companies/{_number(company)}/Notes", {"id": _number(note), "note": wanted}
            )
        return VendorNote(id=note, text=wanted)

    def _action_type(self) -> int:
        """The number of the action type of our notes. Asked for once."""
        if self._type is None:
            self._type = self._find_type()
        return self._type

    def _find_type(self) -> int:
        with _naming_the_right():
            fields = read_all(
                self._http,
                "/CompanyNotes/entityInformation/fields",
                wire.FieldInfo,
                SinglePage(),
                key="name",
                layout=Envelope("fields"),
            )
        values = [
            value
            for field in fields
            if field.name.lower() == "actiontype"
            for value in field.picklist_values or ()
            if flag(value.is_active) is not False
        ]
        wanted = self._wanted_type.strip().casefold()
        for value in values:
            if (clean(value.label) or "").casefold() == wanted and value.value is not None:
                return _number(str(value.value))
        names = ", ".join(sorted(filter(None, (clean(value.label) for value in values))))
        raise ConfigProblem(
            f"Autotask has no active action type {self._wanted_type!r} for company notes.",
            action=f"Set note_action_type to one of: {names}.",
        )


def _number(value: str) -> int:
    """An id as the vendor writes it. Raises RecordVanished for what cannot be one."""
    if not value.isascii() or not value.isdecimal():
        raise RecordVanished(f"Autotask has no record {value!r}: its ids are numbers.")
    return int(value)


def _known(note: wire.Note) -> VendorNote:
    return VendorNote(id=str(note.id), text=clean(note.note) or "")


def _decode(response: Response, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(response.body, type=kind)
    except msgspec.DecodeError as error:
        raise ContractChanged("Autotask answered a note with something else.", detail=str(error)) from error


@contextmanager
def _naming_the_right() -> Iterator[None]:
    """Say which right is missing: Autotask does not."""
    try:
        yield
    except AccessProblem as error:
        raise AccessProblem(
            "The API user may not read or write company notes.",
            action=f"Give its security level this right in Admin > Security Levels: {NEEDS}.",
            detail=error.text,
        ) from error
