"""One pass over one stream: from the place where the last one stopped, page by page, to the end.

The pass knows nothing of claims and outcomes; it reads, commits and counts. `run` decides what a failure means.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from xxhash import xxh3_64_intdigest

from sevenc_sync.clock import Clock, from_seconds, to_seconds
from sevenc_sync.connect.errors import AccessProblem, ContractChanged, Problem, RecordVanished, VendorDown
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.pages import AFTER, LAST, NEXT, Incomplete, PageInfo, Params, sent
from sevenc_sync.connect.stream import Asked, Context, Detail, Parent, Stream, Window
from sevenc_sync.connect.walk import names_next
from sevenc_sync.model import Lookup
from sevenc_sync.store.bulk import Counts, save_phrases, upsert
from sevenc_sync.store.codec import Codec, Row
from sevenc_sync.store.database import Store
from sevenc_sync.store.details import fill, mark_details, note_tried, save_details
from sevenc_sync.store.quarantine import hold
from sevenc_sync.store.runs import Claim, Token, advance
from sevenc_sync.store.seen import Place, forget_seen, mark_seen
from sevenc_sync.sync.batch import Batch
from sevenc_sync.sync.beside import Told, read_beside
from sevenc_sync.sync.decode import DecodedPage, PageDecoder
from sevenc_sync.sync.poisoned import MAX_OF_A_RUN, TakenApart, is_of_the_page
from sevenc_sync.sync.unchanged import KnownRecords, depends_on_itself_alone

T = TypeVar("T")

log = structlog.get_logger("sync")

A_DAY = timedelta(days=1)  # so far a vendor's clock may be ahead of ours
MAX_ANSWERS = 100_000  # pages of one list in one run: a vendor that never ends must not keep us for ever
MAX_PARENTS_IN_VAIN = 3  # in a row: then it is the vendor, or a right, and not the record


@dataclass(slots=True)
class Totals:
    """What a pass has read so far, in records and pages."""

    pages: int = 0
    fetched: int = 0
    held: int = 0
    counts: Counts = field(default_factory=Counts)


@dataclass(slots=True)
class Question:
    """What is asked for every page of a list, beside the page: a filter in the address, or a body.

    `answers` tells the answers that came apart: a vendor that ignores which page is asked for gives one for ever.
    `ids` are those that were asked for, low <= id < high (None: no upper end), where only a part was.
    """

    params: Mapping[str, str]
    body: Mapping[str, object] | None
    ids: tuple[int, int | None] | None = None
    answers: set[int] = field(default_factory=set)

    def holds(self, key: str | None) -> bool:
        """Whether a page that ends with this key can be an answer: another part's page would hide this one's rest."""
        if self.ids is None or key is None:
            return True
        low, high = self.ids
        return key.lstrip("-").isdigit() and low <= int(key) and (high is None or int(key) < high)


@dataclass(slots=True, kw_only=True)
class Pass:
    """A pass's fixed surroundings. `on_page` hears the totals after every page."""

    store: Store
    http: Http
    stream: Stream
    claim: Claim
    codecs: Mapping[str, Codec]
    known_phrases: set[int]
    clock: Clock
    horizon: datetime
    lookups: Mapping[str, Mapping[str, Lookup]]
    related: Mapping[tuple[str, str], Mapping[str, str | None]]
    details: Mapping[str, Detail] = field(default_factory=dict)  # of this stream's rows, by their own streams
    on_page: Callable[[Totals], None] = lambda _totals: None
    totals: Totals = field(default_factory=Totals)
    skipped: list[str] = field(default_factory=list)  # parents whose own list could not be read
    batch: Batch = field(default_factory=Batch)
    shifting: list[Parent | None] = field(
        default_factory=list
    )  # lists of several pages that shift as we read
    tells_gone: bool = False  # whether this pass shows all that there is
    held_before: int = 0  # records that went into quarantine before this pass was interrupted
    started: datetime | None = None  # the source's clock at the pass's beginning
    _decoder: PageDecoder = field(init=False)
    _home: str = field(init=False)  # the table of the rows that the stream makes
    _newest: int | None = None
    _poisoned: int = 0  # records that the vendor cannot give
    _beside: Told = field(default_factory=dict)
    place: Token | None = None  # where a later run would go on after the batch

    def __post_init__(self) -> None:
        self._home = self.stream.records[0].table
        known = None
        if depends_on_itself_alone(self.stream):
            known = KnownRecords(self.store, self.stream, self.claim.account, self.lookups)
        self._decoder = PageDecoder(self.stream, self.codecs, self.claim.account, known, self.details)

    def read_all(
        self, mode: str, since: datetime | None, token: Token | None, parents: Iterator[Parent] | None
    ) -> None:
        """Read everything from `token` (or the beginning) on. Raises the kit's Problems, and RunLost."""
        if token is not None:
            self.started = from_seconds(token.started)
            self.held_before = token.held
        self.tells_gone = mode == "full" and bool(self.stream.complete)
        if token is not None and not self.stream.paginator.resumable:
            self.tells_gone = (
                False  # nobody knows whether the lists that were read before have shifted meanwhile
            )
        if self.tells_gone and token is None:
            with self.store.write() as connection:
                forget_seen(connection, self.claim.account, self.stream.name)
        if self.stream.beside:
            window = Window(since=since, horizon=self.horizon, now=self.clock())
            self._beside = read_beside(self.http, self.stream, window, self.commit)
        if parents is None:
            if not self.read_parts(mode, since, token):
                self.read_list(mode, since, None, token.params if token else None)
        else:
            self.read_children(mode, since, parents, token)
        self.commit()

    def read_again(self) -> None:
        """Read the lists of several shifting pages once more: what is gone has then been missed twice.

        A record that goes while numbered pages are read moves all behind it up: one of them past the edge of the page
        that was just read, and so unseen.
        """
        again, self.shifting = self.shifting, []
        for parent in again:
            self.read_list("full", None, parent, None)
        self.commit()

    def read_parts(self, mode: str, since: datetime | None, token: Token | None) -> bool:  # noqa: ARG002 - see PartsPass
        """Read the list in parts side by side, where that is possible and worth it; False: it was not read."""
        return False

    def read_children(
        self, mode: str, since: datetime | None, parents: Iterator[Parent], token: Token | None
    ) -> None:
        """The list below each of these rows; one that cannot be read is left out."""
        in_vain = 0
        read_any = token is not None and token.parent is not None
        last: Problem | None = None
        for parent in parents:
            resumed = token.params if token is not None and token.parent == parent.id else None
            try:
                self.read_list(mode, since, parent, resumed)
                in_vain, read_any = 0, True
            except RecordVanished:
                self.skipped.append(parent.id)  # the parent itself is gone; the sweep will say so
            except (VendorDown, AccessProblem, ContractChanged) as problem:
                # One parent's list must not stop the others'; several in a row are no matter of one parent.
                in_vain, last = in_vain + 1, problem
                if in_vain >= MAX_PARENTS_IN_VAIN:
                    raise
                self.skipped.append(parent.id)
        if last is not None and not read_any:
            raise last

    def read_list(
        self, mode: str, since: datetime | None, parent: Parent | None, resumed: Params | None
    ) -> None:
        """One list from its first (or the resumed) page to its end."""
        window = Window(since=since, horizon=self.horizon, now=self.clock())
        question = Question(
            params=dict(self.stream.params(window)),
            body=None if self.stream.body is None else dict(self.stream.body(window)),
        )
        path = self.stream.path_for(parent)
        params: Params | None = resumed if resumed is not None else self.stream.paginator.first()
        seen: set[tuple[tuple[str, str | int], ...]] = set()
        while params is not None:
            mark = tuple(sorted((name, value) for name, value in params.items() if name != LAST))
            if mark in seen:
                raise ContractChanged(f"{path} leads back to a page already read: {dict(params)}.")
            seen.add(mark)
            params = self.read_page(path, question, params, parent)
            self.place = self._token(mode, since, parent, params)
            if self.batch.is_due:
                self.commit()
        if len(seen) > 1 and not self.stream.paginator.resumable:
            self.shifting.append(parent)

    def read_page(
        self, path: str, question: Question, params: Params, parent: Parent | None
    ) -> Params | None:
        """Read one page into the batch; gives the next page's parameters."""
        page, following = self.fetch(path, question, params, parent)
        self.take(page)
        return following

    def fetch(
        self, path: str, question: Question, params: Params, parent: Parent | None
    ) -> tuple[DecodedPage, Params | None]:
        """Read one page; gives it, and the next page's parameters. Changes nothing here."""

        def parse(response: Response) -> tuple[DecodedPage, Params | None]:
            now = self.clock()
            if self.started is None:
                self.started = response.server_time or now
            page = self._decode(response.body, parent)
            if not question.holds(page.last_key):
                raise Incomplete(f"records that belong elsewhere, for {dict(params)}")
            info = PageInfo(
                params=params,
                count=page.count,
                last_key=page.last_key,
                paging=page.paging,
                link_next=names_next(response.headers),
            )
            following = self.stream.paginator.next(info)
            if following is not None and NEXT in following and page.last_key is not None:
                following[LAST] = page.last_key
            return page, following

        try:
            return self.ask(path, question, params, parse)
        except (VendorDown, ContractChanged) as problem:
            if self.stream.apart is None or not is_of_the_page(problem):
                raise
            return self._without_the_poisoned(path, question, params, parent, problem)

    def _decode(self, body: bytes, parent: Parent | None) -> DecodedPage:
        now = self.clock()
        context = Context(
            now=now, parent=parent, lookups=self.lookups, rows=self.related, beside=self._beside
        )
        return self._decoder.page(body, context, to_seconds(now))

    def _without_the_poisoned(
        self, path: str, question: Question, params: Params, parent: Parent | None, problem: Problem
    ) -> tuple[DecodedPage, Params | None]:
        """The page that the vendor cannot give, without the records that it chokes on. Raises the problem."""
        apart = self.stream.apart
        asked = self._asked(question, params)
        if apart is None or (NEXT in params and (apart.after is None or LAST not in params)):
            raise problem
        if apart.after is not None and LAST in params:
            asked = apart.after((question.params, question.body), str(params[LAST]))
        page, following = TakenApart(
            http=self.http,
            stream=self.stream,
            apart=apart,
            path=path,
            asked=asked,
            params={name: value for name, value in params.items() if name != NEXT},
            read=lambda body: self._decode(body, parent),
            room=MAX_OF_A_RUN - self._poisoned,
            problem=problem,
        ).run()
        if not question.holds(page.last_key):
            raise problem
        self._poisoned += len(page.bad)
        return page, following

    def _asked(self, question: Question, params: Params) -> Asked:
        """The question for a page: the list's own, or for what comes behind a page that was taken apart."""
        asked = (question.params, question.body)
        if self.stream.apart is None or self.stream.apart.after is None or AFTER not in params:
            return asked
        return self.stream.apart.after(asked, str(params[AFTER]))

    def take(self, page: DecodedPage) -> None:
        """Take a page into the batch."""
        self.batch.add(page)
        self.count(page)

    def count(self, page: DecodedPage) -> None:
        """Count a page that was read."""
        self.totals.pages += 1
        self.totals.fetched += page.count
        self.totals.held += len(page.bad)
        log.debug("page", page=self.totals.pages, records=page.count, bad=len(page.bad))
        self.on_page(self.totals)

    def ask(
        self,
        path: str,
        question: Question,
        params: Params,
        parse: Callable[[Response], tuple[T, Params | None]],
    ) -> tuple[T, Params | None]:
        """Ask for one page; gives what `parse` makes of it, and the next page's parameters."""

        def parse_once(response: Response) -> tuple[T, Params | None]:
            result = parse(response)
            mark = xxh3_64_intdigest(response.body)
            if mark in question.answers:
                raise Incomplete(f"a page already read, for {dict(params)}")  # once, by mistake, or for ever
            question.answers.add(mark)
            if len(question.answers) > MAX_ANSWERS:
                raise ContractChanged(f"{path} goes on after {MAX_ANSWERS} pages.")
            return result

        own, body = self._asked(question, params)
        made, following = self.http.read(
            str(params.get(NEXT, path)),
            parse_once,
            params=None if NEXT in params else {**own, **sent(params)},
            headers=self.stream.headers,
            json_body=body,
        )
        if following is not None and NEXT in following:
            following[NEXT] = self.http.relative(str(following[NEXT]))
            if AFTER in params:
                following[AFTER] = params[AFTER]
        return made, following

    def _token(
        self, mode: str, since: datetime | None, parent: Parent | None, params: Params | None
    ) -> Token | None:
        """Where a later run would go on; None where it would have to begin again."""
        if not self.stream.paginator.resumable and parent is None:
            return None
        if self.skipped:
            return self.place  # whoever goes on must come past the parents that could not be read
        return Token(
            mode=mode,
            since=None if since is None else to_seconds(since),
            started=to_seconds(self.started or self.clock()),
            parent=parent.id if parent else None,
            params=params if self.stream.paginator.resumable else None,
            held=self.held_before + self.totals.held,
        )

    def commit(self) -> None:
        """Write the batch, the counters and the place in one transaction. Raises RunLost."""
        now = self.clock()
        at, account = to_seconds(now), self.claim.account
        new_phrases: set[int] = set()
        counts = Counts()
        with self.store.write() as connection:
            mark_details(connection, account, self._home, self.batch.marks, at)
            for table, rows in self.batch.rows.items():
                codec = self.codecs[table]
                self._look_for_newest(codec, rows, now)
                new_phrases |= save_phrases(connection, codec, self.known_phrases)
                details = self.details if table == self._home else {}
                counts.add(
                    upsert(connection, codec, account, fill(connection, codec, account, details, rows))
                )
                if self.tells_gone and codec.record in self.stream.complete:
                    place = Place(account, self.stream.name, table, self.stream.scope)
                    mark_seen(connection, place, {row[1] for row in rows})
            counts.add(
                save_details(
                    connection, self.codecs[self._home], account, self.stream.name, self.batch.said, at
                )
            )
            note_tried(connection, account, self.stream.name, self.batch.tried, at)
            hold(connection, account, self.stream.name, self.claim.run, at, self.batch.bad)
            total = self.totals.counts
            advance(
                connection,
                self.claim,
                token=self.place,
                newest=self._newest,
                now=now,
                totals={
                    "new": total.new + counts.new,
                    "changed": total.changed + counts.changed,
                    "same": total.same + counts.same,
                    **self.counters(),
                },
            )
        self.totals.counts.add(counts)
        self.known_phrases |= new_phrases
        self.batch.clear()

    def _look_for_newest(self, codec: Codec, rows: Sequence[Row], now: datetime) -> None:
        """Note the source's newest time of change among the rows."""
        if codec.newest_at is None:
            return
        # one mistyped date in the future must not make a source look fresh for ever
        limit = to_seconds(now + A_DAY)
        times = (row[codec.newest_at] for row in rows if row[codec.newest_at] is not None)
        latest = max((time for time in times if time <= limit), default=None)
        self._newest = max(filter(None, (latest, self._newest)), default=None)

    def counters(self) -> dict[str, int | str]:
        """The run's counters for its row, but for what only a commit knows."""
        meter = self.http.meter
        quota = self.http.quota
        return {
            **({} if quota is None else {"quota_used": quota.used, "quota_limit": quota.limit}),
            "pages": self.totals.pages,
            "fetched": self.totals.fetched,
            "held": self.totals.held,
            "requests": meter.requests,
            "retries": meter.retries,
            "waited_ms": int(meter.waited_seconds * 1000),
            "bytes": meter.received_bytes,
        }
