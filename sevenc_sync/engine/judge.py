"""Between reading and writing back: which company is which client, and which stream delivers which evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

from sevenc_sync.engine.sync_job import Account
from sevenc_sync.match import DeviceSummary, IsClient, IsOwn, MatchSummary
from sevenc_sync.model import ProtectionRun
from sevenc_sync.score import Feeds, Rules, group_test
from sevenc_sync.store.companies import CompanyRow, GroupOf

CLIENT, OWN = "client", "msp"
# A company with one of these tags is no client, whatever else it is called.
OTHERS = frozenset({"vendor", "prospect", "partner", OWN, "former"})


@dataclass(frozen=True, slots=True)
class Matched:
    """What matching companies and devices did."""

    companies: MatchSummary
    devices: DeviceSummary

    @property
    def changed(self) -> int:
        """Lines of the ledger, of companies and of devices, that were made, changed or taken out."""
        return self.companies.changed + self.devices.changed

    def sentence(self) -> str:
        """One line for people."""
        companies, devices = self.companies, self.devices
        text = (
            f"{companies.clients} clients, {companies.linked} companies linked, {companies.review} waiting for a person; "
            f"{devices.records} device records {'' if devices.is_whole else 'of clients with changes '}are {devices.devices} devices."
        )
        if devices.conflicts:
            text += f" {devices.conflicts} questions about device records: `match review --devices`."
        return text + (" `clients --unlinked` lists those that wait." if companies.review else "")


def client_tests(rules: Rules) -> tuple[IsClient, IsOwn]:
    """What a company's type and status words say: whether it is a client (None: nothing), and whether it is the MSP itself."""

    def tags_of(company: CompanyRow) -> set[str]:
        types = company.types.split("; ") if company.types else [None]
        return {
            tag
            for kind in types
            for tag in rules.tag_matcher.gives("company", {"types": kind, "status": company.status})
        }

    def is_own(company: CompanyRow) -> bool:
        return bool(company.is_msp) or OWN in tags_of(company)

    def is_client(company: CompanyRow) -> bool | None:
        if company.is_vendor or company.is_msp:
            return False
        tags = tags_of(company)
        if tags & OTHERS and CLIENT not in tags:
            return False
        return True if CLIENT in tags else None

    return is_client, is_own


def grouping(rules: Rules) -> GroupOf:
    """Says which group of the rules the client of a master company is in."""
    group_of = group_test(rules)
    return lambda company: group_of(company.name, company.types, company.status)


def feeds_of(accounts: Sequence[Account]) -> Feeds:
    """Evidence table -> the (account, stream) pairs that deliver it, by what the connectors declare.

    Backup runs that are built up from what a stream's protections show come from that stream.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for account in accounts:
        for stream in account.connector.streams:
            built = (ProtectionRun,) if stream.builds_runs else ()
            for record in (*stream.records, *built):
                found.setdefault(record.table, []).append((account.number, stream.name))
    return found
