"""Which company is which client: a plan made from what is there, without touching the store.

The plan is a function of the companies, the ledger and the masters' order: rows in another order give the same plan,
and planning again after it has been carried out plans nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sevenc_sync.match.index import ClientPlan, Masters, NameIndex, names_of
from sevenc_sync.match.special import is_catch_all
from sevenc_sync.store.decided import PERSON
from sevenc_sync.store.links import ClientRow, CompanyKey, CompanyRow, LinkRow

# How sure a link is. Ids are kept by people and can be mistyped; equal names can be two organisations'. Judgement,
# checked against simulated MSPs whose truth is known (bench/match.py).
CONFIDENCE: Mapping[str, float] = {PERSON: 1.0, "master": 1.0, "external-id": 0.99, "name": 0.98}

IsClient = Callable[[CompanyRow], bool | None]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the ledger is to say about a company. `client` is None unless the state is linked."""

    state: str
    method: str
    detail: str | None
    client: ClientPlan | None = None
    is_open: bool = False  # nothing says that it is some client's: a second master's company makes its own


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

    `systems` gives each account's name and connector; `never` the pairs that a person said are not one.
    """

    companies: Sequence[CompanyRow]
    clients: Sequence[ClientRow]
    links: Sequence[LinkRow]
    masters: Sequence[int]
    roles: Mapping[int, str]
    systems: Mapping[int, tuple[str, str]]
    never: frozenset[tuple[CompanyKey, int]] = frozenset()


def plan(known: Known, is_client: IsClient) -> Plan:
    """Decide about every company of the masters and of the accounts in `known.roles`."""
    return _Planner(known, is_client).plan()


class _Planner:
    def __init__(self, known: Known, is_client: IsClient) -> None:
        self.known = known
        self.is_client = is_client
        self.companies: dict[int, list[CompanyRow]] = defaultdict(list)
        for company in sorted(known.companies, key=lambda row: row.key):
            self.companies[company.account].append(company)
        self.links = {row.key: row for row in known.links}
        self.own = {
            (row.account, row.company): ClientPlan.of(row)
            for row in sorted(known.clients, key=lambda r: r.id)
        }
        self.by_id = {item.id: item for item in self.own.values()}
        self.masters = Masters(
            known.systems, frozenset(number for number, role in known.roles.items() if role == "psa")
        )
        self.result = Plan()

    def plan(self) -> Plan:
        for rank, master in enumerate(self.known.masters):
            self._take_master(rank, master)
        self._forget_others()
        everyone = self._index(self.known.masters)
        for number in sorted(set(self.known.roles) - set(self.known.masters)):
            for company in self.companies[number]:
                if not company.is_gone and not self._is_decided(company):
                    self._decide_other(company, everyone, is_psa=self.known.roles[number] == "psa")
        self._drop_old_lines()
        self._note_renames()
        self.result.clients = list(self.own.values())
        return self.result

    # -- masters

    def _take_master(self, rank: int, master: int) -> None:
        """Make the master's companies clients, or companies of clients that an earlier master has already made."""
        earlier = self._index(self.known.masters[:rank])
        for company in self.companies[master]:
            self.masters.add(company)
        fresh = []
        for company in self.companies[master]:
            row = self.links.get(company.key)
            if row is not None and row.method == PERSON:
                self._follow_person(company, row)
            elif not self._qualifies(company):
                if company.key in self.own and not company.is_gone:
                    self.masters.clients[company.key] = self.own[
                        company.key
                    ]  # a former client keeps its name
            elif not (rank and self._join_earlier(company, earlier)):
                fresh.append(company)
        moved = self._moved([row for row in fresh if row.key not in self.own], self.known.masters[: rank + 1])
        for company in fresh:
            item = self.own.get(company.key) or moved.get(company.key)
            if item is None:
                item = ClientPlan(id=None, name="", account=0, company="", is_active=True, seats=None)
            self.own.pop((item.account, item.company), None)
            self._make_client(company, item)

    def _join_earlier(self, company: CompanyRow, earlier: NameIndex) -> bool:
        """Whether the company belongs to an earlier master's client, or waits because it may belong to several."""
        decision = self._resolve(company, earlier)
        if decision.state == "linked":
            self._decide(company, decision)
            return True
        if decision.detail is None or decision.is_open or company.key in self.own:
            return False
        self._decide(company, decision)
        return True

    def _qualifies(self, company: CompanyRow) -> bool:
        if company.is_gone or company.is_active is False or company.is_msp:
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
        self.masters.clients[company.key] = item
        if (item.account, item.company) == company.key and self._qualifies(company):
            item.take(company)

    def _moved(self, fresh: Sequence[CompanyRow], settled: Sequence[int]) -> dict[CompanyKey, ClientPlan]:
        """Clients whose master was another PSA, of lower rank or no longer used, and whose record is now found here.

        They keep their number, and with it their history. Only where both sides are plain.
        """
        index = NameIndex(
            (item, item.name)
            for item in self.own.values()
            if item.account not in settled and not item.is_taken
        )
        heirs: dict[int, list[tuple[CompanyKey, ClientPlan]]] = defaultdict(list)
        for company in fresh:
            group = index.find(names_of(company))
            if len(group) == 1 and not self._ruled_out(company, group):
                heirs[id(group[0])].append((company.key, group[0]))
        return dict(pairs[0] for pairs in heirs.values() if len(pairs) == 1)

    def _forget_others(self) -> None:
        """Clients that no master has confirmed are no longer active; they and their links stay."""
        for item in self.own.values():
            if not item.is_taken:
                item.is_active = False

    def _index(self, masters: Sequence[int]) -> NameIndex:
        """The names of these masters' companies that are clients, and of former clients that still stand there.

        A former client counts because another organisation of its name may have become a client since.
        """
        return NameIndex(
            (item, self.masters.names[key])
            for key, item in sorted(self.masters.clients.items(), key=lambda pair: pair[0])
            if key[0] in masters and key in self.masters.names
        )

    # -- other accounts

    def _decide_other(self, company: CompanyRow, index: NameIndex, *, is_psa: bool) -> None:
        if company.is_msp:
            self._decide(company, Decision("ignored", "own", "the MSP's own company"))
            return
        decision = self._resolve(company, index)
        if decision.method != "external-id" and (why := self._nobodys(company)) is not None:
            decision = why
        elif decision.detail is None:
            if is_psa and self.is_client(company) is False:
                return  # a PSA lists vendors and prospects too; they wait for nobody
            decision = self._keep(company) or Decision("review", "name", self._why_none(company))
        elif decision.state == "linked" and decision.method == "name":
            decision = self._doubted(company, decision) or decision
        self._decide(company, decision)

    def _nobodys(self, company: CompanyRow) -> Decision | None:
        """The question about a company that by its name is no client's."""
        if self.masters.own_names & names_of(company):
            return Decision(
                "review", "own", "it has the name of the MSP's own company: ignore it, or link it"
            )
        if is_catch_all(company.name):
            return Decision(
                "review",
                "catch-all",
                "by its name it collects what belongs to nobody: ignore it, or link it",
            )
        return None

    def _doubted(self, company: CompanyRow, decision: Decision) -> Decision | None:
        """The question where a name leads to another client than before, whose record still stands: ids lead, not names."""
        row = self.links.get(company.key)
        if row is None or decision.client is None:
            return None
        if row.state == "review" and row.method == "renamed":
            return Decision("review", "renamed", row.detail) if row.name == company.name else None
        item = self.by_id.get(row.client) if row.client is not None else None
        if item is None or item is decision.client or (item.account, item.company) not in self.masters.names:
            return None
        why = f"it was linked to {_called([item])}; now its name is that of {_called([decision.client])}"
        return Decision("review", "renamed", why)

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

    def _why_none(self, company: CompanyRow) -> str:
        names = names_of(company)
        if not names:
            return "its name holds no letter and no digit"
        others = self.masters.not_clients(names)
        if others:
            return f"the PSA knows this name, but not as a client: {_listed(others)}"
        return "no client has this name"

    # -- both

    def _resolve(self, company: CompanyRow, index: NameIndex) -> Decision:
        """By explicit ids, then by name. A review without a detail says that nothing was found."""
        return self._by_ids(company) or self._by_name(company, index.find(names_of(company)))

    def _by_ids(self, company: CompanyRow) -> Decision | None:
        pointed = self.masters.by_ids(company)
        if self._ruled_out(company, pointed.clients):
            return self._forbidden("external-id", "its ids point to", pointed.clients)
        if len(pointed.clients) == 1:
            return Decision("linked", "external-id", pointed.detail, pointed.clients[0])
        if pointed.clients:
            why = f"its ids point to several clients: {_called(pointed.clients)}"
            return Decision("review", "external-id", why)
        if pointed.others:
            why = f"its id points to a company that is no client: {_listed(pointed.others)}"
            return Decision("review", "external-id", why, is_open=True)
        return None

    def _by_name(self, company: CompanyRow, named: Sequence[ClientPlan]) -> Decision:
        if self._ruled_out(company, named):
            return self._forbidden("name", "it has the name of", named)
        if len(named) == 1:
            return Decision("linked", "name", _equal(company), named[0])
        if named:
            return Decision("review", "name", f"several clients have this name: {_called(named)}")
        return Decision("review", "name", None)

    def _ruled_out(self, company: CompanyRow, items: Iterable[ClientPlan]) -> bool:
        """Whether a person said that the company is never one of these clients."""
        return bool(self.known.never) and any(
            item.id is not None and (company.key, item.id) in self.known.never for item in items
        )

    @staticmethod
    def _forbidden(method: str, how: str, items: Iterable[ClientPlan]) -> Decision:
        return Decision("review", method, f"{how} {_called(items)}, and a person said never", is_open=True)

    def _is_decided(self, company: CompanyRow) -> bool:
        row = self.links.get(company.key)
        return row is not None and row.method == PERSON

    def _decide(self, company: CompanyRow, decision: Decision) -> None:
        self.result.decisions[company.key] = decision
        if decision.client is not None:
            self.masters.clients[company.key] = decision.client

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
        examined = set(self.known.roles) | set(self.known.masters)
        gone = {row.key for row in self.known.companies if row.is_gone}
        self.result.dropped = sorted(
            key
            for key, row in self.links.items()
            if row.account in examined
            and row.method != PERSON
            and key not in self.result.decisions
            and (row.state != "linked" or not (row.account in self.known.masters or key in gone))
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
