"""Between reading and writing back: which company is which client, and which stream delivers which evidence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sevenc_sync.engine.sync_job import Account
from sevenc_sync.match import DeviceSummary, MatchSummary
from sevenc_sync.score import Feeds, Rules, group_test
from sevenc_sync.store.links import CompanyRow, GroupOf

# A company with one of these tags is no client, whatever else it is called.
OTHERS = frozenset({"vendor", "prospect", "partner", "msp", "former"})


@dataclass(frozen=True, slots=True)
class Matched:
    """What matching companies and devices did; `devices` is of all clients, or of those with changes."""

    companies: MatchSummary
    devices: DeviceSummary
    is_whole: bool = True

    def sentence(self) -> str:
        """One line for people."""
        companies, devices = self.companies, self.devices
        text = (
            f"{companies.clients} clients, {companies.linked} companies linked, {companies.review} waiting for a person; "
            f"{devices.records} device records {'' if self.is_whole else 'of clients with changes '}are {devices.devices} devices."
        )
        return text + (" `clients --unlinked` lists those that wait." if companies.review else "")


def client_test(rules: Rules) -> Callable[[CompanyRow], bool | None]:
    """Says whether a company is a client by its type and status words; None when the words say nothing."""

    def test(company: CompanyRow) -> bool | None:
        if company.is_vendor or company.is_msp:
            return False
        types = company.types.split("; ") if company.types else [None]
        tags = {
            tag
            for kind in types
            for tag in rules.tag_matcher.gives("company", {"types": kind, "status": company.status})
        }
        if tags & OTHERS and "client" not in tags:
            return False
        return True if "client" in tags else None

    return test


def grouping(rules: Rules) -> GroupOf:
    """Says which group of the rules the client of a master company is in."""
    group_of = group_test(rules)
    return lambda company: group_of(company.name, company.types, company.status)


def feeds_of(accounts: Sequence[Account]) -> Feeds:
    """Evidence table -> the (account, stream) pairs that deliver it, by what the connectors declare."""
    found: dict[str, list[tuple[int, str]]] = {}
    for account in accounts:
        for stream in account.connector.streams:
            for record in stream.records:
                found.setdefault(record.table, []).append((account.number, stream.name))
    return found
