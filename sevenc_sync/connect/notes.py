"""The write-back port: how a client note reaches a PSA."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class VendorNote:
    """A note as it stands in the PSA."""

    id: str
    text: str


class NotePort(Protocol):
    """One PSA's company notes. Methods raise the kit's Problems; a company that is not there is RecordVanished."""

    max_length: int

    def find(self, company: str, reference: str) -> list[VendorNote]:
        """Our notes on this company that hold the reference line, oldest first."""
        ...

    def read(self, company: str, note: str) -> VendorNote | None:
        """The note, or None when it was deleted."""
        ...

    def create(self, company: str, text: str) -> VendorNote:
        """A new note. Not retried by the kit: look for the reference before trying again."""
        ...

    def update(self, company: str, note: str, text: str) -> VendorNote:
        """The same note with another text."""
        ...
