"""What waits for a person: companies whose client is not known, with suggestions, and links that lead to nothing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from sevenc_sync.match.suggest import Suggester, Suggestion
from sevenc_sync.store import ledger
from sevenc_sync.store.clients import clients, clients_without_record
from sevenc_sync.store.ledger import LedgerLine
from sevenc_sync.store.said import never_pairs

# The question about a company whose link leads to a client that its PSA no longer has.
STRANDED = "its client is no longer in the PSA (merged or deleted): link it to another client, or ignore it"


@dataclass(frozen=True, slots=True)
class Question:
    """A company that waits, why, and who it may be. `client` is set where it is linked to a client that is gone."""

    line: LedgerLine
    why: str
    suggestions: Sequence[Suggestion]

    @property
    def since(self) -> datetime:
        """Since when it waits."""
        return self.line.at


class Waiting(NamedTuple):
    """A company that waits, and why."""

    line: LedgerLine
    why: str


def waiting(connection: Connection, *, source: str | None = None) -> list[Waiting]:
    """All that waits for a person, by account and name; without suggestions, which take their time."""
    gone = clients_without_record(connection)
    found = []
    for line in ledger.lines(connection, source=source, unsettled=gone):
        is_stranded = line.state == "linked" and line.client in gone and not line.is_own
        if line.state == "review" or is_stranded:
            found.append(Waiting(line, STRANDED if is_stranded else line.detail or ""))
    return found


def asked(connection: Connection, found: Iterable[Waiting]) -> list[Question]:
    """The same with suggestions."""
    suggester = Suggester(clients(connection))
    ruled_out: dict[tuple[int, str], set[int]] = defaultdict(set)
    for key, number in never_pairs(connection):
        ruled_out[key].add(number)
    questions = []
    for line, why in found:
        barred = ruled_out[line.number, line.company] | ({line.client} if line.client is not None else set())
        questions.append(Question(line, why, suggester.suggest(line.name, barred)))
    return questions


def questions(connection: Connection, *, source: str | None = None) -> list[Question]:
    """All that waits for a person with suggestions, by account and name."""
    return asked(connection, waiting(connection, source=source))
