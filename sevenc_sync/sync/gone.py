"""Deciding what is gone at the source, with a brake: a source that suddenly shows little is doubted, not believed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sevenc_sync.connect.errors import Problem
from sevenc_sync.connect.stream import Stream
from sevenc_sync.store.database import Store
from sevenc_sync.store.runs import Claim, hold_fast
from sevenc_sync.store.seen import Place, bury, count_unseen

FEW = 10  # so many may always go: short lists change by large shares


@dataclass(frozen=True, slots=True)
class Brake:
    """The largest share of a stream's rows that one pass may find gone; `accept` lets any share go this once."""

    share: float = 0.2
    accept: bool = False


class Braked(Problem):
    """A pass did not show so many of our rows that they are kept: held by the brake."""

    actor = "operator"
    default_action = (
        "Look at the vendor's own screens. If the records really are gone, run `sevenc-sync sync SOURCE/STREAM "
        "--sweep --accept-deletions`; if they are still there, the API user has lost a right."
    )


def places_of(stream: Stream, account: int) -> list[Place]:
    """The kinds of rows of which the stream's whole pass, or its sweep, shows all."""
    records = stream.records[:1] if stream.sweep is not None else stream.complete
    return [Place(account, stream.name, record.table, stream.scope) for record in records]


def anything_unseen(store: Store, places: Sequence[Place]) -> bool:
    """Whether the pass has not met some of the rows that we have."""
    with store.read() as connection:
        return any(count_unseen(connection, place)[0] for place in places)


def settle(store: Store, claimed: Claim, places: Sequence[Place], at: int, brake: Brake) -> int:
    """Make tombstones of what was not seen, all or nothing. Gives how many.

    Raises Braked above the brake's share, RunLost when the stream is another run's. What was seen is remembered until
    the run is finished: whoever goes on after a crash in between must not take the rest for gone.
    """
    if not places:
        return 0
    with store.write() as connection:
        hold_fast(connection, claimed)
        for place in places:
            gone, rows = count_unseen(connection, place)
            if not brake.accept and gone > max(FEW, brake.share * rows):
                raise Braked(
                    f"{place.stream} does not show {gone} of the {rows} rows of {place.kind} that we have: all are kept."
                )
        return sum(bury(connection, place, at) for place in places)
