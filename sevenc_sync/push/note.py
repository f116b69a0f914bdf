"""The note on one client: its text, the line that finds it again, and the digest that tells whether it must be sent."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from sevenc_sync.push.content import content_of, moves_between
from sevenc_sync.push.render import render
from sevenc_sync.score import ClientResult, Rules
from sevenc_sync.store.exceptions import AcceptedRisk

_NO_DATE = "0000-00-00"


def reference_of(account: str, company: str) -> str:
    """The line that finds our note on this company again: the same for an account's name and a company's id for ever."""
    key = hashlib.blake2b(f"{account}\n{company}".encode(), digest_size=4).hexdigest()
    return f"[7C-REF {key}]"


def note_text(
    result: ClientResult,
    previous: ClientResult | None,
    rules: Rules,
    now: datetime,
    reference: str,
    risks: Sequence[AcceptedRisk] = (),
) -> str:
    """The note on this client as of `now` (its day in UTC), with the exceptions that the result rests on.

    Raises ValueError for a client without a score.
    """
    return render(
        content_of(result, rules, risks),
        date=now.astimezone(UTC).strftime("%Y-%m-%d"),
        reference=reference,
        moves=moves_between(previous, result),
    )


def note_digest(
    result: ClientResult, rules: Rules, reference: str, risks: Sequence[AcceptedRisk] = ()
) -> str:
    """Changes with what the note says about the client, not with its day, nor with what was before."""
    text = render(content_of(result, rules, risks), date=_NO_DATE, reference=reference)
    return hashlib.sha256(text.encode()).hexdigest()


def fitted(text: str, limit: int) -> str:
    """The text in at most `limit` characters, a line end counted as two: lines go from the end, the last one stays."""
    lines = text.split("\n")
    if _length(lines) <= limit:
        return text
    body, reference = lines[:-1], lines[-1]
    while body and _length([*body, "…", reference]) > limit:
        body.pop()
    return "\n".join([*body, "…", reference])


def same_text(one: str, other: str) -> bool:
    """Whether two texts are one note: vendors change line ends and cut blanks at the ends of lines."""
    return _lines(one) == _lines(other)


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 2 for line in lines) - 2


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    return [line.rstrip() for line in lines.strip().split("\n")]
