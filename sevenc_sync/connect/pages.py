"""How vendors cut lists into pages, and how answers hold their records.

Paginators and layouts are frozen values with pure functions. The engine, not they, stops on a repeated page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sevenc_sync.connect.errors import ContractChanged

Params = dict[str, str | int]

MAX_PAGES = 10_000  # by number; a vendor that never ends must not keep us for ever


class Malformed(Exception):
    """The body is not JSON at all, or not what a gateway should have let through: worth asking again."""


class Incomplete(Malformed):
    """A page that is not the one asked for, or that hides what follows: empty, or without a key to go on from."""


@dataclass(frozen=True, slots=True)
class PageInfo:
    """What a paginator may know of the page just read.

    `last_key` is the key of its last record, `paging` the envelope's fields beside the records, `link_next` whether a
    Link header names a next page (None when the vendor sends no such header).
    """

    params: Params
    count: int
    last_key: str | None
    paging: Mapping[str, object]
    link_next: bool | None


class Paginator(Protocol):
    """First parameters, next parameters. `resumable`: an interrupted pass may go on at a stored page."""

    @property
    def resumable(self) -> bool:
        """Whether the pages after a stored place are still the same ones later."""
        ...

    def first(self) -> Params:
        """The first page's parameters."""
        ...

    def next(self, page: PageInfo) -> Params | None:
        """The parameters of the page after this one; None at the end."""
        ...


@dataclass(frozen=True, slots=True)
class SinglePage:
    """The vendor gives everything in one answer."""

    resumable: bool = False

    def first(self) -> Params:
        """No paging parameters."""
        return {}

    def next(self, page: PageInfo) -> Params | None:  # noqa: ARG002 - the protocol's signature
        """There is no second page."""
        return None


@dataclass(frozen=True, slots=True)
class Keyset:
    """Pages after a key: the server gives records with a greater key, in its order. Rows cannot move between pages."""

    size: int
    size_param: str
    key_param: str
    resumable: bool = True

    def first(self) -> Params:
        """Only the size: from the beginning."""
        return {self.size_param: self.size}

    def next(self, page: PageInfo) -> Params | None:
        """After the last key; the end is a short page with no next link.

        Raises Incomplete when there is more, but nothing to go on from.
        """
        if page.count < self.size and not page.link_next:
            return None
        if page.last_key is None:
            held = "a last record without its key" if page.count else "an empty page"
            raise Incomplete(f"{held}, though more records follow")
        return {self.size_param: self.size, self.key_param: page.last_key}


@dataclass(frozen=True, slots=True)
class NumberedPages:
    """Pages by number, with the page's number and the number of pages in the envelope (under `envelope`).

    `count_field` names the number of all records there, where the vendor tells it: an empty list of some is none.
    """

    size: int
    page_param: str
    size_param: str | None
    envelope: str
    page_field: str
    total_field: str
    count_field: str | None = None
    resumable: bool = False  # a numbered page shifts while others change

    def first(self) -> Params:
        """Page one."""
        params: Params = {self.page_param: 1}
        if self.size_param:
            params[self.size_param] = self.size
        return params

    def next(self, page: PageInfo) -> Params | None:
        """The next number until the envelope's total is reached.

        An answer without an envelope that holds exactly as many records as were asked for may be cut: the next page
        tells. Raises ContractChanged without a usable total, for a page beyond it, and beyond MAX_PAGES; Incomplete for
        another page than the one asked for, and for an empty page in the middle.
        """
        number = int(page.params[self.page_param])
        following: Params = {**page.params, self.page_param: number + 1}
        if number >= MAX_PAGES:
            raise ContractChanged(f"A list goes on after {MAX_PAGES} pages.")
        envelope = page.paging.get(self.envelope)
        if envelope is None:
            return following if self.size_param and page.count == self.size else None
        fields = envelope if isinstance(envelope, Mapping) else {}
        total, own = fields.get(self.total_field), fields.get(self.page_field)
        if not isinstance(total, int) or isinstance(total, bool):
            raise ContractChanged(f"The page envelope has no number in {self.envelope}.{self.total_field}.")
        if isinstance(own, int) and own != number and page.count:
            raise Incomplete(f"page {own} where page {number} was asked for")
        if page.count and total < number:
            # Taken for the end, a total that is wrong would hide all that follows.
            raise ContractChanged(f"Page {number} holds records, and is said to be one of {total}.")
        if not page.count and (1 < total >= number or (number == 1 and _some(fields, self.count_field))):
            raise Incomplete(f"an empty page, though it is one of {total}, and records are said to be there")
        return following if number < total else None


def _some(envelope: Mapping[str, object], count_field: str | None) -> bool:
    """Whether the envelope says that there are records."""
    count = envelope.get(count_field) if count_field else None
    return isinstance(count, int) and count > 0


@dataclass(frozen=True, slots=True)
class PagesToLast:
    """Pages by number, from `first_number` on, until the envelope (under `envelope`) names no next page any more.

    The address in `next_field` is not followed: such addresses have been seen to forget the question's own parameters.
    `count_field` names the number of the page's own records, `total_field` that of all, where the vendor tells them.
    """

    size: int
    page_param: str
    size_param: str
    envelope: str
    next_field: str
    count_field: str
    total_field: str
    first_number: int = 0
    resumable: bool = False  # a numbered page shifts while others change

    def first(self) -> Params:
        """The first page, whatever its number."""
        return {self.page_param: self.first_number, self.size_param: self.size}

    def next(self, page: PageInfo) -> Params | None:
        """The next number while the envelope names a next page.

        Raises ContractChanged without a known envelope and beyond MAX_PAGES, Incomplete for an empty page where there
        should be records.
        """
        envelope = page.paging.get(self.envelope)
        if not isinstance(envelope, Mapping) or not {self.next_field, self.count_field} & envelope.keys():
            raise ContractChanged(f"The page has no {self.envelope} that tells whether there is a next one.")
        number = int(page.params[self.page_param])
        follows = bool(envelope.get(self.next_field))
        is_first = number == self.first_number
        expects = (
            follows or _some(envelope, self.count_field) or (is_first and _some(envelope, self.total_field))
        )
        if not page.count and expects:
            raise Incomplete("an empty page, though records are said to be there")
        if not follows:
            return None
        if number - self.first_number >= MAX_PAGES:
            raise ContractChanged(f"A list goes on after {MAX_PAGES} pages.")
        return {**page.params, self.page_param: number + 1}


@dataclass(frozen=True, slots=True)
class OffsetPages:
    """Pages by how many records to skip, with the number of all records in the envelope.

    `total_field` and `offset_field` are the envelope's, each with the keys that lead to it.
    """

    size: int
    size_param: str
    offset_param: str
    total_field: tuple[str, ...]
    offset_field: tuple[str, ...]
    resumable: bool = False  # records shift while others come and go

    def first(self) -> Params:
        """From the first record on."""
        return {self.size_param: self.size, self.offset_param: 0}

    def next(self, page: PageInfo) -> Params | None:
        """Behind the records just read, until there are as many as the envelope says.

        Raises ContractChanged without a usable total and beyond MAX_PAGES; Incomplete for another page than the one asked
        for, and for an empty one in the middle.
        """
        offset = int(page.params[self.offset_param])
        total, own = _inside(page.paging, self.total_field), _inside(page.paging, self.offset_field)
        if not isinstance(total, int) or isinstance(total, bool):
            raise ContractChanged(f"The page envelope has no number in {'.'.join(self.total_field)}.")
        if isinstance(own, int) and own != offset and page.count:
            raise Incomplete(f"records from {own} on where those from {offset} on were asked for")
        following = offset + min(page.count, self.size)
        if not page.count and offset < total:
            raise Incomplete(f"an empty page, though there are said to be {total} records")
        if following > self.size * MAX_PAGES:
            raise ContractChanged(f"A list goes on after {MAX_PAGES} pages.")
        return {**page.params, self.offset_param: following} if following < total else None


def _inside(envelope: object, keys: Sequence[str]) -> object:
    """What stands at the end of these keys; None where they lead nowhere."""
    for key in keys:
        envelope = envelope.get(key) if isinstance(envelope, Mapping) else None
    return envelope


@dataclass(frozen=True, slots=True)
class OverlappingPages:
    """Pages from a place on, where nothing tells how many records there are: a short page is the last one.

    Each page begins with the last record of the one before, so that none is ever rightly empty, and a page without records is
    not taken for the end of the list.
    """

    size: int
    size_param: str
    start_param: str
    resumable: bool = False  # places shift while records come and go

    def first(self) -> Params:
        """From the beginning."""
        return {self.start_param: 0, self.size_param: self.size}

    def next(self, page: PageInfo) -> Params | None:
        """From the last record on; None after a short page. Raises Incomplete for an empty page behind the first."""
        start = int(page.params[self.start_param])
        if not page.count and start:
            raise Incomplete("an empty page, though its first record was there a moment ago")
        if page.count < self.size:
            return None
        return {**page.params, self.start_param: start + self.size - 1}


NEXT = "@next"  # a page parameter that is not sent: the whole address of the page, as the vendor gave it


@dataclass(frozen=True, slots=True)
class NextAddress:
    """The vendor names the next page's whole address, in `field` of the envelope's `envelope`; null at the end.

    `count_field` names the number of the page's own records there, where the vendor tells it.
    The engine follows it on the account's own host only, with the verb and the body of the first page.
    """

    envelope: str
    field: str
    count_field: str | None = None
    resumable: bool = True

    def first(self) -> Params:
        """No parameters: the stream's own path."""
        return {}

    def next(self, page: PageInfo) -> Params | None:
        """The address that the vendor gave.

        Raises ContractChanged for an envelope without the field, Incomplete for an empty page that names a next one or
        counts records: what belongs on it would be missed.
        """
        envelope = page.paging.get(self.envelope)
        if not isinstance(envelope, Mapping) or self.field not in envelope:
            raise ContractChanged(f"The page envelope has no {self.envelope}.{self.field}.")
        address = envelope[self.field]
        if not page.count and _some(envelope, self.count_field):
            raise Incomplete("an empty page, though it is said to hold records")
        if not address:
            return None
        if not isinstance(address, str):
            raise ContractChanged(f"{self.envelope}.{self.field} is no address.")
        if not page.count:
            raise Incomplete("an empty page, though more records follow")
        return {NEXT: address}


OFFSET = "@offset"  # a page parameter that is not sent: how far the vendor said that it has come


AFTER = (
    "@after"  # a page parameter that is not sent: the question is for records with a greater id than this one
)
LAST = (
    "@last"  # the same: the id of the last record before this page, where the page's address does not tell it
)


def sent(params: Mapping[str, str | int]) -> Params:
    """The page parameters that a request has."""
    return {name: value for name, value in params.items() if not name.startswith("@")}


@dataclass(frozen=True, slots=True)
class CursorPages:
    """The vendor keeps the place, under a name that is the same on every page; only the offset tells that it moves.

    `envelope` names the object that holds both; where everything fits on one page it may be missing. The list ends with
    an empty page, or without a name. The vendor's place moves with each answer, also with one that was lost on its way.
    """

    size: int
    size_param: str
    cursor_param: str
    envelope: str
    name_field: str = "name"
    offset_field: str = "offset"
    resumable: bool = False  # places end after a while

    def first(self) -> Params:
        """Only the size: a new place."""
        return {self.size_param: self.size}

    def next(self, page: PageInfo) -> Params | None:
        """The same name again, until the list ends.

        Raises Incomplete for a full page without a name to go on with, ContractChanged for an offset that does not move,
        or that moved by more than what the page holds: an answer between the two is missing.
        """
        place = page.paging.get(self.envelope)
        if place is None:
            if page.count == self.size:
                raise Incomplete("a full page that does not tell whether more records follow")
            return None
        if not isinstance(place, Mapping):
            raise ContractChanged(f"The answer's {self.envelope} is no object.")
        name, offset = place.get(self.name_field), place.get(self.offset_field)
        if not page.count or not name:
            return None
        before = int(page.params.get(OFFSET, 0))
        if not isinstance(name, str) or not isinstance(offset, int) or isinstance(offset, bool):
            raise ContractChanged(f"The answer's {self.envelope} has no name or no offset that can be used.")
        if offset <= before:
            raise ContractChanged("The vendor's place in a list does not move.")
        if offset - before > page.count:
            raise ContractChanged("A page is missing: the vendor's place in a list has moved on without us.")
        return {self.size_param: self.size, self.cursor_param: name, OFFSET: offset}
