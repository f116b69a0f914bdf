"""Deciding only what has changed gives what deciding everything gives, whatever changes and in which order."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from sevenc_sync.match import match_all_devices, match_clients, match_devices
from sevenc_sync.model import Asset, Company, Contract, Protection
from sevenc_sync.store.bulk import mark_dirty
from sevenc_sync.store.database import Store
from sevenc_sync.store.decided import NewDecision, decide
from sevenc_sync.store.tables import client, device_conflict, device_link, evidence, link, match_key
from tests.match.test_match_store import GROUND, NOW, accounts, put, rows

INCREMENTAL = replace(GROUND, rules="same")
EXAMPLES = count()  # a store cannot be emptied (audit log): each example has companies of its own
NAMES = ["Acme", "Acme Ltd", "Müller GmbH", "Mueller", "Muller", "Beta", "Default", "Brightwater"]
KEYS = st.sampled_from("abcd")


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, Any]:
    kind = draw(st.sampled_from(["company"] * 5 + ["contract", "device", "device", "gone", "say", "time"]))
    number, key = draw(st.sampled_from([1, 1, 2])), draw(KEYS)
    match kind:
        case "company":
            made: Any = Company(
                id=key,
                name=draw(st.sampled_from(NAMES)),
                types=draw(st.sampled_from(["Client", "Client", "Vendor", None])),
                is_active=draw(st.sampled_from([None, None, False])),
                is_msp=draw(st.sampled_from([None, None, None, True])),
                external=draw(st.dictionaries(st.sampled_from(["psa", "backup"]), KEYS, max_size=1)),
            )
        case "contract":
            begins, ends = draw(st.integers(-3, 6)), draw(st.integers(1, 8))
            made = Contract(
                id=key,
                company=key,
                starts_on=NOW + timedelta(days=begins),
                ends_on=NOW + timedelta(days=begins + ends),
            )
        case "device":
            serial = draw(st.sampled_from(["SN11111", "SN22222", None]))
            host = draw(st.sampled_from(["srv01", "srv02", None]))
            kinds = Asset if number == 1 else Protection
            made = kinds(id=draw(KEYS), company=key, host_name=host, serial=serial)
        case "say":
            verdict = draw(st.sampled_from(["link", "unlink", "ignore", "never", "client"]))
            made = (verdict, key, draw(st.integers(1, 3)))
        case _:
            made = key
    return kind, (number, made)


def own(made: Any, example: int) -> Any:
    """The record with ids and names that no other example has."""
    fields: dict[str, Any] = {"id": f"{example}{made.id}"}
    if isinstance(made, Company):
        fields["name"] = made.name if made.name == "Default" else f"{example} {made.name}"
        fields["external"] = {system: f"{example}{key}" for system, key in (made.external or {}).items()}
    else:
        fields["company"] = f"{example}{made.company}"
    return msgspec.structs.replace(made, **fields)


def apply(store: Store, change: tuple[str, Any], example: int) -> None:
    kind, (number, made) = change
    if kind in ("company", "contract", "device"):
        put(store, number, [own(made, example)])
    elif kind == "gone":
        made = f"{example}{made}"
        table = evidence["company"].c
        with store.write() as connection:
            at = (table.account == number) & (table.id == made)
            connection.execute(update(evidence["company"]).where(at).values(gone_at=1))
            mark_dirty(connection, number, "company", [made])
    elif kind == "say":
        verdict, key, place = made
        with store.write() as connection:
            ids = select(client.c.id).where(client.c.company.like(f"{example}_"))
            numbers = sorted(connection.execute(ids).scalars())
            needs_client = verdict in ("link", "never")
            if numbers or not needs_client:
                owner = numbers[place % len(numbers)] if needs_client else None
                decide(
                    connection,
                    NOW,
                    NewDecision(
                        verdict=verdict, account=number, record=f"{example}{key}", by="anna", client=owner
                    ),
                )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(st.lists(changes(), min_size=1, max_size=6), min_size=1, max_size=5))
def test_what_changed_is_decided_as_a_whole_match_would(
    store: Store, steps: list[list[tuple[str, Any]]]
) -> None:
    example = next(EXAMPLES)
    accounts(store)
    for day, step in enumerate(steps):
        now = NOW + timedelta(days=day)
        for change in step:
            apply(store, change, example)
        match_clients(store, INCREMENTAL, now)
        match_devices(store, now)
        found = rows(store, client, link, device_link, device_conflict, match_key)
        whole = match_clients(store, GROUND, now)
        assert (whole.changed, whole.clients_new, whole.touched) == (0, 0, frozenset())
        assert match_all_devices(store, now).changed == 0
        assert rows(store, client, link, device_link, device_conflict, match_key) == found
        # So that the next step is decided from what has changed.
        match_clients(store, INCREMENTAL, now)
        owners: dict[str, int] = {}
        for row in rows(store, device_link)[0]:
            assert owners.setdefault(row[4], row[3]) == row[3], "a device belongs to two clients"
