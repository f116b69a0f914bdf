"""What `status` knows, for machines: the streams, and the house that reads them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sevenc_sync.clock import from_seconds

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sevenc_sync.store.database import Store


def status_facts(
    store: "Store", connection: "Connection", rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """All that `status` says in words; `rows` are those of the streams. Times are UTC, sizes bytes."""
    from sevenc_sync.store.alarms import open_alarms
    from sevenc_sync.store.gauges import growth, store_bytes
    from sevenc_sync.store.pushes import open_hold
    from sevenc_sync.store.service import who_works

    daemon, held, grown = who_works(connection), open_hold(connection), growth(connection)
    return {
        "streams": rows,
        "daemon": None if daemon is None else _process(daemon),
        "workers": workers_of(connection),
        "jobs": _jobs(connection),
        "store": {
            "address": store.address,
            "bytes": store_bytes(store),
            "bytes_a_day": None if grown is None else round(grown.per_day),
        },
        "brake": None if held is None else {"since": held.at, "reasons": held.reasons},
        "alarms": [
            {
                "kind": item.kind,
                "subject": item.subject,
                "text": item.text,
                "action": item.action,
                "since": item.since,
            }
            for item in open_alarms(connection)
        ],
    }


def workers_of(connection: "Connection") -> list[dict[str, Any]]:
    """The living workers: since when, when each was last heard of, what it holds, and whether its configuration counts."""
    from sevenc_sync.store.workers import held_by, living_workers

    held = held_by(connection)
    return [
        {**_process(worker), "in_force": worker.is_in_force, "holds": held.get(worker.process, [])}
        for worker in living_workers(connection)
    ]


def _process(working: Any) -> dict[str, Any]:
    return {
        "process": working.process,
        "since": from_seconds(working.since),
        "seen_at": from_seconds(working.seen_at),
    }


def _jobs(connection: "Connection") -> dict[str, Any]:
    """What waits in the queue by name and state, and the parts of clients that are to be scored."""
    from sevenc_sync.store.parts import count_parts
    from sevenc_sync.store.queue import queued_jobs

    waiting, doing = count_parts(connection)
    return {
        "queued": [
            {"queue": queue, "state": state, "number": number}
            for (queue, state), number in sorted(queued_jobs(connection).items())
        ],
        "parts_waiting": waiting,
        "parts_doing": doing,
    }
