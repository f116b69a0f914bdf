"""The small world made smaller still, and what it lacks added, so that every list has a few records and none has many."""

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any
from uuid import UUID

from sevenc_sync.sandbox import VendorServer

# How many rows of a table are kept, by vendor. Tables that are not named here are left alone.
KEPT: Mapping[str, Mapping[str, int]] = {
    "connectwise_psa": {
        "boards": 3,
        "agreements": 5,
        "tickets": 12,
        "configurations": 12,
        "projects": 6,
        "project_tickets": 8,
        "phases": 8,
        "time_entries": 12,
        "activities": 8,
        "schedule_entries": 8,
        "contacts": 8,
    },
    "autotask_psa": {
        "Tickets": 12,
        "TimeEntries": 12,
        "ConfigurationItems": 12,
        "ContractServiceUnits": 24,
        "ContractServices": 12,
        "CompanyNotes": 9,
        "CompanyToDos": 9,
    },
    "datto_bcdr": {"devices": 5, "assets": 12},
    "datto_rmm": {"devices": 12},
    "cove": {"accounts": 14},
    "ninjaone": {"devices": 14},
    "veeam_vspc": {"console_computers": 12, "agent_jobs": 12, "jobs": 12, "microsoft_objects": 12},
}

# So many copies are made of a table's first row, where a list would not fill three pages.
COPIES: Mapping[str, Mapping[str, int]] = {
    "connectwise_psa": {
        "company_statuses": 3,
        "boards": 2,
        "board_types": 5,
        "priorities": 2,
        "phases": 5,
        "project_statuses": 4,
        "work_types": 4,
        "work_roles": 4,
    },
    "autotask_psa": {"Roles": 4, "ContractServiceUnits": 6},
    "datto_bcdr": {"assets": 4},
    "veeam_vspc": {"virtual_machines": 4, "vm_backups": 2, "microsoft_jobs": 4, "server_computers": 3},
}

# Of these tables the parents give rows in turn, named by the field that holds the parent.
SPREAD: Mapping[str, str] = {"assets": "serialNumber", "devices": "siteUid"}


def _datto(server: VendorServer) -> None:
    """Alerts: in a world of this size no appliance is offline."""
    devices = [record["serialNumber"] for record in server.records("devices")]
    for place, serial in enumerate([devices[0]] * 5):
        alert = {
            "id": f"alert {place}",
            "serialNumber": serial,
            "type": "Device Not Seen Alert",
            "threshold": 60,
            "unit": "Minutes",
            "dateTriggered": f"2026-11-1{place}T08:00:00+00:00",
            "dateSent": f"2026-11-1{place}T08:01:00+00:00",
        }
        server.vendor.tables.put("alerts", alert)


def _autotask(server: VendorServer) -> None:
    """Service bundles: this MSP sells none."""
    contracts = sorted(record["id"] for record in server.records("Contracts"))
    services = server.records("Services")
    for number, contract in enumerate(contracts[:5], start=1):
        bundle = {**services[0], "id": number, "name": f"Bundle {number}"}
        sold = {
            "id": number,
            "contractID": contract,
            "serviceBundleID": number,
            "invoiceDescription": f"Bundle {number}",
            "internalDescription": None,
            "unitPrice": 40.0 * number,
        }
        units = {
            "id": number,
            "contractServiceBundleID": number,
            "contractID": contract,
            "serviceBundleID": number,
            "startDate": "2026-11-01T00:00:00Z",
            "endDate": "2026-11-30T00:00:00Z",
            "units": 5 * number,
        }
        server.vendor.tables.put("ServiceBundles", bundle)
        server.vendor.tables.put("ContractServiceBundles", sold)
        server.vendor.tables.put("ContractServiceBundleUnits", units)


_ADDED: Mapping[str, Callable[[VendorServer], None]] = {"datto_bcdr": _datto, "autotask_psa": _autotask}


def make_smaller(name: str, server: VendorServer) -> None:
    """Cut the vendor's tables, and add what it lacks."""
    tables = server.vendor.tables
    for table, kept in KEPT.get(name, {}).items():
        if table not in tables.names:
            continue
        rows = dict(tables.rows(table))
        for key in _in_turn(rows, SPREAD.get(table))[kept:]:
            tables.remove(table, key)
    for table, copies in COPIES.get(name, {}).items():
        if table in tables.names:
            _copy_first(server, table, copies)
    if name in _ADDED:
        _ADDED[name](server)


def _copy_first(server: VendorServer, table: str, copies: int) -> None:
    """Rows that differ from the first one in what names them."""
    first = next(iter(server.records(table)))
    for number in range(1, copies + 1):
        row = dict(first)
        row |= {name: 9_000_000 + number for name in ("id", "assetId") if name in first}
        row |= {name: str(UUID(int=number)) for name in ("instanceUid", "uniqueUid") if name in first}
        if first.get("name"):
            row["name"] = f"{first['name']} {number}"
        if "volume" in first:
            row["volume"] = f"{number:032x}"
        server.vendor.tables.put(table, row)


def _in_turn(rows: Mapping[int | str, dict[str, Any]], field: str | None) -> list[int | str]:
    """The rows' keys: one of each parent, then a second of each, and so on; in their order without a field."""
    groups: dict[object, list[int | str]] = {}
    for key, row in rows.items():
        groups.setdefault(row.get(field) if field else None, []).append(key)
    return [key for turn in zip_longest(*groups.values()) for key in turn if key is not None]
