"""Which company is which client: a plan made from what is there, without touching the store.

The plan is a function of the companies, the ledger and which account is the master: rows in another order give the same plan,
and planning again after it has been carried out plans nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sevenc_sync.match.index import ClientPlan, Master, NameIndex, Pointed, named_accounts, names_of
from sevenc_sync.match.names import spellings
from sevenc_sync.match.special import is_catch_all
from sevenc_sync.store.clients import ClientRow
from sevenc_sync.store.companies import CompanyKey, CompanyRow
from sevenc_sync.store.decided import PERSON
from sevenc_sync.store.links import LinkRow

# How sure a link is. Ids are kept by people and can be mistyped; equal names can be two organisations'. Judgement,
# checked against simulated MSPs whose truth is known (bench/match.py).
CONFIDENCE: Mapping[str, float] = {PERSON: 1.0, "master": 1.0, "external-id": 0.99, "name": 0.98}

# What a person can do about a company of the master that may be nobody's.
SAY_CLIENT = "ignore it, or say that it is a client (`match client`)"

IsClient = Callable[[CompanyRow], bool | None]
IsOwn = Callable[[CompanyRow], bool]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the ledger is to say about a company. `client` is None unless the state is linked."""

    state: str
    method: str
    detail: str | None
    client: ClientPlan | None = None


@dataclass(slots=True)
class Plan:
    """What matching would write: clients as they should be, and the ledger's lines."""

    clients: list[ClientPlan] = field(default_factory=list)
    decisions: dict[CompanyKey, Decision] = field(default_factory=dict)
    dropped: list[CompanyKey] = field(default_factory=list)
    renamed: dict[CompanyKey, tuple[str, str]] = field(
        default_factory=dict
    )  # of linked companies: before, now


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that a plan is made from.

    `master` is the PSA account whose companies become clients. `systems` gives each account's name and connector;
    `never` the pairs that a person said are not one, `said_clients` the master's companies that a person called clients.
    """

    companies: Sequence[CompanyRow]
    clients: Sequence[ClientRow]
    links: Sequence[LinkRow]
    master: int | None
    roles: Mapping[int, str]
    systems: Mapping[int, tuple[str, str]]
    never: frozenset[tuple[CompanyKey, int]] = frozenset()
    said_clients: frozenset[CompanyKey] = frozenset()


def is_marked_own(company: CompanyRow) -> bool:
    """Whether the source itself says that the company is the MSP's own."""
    return bool(company.is_msp)


def plan(known: Known, is_client: IsClient, is_own: IsOwn = is_marked_own) -> Plan:
    """Decide about every company of the master and of the accounts in `known.roles`."""
    return _Planner(known, is_client, is_own).plan()


class _Planner:
    def __init__(self, known: Known, is_client: IsClient, is_own: IsOwn) -> None:
        self.known = known
        self.is_client = is_client
        self.is_own = is_own
        self.companies: dict[int, list[CompanyRow]] = defaultdict(list)
        for company in sorted(known.companies, key=lambda row: row.key):
            self.companies[company.account].append(company)
        self.links = {row.key: row for row in known.links}
        self.own = {
            (row.account, row.company): ClientPlan.of(row)
            for row in sorted(known.clients, key=lambda r: r.id)
        }
        self.by_id = {item.id: item for item in self.own.values()}
        self.had_names = {row.id: spellings(row.name) for row in known.clients}
        self.master = Master(known.master, known.systems, named_accounts(known.systems, known.roles))
        self.result = Plan()

    def plan(self) -> Plan:
        if self.known.master is not None:
            self._take_master(self.companies[self.known.master])
        self._forget_others()
        index = self._index()
        others = set(self.known.roles) - {self.known.master}
        # Other PSAs first: what keeps an id of theirs follows it to the client.
        for number in sorted(others, key=lambda number: (self.known.roles[number] != "psa", number)):
            for company in self.companies[number]:
                if company.is_gone:
                    continue
                row = self.links.get(company.key)
                if row is None or row.method != PERSON:
                    self._decide_other(company, index, is_psa=self.known.roles[number] == "psa")
                elif row.client is not None:
                    self.master.clients[company.key] = self.by_id[row.client]
        self._drop_old_lines()
        self._note_renames()
        self.result.clients = list(self.own.values())
        return self.result

    # -- the master

    def _take_master(self, companies: Sequence[CompanyRow]) -> None:
        """Make the master's companies clients."""
        for company in companies:
            is_said = company.key in self.known.said_clients
            self.master.add(company, is_own=self.is_own(company) and not is_said, is_said=is_said)
        fresh = []
        for company in companies:
            row = self.links.get(company.key)
            if row is not None and row.method == PERSON:
                self._follow_person(company, row)
                continue
            asked = self._asked(company)
            if asked is None and self._qualifies(company):
                fresh.append(company)
                continue
            if asked is not None:
                self._decide(company, asked)
            if company.key in self.own and not company.is_gone:
                self.master.clients[company.key] = self.own[company.key]  # a former client keeps its name
        moved = self._moved([row for row in fresh if row.key not in self.own])
        for company in fresh:
            item = self.own.get(company.key) or moved.get(company.key)
            if item is None:
                item = ClientPlan(id=None, name="", account=0, company="", is_active=True, seats=None)
            self.own.pop((item.account, item.company), None)
            self._make_client(company, item)

    def _asked(self, company: CompanyRow) -> Decision | None:
        """The question about a company of the master that may be no client, though it could be one."""
        if company.is_gone or company.is_active is False or company.key in self.known.said_clients:
            return None
        if self.is_own(company):
            return Decision("review", "own", f"it is marked as your own company: {SAY_CLIENT}")
        if self._qualifies(company) and is_catch_all(company.name):
            return Decision(
                "review", "catch-all", f"by its name it collects what belongs to nobody: {SAY_CLIENT}"
            )
        return None

    def _qualifies(self, company: CompanyRow) -> bool:
        if company.is_gone or company.is_active is False:
            return False
        if company.key in self.known.said_clients:
            return True
        if self.is_own(company):
            return False
        verdict = self.is_client(company)
        return company.has_contract if verdict is None else verdict

    def _make_client(self, company: CompanyRow, item: ClientPlan) -> None:
        item.take(company)
        self.own[company.key] = item
        self._decide(company, Decision("linked", "master", None, item))

    def _follow_person(self, company: CompanyRow, row: LinkRow) -> None:
        """A person said whose company this is. It makes its own client only when they said so."""
        item = self.by_id.get(row.client) if row.client is not None and row.state == "linked" else None
        if item is None:
            return
        self.master.clients[company.key] = item
        if (item.account, item.company) == company.key and self._qualifies(company):
            item.take(company)

    def _moved(self, fresh: Sequence[CompanyRow]) -> dict[CompanyKey, ClientPlan]:
        """Clients whose master was another PSA and whose record is now found here.

        They keep their number, and with it their history. Only where both sides are plain.
        """
        index = NameIndex(
            (item, item.name) for item in self.own.values() if item.account != self.known.master
        )
        heirs: dict[int, list[tuple[CompanyKey, ClientPlan]]] = defaultdict(list)
        for company in fresh:
            group = index.find(names_of(company))
            if len(group) == 1 and not self._ruled_out(company, group):
                heirs[id(group[0])].append((company.key, group[0]))
        return dict(pairs[0] for pairs in heirs.values() if len(pairs) == 1)

    def _forget_others(self) -> None:
        """Clients that the master has not confirmed are no longer active; they and their links stay."""
        for item in self.own.values():
            if not item.is_taken:
                item.is_active = False

    def _index(self) -> NameIndex:
        """The names of the master's companies that are clients, and of former clients that still stand there.

        A former client counts because another organisation of its name may have become a client since.
        """
        return NameIndex(
            (item, self.master.names[key])
            for key, item in sorted(self.master.clients.items(), key=lambda pair: pair[0])
            if key in self.master.names
        )

    # -- other accounts

    def _decide_other(self, company: CompanyRow, index: NameIndex, *, is_psa: bool) -> None:
        named = index.find(names_of(company))
        pointed = self.master.by_ids(company)
        decision = self._by_ids(company, pointed, named)
        if decision is None and (decision := self._nobodys(company)) is None:
            decision = self._by_name(company, pointed, named)
            if decision is None:
                if is_psa and self.is_client(company) is False:
                    return  # a PSA lists vendors and prospects too; they wait for nobody
                decision = self._keep(company) or Decision("review", "name", self._why_none(company, pointed))
        self._decide(company, decision)

    def _nobodys(self, company: CompanyRow) -> Decision | None:
        """The question about a company that by its name or a mark is no client's."""
        if self.is_own(company) and not self._is_said(company):
            return Decision("review", "own", "it is marked as the MSP's own company: ignore it, or link it")
        if self.master.own_names & names_of(company):
            return Decision(
                "review", "own", "it has the name of the MSP's own company: ignore it, or link it"
            )
        if is_catch_all(company.name) and not self._is_said(company):
            return Decision(
                "review",
                "catch-all",
                "by its name it collects what belongs to nobody: ignore it, or link it",
            )
        return None

    def _is_said(self, company: CompanyRow) -> bool:
        """Whether it has the name of a company that a person called a client."""
        return bool(self.master.said_names & names_of(company))

    def _doubted(self, company: CompanyRow, decision: Decision) -> Decision | None:
        """The question where a name leads to another client than before, whose record still stands: ids lead, not names."""
        row = self.links.get(company.key)
        if row is None or decision.client is None:
            return None
        if (
            row.state == "review"
            and row.method == "name"
            and (others := self._renamed_from(company, decision.client))
        ):
            why = f"several clients had this name: {_called([decision.client])} still has it, {_called(others)} was renamed"
            return Decision("review", "renamed", why)
        if row.state == "review" and row.method == "renamed":
            return Decision("review", "renamed", row.detail) if row.name == company.name else None
        item = self.by_id.get(row.client) if row.client is not None else None
        if item is None or item is decision.client or (item.account, item.company) not in self.master.names:
            return None
        why = f"it was linked to {_called([item])}; now its name is that of {_called([decision.client])}"
        return Decision("review", "renamed", why)

    def _renamed_from(self, company: CompanyRow, named: ClientPlan) -> list[ClientPlan]:
        """Other clients that had the company's name until now, and whose record still stands."""
        return [
            item
            for row in self.known.clients
            if (item := self.by_id[row.id]) is not named
            and (now := self.master.names.get((item.account, item.company))) is not None
            and self.had_names[row.id] & names_of(company)
            and not spellings(now) & names_of(company)
        ]

    def _keep(self, company: CompanyRow) -> Decision | None:
        """The link of before, although nothing leads to it any more: the company or its client was renamed, or is gone."""
        row = self.links.get(company.key)
        item = self.by_id.get(row.client) if row is not None and row.client is not None else None
        if row is None or item is None or row.state != "linked" or self._ruled_out(company, [item]):
            return None
        stays = row.method == "name" or self._still_names(company, item)
        return Decision("linked", row.method, row.detail, item) if stays else None

    @staticmethod
    def _still_names(company: CompanyRow, item: ClientPlan) -> bool:
        """Whether the company keeps the id of a client whose own record is gone."""
        return item.company in company.external.values()

    def _why_none(self, company: CompanyRow, pointed: Pointed) -> str:
        lost = f"{_listed(pointed.lost)} leads nowhere, and " if pointed.lost else ""
        names = names_of(company)
        if not names:
            return f"{lost}its name holds no letter and no digit"
        others = self.master.not_clients(names)
        if others:
            return f"{lost}the PSA knows this name, but not as a client: {_listed(others)}"
        return f"{lost}no client has this name"

    def _by_ids(self, company: CompanyRow, pointed: Pointed, named: Sequence[ClientPlan]) -> Decision | None:
        """What explicit ids say; None where there are none that lead to a company."""
        if self._ruled_out(company, pointed.clients):
            return self._forbidden("external-id", "its ids point to", pointed.clients)
        if len(pointed.clients) == 1:
            (item,) = pointed.clients
            detail = pointed.detail
            if named and item not in named:
                detail += f"; its name is that of {_called(named)}"  # the id is the better proof
            return Decision("linked", "external-id", detail, item)
        if pointed.clients:
            why = f"its ids point to several clients: {_called(pointed.clients)}"
            return Decision("review", "external-id", why)
        if pointed.others:
            why = f"its id points to a company that is no client: {_listed(pointed.others)}"
            return Decision("review", "external-id", why)
        return None

    def _by_name(self, company: CompanyRow, pointed: Pointed, named: Sequence[ClientPlan]) -> Decision | None:
        """What the name says; None where no client has it."""
        if self._ruled_out(company, named):
            return self._forbidden("name", "it has the name of", named)
        if len(named) == 1:
            lost = f"; {_listed(pointed.lost)} leads nowhere" if pointed.lost else ""
            linked = Decision("linked", "name", _equal(company) + lost, named[0])
            return self._doubted(company, linked) or linked
        if named:
            return Decision("review", "name", f"several clients have this name: {_called(named)}")
        return None

    def _ruled_out(self, company: CompanyRow, items: Iterable[ClientPlan]) -> bool:
        """Whether a person said that the company is never one of these clients."""
        return bool(self.known.never) and any(
            item.id is not None and (company.key, item.id) in self.known.never for item in items
        )

    @staticmethod
    def _forbidden(method: str, how: str, items: Iterable[ClientPlan]) -> Decision:
        return Decision("review", method, f"{how} {_called(items)}, and a person said never")

    def _decide(self, company: CompanyRow, decision: Decision) -> None:
        self.result.decisions[company.key] = decision
        if decision.client is not None:
            self.master.clients[company.key] = decision.client

    def _note_renames(self) -> None:
        """Linked companies that are called otherwise than when they were looked at last."""
        dropped = set(self.result.dropped)
        for company in self.known.companies:
            row = self.links.get(company.key)
            if row is None or row.name is None or row.name == company.name or company.is_gone:
                continue
            if company.key in dropped:
                continue
            decision = self.result.decisions.get(company.key)
            if row.state == "linked" or (decision is not None and decision.state == "linked"):
                self.result.renamed[company.key] = (row.name, company.name)

    def _drop_old_lines(self) -> None:
        """Take out lines about companies that nobody asks about any more; a link stays while it may come back."""
        examined = {*self.known.roles, self.known.master}
        gone = {row.key for row in self.known.companies if row.is_gone}
        self.result.dropped = sorted(
            key
            for key, row in self.links.items()
            if row.account in examined
            and row.method != PERSON
            and key not in self.result.decisions
            and (row.state != "linked" or not (row.account == self.known.master or key in gone))
        )


def _equal(company: CompanyRow) -> str:
    return f"equal name: {min(names_of(company), default='')}"


def _called(items: Iterable[ClientPlan]) -> str:
    return _listed(f"{item.name} ({item.company})" for item in items)


def _listed(names: Iterable[str], limit: int = 5, longest: int = 60) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - limit} more" if len(ordered) > limit else ""
    return (
        ", ".join(name if len(name) <= longest else name[: longest - 1] + "…" for name in ordered[:limit])
        + more
    )
