"""Matching from nothing and after changes, and how right it is: an MSP with dirty identities whose truth is known.

Usage: python bench/match.py [--clients 5000] [--devices 40] [--quick]
"""

import argparse
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import combinations
from random import Random
from typing import Any

from sqlalchemy import insert, select, update

from sevenc_sync.match import Ground, match_clients, match_devices
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.bulk import mark_dirty
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.tables import device_link, evidence, link

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAY = 86_400
SYSTEMS = ("psa", "rmm", "backup", "cloud", "docs", "mail")
ROLES = {1: "psa", 2: "rmm", 3: "backup", 4: "backup", 5: "rmm", 6: "backup"}
GROUND = Ground(master=1, roles=ROLES, is_client=lambda _: True, rules="bench")
SECONDS, INCREMENTAL = 60.0, 0.02
GOALS = {"companies": (0.999, 0.97), "devices": (0.995, 0.97)}  # least precision and recall

WORDS = [f"{a}{b}" for a in ("Nor", "Har", "Oak", "Sum", "Bel", "Cor", "Dan", "Fal", "Gar", "Lin", "Mar", "Pel", "Quin", "Ros", "Tal", "Ver")
         for b in ("bor", "field", "ridge", "mit", "view", "dale", "ton", "mont", "wick", "stead", "ley", "ford", "by", "combe", "gate", "worth")]  # fmt: skip
TRADES = ["Dental", "Logistics", "Legal", "Foods", "Travel", "Metals", "Energy", "Clinic", "Design", "Motors"]
FORMS = ["Ltd", "Inc.", "LLC", "GmbH", "Kft.", "S.A.", "B.V.", ""]

Truth = dict[tuple[str, int, str], int]


def main() -> None:
    """Build the store, match, print a line per goal; exit code 1 when one is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clients", type=int, default=5_000)
    options.add_argument("--devices", type=int, default=40, help="of each client, in three systems")
    options.add_argument("--quick", action="store_true", help="a tenth of the clients")
    chosen = options.parse_args()
    count = chosen.clients // 10 if chosen.quick else chosen.clients
    with tempfile.TemporaryDirectory() as folder, Store.open(f"sqlite:///{folder}/store.db") as store:
        sys.exit(0 if run(store, count, chosen.devices) else 1)


def run(store: Store, count: int, devices: int) -> bool:
    """All measurements on one store; whether every goal is met."""
    upgrade(store)
    for name in SYSTEMS:
        ensure_account(store, name, f"{name}_connector")
    random = Random(7)  # noqa: S311 - the same world every time
    companies = fill_companies(store, random, count)
    machines = fill_devices(store, random, count, devices)
    print(f"{len(companies)} companies, {len(machines)} device records, {count} clients")

    clients_cost = cpu(lambda: match_clients(store, GROUND, NOW))
    devices_cost = cpu(lambda: match_devices(store, NOW))
    whole = clients_cost + devices_cost
    print(f"from nothing: {whole:.1f} s CPU ({clients_cost:.1f} companies, {devices_cost:.1f} devices)")

    change(store, count)
    again_clients = cpu(lambda: match_clients(store, GROUND, NOW))
    again_devices = cpu(lambda: match_devices(store, NOW))
    again = again_clients + again_devices
    print(
        f"1 % of the clients changed: {again:.2f} s CPU, {again / whole:.3f} of that "
        f"({again_clients:.2f} companies, {again_devices:.2f} devices)"
    )
    right = [quality(store, companies, machines, what) for what in ("companies", "devices")]
    goals = [whole <= SECONDS, again / whole <= INCREMENTAL, *right]
    names = ("seconds", "incremental", "companies", "devices")
    for name, met in zip(names, goals, strict=True):
        print(f"goal {name}: {'met' if met else 'MISSED'}")
    return all(goals)


def cpu(work: Any) -> float:
    """Seconds of processor time that the work takes in this process: others on the machine do not count."""
    start = time.process_time()
    work()
    return time.process_time() - start


def fill_companies(store: Store, random: Random, count: int) -> Truth:
    """A PSA with `count` clients, 1 in 250 of them named like another, and five systems that write the names as people do."""
    truth: Truth = {}
    names = [
        f"{WORDS[n % 256]} {TRADES[n // 256 % 10]}{f' {WORDS[n // 2560]}' if n >= 2560 else ''}"
        for n in range(count)
    ]
    for n in range(250, count, 250):
        names[n] = names[n - 1]
    rows: list[dict[str, Any]] = []

    def add(account: int, key: str, owner: int, name: str, external: str | None = None) -> None:
        truth["company", account, key] = owner
        rows.append(row("company", account, key, name=name, external=external))

    for n, name in enumerate(names):
        add(1, str(n), n, f"{name} {random.choice(FORMS)}".strip())
        for account in range(2, 7):
            written = f"{name} {random.choice(FORMS)}".strip()
            luck = random.random()
            if luck < 0.01:
                at = random.randrange(1, len(name) - 1)
                written = name[:at] + name[at + 1 :]  # misspelt
            elif luck < 0.015:
                written = f"{random.choice(WORDS)} {random.choice(WORDS)} Holding"  # renamed, or another word for it
            elif luck < 0.3:
                written = written.upper()
            has_id = account == 2 and random.random() < 0.8
            add(account, f"{account}-{n}", n, written, f'{{"psa": "{n}"}}' if has_id else None)
            if luck > 0.995:
                add(account, f"{account}-{n}b", n, written)  # a second tenant
    with store.write() as connection:
        connection.execute(insert(evidence["company"]), rows)
    return truth


def fill_devices(store: Store, random: Random, count: int, each: int) -> Truth:
    """Each device in PSA, RMM and backup. Some serials are cloned or missing, some machines were set up anew, some have two names."""
    truth: Truth = {}
    tables: Mapping[str, list[dict[str, Any]]] = {"asset": [], "protection": []}

    def add(kind: str, account: int, key: str, owner: int, device: int, **more: Any) -> None:
        truth[kind, account, key] = device
        company = str(owner) if account == 1 else f"{account}-{owner}"
        tables[kind].append(row(kind, account, key, company=company, **more))

    for n in range(count * each):
        owner = n // each
        is_virtual = random.random() < 0.15
        host = f"C{owner}-{'SRV' if is_virtual else 'WS'}-{n % each:03}"
        serial = f"VMware-56 4d {n:x}" if is_virtual else f"SN{n:07}X"
        mac = (
            f"00:50:56:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"
            if is_virtual
            else f"3c:52:82:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"
        )
        luck = random.random()
        if luck < 0.02:
            serial = random.choice(["Default string", "To be filled by O.E.M.", "0"])
        elif luck < 0.023 and n % each:
            serial = f"SN{n - 1:07}X"  # cloned from its neighbour
        seen = int(NOW.timestamp()) - random.randrange(5) * DAY
        named = "Reception PC left" if luck > 0.97 else host
        add("asset", 1, str(n), owner, n, name=named, serial=None if 0.9 < luck < 0.95 else serial)
        add(
            "asset",
            2,
            f"r{n}",
            owner,
            n,
            host_name=f"{host}.local",
            serial=serial,
            mac=mac,
            last_seen_at=seen,
        )
        add(
            "protection",
            3,
            f"b{n}",
            owner,
            n,
            host_name=host[:15],
            mac=mac if luck < 0.5 else None,
            last_attempt_at=seen,
        )
        if 0.5 < luck < 0.51:
            add(
                "asset",
                2,
                f"old{n}",
                owner,
                n,
                host_name=f"OLD-{n}",
                serial=serial,
                mac=mac,
                last_seen_at=seen - 90 * DAY,
            )
    with store.write() as connection:
        for kind, rows in tables.items():
            connection.execute(insert(evidence[kind]), rows)
    return truth


COLUMNS = {
    "company": ("name", "external"),
    "asset": ("company", "name", "host_name", "serial", "mac", "last_seen_at"),
    "protection": ("company", "name", "host_name", "serial", "mac", "last_attempt_at"),
}


def row(kind: str, account: int, key: str, **more: Any) -> dict[str, Any]:
    """A row of evidence with all the columns that are used of its kind."""
    own = {"account": account, "id": key, "digest": 0, "fetched_at": 0}
    return own | {name: more.get(name) for name in COLUMNS[kind]}


def change(store: Store, count: int) -> None:
    """One client in a hundred has other names in all systems, and other host names on all its devices."""
    asset, company = evidence["asset"], evidence["company"]
    with store.write() as connection:
        for n in range(0, count, 100):
            for account in range(1, 7):
                key = str(n) if account == 1 else f"{account}-{n}"
                at_company = (company.c.account == account) & (company.c.id == key)
                connection.execute(
                    update(company).where(at_company).values(seats=9, name=company.c.name + " ")
                )
                of_company = (asset.c.account == account) & (asset.c.company == key)
                connection.execute(update(asset).where(of_company).values(host_name=asset.c.host_name + "x"))
                for kind in ("company", "asset"):
                    mark_dirty(connection, account, kind, [key])


def quality(store: Store, companies: Truth, machines: Truth, what: str) -> bool:
    """Whether precision and recall reach their goal: of companies' links, or of pairs of records that are one device."""
    with store.read() as connection:
        if what == "companies":
            owners = {
                (found.account, found.company): found.client
                for found in connection.execute(select(link).where(link.c.state == "linked"))
            }
            masters = {owners[1, str(n)]: n for n in set(companies.values())}
            told = [
                masters[owners[key[1], key[2]]] == owner
                for key, owner in companies.items()
                if key[1] != 1 and (key[1], key[2]) in owners
            ]
            wanted = sum(key[1] != 1 for key in companies)
            right = sum(told)
            precision, recall = right / len(told), right / wanted
        else:
            groups: dict[tuple[int, str], list[int]] = defaultdict(list)
            for found in connection.execute(select(device_link)):
                groups[found.client, found.device].append(machines[found.kind, found.account, found.id])
            said = right = 0
            for members in groups.values():
                for one, other in combinations(members, 2):
                    said += 1
                    right += one == other
            wanted = sum(size * (size - 1) // 2 for size in Counter(machines.values()).values())
            precision, recall = right / said, right / wanted
    print(f"{what}: precision {precision:.4f}, recall {recall:.4f}")
    least = GOALS[what]
    return precision >= least[0] and recall >= least[1]


if __name__ == "__main__":
    main()
