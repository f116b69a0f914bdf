"""The company note in ConnectWise PSA: how our result reaches the Notes tab of a company.

Line ends are written as CR LF, as ConnectWise's own screens write them (its Windows client shows nothing else as a new
line), and given back as LF. Texts are cleaned both ways, so that a text compares equal to what was written.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import quote

import msgspec

from connectors.connectwise_psa import wire
from connectors.connectwise_psa.settings import ConnectwiseSettings
from connectors.connectwise_psa.streams import FORWARD_ONLY, PAGE_SIZE
from sevenc_sync.connect.errors import AccessProblem, ContractChanged, NoSuchChoice, RecordVanished
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.notes import CompanyState, VendorNote
from sevenc_sync.connect.pages import Keyset
from sevenc_sync.connect.text import clean, flag
from sevenc_sync.connect.walk import read_all

NEEDS = "Companies > Notes: Add All, Edit All and Inquire All"

_PAGES = Keyset(size=PAGE_SIZE, size_param="pageSize", key_param="pageId")
_NOTE = msgspec.json.Decoder(wire.Note)
_NOTE_FIELDS = wire.fields_of(wire.Note)


class CompanyNotes:
    """See NotePort. `max_length` is the longest text that this API documents anywhere; for notes it names none."""

    max_length = 6000

    def __init__(self, http: Http, settings: ConnectwiseSettings) -> None:
        self._http = http
        self._wanted_type = settings.note_type
        self._type: dict[str, int] | None = None
        self._type_known = False

    def company(self, company: str) -> CompanyState:
        """See NotePort. Deleted companies, and those merged into another, can still be read."""
        path = f"/company/companies/{quote(company, safe='')}"
        answer = self._http.get(path, {"fields": wire.fields_of(wire.SweptCompany)})
        try:
            found = msgspec.json.decode(answer.body, type=wire.SweptCompany)
        except msgspec.DecodeError as error:
            raise ContractChanged(
                "ConnectWise answered a company with something else.", detail=str(error)
            ) from error
        return "deleted" if flag(found.deleted_flag) else "active"

    def find(self, company: str, mark: str) -> list[VendorNote]:
        """See NotePort. The mark is looked for here: a condition over texts may be ignored by the server."""
        with naming_the_right():
            notes = read_all(
                self._http,
                _path(company),
                wire.Note,
                _PAGES,
                params={"fields": _NOTE_FIELDS},
                headers=FORWARD_ONLY,
            )
        return [_known(note) for note in sorted(notes, key=lambda note: note.id) if mark in (note.text or "")]

    def read(self, company: str, note: str) -> VendorNote | None:
        """See NotePort."""
        try:
            with naming_the_right():
                return _decode(self._http.get(_path(company, note), {"fields": _NOTE_FIELDS}))
        except RecordVanished:
            return None

    def create(self, company: str, text: str) -> VendorNote:
        """See NotePort."""
        body: dict[str, object] = {"text": _outgoing(text), "flagged": False}
        kind = self._note_type()
        if kind is not None:
            body["type"] = kind
        with naming_the_right():
            return _decode(self._http.write("POST", _path(company), body))

    def update(self, company: str, note: str, text: str) -> VendorNote:
        """See NotePort."""
        change = [{"op": "replace", "path": "text", "value": _outgoing(text)}]
        with naming_the_right():
            return _decode(self._http.write("PATCH", _path(company, note), change))

    def _note_type(self) -> dict[str, int] | None:
        """The reference to the type of our notes; None leaves it to the server. Asked for once."""
        if not self._type_known:
            self._type = self._find_type()
            self._type_known = True
        return self._type

    def _find_type(self) -> dict[str, int] | None:
        try:
            types = read_all(
                self._http,
                "/company/noteTypes",
                wire.NoteType,
                _PAGES,
                params={"fields": wire.fields_of(wire.NoteType)},
                headers=FORWARD_ONLY,
            )
        except AccessProblem as error:
            if self._wanted_type is None:
                return None  # the server has a default of its own
            raise AccessProblem(
                f"The note type {self._wanted_type!r} cannot be looked up.",
                action="Give the API member System > Table Setup: Inquire All, or leave note_type unset.",
                detail=error.text,
            ) from error
        if self._wanted_type is None:
            chosen = [item for item in types if flag(item.default_flag)]
        else:
            wanted = self._wanted_type.strip().casefold()
            chosen = [item for item in types if (clean(item.name) or "").casefold() == wanted]
            if not chosen:
                names = ", ".join(sorted(filter(None, (clean(item.name) for item in types))))
                raise NoSuchChoice(
                    f"ConnectWise has no company note type {self._wanted_type!r}.",
                    action=f"Set note_type to one of: {names}.",
                )
        return {"id": min(item.id for item in chosen)} if chosen else None


def _path(company: str, note: str | None = None) -> str:
    base = f"/company/companies/{quote(company, safe='')}/notes"
    return base if note is None else f"{base}/{quote(note, safe='')}"


def _outgoing(text: str) -> str:
    return (clean(text) or "").replace("\n", "\r\n")


def _known(note: wire.Note) -> VendorNote:
    return VendorNote(id=str(note.id), text=clean(note.text) or "")


def _decode(response: Response) -> VendorNote:
    try:
        return _known(_NOTE.decode(response.body))
    except msgspec.DecodeError as error:
        raise ContractChanged(
            "ConnectWise answered a note with something else.", detail=str(error)
        ) from error


def naming_the_right(what: str = "company notes", needs: str = NEEDS) -> AbstractContextManager[None]:
    """Say which right is missing: a status of 403 alone does not."""
    return _naming(what, needs)


@contextmanager
def _naming(what: str, needs: str) -> Iterator[None]:
    try:
        yield
    except AccessProblem as error:
        raise AccessProblem(
            f"The API member may not read or write {what}.",
            action=f"Give its role this right in System > Security Roles: {needs}.",
            detail=error.text,
        ) from error
