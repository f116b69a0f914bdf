"""Which company is which client, and which records are one device: the link ledger."""

from sevenc_sync.match.clients import IsClient
from sevenc_sync.match.run import DeviceSummary, MatchSummary, match_clients, match_devices, unlinked
from sevenc_sync.store.links import CompanyRow, Unlinked

__all__ = [
    "CompanyRow",
    "DeviceSummary",
    "IsClient",
    "MatchSummary",
    "Unlinked",
    "match_clients",
    "match_devices",
    "unlinked",
]
