"""An MSP with dirty identities on purpose, and the truth about them: for the bench and for the tests of matching.

Names are misspelt, written otherwise, or of another organisation altogether; two clients have one name; tenants stand twice;
ids are missing. Serials are cloned, placeholders or missing; machines were set up anew and left a record behind. Later companies
are renamed and merged, host names change, and machines move from one client to another.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from sqlalchemy import Connection, insert, update

from sevenc_sync.store.bulk import mark_dirty
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import evidence

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAY = 86_400
# Of so many clients or devices one is of the kind.
SAME_NAMED, CHANGED, MERGED, MOVED = 250, 100, 400, 500

WORDS = [f"{a}{b}" for a in ("Nor", "Har", "Oak", "Sum", "Bel", "Cor", "Dan", "Fal", "Gar", "Lin", "Mar", "Pel", "Quin", "Ros", "Tal", "Ver")
         for b in ("bor", "field", "ridge", "mit", "view", "dale", "ton", "mont", "wick", "stead", "ley", "ford", "by", "combe", "gate", "worth")]  # fmt: skip
TRADES = ["Dental", "Logistics", "Legal", "Foods", "Travel", "Metals", "Energy", "Clinic", "Design", "Motors"]
FORMS = ["Ltd", "Inc.", "LLC", "GmbH", "Kft.", "S.A.", "B.V.", ""]

Truth = dict[
    tuple[str, int, str], int
]  # kind, account and id of a record: which client or device it really is


def fill_companies(store: Store, random: Random, count: int) -> Truth:
    """A PSA with `count` clients, 1 in 250 of them named like another, and five systems that write the names as people do."""
    truth: Truth = {}
    names = [
        f"{WORDS[n % 256]} {TRADES[n // 256 % 10]}{f' {WORDS[n // 2560]}' if n >= 2560 else ''}"
        for n in range(count)
    ]
    for n in range(SAME_NAMED, count, SAME_NAMED):
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
    """One client in a hundred is renamed in all systems, and all its devices have other host names."""
    asset = evidence["asset"]
    with store.write() as connection:
        for n in range(0, count, CHANGED):
            called = f"{WORDS[n * 7 % 256]} {WORDS[n * 11 % 256]} Renamed {n}"
            for account in range(1, 7):
                key = company_key(account, n)
                # Each system hears of the new name, half of them not yet.
                more = {"name": called} if account % 2 else {}
                _update(connection, "company", account, key, seats=9, **more)
                of_company = (asset.c.account == account) & (asset.c.company == key)
                connection.execute(update(asset).where(of_company).values(host_name=asset.c.host_name + "x"))
                for kind in ("company", "asset"):
                    mark_dirty(connection, account, kind, [key])


def merge(store: Store, count: int, truth: Truth) -> None:
    """Some companies of the PSA are merged into the next one, and are gone; the other systems know nothing of it."""
    with store.write() as connection:
        for n in range(MERGED - 1, count - 1, MERGED):
            _update(connection, "company", 1, str(n), gone_at=1)
            mark_dirty(connection, 1, "company", [str(n)])
            for key in [key for key, owner in truth.items() if owner == n and key[0] == "company"]:
                truth[key] = n + 1


def move(store: Store, count: int, each: int, truth: Truth) -> set[str]:
    """Some machines are now at another client, says the RMM; the PSA still has them where they were. Gives their serials.

    They are two devices as far as ties go: none belongs to two clients.
    """
    serials = set()
    with store.write() as connection:
        for n in range(MOVED // 2, count * each, MOVED):
            to = company_key(2, (n // each + 1) % count)
            _update(connection, "asset", 2, f"r{n}", company=to, serial=f"MOVED{n:06}")
            _update(connection, "asset", 1, str(n), serial=f"MOVED{n:06}")
            mark_dirty(connection, 2, "asset", [company_key(2, n // each), to])
            mark_dirty(connection, 1, "asset", [str(n // each)])
            truth["asset", 2, f"r{n}"] = -n - 1
            serials.add(f"moved{n:06}")
    return serials


def company_key(account: int, n: int) -> str:
    """The id of client n's company at an account."""
    return str(n) if account == 1 else f"{account}-{n}"


def _update(connection: Connection, kind: str, account: int, key: str, **values: Any) -> None:
    table = evidence[kind]
    at = (table.c.account == account) & (table.c.id == key)
    connection.execute(update(table).where(at).values(**values))
