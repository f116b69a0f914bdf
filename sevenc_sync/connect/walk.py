"""Reading one whole list into memory: for the short lists that a note port looks through."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from sevenc_sync.connect.errors import ContractChanged
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.layouts import BareArray, Layout
from sevenc_sync.connect.pages import NEXT, PageInfo, Paginator, Params, sent

T = TypeVar("T")

MAX_PAGES = 100  # a list longer than this is no short list


def names_next(headers: Mapping[str, str]) -> bool | None:
    """Whether the Link header names a next page; None without such a header."""
    link = headers.get("link")
    return 'rel="next"' in link if link else None


def read_all(
    http: Http,
    path: str,
    record: type[T],
    paginator: Paginator,
    *,
    key: str = "id",
    layout: Layout | None = None,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: object = None,
) -> list[T]:
    """Every record of a list, decoded. `key` names the attribute of `record` that paging by key goes by.

    With `body` the list is asked for by POST. Raises the kit's Problems; ContractChanged for a record that cannot be read and for a list that does not end.
    """
    decoder = msgspec.json.Decoder(record)
    shape = layout or BareArray()
    found: list[T] = []
    page: Params | None = paginator.first()
    seen: list[Params] = []
    while page is not None:
        if page in seen or len(seen) >= MAX_PAGES:
            raise ContractChanged(f"{path} leads back to a page already read, or does not end.")
        seen.append(page)
        asked = page

        def parse(response: Response, asked: Params = asked) -> tuple[list[T], Params | None]:
            raws, paging = shape.split(response.body)
            try:
                records = [decoder.decode(raw) for raw in raws]
            except msgspec.ValidationError as error:
                raise ContractChanged(
                    f"{path} holds a record of an unknown shape.", detail=str(error)
                ) from error
            last = getattr(records[-1], key, None) if records else None
            info = PageInfo(
                params=asked,
                count=len(records),
                last_key=None if last is None else str(last),
                paging=paging,
                link_next=names_next(response.headers),
            )
            return records, paginator.next(info)

        records, page = http.read(
            str(asked.get(NEXT, path)),
            parse,
            params=None if NEXT in asked else {**(params or {}), **sent(asked)},
            headers=headers,
            json_body=body,
        )
        if page is not None and NEXT in page:
            page = {NEXT: http.relative(str(page[NEXT]))}
        found += records
    return found
