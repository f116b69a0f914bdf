"""The score in fields of the PSA's own company record, for its own reports."""

from datetime import date

import msgspec

from sevenc_sync.store.outbox import Facts


class FieldValues(msgspec.Struct, frozen=True, kw_only=True):
    """What the fields are to hold: score 0 to 100, proof in percent, and the day of the score."""

    score: int
    proof: int
    day: date


def field_digest(facts: Facts) -> str:
    """Changes with what the fields hold, but for the day."""
    return f"{facts.score}|{facts.proof}"


def field_text(facts: Facts, day: date) -> str:
    """The values as they wait in the outbox."""
    return msgspec.json.encode(FieldValues(score=facts.score, proof=facts.proof, day=day)).decode()


def field_values(text: str) -> FieldValues:
    """The values of a row."""
    return msgspec.json.decode(text, type=FieldValues)
