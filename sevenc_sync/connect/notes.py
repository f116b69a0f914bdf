"""The write-back ports: how notes, fields and tickets of ours reach a PSA.

Methods raise the kit's Problems; a company that is not there is RecordVanished, a text that the vendor finds too long
TextTooLong. What writes is not retried by the kit: whoever calls it looks for the result before trying again.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

CompanyState = Literal["active", "inactive", "deleted"]


@dataclass(frozen=True, slots=True)
class VendorNote:
    """A note as it stands in the PSA."""

    id: str
    text: str


class NotePort(Protocol):
    """One PSA's company notes. `max_length` is the longest text that is tried, line ends counted as two."""

    max_length: int

    def company(self, company: str) -> CompanyState:
        """How the company stands in the PSA. Some PSAs still take notes on one that was deleted."""
        ...

    def find(self, company: str, mark: str) -> list[VendorNote]:
        """The notes on this company whose text holds the mark, oldest first."""
        ...

    def read(self, company: str, note: str) -> VendorNote | None:
        """The note, or None when it was deleted."""
        ...

    def create(self, company: str, text: str) -> VendorNote:
        """A new note."""
        ...

    def update(self, company: str, note: str, text: str) -> VendorNote:
        """The same note with another text."""
        ...


class FieldPort(Protocol):
    """Fields of one PSA's company record that hold the score (0 to 100), the proof (percent) and the day of both."""

    def put(self, company: str, score: int, proof: int, day: date) -> bool:
        """Bring the fields to these values; False where they hold them already, whatever the day says."""
        ...


@dataclass(frozen=True, slots=True)
class VendorTicket:
    """A ticket as it stands in the PSA. `number` is what people call it."""

    id: str
    number: str


class TicketPort(Protocol):
    """One PSA's tickets that we opened. `key` is ours, at most 50 characters, and the same for ever for one plan item."""

    max_title: int
    max_text: int

    def find(self, company: str, key: str) -> VendorTicket | None:
        """The company's ticket with that key, the oldest where there are several; None: there is none."""
        ...

    def create(self, company: str, key: str, title: str, text: str, due: date | None) -> VendorTicket:
        """A new ticket, with the board or queue, type and priority of the configuration."""
        ...

    def has_note(self, ticket: str, mark: str) -> bool:
        """Whether a note on the ticket holds the mark."""
        ...

    def add_note(self, ticket: str, title: str, text: str) -> str:
        """A further note on the ticket, for the MSP's own people; gives its id."""
        ...
