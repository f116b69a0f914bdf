"""Finding clients: by the ids that systems keep of each other, and by name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sevenc_sync.match.names import spellings
from sevenc_sync.store.clients import ClientRow
from sevenc_sync.store.companies import CompanyKey, CompanyRow


@dataclass(slots=True, kw_only=True, eq=False)
class ClientPlan:
    """A client as it should be. `id` is None until the store has given it a number; two are one only by identity."""

    id: int | None
    name: str
    account: int
    company: str
    is_active: bool
    seats: int | None
    is_taken: bool = False  # a master has confirmed it in this run

    @classmethod
    def of(cls, row: ClientRow) -> "ClientPlan":
        """The client as it is now."""
        return cls(
            id=row.id,
            name=row.name,
            account=row.account,
            company=row.company,
            is_active=row.is_active,
            seats=row.seats,
        )

    def take(self, company: CompanyRow) -> None:
        """Be the client of this master company, with its present name."""
        self.account, self.company = company.key
        self.name, self.seats = company.name, company.seats
        self.is_active = self.is_taken = True


def names_of(company: CompanyRow) -> frozenset[str]:
    """The folded spellings of the company's name."""
    return spellings(company.name)


@dataclass(slots=True)
class _Group:
    members: dict[int, ClientPlan] = field(default_factory=dict)  # by identity
    keys: set[str] = field(default_factory=set)

    def add(self, other: "_Group") -> None:
        self.members |= other.members
        self.keys |= other.keys


class NameIndex:
    """Clients by folded name.

    Names that can be read alike form a group, also over a third one between them: Müller makes one group of Mueller
    and Muller. A group of more than one client tells nobody apart.
    """

    def __init__(self, named: Iterable[tuple[ClientPlan, str]]) -> None:
        self._groups: dict[str, _Group] = {}
        for item, name in named:
            joined = _Group({id(item): item}, set(spellings(name)))
            for key in spellings(name):
                if key in self._groups:
                    joined.add(self._groups[key])
            for key in joined.keys:
                self._groups[key] = joined

    def find(self, keys: Iterable[str]) -> list[ClientPlan]:
        """The clients that one of these spellings can mean, by account and company."""
        found: dict[int, ClientPlan] = {}
        for key in keys:
            if key in self._groups:
                found |= self._groups[key].members
        return sorted(found.values(), key=lambda item: (item.account, item.company))


@dataclass(frozen=True, slots=True)
class Pointed:
    """Where ids lead: to clients, to companies of the master that are none, or nowhere (`lost`, as "SYSTEM id ID")."""

    clients: Sequence[ClientPlan]
    others: Sequence[str]
    detail: str
    lost: Sequence[str]


# What stands in a field for an id where there is none.
NO_IDS = frozenset({"", "0", "-1", "-", "n/a", "na", "none", "null", "unknown"})


def ids_of(company: CompanyRow, accounts: Mapping[str, int]) -> dict[CompanyKey, str]:
    """The companies that this one's ids name, each as "SYSTEM id ID"; of systems that `accounts` knows."""
    found: dict[CompanyKey, str] = {}
    for system, given in sorted(company.external.items()):
        account, number = accounts.get(system.strip().casefold()), given.strip()
        if account is not None and number.casefold() not in NO_IDS:
            found.setdefault((account, number), f"{system.strip()} id {number}")
    return found


def named_accounts(systems: Mapping[int, tuple[str, str]], roles: Mapping[int, str]) -> dict[str, int]:
    """Which account the name of a system means; ids are unique only within one account.

    It is an account's name; or a connector's where just one account has it, with or without the `_psa` at its end; or
    "psa" where there is just one PSA. A name that could mean several accounts means none.
    """
    psas = [number for number, role in roles.items() if role == "psa"]
    found = {"psa": psas[0]} if len(psas) == 1 else {}
    for named_by in (  # an account's own name last: it wins over the others
        {number: connector.removesuffix("_psa") for number, (_, connector) in systems.items()},
        {number: connector for number, (_, connector) in systems.items()},
        {number: name for number, (name, _) in systems.items()},
    ):
        named: dict[str, list[int]] = defaultdict(list)
        for number, name in named_by.items():
            named[name.casefold()].append(number)
        found |= {name: numbers[0] for name, numbers in named.items() if len(numbers) == 1}
    return found


@dataclass(slots=True)
class Master:
    """The master's companies, and the ids that they and other systems keep of each other.

    `accounts` gives the account that a system's name means. `own_names` are the spellings of the MSP's own companies,
    `said_names` those of companies that are clients by a person's word. `clients` says whose company each is; those that
    are no client's are not in it.
    """

    number: int | None
    systems: Mapping[int, tuple[str, str]]
    accounts: Mapping[str, int]
    clients: dict[CompanyKey, ClientPlan] = field(default_factory=dict)
    names: dict[CompanyKey, str] = field(default_factory=dict)
    own_names: set[str] = field(default_factory=set)
    said_names: set[str] = field(default_factory=set)
    _by_name: dict[str, set[CompanyKey]] = field(default_factory=lambda: defaultdict(set))
    _claims: dict[CompanyKey, set[CompanyKey]] = field(default_factory=lambda: defaultdict(set))

    def add(self, company: CompanyRow, *, is_own: bool, is_said: bool = False) -> None:
        """Know a company of the master, whether it is a client or not."""
        if company.is_gone:
            return
        self.names[company.key] = company.name
        if is_own:
            self.own_names |= names_of(company)
        if is_said:
            self.said_names |= names_of(company)
        for key in names_of(company):
            self._by_name[key].add(company.key)
        for named in ids_of(company, self.accounts):
            self._claims[named].add(company.key)

    def by_ids(self, company: CompanyRow) -> Pointed:
        """Follow the ids that this company keeps of the master, and those that the master keeps of it.

        An id of another PSA's company leads to the client that this one is linked to, if it is linked.
        """
        given = {key: how for key, how in ids_of(company, self.accounts).items() if key != company.key}
        keys = {
            key: how
            for key, how in given.items()
            if key in (self.names if key[0] == self.number else self.clients)
        }
        for key in sorted(self._claims.get(company.key, ())):
            keys.setdefault(key, f"named by company {key[1]} of {self.systems[key[0]][0]}")
        found: dict[int, tuple[ClientPlan, str]] = {}
        for key, how in keys.items():
            if (item := self.clients.get(key)) is not None:
                found.setdefault(id(item), (item, how))
        clients = sorted((item for item, _ in found.values()), key=lambda item: (item.account, item.company))
        detail = "; ".join(sorted(how for _, how in found.values()))
        others = [self.names[key] for key in keys if key not in self.clients]
        lost = [how for key, how in sorted(given.items()) if key[0] == self.number and key not in self.names]
        return Pointed(clients, others, detail, lost)

    def not_clients(self, keys: Iterable[str]) -> list[str]:
        """Names of the master's companies of this spelling that are no clients."""
        found = {
            key for spelling in keys for key in self._by_name.get(spelling, ()) if key not in self.clients
        }
        return [self.names[key] for key in sorted(found)]
