"""The note on one client in the PSA: our part, the line that finds it again, and what a person wrote below it."""

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

import msgspec

from sevenc_sync.push.content import Core
from sevenc_sync.push.languages import LANGUAGES, N_, Words

FOOT = N_("Kept up to date by sevenc-sync. It leaves alone a note that was changed above this line.")
OWN_BELOW = N_("Add your own below; it stays:")


SEAL = 8  # characters of the checksum


class Parts(NamedTuple):
    """A note as it stands: our part down to the reference, and a person's own below it."""

    ours: str
    own: str


def reference_of(account: str, company: str, issue: str = "") -> str:
    """The line that finds our note on this company again: the same for an account's name and a company's id for ever.

    `issue` tells notes of one company apart where each one stays as it is.
    """
    key = hashlib.blake2b(f"{account}\n{company}".encode(), digest_size=4).hexdigest()
    return f"[7C-REF {key}-{issue}]" if issue else f"[7C-REF {key}]"


def digest_of(core: Core) -> str:
    """Changes with what the note says about the client, not with its day, nor with what was before."""
    return hashlib.sha256(msgspec.json.encode(core, order="deterministic")).hexdigest()


def framed(body: str, reference: str, language: str, *, is_living: bool) -> str:
    """A text with the lines by which it is found again, and where people may write."""
    words = Words(language)
    if not is_living:
        return sealed(f"{body}\n\n{reference}", reference)
    text = f"{body}\n\n{words.text(FOOT)}\n{reference}\n{words.text(OWN_BELOW)}"
    return sealed(text, reference)


def sealed(text: str, reference: str) -> str:
    """The text with a checksum of what stands above behind its reference: who changes that is noticed, by any store."""
    lines = text.split("\n")
    at = next(number for number, line in enumerate(lines) if reference in line)
    lines[at] = f"{reference} {_seal(lines[:at])}"
    return "\n".join(lines)


def is_sealed(ours: str, reference: str) -> bool:
    """Whether our part of a note is, word for word, as one of us wrote it."""
    lines = _lines(ours)
    return lines[-1] == f"{reference} {_seal(lines[:-1])}"


def _seal(lines: Sequence[str]) -> str:
    joined = "\n".join(line.rstrip() for line in lines)
    return hashlib.blake2b(joined.encode(), digest_size=SEAL // 2).hexdigest()


def parts_of(text: str, reference: str) -> Parts | None:
    """A note taken apart; None where the reference is gone."""
    lines = _lines(text)
    at = next((number for number, line in enumerate(lines) if reference in line), None)
    if at is None:
        return None
    below = lines[at + 1 :]
    if below and below[0].strip() in _marks():
        below = below[1:]
    return Parts("\n".join(lines[: at + 1]), "\n".join(below).strip("\n"))


def with_own(text: str, own: str) -> str:
    """The note with what a person wrote below it."""
    return f"{text}\n{own}" if own else text


def added_lines(ours: Iterable[str], edited: str) -> str:
    """The lines of an edited text that none of ours has; a reference is nobody's own."""
    known = {line for text in ours for line in _lines(text)}
    return "\n".join(line for line in _lines(edited) if line and line not in known and "[7C-REF " not in line)


def fitted(text: str, limit: int, reference: str) -> str:
    """The text, sealed, in at most `limit` characters, a line end counted as two: lines above the reference go, the last first.

    Raises ValueError where the reference and what stands below it are too long by themselves.
    """
    lines = sealed(text, reference).split("\n")
    if _length(lines) <= limit:
        return sealed(text, reference)
    at = next(number for number, line in enumerate(lines) if reference in line)
    body, rest = lines[:at], lines[at:]
    while body and _length([*body, "…", *rest]) > limit:
        body.pop()
    if not body:
        raise ValueError(f"there is no room for a note in {limit} characters")
    return sealed("\n".join([*body, "…", *rest]), reference)


def same_text(one: str, other: str) -> bool:
    """Whether two texts are one note: vendors change line ends and cut blanks at the ends of lines."""
    return _lines(one) == _lines(other)


def seen_as(text: str) -> str:
    """A digest that is the same for texts that are one note."""
    return hashlib.sha256("\n".join(_lines(text)).encode()).hexdigest()


@cache
def _marks() -> frozenset[str]:
    return frozenset(Words(language).text(OWN_BELOW) for language in LANGUAGES)


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 2 for line in lines) - 2


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    return [line.rstrip() for line in lines.strip().split("\n")]
