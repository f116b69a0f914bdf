"""Ledgers of a few companies, planned and carried out in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sevenc_sync.match.clients import Decision, Known, Plan, plan
from sevenc_sync.store.clients import ClientRow
from sevenc_sync.store.companies import CompanyKey, CompanyRow
from sevenc_sync.store.links import LinkRow

SYSTEMS = {
    1: ("psa", "connectwise_psa"),
    2: ("old psa", "autotask_psa"),
    3: ("backup", "datto_bcdr"),
    4: ("rmm", "datto_rmm"),
}
ROLES = {1: "psa", 2: "psa", 3: "backup", 4: "rmm"}


def company(
    account: int, key: str, name: str, external: Mapping[str, str] | None = None, **more: Any
) -> CompanyRow:
    return CompanyRow(account=account, id=key, name=name, external=external or {}, **more)


def client(number: int, account: int, key: str, name: str, *, is_active: bool = True) -> ClientRow:
    return ClientRow(id=number, name=name, account=account, company=key, is_active=is_active, seats=None)


def by_type(row: CompanyRow) -> bool | None:
    """Client, anything else named, or not said: as an MSP's company types would tell."""
    return None if row.types is None else row.types == "Client"


def known(
    companies: Sequence[CompanyRow],
    clients: Sequence[ClientRow] = (),
    links: Sequence[LinkRow] = (),
    master: int | None = 1,
) -> Known:
    roles = {number: role for number, role in ROLES.items() if number == master or role != "psa"}
    return Known(
        companies=companies, clients=clients, links=links, master=master, roles=roles, systems=SYSTEMS
    )


def carried_out(before: Known, planned: Plan) -> Known:
    """What is there after the plan: as the store would keep it."""
    number = max((row.id for row in before.clients), default=0)
    clients: dict[int, ClientRow] = {}
    ids: dict[int, int] = {}
    for item in sorted(planned.clients, key=lambda item: (item.account, item.company)):
        key = item.id
        if key is None:
            number += 1
            key = number
        ids[id(item)] = key
        clients[key] = replace(
            client(key, item.account, item.company, item.name, is_active=item.is_active), seats=item.seats
        )
    links = {row.key: row for row in before.links if row.key not in planned.dropped}
    for at, decision in planned.decisions.items():
        links[at] = line(at, decision, ids, next(row.name for row in before.companies if row.key == at))
    for at, (_, now_called) in planned.renamed.items():
        links[at] = replace(links[at], name=now_called)
    return replace(before, clients=list(clients.values()), links=list(links.values()))


def line(key: CompanyKey, decision: Decision, ids: Mapping[int, int], name: str) -> LinkRow:
    owner = None if decision.client is None else ids[id(decision.client)]
    return LinkRow(
        account=key[0],
        company=key[1],
        client=owner,
        state=decision.state,
        method=decision.method,
        detail=decision.detail,
        name=name,
    )


def settled(before: Known) -> Known:
    return carried_out(before, plan(before, by_type))


def owner(ledger: Known, key: CompanyKey) -> str | None:
    """The name of the client that a company is linked to."""
    row = next((row for row in ledger.links if row.key == key), None)
    if row is None or row.state != "linked":
        return None
    return next(item.name for item in ledger.clients if item.id == row.client)


def why(ledger: Known, key: CompanyKey) -> str | None:
    row = next(row for row in ledger.links if row.key == key)
    assert row.state == "review"
    assert row.client is None
    return row.detail


ACME = company(1, "10", "Acme Ltd", types="Client")
BETA = company(1, "11", "Beta GmbH", types="Client")
