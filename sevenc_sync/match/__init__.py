"""Which company is which client, and which records are one device: the link ledger."""

from sevenc_sync.match.clients import IsClient
from sevenc_sync.match.review import Question, questions
from sevenc_sync.match.run import (
    DeviceSummary,
    MatchSummary,
    match_changed_devices,
    match_clients,
    match_devices,
    unlinked,
)
from sevenc_sync.match.sheet import read_sheet, write_sheet
from sevenc_sync.match.suggest import clear_one
from sevenc_sync.store.links import CompanyRow, Unlinked

__all__ = [
    "CompanyRow",
    "DeviceSummary",
    "IsClient",
    "MatchSummary",
    "Question",
    "Unlinked",
    "clear_one",
    "match_changed_devices",
    "match_clients",
    "match_devices",
    "questions",
    "read_sheet",
    "unlinked",
    "write_sheet",
]
