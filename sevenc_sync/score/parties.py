"""The responsibility matrix: who delivers each area to a client. What nobody owns falls to the head of the company.

The MSP delivers what a contract line in force sells. A custom field, or an attestation, named `Delivered By` and the area
says otherwise: its first word is msp, client, vendor or partner, and the rest names who.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Select

from sevenc_sync.score.binding import Binder
from sevenc_sync.score.estate import Estate, Ref
from sevenc_sync.score.evaluate import binder_of
from sevenc_sync.score.rules import Rules
from sevenc_sync.score.vocabulary import Uses, field_key
from sevenc_sync.store.database import Store

Party = Literal["msp", "client", "vendor", "partner", "ceo"]
PARTIES: tuple[Party, ...] = ("msp", "client", "vendor", "partner")
PREFIX = "delivered by "


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """One area of one client: who delivers it, who says so, and what the MSP bills for it.

    `by` is contract, attestation or nobody; `who` the name beside the party; `lines` the contract lines that sell the area, so that
    an area which another party delivers and the MSP bills is seen. `unclear` is an attested text whose first word is no party.
    """

    area: str
    name: str
    party: Party
    by: Literal["contract", "attestation", "nobody"]
    who: str | None
    lines: tuple[Ref, ...]
    unclear: str | None


def field_names(rules: Rules) -> dict[str, str]:
    """The fields that say who delivers an area, by area: `Delivered By` and its slug."""
    return {area.slug: f"Delivered By {area.slug}" for area in rules.areas}


def read_duties(store: Store, rules: Rules, now: datetime, estate: Estate) -> list[Duty]:
    """Every area in the framework's order, from the client's contract lines and what its fields say."""
    with store.read() as connection:
        binder = binder_of(connection, rules, now, estate.client)
        by_area = _fields_by_area(rules)
        fields = sorted({name for names in by_area.values() for name in names})

        def made(binder: Binder) -> Select[Any]:
            bound = binder.bind("companies", Uses(customs=frozenset(fields)))
            return bound.select(*[bound.customs[name] for name in fields])

        row = binder.run(connection, ("duties", binder.attested.intersection(fields)), made).first()
    said = {} if row is None else {name: text for name, text in zip(fields, row, strict=True) if text}
    return [
        _duty(
            area.slug,
            area.name,
            estate,
            next((said[name] for name in by_area[area.slug] if name in said), None),
        )
        for area in rules.areas
    ]


def _fields_by_area(rules: Rules) -> Mapping[str, list[str]]:
    """Names of the fields that speak of each area; worked out once for a set of rules."""
    return rules.statements.get(
        "fields of duties", lambda: {area.slug: _fields(rules, area.slug) for area in rules.areas}
    )


def _fields(rules: Rules, slug: str) -> list[str]:
    """Names of the fields that speak of an area, the fullest first. The second part alone will do where it is unique."""
    tail = slug.partition(".")[2]
    is_unique = sum(area.slug.partition(".")[2] == tail for area in rules.areas) == 1
    names = [slug, *([tail, tail.replace("-", " ")] if is_unique else [])]
    return list(dict.fromkeys(field_key(PREFIX + name) for name in names))


def is_party(text: str) -> bool:
    """Whether an attested text says who delivers an area."""
    return _party(text)[0] is not None


def _duty(area: str, name: str, estate: Estate, said: str | None) -> Duty:
    lines = tuple(line.ref for line in estate.lines if area in line.areas)
    party, who, unclear = _party(said) if said is not None else (None, None, None)
    if party is not None:
        return Duty(area=area, name=name, party=party, by="attestation", who=who, lines=lines, unclear=None)
    return Duty(
        area=area,
        name=name,
        party="msp" if lines else "ceo",
        by="contract" if lines else "nobody",
        who=None,
        lines=lines,
        unclear=unclear,
    )


def _party(text: str) -> tuple[Party | None, str | None, str | None]:
    """(party, who, what is unclear) of an attested text such as `vendor: Acme Cloud`."""
    first, _, rest = text.partition(" ")
    word = first.rstrip(":,;-").casefold()
    for party in PARTIES:
        if word == party:
            return party, rest.strip(" :,;-") or None, None
    return None, None, text
