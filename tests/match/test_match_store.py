"""Matching on real stores: what is written, what stays, and that a second run writes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from sevenc_sync.match import (
    CompanyRow,
    Ground,
    match_all_devices,
    match_clients,
    match_devices,
    unlinked,
)
from sevenc_sync.model import Asset, Company, Contract, Protection, Record
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.bulk import upsert
from sevenc_sync.store.codec import Codec
from sevenc_sync.store.companies import GroupOf
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import client, device_link, dirty, evidence, link

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ROLES = {1: "psa", 2: "backup"}


def put(store: Store, account: int, records: Sequence[Record]) -> None:
    with store.write() as connection:
        for record in records:
            codec = Codec(type(record))
            upsert(connection, codec, account, [codec.row(account, record, 0)])


def accounts(store: Store) -> None:
    assert ensure_account(store, "psa", "connectwise_psa") == 1
    assert ensure_account(store, "backup", "datto_bcdr") == 2


def by_type(row: CompanyRow) -> bool | None:
    return None if row.types is None else row.types == "Client"


GROUND = Ground(master=1, roles=ROLES, is_client=by_type)


def grouped(group_of: GroupOf) -> Ground:
    return replace(GROUND, group_of=group_of)


def rows(store: Store, *tables: Any) -> list[list[tuple[Any, ...]]]:
    with store.read() as connection:
        return [
            sorted((tuple(row) for row in connection.execute(select(table))), key=repr) for table in tables
        ]


def filled(store: Store) -> None:
    accounts(store)
    put(
        store,
        1,
        [
            Company(id="10", name="Acme Ltd", types="Client", seats=25),
            Company(id="9", name="Müller GmbH", types="Client"),
            Company(id="30", name="Gamma"),
            Company(id="40", name="Parts Inc", types="Vendor"),
            Contract(id="c", company="30", starts_on=NOW - timedelta(days=30)),
            Asset(id="a1", company="10", name="SRV01", serial="SN11111"),
            Asset(id="a2", company="10", name="SRV02"),
            Asset(id="a3", company="9", name="SRV01"),
        ],
    )
    put(
        store,
        2,
        [
            Company(id="t1", name="ACME Limited"),
            Company(id="t2", name="Whatever", external={"psa": "9"}),
            Company(id="t3", name="Nobody"),
            Company(id="t4", name="Another nobody"),
            Protection(id="p1", company="t1", host_name="srv02.acme.local"),
            Protection(id="p2", company="t2", name="srv01"),
            Protection(id="p3", company="t3", name="srv01"),
        ],
    )


def test_clients_links_and_questions_are_written(store: Store) -> None:
    filled(store)
    summary = match_clients(store, GROUND, NOW)
    (found,) = rows(store, client)
    assert [(row[1], row[3], row[4], row[5]) for row in found] == [
        ("Müller GmbH", "9", True, None),
        ("Acme Ltd", "10", True, 25),
        ("Gamma", "30", True, None),
    ]
    with store.read() as connection:
        ledger = {
            (row.account, row.company): (row.state, row.method, row.client)
            for row in connection.execute(select(link))
        }
    assert ledger == {
        (1, "9"): ("linked", "master", 1),
        (1, "10"): ("linked", "master", 2),
        (1, "30"): ("linked", "master", 3),
        (2, "t1"): ("linked", "name", 2),
        (2, "t2"): ("linked", "external-id", 1),
        (2, "t3"): ("review", "name", None),
        (2, "t4"): ("review", "name", None),
    }
    assert (summary.clients, summary.clients_new, summary.linked, summary.review) == (3, 3, 5, 2)
    assert summary.touched == {1, 2, 3}


def test_companies_that_wait_are_listed_with_the_reason(store: Store) -> None:
    filled(store)
    match_clients(store, GROUND, NOW)
    assert [(row.account, row.company, row.name, row.why) for row in unlinked(store)] == [
        ("backup", "t4", "Another nobody", "no client has this name"),
        ("backup", "t3", "Nobody", "no client has this name"),
    ]


def test_a_second_run_writes_nothing_and_marks_nothing(store: Store) -> None:
    filled(store)
    match_clients(store, GROUND, NOW)
    match_devices(store, NOW)
    before = rows(store, client, link, device_link)
    with store.write() as connection:
        connection.execute(dirty.delete())
    again = match_clients(store, GROUND, LATER)
    devices = match_devices(store, NOW)
    assert rows(store, client, link, device_link) == before
    assert rows(store, dirty) == [[]]
    assert (again.changed, again.clients_new, again.renamed, again.touched) == (0, 0, 0, frozenset())
    assert (devices.changed, devices.touched) == (0, frozenset())


def test_a_rename_and_an_end_upstream_keep_the_client_and_are_counted(store: Store) -> None:
    filled(store)
    match_clients(store, GROUND, NOW)
    put(
        store,
        1,
        [
            Company(id="10", name="Zenith Ltd", types="Client"),
            Company(id="9", name="Müller GmbH", types="Former"),
        ],
    )
    with store.write() as connection:
        connection.execute(dirty.delete())
    summary = match_clients(store, GROUND, LATER)
    (found,) = rows(store, client)
    assert [(row[0], row[1], row[4]) for row in found] == [
        (1, "Müller GmbH", False),
        (2, "Zenith Ltd", True),
        (3, "Gamma", True),
    ]
    assert (summary.renamed, summary.clients_ended, summary.clients, summary.linked) == (1, 1, 2, 5)
    assert rows(store, dirty) == [[(1, "10", "company"), (1, "9", "company")]]


def test_contracts_make_a_client_only_while_they_are_in_force(store: Store) -> None:
    accounts(store)
    day = timedelta(days=1)
    contracts = {
        "runs": {"is_active": True},
        "ends today": {"is_active": True, "ends_on": NOW - timedelta(hours=20)},
        "begun": {"starts_on": NOW - day},
        "ended": {"is_active": True, "ends_on": NOW - 2 * day},
        "cancelled": {"is_active": True, "cancelled_on": NOW - 2 * day},
        "not yet": {"is_active": True, "starts_on": NOW + day},
        "off": {"is_active": False, "starts_on": NOW - day},
        "says nothing": {},
    }
    for name, more in contracts.items():
        put(store, 1, [Company(id=name, name=name), Contract(id=name, company=name, **more)])  # type: ignore[arg-type]  # chosen by name
    match_clients(store, GROUND, NOW)
    assert {row[1] for row in rows(store, client)[0]} == {"runs", "ends today", "begun"}


def test_devices_are_tied_within_one_client_only(store: Store) -> None:
    filled(store)
    match_clients(store, GROUND, NOW)
    summary = match_devices(store, NOW)
    with store.read() as connection:
        ties = {
            row.id: (row.client, row.device, row.method) for row in connection.execute(select(device_link))
        }
    assert ties == {
        "a1": (2, "asset:1:a1", "alone"),
        "a2": (2, "asset:1:a2", "host-name"),
        "p1": (2, "asset:1:a2", "host-name"),
        "a3": (1, "asset:1:a3", "host-name"),
        "p2": (1, "asset:1:a3", "host-name"),
    }
    assert (summary.records, summary.devices, summary.changed) == (5, 3, 5)


def test_a_record_that_is_gone_or_whose_company_moves_takes_its_tie_along(store: Store) -> None:
    filled(store)
    match_clients(store, GROUND, NOW)
    match_devices(store, NOW)
    put(store, 2, [Company(id="t2", name="Whatever", external={"psa": "10"})])
    with store.write() as connection:
        connection.execute(evidence["asset"].update().where(evidence["asset"].c.id == "a2").values(gone_at=1))
    summary = match_clients(store, GROUND, LATER)
    assert summary.touched == {1, 2}
    match_devices(store, NOW)
    with store.read() as connection:
        ties = {row.id: (row.client, row.device) for row in connection.execute(select(device_link))}
    assert ties == {
        "a1": (2, "asset:1:a1"),
        "a3": (1, "asset:1:a3"),
        "p1": (2, "protection:2:p1"),
        "p2": (2, "asset:1:a1"),
    }


def test_moving_to_another_psa_keeps_the_numbers_in_the_store(store: Store) -> None:
    filled(store)
    match_clients(store, GROUND, NOW)
    assert ensure_account(store, "new psa", "autotask_psa") == 3
    put(
        store,
        3,
        [
            Company(id="10", name="Mueller GmbH", types="Client"),
            Company(id="11", name="Delta", types="Client"),
        ],
    )
    summary = match_clients(store, Ground(master=3, roles={**ROLES, 3: "psa"}, is_client=by_type), LATER)
    (found,) = rows(store, client)
    assert [row[:4] for row in found] == [
        (1, "Mueller GmbH", 3, "10"),
        (2, "Acme Ltd", 1, "10"),
        (3, "Gamma", 1, "30"),
        (4, "Delta", 3, "11"),
    ]
    assert (summary.clients_new, summary.renamed, summary.linked) == (1, 1, 5)


def groups(store: Store) -> dict[str, str | None]:
    with store.read() as connection:
        return {row.name: row.grp for row in connection.execute(select(client.c.name, client.c.grp))}


def test_a_client_is_in_the_group_that_its_master_record_says_and_moves_with_it(store: Store) -> None:
    filled(store)
    match_clients(store, grouped(lambda company: "a" if company.id == "10" else None), NOW)
    assert groups(store) == {"Acme Ltd": "a", "Müller GmbH": None, "Gamma": None}
    with store.write() as connection:
        connection.execute(delete(dirty))
    moved = match_clients(store, grouped(lambda company: None if company.id == "10" else "b"), LATER)
    assert groups(store) == {"Acme Ltd": None, "Müller GmbH": "b", "Gamma": "b"}
    assert len(moved.touched) == 3
    (marked,) = rows(store, dirty)
    assert {row[:2] for row in marked} == {(1, "9"), (1, "10"), (1, "30")}
    again = match_clients(store, grouped(lambda company: None if company.id == "10" else "b"), LATER)
    assert again.touched == frozenset()


def test_after_the_first_time_only_clients_with_changes_are_looked_at_and_the_ties_are_those_of_a_whole_run(
    store: Store,
) -> None:
    filled(store)
    match_clients(store, GROUND, NOW)
    first = match_devices(store, NOW)
    assert (first.records, first.is_whole) == (5, True)
    assert match_devices(store, NOW).records == 0
    put(store, 1, [Asset(id="a1", company="10", name="SRV09", serial="SN11111")])
    put(store, 2, [Protection(id="p4", company="t1", host_name="srv09")])
    summary = match_devices(store, LATER)
    assert (summary.records, sorted(summary.touched), summary.is_whole) == (4, [2], False)
    ties = rows(store, device_link)
    assert match_all_devices(store, LATER).changed == 0
    assert rows(store, device_link) == ties


def test_a_record_that_moves_to_another_client_leaves_the_devices_of_the_first(store: Store) -> None:
    filled(store)
    match_clients(store, GROUND, NOW)
    match_devices(store, NOW)
    put(store, 2, [Protection(id="p1", company="t2", host_name="srv02.acme.local")])
    match_devices(store, LATER)
    with store.read() as connection:
        ties = {row.id: (row.client, row.device) for row in connection.execute(select(device_link))}
    assert ties["p1"] == (1, "protection:2:p1")
    assert ties["a2"] == (2, "asset:1:a2")
    assert match_all_devices(store, LATER).changed == 0
