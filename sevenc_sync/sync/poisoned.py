"""A page that the vendor cannot give, whatever is tried: taken apart, until only the records that it chokes on are left out.

Its ids are asked for alone, then its records by their ids, in ever smaller parts. What cannot be had by itself goes to
quarantine by its id, and the list goes on behind the page. The number of requests is bounded: a vendor that is down gives no
ids either, and one that cannot give many records has another trouble than a bad one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
import structlog

from sevenc_sync.connect.errors import ContractChanged, Problem, VendorDown
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.pages import AFTER, NEXT, PageInfo, Params, sent
from sevenc_sync.connect.stream import Apart, Asked, Stream
from sevenc_sync.connect.walk import names_next
from sevenc_sync.store.quarantine import BadRecord
from sevenc_sync.sync.decode import DecodedPage

MAX_ASKS = 60  # requests for one page: three bad records of a thousand, each ten halvings away, twice over
MAX_OF_A_PAGE = 5  # bad records
MAX_OF_A_RUN = 20
ITS_OWN_FAULT = 500  # the status of a vendor that met a fault of its own with this very question

REASON = "The vendor answers 500 whenever this record is asked for, alone too; its neighbours were read without it."

log = structlog.get_logger("sync")

T = TypeVar("T")


def is_of_the_page(problem: Problem) -> bool:
    """Whether a problem may be of what is on the page alone."""
    return problem.status == ITS_OWN_FAULT and isinstance(problem, VendorDown | ContractChanged)


@dataclass(slots=True, kw_only=True)
class TakenApart:
    """One such page. `asked` is the question for it, `params` its paging parameters, `read` makes rows of an answer.

    `room` is how many more bad records this run may leave out, `problem` what came instead of the page.
    """

    http: Http
    stream: Stream
    apart: Apart
    path: str
    asked: Asked
    params: Params
    read: Callable[[bytes], DecodedPage]
    room: int
    problem: Problem
    asks: int = 0
    page: DecodedPage = field(default_factory=DecodedPage)
    poisoned: list[str] = field(default_factory=list)

    def run(self) -> tuple[DecodedPage, Params | None]:
        """The page without its bad records, and the next page's parameters. Raises the problem where that is no way."""
        ids, following = self._ids()
        if not ids:
            raise self.problem
        for start in range(0, len(ids), self.apart.chunk):
            self._records(ids[start : start + self.apart.chunk])
        self.page.count, self.page.last_key = len(ids), ids[-1]
        for key in self.poisoned:
            body = msgspec.json.encode({self.stream.key: key})
            self.page.bad.append(BadRecord(f"$.{self.stream.key}", REASON, body))
        log.warning("records left out", ids=self.poisoned, requests=self.asks)
        return self.page, following

    def _ids(self) -> tuple[list[str], Params | None]:
        """The ids of the page's records, and where the next page begins."""
        one = msgspec.defstruct("Key", [("key", int | str)], rename={"key": self.stream.key})
        decoder = msgspec.json.Decoder(one)

        def parse(response: Response) -> tuple[list[str], Params | None]:
            raws, paging = self.stream.layout.split(response.body)
            ids = [str(decoder.decode(raw).key) for raw in raws]  # type: ignore[attr-defined]  # the struct is made above
            info = PageInfo(
                params=self.params,
                count=len(ids),
                last_key=ids[-1] if ids else None,
                paging=paging,
                link_next=names_next(response.headers),
            )
            following = self.stream.paginator.next(info)
            if following is not None and NEXT in following:
                following = {AFTER: ids[-1]}  # the vendor's own address leads on with ids alone
            return ids, following

        try:
            return self._ask(self.apart.ids(self.asked), parse, self.params, tries=1)
        except (VendorDown, ContractChanged) as second:
            raise self.problem from second

    def _records(self, ids: Sequence[str]) -> None:
        """Read these, in halves where they cannot be had together."""
        if self.asks >= MAX_ASKS:
            raise self.problem
        first = self.stream.paginator.first()
        try:
            page = self._ask(
                self.apart.these(self.asked, ids),
                lambda response: self.read(response.body),
                first,
                tries=2 if len(ids) == 1 else 1,
            )
        except (VendorDown, ContractChanged) as problem:
            if not is_of_the_page(problem):
                raise
            if len(ids) == 1:
                self._leave_out(ids[0], problem)
                return
            middle = len(ids) // 2
            self._records(ids[:middle])
            self._records(ids[middle:])
        else:
            self.page.add(page)

    def _leave_out(self, key: str, problem: Problem) -> None:
        self.poisoned.append(key)
        if len(self.poisoned) > min(MAX_OF_A_PAGE, self.room):
            raise self.problem from problem

    def _ask(self, asked: Asked, parse: Callable[[Response], T], page: Params, *, tries: int) -> T:
        self.asks += 1
        params, body = asked
        return self.http.read(
            self.path,
            parse,
            params={**params, **sent(page)},
            headers=self.stream.headers,
            json_body=body,
            tries=tries,
        )
