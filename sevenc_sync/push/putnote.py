"""One note into the PSA: find ours, leave a person's edit alone, write only what differs, and look at what became of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from sevenc_sync.connect.errors import RecordVanished, TextTooLong
from sevenc_sync.connect.notes import NotePort, VendorNote
from sevenc_sync.push.note import added_lines, fitted, is_sealed, parts_of, same_text, seen_as, with_own
from sevenc_sync.push.outcome import Edited, Later, Never, Put
from sevenc_sync.store.database import Store
from sevenc_sync.store.outbox import OutboxRow, known_vendor_id, own_texts

MARK = "[7C-REF "  # how every reference begins
SHORTEST = 800  # characters: a note that is cut further says nothing

log = structlog.get_logger("push")


@dataclass(frozen=True, slots=True)
class NoteDelivery:
    """How notes of one account are put. `hold` makes sure, right before a write, that the account is still ours."""

    store: Store
    port: NotePort
    name: str
    hold: Callable[[], None]
    report: Callable[[str], None]  # what a person should look at in the PSA

    def put(self, row: OutboxRow) -> Put:
        """Bring the note to its place. Raises the kit's Problems, Later, Never and Edited."""
        notes = self.port.find(row.company, MARK)
        found = [note for note in notes if row.reference in note.text]
        self._look_around(row, found, [note for note in notes if note not in found])
        note = found[0] if found else self._known(row)
        if note is None:
            return self._create(row)
        parts = parts_of(note.text, row.reference)
        with self.store.read() as connection:
            written = own_texts(connection, row)
        own = "" if parts is None else parts.own
        wanted = parts_of(self._fitted(row.text, own, row.reference), row.reference)
        if parts is not None and wanted is not None and same_text(parts.ours, wanted.ours):
            return Put(note.id, "unchanged", seen_as(parts.ours))
        if parts is None or not self._is_ours(parts.ours, row, written):
            if not row.adopt:
                raise Edited(
                    f"Note {note.id} on company {row.company} was changed by a person above its last line; it is left alone."
                    " `sevenc-sync push --adopt CLIENT` writes over it and keeps their words below.",
                    note.id,
                )
            theirs = added_lines([item.text for item in written], note.text if parts is None else parts.ours)
            own = "\n".join(text for text in (theirs, own) if text)
        return self._update(row, note, own)

    def _known(self, row: OutboxRow) -> VendorNote | None:
        """The note that has lost its reference line, by its id."""
        with self.store.read() as connection:
            known = known_vendor_id(connection, row)
        return None if known is None else self.port.read(row.company, known)

    def _is_ours(self, ours: str, row: OutboxRow, written: Sequence[OutboxRow]) -> bool:
        """Whether our part of a note is, word for word, one that we wrote, or as the vendor showed what we wrote."""
        if is_sealed(ours, row.reference):
            return True
        seen = seen_as(ours)
        # Before there were seals a note ended with its bare reference.
        return any(
            item.shown == seen or (item.reference == row.reference and same_text(item.text, ours))
            for item in written
        )

    def _fitted(self, text: str, own: str, reference: str, limit: int | None = None) -> str:
        try:
            return fitted(with_own(text, own), limit or self.port.max_length, reference)
        except ValueError as error:
            raise Never("too-long", f"What stands below the note leaves no room for it: {error}.") from error

    def _create(self, row: OutboxRow) -> Put:
        self._require_company(row)
        self.hold()
        written, text = self._write(row, "", lambda text: self.port.create(row.company, text))
        return self._read_back(row, written, "created", text)

    def _update(self, row: OutboxRow, note: VendorNote, own: str) -> Put:
        self._require_company(row)
        self.hold()
        try:
            written, text = self._write(row, own, lambda text: self.port.update(row.company, note.id, text))
        except RecordVanished as problem:
            raise Later(
                "vanished", f"The note was deleted while it was being updated: {problem.text}"
            ) from problem
        return self._read_back(row, written, "updated", text)

    def _write(self, row: OutboxRow, own: str, write: Callable[[str], VendorNote]) -> tuple[VendorNote, str]:
        """Write, and shorter again where the vendor finds it too long: a refused write has written nothing."""
        limit = self.port.max_length
        while True:
            text = self._fitted(row.text, own, row.reference, limit)
            try:
                return write(text), text
            except TextTooLong as problem:
                limit = min(limit, len(text.replace("\n", "\r\n"))) // 2
                if limit < SHORTEST:
                    raise Never(
                        "too-long", f"The vendor takes no note of {SHORTEST} characters: {problem.text}"
                    ) from problem

    def _require_company(self, row: OutboxRow) -> None:
        state = self.port.company(row.company)
        if state == "deleted":
            raise Never("company-gone", f"The company {row.company} was deleted, or merged into another one.")
        if state == "inactive":
            raise Never("company-inactive", f"The company {row.company} is inactive.")

    def _read_back(self, row: OutboxRow, written: VendorNote, outcome: str, text: str) -> Put:
        stands = self.port.read(row.company, written.id)
        if stands is None:
            raise Later("not-shown", "The vendor took the note, but does not show it.")
        parts = parts_of(stands.text, row.reference)
        if parts is None:
            raise Never("cut-off", "The vendor keeps the note without its reference line.", stands.id)
        remark = None
        if not same_text(stands.text, text):
            remark = "The vendor shows the note with another text than was sent."
        elif "\n…\n" in text and "\n…\n" not in row.text:
            remark = "The note was cut: it is longer than the vendor takes."
        done: dict[str, Put] = {
            "created": Put(stands.id, "created", seen_as(parts.ours), remark),
            "updated": Put(stands.id, "updated", seen_as(parts.ours), remark),
        }
        return done[outcome]

    def _look_around(self, row: OutboxRow, found: Sequence[VendorNote], others: Sequence[VendorNote]) -> None:
        """Say what a person should delete: copies of ours, and what a merge brought from another company."""
        place = f"company {row.company} in {self.name}"
        if len(found) > 1:
            rest = ", ".join(note.id for note in found[1:])
            self.report(f"{place}: note {found[0].id} is kept up to date; delete {rest}")
        base = row.reference.rstrip("]").partition("-REF ")[2].partition("-")[0]
        foreign = [note.id for note in others if f"{MARK}{base}" not in note.text]
        if foreign:
            self.report(
                f"{place}: {', '.join(foreign)} belonged to a company that was merged into it; delete it"
            )
