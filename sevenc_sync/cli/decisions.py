"""How attestations and exceptions are shown: in lists, beside scores, and for machines."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sevenc_sync.cli.common import out, safe
from sevenc_sync.clock import last_day

if TYPE_CHECKING:
    from sevenc_sync.score import ClientResult
    from sevenc_sync.score.fields import Field
    from sevenc_sync.store.attestations import Attestation
    from sevenc_sync.store.database import Store
    from sevenc_sync.store.exceptions import AcceptedRisk

# What stands for the value of a field, by what rules read it as.
_VALUES: Mapping[str, str] = {"date": "YYYY-MM-DD", "number": "NUMBER", "year": "YYYY", "text": "TEXT"}


def scored_with(store: "Store") -> "tuple[datetime | None, list[AcceptedRisk], list[Attestation]]":
    """The clock of the newest scoring, and the exceptions and attestations that were in force then."""
    from sevenc_sync.store.attestations import attestations
    from sevenc_sync.store.exceptions import exceptions
    from sevenc_sync.store.reads import last_scored_at

    with store.read() as connection:
        at = last_scored_at(connection)
        if at is None:
            return None, [], []
        return at, exceptions(connection, in_force_at=at), attestations(connection, in_force_at=at)


def attestation_json(item: "Attestation", now: datetime) -> dict[str, object]:
    """An attestation for machines; `now` tells whether it counts."""
    return {
        "client": item.client_name,
        "field": item.label,
        "value": item.value,
        "by": item.by,
        "at": item.at,
        "until": item.until,
        "link": item.link,
        "note": item.note,
        "in_force": item.is_in_force(now),
        "ended_at": item.ended_at,
        "ended_by": item.ended_by,
    }


def attest_calls(client: str, fields: "Sequence[Field]") -> list[str]:
    """What to type to attest each of these fields of a client."""
    return [
        shlex.join(["sevenc-sync", "attest", client, field.label, _VALUES.get(field.kinds[0], "VALUE")])
        for field in fields
    ]


def attestation_line(item: "Attestation") -> str:
    """An attestation for people, in one line."""
    until = f", until {last_day(item.until)}" if item.until else ""
    more = "".join(f"; {text}" for text in (item.note, item.link) if text)
    return f"{item.label}: {item.value}; by {item.by} on {item.at:%Y-%m-%d}{until}{more}"


def risk_json(item: "AcceptedRisk", now: datetime) -> dict[str, object]:
    """An exception for machines; `now` tells whether it counts."""
    return {
        "client": item.client_name,
        "target": item.target,
        "account": item.account,
        "record": item.record,
        "reason": item.reason,
        "by": item.by,
        "at": item.at,
        "until": item.until,
        "link": item.link,
        "in_force": item.is_in_force(now),
        "ended_at": item.ended_at,
        "ended_by": item.ended_by,
    }


def risk_line(item: "AcceptedRisk") -> str:
    """An exception for people, in one line."""
    link = f"; {item.link}" if item.link else ""
    return f"{item.subject}: {item.reason}; by {item.by}, until {last_day(item.until)}{link}"


def show_risks(results: "Sequence[ClientResult]", risks: "Sequence[AcceptedRisk]") -> None:
    """Below a table of clients: whose score leaves something out, what it would be without, and who said so until when."""
    if not risks:
        return
    by_client = {result.client: result for result in results}
    out.print("Exceptions in force:")
    for owner in dict.fromkeys(risk.client for risk in risks):
        result = by_client.get(owner)
        if result is None:
            continue
        mine = [risk for risk in risks if risk.client == owner]
        both = f"{score_words(result.score)} with exceptions, {score_words(result.score_without)} without"
        out.print(safe(f"  {result.name}: {both}"), soft_wrap=True)
        for risk in mine:
            out.print(safe(f"    {risk_line(risk)}"), soft_wrap=True)


def score_words(score: float | None) -> str:
    """A score for people."""
    return "unknown" if score is None else f"{score:.1f}"
