"""A sweep: a list of ids only, held against the store. What is not listed is gone; what differs is read again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from sevenc_sync.connect.errors import ContractChanged
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.pages import PageInfo, Params
from sevenc_sync.connect.stream import Listed, Parent, Sweep, Window
from sevenc_sync.connect.walk import names_next
from sevenc_sync.store.runs import Token
from sevenc_sync.store.seen import Place, forget_seen, mark_seen, stored_facts
from sevenc_sync.sync.gone import places_of
from sevenc_sync.sync.passes import Pass, Question


@dataclass(slots=True, kw_only=True)
class SweepPass(Pass):
    """A pass that reads ids, and whole records only where ids or facts say that ours are not right."""

    sweep: Sweep
    suspects: list[str] = field(default_factory=list)  # ids to be read again

    def read_all(
        self,
        mode: str,  # noqa: ARG002 - a sweep has but one mode
        since: datetime | None,  # noqa: ARG002 - and always begins at the beginning
        token: Token | None,  # noqa: ARG002 - the same
        parents: Iterator[Parent] | None,  # noqa: ARG002 - and is made for streams without parents
    ) -> None:
        """See Pass."""
        place = places_of(self.stream, self.claim.account)[0]
        with self.store.write() as connection:
            forget_seen(connection, self.claim.account, self.stream.name)
        window = Window(since=None, horizon=self.horizon, now=self.clock())
        body = self.sweep.body
        question = Question(
            params=dict(self.sweep.params(window)), body=None if body is None else dict(body(window))
        )
        page: Params | None = self.stream.paginator.first()
        seen: set[tuple[tuple[str, str | int], ...]] = set()
        while page is not None:
            mark = tuple(sorted(page.items()))
            if mark in seen:
                raise ContractChanged(f"The sweep of {self.stream.name} leads back to a page already read.")
            seen.add(mark)
            listed, page = self._list(question, page)
            self._compare(place, listed)
        self._reread()
        self.commit()
        self.tells_gone = True

    def _list(self, question: Question, page: Params) -> tuple[list[Listed], Params | None]:
        decoder = msgspec.json.Decoder(self.sweep.wire)

        def parse(response: Response) -> tuple[list[Listed], Params | None]:
            raws, paging = self.stream.layout.split(response.body)
            try:
                wires: list[Any] = [decoder.decode(raw) for raw in raws]
            except msgspec.ValidationError as error:
                # An id that cannot be read would look like a record that is gone.
                raise ContractChanged(
                    f"The sweep of {self.stream.name} met a record without a usable id.", detail=str(error)
                ) from error
            info = PageInfo(
                params=page,
                count=len(wires),
                last_key=self._key_of(wires[-1]) if wires else None,
                paging=paging,
                link_next=names_next(response.headers),
            )
            return [self.sweep.listed(wire) for wire in wires], self.stream.paginator.next(info)

        listed, following = self.ask(self.stream.path, question, page, parse)
        self.totals.pages += 1
        self.on_page(self.totals)
        return listed, following

    def _key_of(self, wire: Any) -> str | None:
        for item in msgspec.structs.fields(type(wire)):
            if item.encode_name == self.stream.key:
                return str(getattr(wire, item.name))
        return None

    def _compare(self, place: Place, listed: Sequence[Listed]) -> None:
        columns = sorted({name for line in listed for name in line.facts})
        ids = [line.id for line in listed]
        with self.store.write() as connection:
            mark_seen(connection, place, set(ids))
            stored = stored_facts(connection, place, ids, columns)
        for line in listed:
            ours = stored.get(line.id)
            if ours is None:
                if self.sweep.holds_all:
                    self.suspects.append(line.id)
            elif any(line.facts.get(name, value) != value for name, value in zip(columns, ours, strict=True)):
                self.suspects.append(line.id)

    def _reread(self) -> None:
        sweep = self.sweep
        if sweep.reread is None and sweep.reread_body is None:
            return
        for start in range(0, len(self.suspects), sweep.chunk):
            part = self.suspects[start : start + sweep.chunk]
            question = Question(
                params={} if sweep.reread is None else dict(sweep.reread(part)),
                body=None if sweep.reread_body is None else dict(sweep.reread_body(part)),
            )
            page: Params | None = self.stream.paginator.first()
            while page is not None:
                page = self.read_page(self.stream.path, question, page, None)
            if self.batch.is_due:
                self.commit()
