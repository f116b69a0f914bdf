"""Finding clients: by the ids that systems keep of each other, and by name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sevenc_sync.match.names import spellings
from sevenc_sync.store.links import ClientRow, CompanyKey, CompanyRow


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
    """Where ids lead: to clients, or to companies of a master that are none."""

    clients: Sequence[ClientPlan]
    others: Sequence[str]
    detail: str


@dataclass(slots=True)
class Masters:
    """The masters' companies so far, and the ids that they and other systems keep of each other.

    A system is named by an account's name, by its connector where just one account has it, or as "psa" where there is
    just one PSA: ids are unique only within one account. `own_names` are the spellings of the MSP's own companies.
    `clients` says whose company each is; those that are no client's are not in it.
    """

    systems: Mapping[int, tuple[str, str]]
    psas: frozenset[int] = frozenset()
    clients: dict[CompanyKey, ClientPlan] = field(default_factory=dict)
    names: dict[CompanyKey, str] = field(default_factory=dict)
    own_names: set[str] = field(default_factory=set)
    _by_name: dict[str, set[CompanyKey]] = field(default_factory=lambda: defaultdict(set))
    _claims: dict[CompanyKey, set[CompanyKey]] = field(default_factory=lambda: defaultdict(set))
    _accounts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.psas) == 1:
            self._accounts["psa"] = min(self.psas)
        for at in (1, 0):  # names last: they win over connectors
            named: dict[str, list[int]] = defaultdict(list)
            for number, system in self.systems.items():
                named[system[at].casefold()].append(number)
            self._accounts |= {name: numbers[0] for name, numbers in named.items() if len(numbers) == 1}

    def add(self, company: CompanyRow) -> None:
        """Know a master's company, whether it is a client or not."""
        if company.is_gone:
            return
        self.names[company.key] = company.name
        if company.is_msp:
            self.own_names |= names_of(company)
        for key in names_of(company):
            self._by_name[key].add(company.key)
        for system, number in company.external.items():
            named = self._accounts.get(system.casefold())
            if named is not None:
                self._claims[named, number].add(company.key)

    def by_ids(self, company: CompanyRow) -> Pointed:
        """Follow the ids that this company keeps of masters, and those that masters keep of it."""
        keys: dict[CompanyKey, str] = {}
        for system, number in sorted(company.external.items()):
            named = self._accounts.get(system.casefold())
            if named is not None and (named, number) in self.names:
                keys[named, number] = f"{system} id {number}"
        for key in sorted(self._claims.get(company.key, ())):
            keys.setdefault(key, f"named by company {key[1]} of {self.systems[key[0]][0]}")
        keys = {key: detail for key, detail in keys.items() if key[0] != company.account}
        found: dict[int, tuple[ClientPlan, str]] = {}
        for key, detail in keys.items():
            if (item := self.clients.get(key)) is not None:
                found.setdefault(id(item), (item, detail))
        clients = sorted((item for item, _ in found.values()), key=lambda item: (item.account, item.company))
        detail = "; ".join(sorted(detail for _, detail in found.values()))
        others = [self.names[key] for key in keys if key not in self.clients]
        return Pointed(clients, others, detail)

    def not_clients(self, keys: Iterable[str]) -> list[str]:
        """Names of masters' companies of this spelling that are no clients."""
        found = {
            key for spelling in keys for key in self._by_name.get(spelling, ()) if key not in self.clients
        }
        return [self.names[key] for key in sorted(found)]
