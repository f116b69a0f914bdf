"""The lists beside a stream's own that tell more of its records, read whole before each pass."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from sevenc_sync.connect.errors import ContractChanged, RecordVanished
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.pages import NEXT, PageInfo, Params, sent
from sevenc_sync.connect.stream import Beside, Stream, Window
from sevenc_sync.connect.walk import names_next

Told = Mapping[str, Mapping[str, Sequence[Any]]]  # list -> id of the stream's record -> what is said of it

MAX_PAGES = 20_000  # a list that never ends must not keep us for ever


def read_beside(http: Http, stream: Stream, window: Window, on_page: Callable[[], None]) -> Told:
    """What each list says, by the record that it speaks of. Raises the kit's Problems: a part of a list is none."""
    return {item.name: _read(http, item, stream.headers, window, on_page) for item in stream.beside}


def _read(
    http: Http, item: Beside, headers: Mapping[str, str], window: Window, on_page: Callable[[], None]
) -> Mapping[str, Sequence[Any]]:
    try:
        return _once(http, item, headers, window, on_page)
    except (ContractChanged, RecordVanished) as problem:
        if not isinstance(problem.__cause__, _InTheMiddle):
            raise
        # The vendor's place in the list is lost: one more try, from the beginning.
        return _once(http, item, headers, window, on_page)


class _InTheMiddle(Exception):
    """The list's first page was read, a later one was not."""


def _once(
    http: Http, item: Beside, headers: Mapping[str, str], window: Window, on_page: Callable[[], None]
) -> Mapping[str, Sequence[Any]]:
    decoder = msgspec.json.Decoder(item.wire)
    found: defaultdict[str, list[Any]] = defaultdict(list)
    asked = dict(item.params(window))
    page: Params | None = item.paginator.first()
    seen: list[Params] = []
    while page is not None:
        if page in seen[-2:] or len(seen) >= MAX_PAGES:
            raise ContractChanged(f"{item.path} leads back to a page already read, or does not end.")
        seen.append(page)
        at = page

        def parse(response: Response, at: Params = at) -> tuple[list[Any], Params | None]:
            raws, paging = item.layout.split(response.body)
            try:
                records = [decoder.decode(raw) for raw in raws]
            except msgspec.ValidationError as error:
                raise ContractChanged(
                    f"{item.path} holds a record of an unknown shape.", detail=str(error)
                ) from error
            info = PageInfo(
                params=at,
                count=len(records),
                last_key=None,
                paging=paging,
                link_next=names_next(response.headers),
            )
            return records, item.paginator.next(info)

        try:
            records, page = http.read(
                str(at.get(NEXT, item.path)),
                parse,
                params=None if NEXT in at else {**asked, **sent(at)},
                headers=headers,
            )
        except (ContractChanged, RecordVanished) as problem:
            if len(seen) == 1:
                raise
            raise problem from _InTheMiddle()
        if page is not None and NEXT in page:
            page = {NEXT: http.relative(str(page[NEXT]))}
        for record in records:
            about = item.of(record)
            if about is not None:
                found[about].append(record)
        on_page()
    return found
