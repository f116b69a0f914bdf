"""All misbehaviours together that a good client survives within one run, spread by a seed over all vendors.

Every fault but the clock's applies once or a few times at fixed calls, so that the run ends: a call that goes wrong is,
but for one record that a PSA chokes on, followed by one that does not, and no wait asked for is longer than two seconds. Nothing is armed on writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from sevenc_sync.sandbox.faults import Fault
from sevenc_sync.sandbox.sandbox import Sandbox
from sevenc_sync.sandbox.server import VendorServer
from sevenc_sync.sandbox.world.seeds import dice

SKEW_SECONDS = 600
FIRST_CALL, SPACING = 2, 3
"""The first call of a vendor that may go wrong, and the least distance to the next one."""

REFUSALS: Sequence[Mapping[str, Any]] = (
    {"action": "status", "status": 429, "retry_after": 1},
    {"action": "status", "status": 429, "retry_after": 2, "retry_date": True},
    {"action": "status", "status": 500},
    {"action": "status", "status": 502},
    {"action": "status", "status": 503},
    {"action": "status", "status": 503, "retry_after": 1},
    {"action": "cut"},
    {"action": "invalid_json"},
    {"action": "html"},
    {"action": "delay", "seconds": 0.4},
)
"""What goes wrong with any reading call, each at one call of its own."""

TRICKLE_SECONDS = 0.0005
POISONED_CALLS = 12
"""All tries of a page, a few for ids alone, and some for its records by their ids, in halves; then the record is mended."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where chaos may fall at one vendor.

    `reads` is the expression of paths of its reading calls and `method` their verb; `calls` how many of them a full run
    makes at least; `long` a list with many records, `short` one of a few small ones; `unused` fields of the long list
    that no rule uses, each with a value of a type that it must not have; `wrong` what may go wrong with the pages of the
    list `paged`, and at which of its calls. `poisoned` is a list, and its table, of which the vendor cannot give one record
    for a while; nothing else goes wrong with its calls.
    """

    method: str
    reads: str
    calls: int
    long: str
    short: str
    unused: Mapping[str, Any]
    paged: str
    wrong: Mapping[Literal["repeat_page", "empty_page"], int]
    poisoned: tuple[str, str] | None = None


GROUNDS: Mapping[str, Ground] = {
    "connectwise_psa": Ground(
        "GET", r"/apis/3\.0/(company|service|finance|project)", 60, r"/service/tickets$",
        r"/service/(boards|priorities|sources)$",
        {"minutesWaiting": "soon", "integratorTags": 7, "hasChildTicket": "no"},
        r"/service/tickets$", {"repeat_page": 2, "empty_page": 5}, (r"/time/entries$", "time_entries"),
    ),
    "autotask_psa": Ground(
        "POST", r"(?<!/TimeEntries)/query(/next)?$", 40, r"/Tickets/query(/next)?$", r"/(Roles|BillingCodes|Services|Projects)/query$",
        {"rmmAlertID": 7, "changeInfoField1": {"a": 1}, "isVisibleToComanaged": "no"},
        r"/Tickets/query(/next)?$", {"repeat_page": 2, "empty_page": 5},
        (r"/TimeEntries/query$", "TimeEntries"),
    ),
    "datto_bcdr": Ground(
        "GET", r"/v1/bcdr/device", 30, r"/v1/bcdr/device/[^/]+/asset", r"/v1/bcdr/device/[^/]+/alert$",
        {"protectedVolumesCount": "many", "lastScreenshotUrl": 7}, r"/v1/bcdr/device$", {"empty_page": 1},
    ),
    "datto_rmm": Ground(
        "GET", r"/api/v2/(account|audit|device)/", 30, r"/api/v2/account/devices$", r"/api/v2/audit/device/",
        {"portalUrl": 7, "webRemoteUrl": {"a": 1}, "softwareStatus": 3}, r"/api/v2/account/sites$",
        {"empty_page": 1},
    ),
    "datto_saas": Ground(
        "GET", r"/v1/saas/", 8, r"/v1/saas/domains$", r"/v1/saas/\d+/applications$",
        {"seatsUsed": "many", "backupStats": 7}, r"/v1/saas/domains$", {},
    ),
    "veeam_vspc": Ground(
        "GET", r"/api/v3/", 11, r"/protectedWorkloads/virtualMachines$", r"/organizations/companies$",
        {"malwareState": 7, "ipAddresses": "none"}, r"/organizations/companies$", {},
    ),
    "cove": Ground(
        "POST", r"/jsonapi/Enumerate", 3, r"/EnumerateAccountStatistics$", r"/EnumeratePartners$",
        {"Flags": 7, "x_Plan": {"a": 1}}, r"/EnumeratePartners$", {},
    ),
    "ninjaone": Ground(
        "GET", r"/v2/", 9, r"/v2/devices-detailed$", r"/v2/organizations$",
        {"publicIP": 7, "tags": "none"}, r"/v2/organizations$", {},
    ),
}  # fmt: skip


def chaos(sandbox: Sandbox, seed: int) -> Mapping[str, Sequence[int]]:
    """Arms every vendor of a sandbox, the same way for the same seed.

    Some lists come wrongly cut: a page once more in the place of the next, and a page without records while more
    follow. A page is refused, whatever is tried, for one of its records. Only a client that notices and asks again, and
    takes such a page apart, ends the run with all records.
    Returns vendor to the numbers of its rules, for `Faults.fired`; `Faults.clear` ends it.
    """
    return {
        name: _arm(server, GROUNDS[name], dice(seed, "chaos", name))
        for name, server in sandbox.vendors.items()
    }


def _arm(server: VendorServer, ground: Ground, chance: Random) -> list[int]:
    rules = [*_refusals(ground, chance), *_slow(ground), *_records(ground, chance), *_wrong_pages(ground)]
    rules += _poison(server, ground)
    rules.append(Fault(action="clock_skew", seconds=chance.choice((-SKEW_SECONDS, SKEW_SECONDS))))
    return [server.faults.arm(rule) for rule in rules]


def _refusals(ground: Ground, chance: Random) -> list[Fault]:
    """Each kind at one call; never two in a row, so that the next try of a call is answered."""
    places = list(range(FIRST_CALL, ground.calls, SPACING))
    chosen = sorted(chance.sample(places, min(len(places), len(REFUSALS))))
    kinds = chance.sample(REFUSALS, len(chosen))
    return [
        Fault(method=ground.method, path=ground.reads, nth=place, **kind)
        for place, kind in zip(chosen, kinds, strict=True)
    ]


def _slow(ground: Ground) -> list[Fault]:
    """A short list that comes byte by byte, and a record that stands on two pages of a long one."""
    return [
        Fault(action="trickle", method=ground.method, path=ground.short, nth=1, seconds=TRICKLE_SECONDS),
        Fault(action="duplicate", method=ground.method, path=ground.long, nth=3),
    ]


def _wrong_pages(ground: Ground) -> list[Fault]:
    return [
        Fault(action=action, method=ground.method, path=ground.paged, nth=place)
        for action, place in ground.wrong.items()
    ]


def _poison(server: VendorServer, ground: Ground) -> list[Fault]:
    """The first record of a list: it stands on the first page of any reader that goes by ids."""
    if ground.poisoned is None:
        return []
    path, table = ground.poisoned
    first = min(server.vendor.tables.rows(table))
    return [
        Fault(
            action="poison", method=ground.method, path=path, key="id", value=first, first=POISONED_CALLS
        )
    ]  # fmt: skip


def _records(ground: Ground, chance: Random) -> list[Fault]:
    """Fields that nobody knows, and wrong types where nobody looks."""
    rules = [
        Fault(
            action="mutate", method=ground.method, path=ground.long, nth=1, index=chance.randrange(20),
            key=key, value=value,
        )
        for key, value in ground.unused.items()
    ]  # fmt: skip
    unknown = {"x_newField": True, "x_newObject": {"deep": [1, "two", None]}}
    rules.extend(
        Fault(action="mutate", method=ground.method, path=ground.reads, first=20, key=key, value=value)
        for key, value in unknown.items()
    )
    return rules
