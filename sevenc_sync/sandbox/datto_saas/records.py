"""The world in SaaS Protection's records: domains of customers, and what each service's last ten days came to."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sevenc_sync.sandbox.world.entities import Organisation, World
from sevenc_sync.sandbox.world.seeds import dice

Record = dict[str, Any]
FIRST_ID, STRAY_ID = 500_000, 599_999
HISTORY = 10
GOOGLE = 5
"""One customer in so many is on Google Workspace."""

MICROSOFT_APPS = ("Office365Exchange", "Office365OneDrive", "Office365SharePoint", "Office365Teams")
GOOGLE_APPS = ("GoogleAppsGmail", "GoogleAppsDrive")
DAY = timedelta(days=1)


def customers(world: World) -> list[Organisation]:
    """The clients whose machines stand on appliances of the same maker have their cloud data here."""
    return [client for client in world.clients if client.backup == "datto_bcdr"]


def is_google(client: Organisation) -> bool:
    """Whether the client is on Google Workspace."""
    return client.index % GOOGLE == GOOGLE - 1


def _subscription(client: Organisation) -> str:
    return f"Classic:{'GoogleApps' if is_google(client) else 'Office365'}:{FIRST_ID + client.index}"


def domains(world: World) -> Iterable[Record]:
    """One domain a customer, two of some; and one of nobody whom the PSA knows."""
    for client in customers(world):
        first = f"{client.identifier.lower()}.example"
        for place, domain in enumerate([first, f"mail.{first}"][: 1 + (client.index % 7 == 3)]):  # noqa: PLR2004 (one customer of seven)
            yield {
                "id": f"{client.id}-{place}", "saasCustomerId": FIRST_ID + client.index,
                "saasCustomerName": client.backup_name, "domain": domain,
                "organizationId": 70_000 + client.index, "organizationName": client.backup_name,
                "productType": "GoogleApps" if is_google(client) else "Office365",
                "externalSubscriptionId": _subscription(client),
                "retentionType": "ICR" if client.index % 3 else "TBR", "seatsUsed": client.seats,
                "backupStats": {
                    "activeServicesCount": client.seats * 3,
                    "activeServicesWithRecentBackupCount": client.seats * 3 - client.index % 4,
                    "backupPercentage": 97.5,
                },
            }  # fmt: skip
    yield {
        "id": "stray", "saasCustomerId": STRAY_ID, "saasCustomerName": "Proseware Archive 2019", "domain": "proseware.example",
        "organizationId": None, "organizationName": None, "productType": "Office365",
        "externalSubscriptionId": f"Classic:Office365:{STRAY_ID}", "retentionType": "ICR", "seatsUsed": 1,
        "backupStats": {"activeServicesCount": 1, "activeServicesWithRecentBackupCount": 1, "backupPercentage": 100.0},
    }  # fmt: skip


def applications(world: World) -> Iterable[Record]:
    """Each customer's services. How well they are saved follows the client's quality."""
    for client in customers(world):
        quality = world.truth[client.name].blocks["continuous"] or 0.0
        apps = GOOGLE_APPS if is_google(client) else MICROSOFT_APPS
        yield {
            "customerId": FIRST_ID + client.index, "customerName": client.backup_name,
            "usedBytes": client.seats * 9_000_000_000,
            "suites": [
                {
                    "suiteType": "GoogleApps" if is_google(client) else "Office365",
                    "domain": f"{client.identifier.lower()}.example", "externalSubscriptionId": _subscription(client),
                    "appTypes": [_service(world, client, app, quality) for app in apps],
                }
            ],
            "remoteIds": [],
        }  # fmt: skip
    yield {
        "customerId": STRAY_ID,
        "customerName": "Proseware Archive 2019",
        "usedBytes": 0,
        "suites": [],
        "remoteIds": [],
    }


def _service(world: World, client: Organisation, app: str, quality: float) -> Record:
    chance = dice(world.seed, "saas", client.index, app)
    late = chance.randrange(3, 20) if chance.random() > quality + 0.15 else 0
    history = [_day(world, client, app, age, age < late, quality) for age in range(HISTORY)]
    whole = next((age for age, day in enumerate(history) if day["status"] == "Perfect"), None)
    return {
        "appType": app, "lastFullyProtectedTime": _last(world.now, whole, chance.random() < 0.3),  # noqa: PLR2004 (some come as the name of a span)
        "uningestedServiceCount": 0, "usedBytes": client.seats * 2_000_000_000, "backupHistory": history,
    }  # fmt: skip


def _last(now: datetime, age: int | None, named: bool) -> int | str:
    if age is None:
        return "OVER_10_DAYS_AGO"
    if named and age:
        return f"BETWEEN_{age}_AND_{age + 1}_DAYS_AGO"
    return int((now - age * DAY - timedelta(hours=3)).timestamp() * 1000)


def _day(world: World, client: Organisation, app: str, age: int, late: bool, quality: float) -> Record:
    chance = dice(world.seed, "saas day", client.index, app, (world.now - age * DAY).date())
    active = max(1, client.seats)
    lacking = active if late else chance.randrange(1, 4) if chance.random() > 0.6 + 0.4 * quality else 0
    later = world.now - age * DAY
    return {
        "timeWindow": f"Between{age}dAnd{age + 1}d",
        "startTime": int(later.timestamp() * 1000), "endTime": int((later - DAY).timestamp() * 1000),
        "totalServiceCount": active + 2, "activeServiceCount": active,
        "activeServiceWithBackupCount": max(0, active - lacking),
        "activeServiceWithPerfectBackupCount": max(0, active - lacking),
        "status": "Backup With Issues" if lacking else "Perfect",
    }  # fmt: skip
