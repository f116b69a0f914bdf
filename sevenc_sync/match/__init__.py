"""Which company is which client, and which records are one device: the link ledger."""

from sevenc_sync.match.clients import IsClient, IsOwn
from sevenc_sync.match.devicerun import DeviceSummary, match_all_devices, match_devices
from sevenc_sync.match.moved import Moved, moved_devices
from sevenc_sync.match.review import Question, Waiting, asked, questions, waiting
from sevenc_sync.match.run import Ground, MatchSummary, match_clients, unlinked
from sevenc_sync.match.sheet import read_sheet, write_sheet
from sevenc_sync.match.suggest import clear_one
from sevenc_sync.store.companies import CompanyRow
from sevenc_sync.store.ledger import Unlinked

__all__ = [
    "CompanyRow",
    "DeviceSummary",
    "Ground",
    "IsClient",
    "IsOwn",
    "MatchSummary",
    "Moved",
    "Question",
    "Unlinked",
    "Waiting",
    "asked",
    "clear_one",
    "match_all_devices",
    "match_clients",
    "match_devices",
    "moved_devices",
    "questions",
    "read_sheet",
    "unlinked",
    "waiting",
    "write_sheet",
]
