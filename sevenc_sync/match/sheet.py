"""The ledger as a spreadsheet: written for a person who decides there, read back with every mistake and its line."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sevenc_sync.match.review import Question
from sevenc_sync.store.clients import ClientRow
from sevenc_sync.store.companies import CompanyKey
from sevenc_sync.store.decided import NewDecision, Verdict
from sevenc_sync.store.ledger import LedgerLine

COLUMNS = (
    "source", "company", "name", "state", "client", "why", "suggestion", "score", "decision", "decide_client", "note",
)  # fmt: skip
NEEDED = ("source", "company", "decision", "decide_client")
DECISIONS: tuple[Verdict, ...] = ("link", "unlink", "ignore", "never", "client")
LONGEST_NOTE = 500

# What a spreadsheet takes for the beginning of a formula, whatever marks of text stand before it.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a line of the file; the first line is 1."""

    line: int
    column: str
    text: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.text}"


def escaped(text: str) -> str:
    """The text so that no spreadsheet runs it: with a ' before what could begin a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescaped(text: str) -> str:
    """What `escaped` was given; a cell without the mark is taken as it is."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def write_sheet(lines: Iterable[LedgerLine], questions: Iterable[Question]) -> str:
    """The ledger as CSV: one line per company, those that wait with the best suggestion, the columns to fill in empty."""
    asked = {(item.line.number, item.line.company): item for item in questions}
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(COLUMNS)
    for line in lines:
        question = asked.get((line.number, line.company))
        best = question.suggestions[0] if question is not None and question.suggestions else None
        cells = (
            line.account,
            line.company,
            line.name,
            "review" if question is not None else line.state,
            line.client_name or "",
            question.why if question is not None else line.detail or line.method,
            "" if best is None else best.name,
            "" if best is None else f"{best.score:.2f}",
            "",
            "" if best is None else str(best.client),
            "",
        )
        writer.writerow([escaped(cell) for cell in cells])
    return target.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a file says: decisions with the line that each stands in, or mistakes."""

    decisions: Sequence[tuple[int, NewDecision]]
    mistakes: Sequence[Mistake]


def read_sheet(
    text: str,
    by: str,
    companies: Mapping[tuple[str, str], CompanyKey],
    clients: Sequence[ClientRow],
    own: Mapping[CompanyKey, int],
    master: str | None,
) -> Sheet:
    """The decisions of a file; lines without one are passed over.

    `companies` gives the ledger's key for an account's name and a company's id. A client is named by its number or by
    its whole name; `own` gives the client of each master record, `master` is the PSA account of those. Nothing is to be carried out while there are mistakes.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [cell.strip().casefold() for cell in next(reader, [])]
        wrong = _header_mistakes(header)
        if wrong:
            return Sheet(decisions=(), mistakes=wrong)
        rows: list[tuple[int, list[str]]] = []
        at = reader.line_num + 1
        for row in reader:
            rows.append((at, row))
            at = reader.line_num + 1
    except csv.Error as error:
        return Sheet(decisions=(), mistakes=[Mistake(max(reader.line_num, 1), "line", f"no CSV: {error}")])
    mistakes: list[Mistake] = []
    found: list[tuple[int, NewDecision]] = []
    seen: dict[tuple[CompanyKey, str], int] = {}
    by_name = _clients_by_name(clients)
    for at, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            mistakes.append(Mistake(at, "line", f"{len(row)} cells; the first line has {len(header)}"))
            continue
        cells = {name: unescaped(cell.strip()) for name, cell in zip(header, row, strict=True)}
        made = _decision(at, cells, by, companies, by_name, mistakes)
        if made is None:
            continue
        key = made.account, made.record
        mistakes += _forbidden(at, made, cells["source"], own, master)
        subject = key, f"never {made.client}" if made.verdict == "never" else ""
        if subject in seen:
            mistakes.append(Mistake(at, "company", f"decided already in line {seen[subject]}"))
        seen.setdefault(subject, at)
        found.append((at, made))
    return Sheet(decisions=found, mistakes=mistakes)


def _forbidden(
    at: int, made: NewDecision, source: str, own: Mapping[CompanyKey, int], master: str | None
) -> list[Mistake]:
    """What cannot be said of this company, though the line is well written."""
    if made.verdict == "never" and own.get((made.account, made.record)) == made.client:
        return [Mistake(at, "decide_client", "that is the client's own record; unlink it instead")]
    if made.verdict == "client" and source != master:
        known = master or "which there is none"
        return [Mistake(at, "decision", f"only companies of the master PSA, {known}, become clients")]
    return []


def _header_mistakes(header: Sequence[str]) -> list[Mistake]:
    missing = [name for name in NEEDED if name not in header]
    twice = sorted({name for name in header if name in COLUMNS and header.count(name) > 1})
    why = f"missing; the first line must name at least {', '.join(NEEDED)}, with commas between"
    return [Mistake(1, name, why) for name in missing] + [Mistake(1, name, "there twice") for name in twice]


def _clients_by_name(clients: Sequence[ClientRow]) -> Mapping[str, list[ClientRow]]:
    found: dict[str, list[ClientRow]] = defaultdict(list)
    for row in clients:
        found[row.name.casefold()].append(row)
        found[str(row.id)].append(row)
    return found


def _decision(
    at: int,
    cells: Mapping[str, str],
    by: str,
    companies: Mapping[tuple[str, str], CompanyKey],
    clients: Mapping[str, list[ClientRow]],
    mistakes: list[Mistake],
) -> NewDecision | None:
    word = cells["decision"].casefold()
    if not word:
        return None
    before = len(mistakes)
    verdict = next((item for item in DECISIONS if item == word), None)
    if verdict is None:
        mistakes.append(
            Mistake(at, "decision", f"{word[:40]!r}; expected {', '.join(DECISIONS)}, or nothing")
        )
    key = companies.get((cells["source"], cells["company"]))
    if key is None:
        named = f"{cells['source']}/{cells['company']}"[:80]
        mistakes.append(Mistake(at, "company", f"the ledger has no {named!r}"))
    number = None
    if verdict in ("link", "never"):
        wanted = cells["decide_client"]
        rows = clients.get(wanted.casefold(), [])
        if len(rows) == 1:
            number = rows[0].id
        elif not wanted:
            mistakes.append(Mistake(at, "decide_client", f"empty; {verdict} needs a client's number or name"))
        elif rows:
            numbers = ", ".join(str(row.id) for row in rows)
            mistakes.append(
                Mistake(
                    at, "decide_client", f"{wanted[:60]!r} is several clients: give the number, {numbers}"
                )
            )
        else:
            mistakes.append(Mistake(at, "decide_client", f"there is no client {wanted[:60]!r}"))
    note = " ".join(cells.get("note", "").split())
    if len(note) > LONGEST_NOTE:
        mistakes.append(Mistake(at, "note", f"{len(note)} characters; at most {LONGEST_NOTE}"))
    if len(mistakes) > before or key is None or verdict is None:
        return None
    return NewDecision(
        verdict=verdict, account=key[0], record=key[1], client=number, by=by, note=note or None
    )
