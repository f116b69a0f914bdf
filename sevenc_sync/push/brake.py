"""The brake: a push that would say too much at once is held until a person lets it go, with a reason.

More likely a source has lost its records, or a rule is wrong, than that so many clients got worse in one go.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, select

from sevenc_sync.clock import to_seconds
from sevenc_sync.push.choose import plain
from sevenc_sync.push.policy import Limits
from sevenc_sync.store.clients import client_names
from sevenc_sync.store.outbox import Last, OutboxRow, last_rows
from sevenc_sync.store.tables import client, client_score, evidence, link

FEWEST = 2  # clients: one that drops is news, not an accident
FEWEST_RECORDS = 10  # of a client: less is no share to speak of
NAMED = 3
# Backup runs, alerts and the like come and go by themselves.
COUNTED = ("ticket", "asset", "contract", "contract_line", "protection", "project")


def held_by(connection: Connection, rows: Sequence[OutboxRow], limits: Limits) -> tuple[str, ...]:
    """Why these rows, sent in one run, must wait for a person; nothing where they need not."""
    notes = [row for row in rows if row.kind == "note" and row.hold is None]
    if not notes:
        return ()
    last = last_rows(connection, [row.client for row in notes], "note")
    names = client_names(connection)
    found = []
    if len(notes) > limits.notes:
        found.append(
            f"{len(notes)} notes would be written; at most {limits.notes} go without a person's word."
        )
    found += _dropped(connection, notes, last, names, limits.drop)
    found += _removed(connection, notes, last, names, limits.removed)
    return tuple(found)


def _dropped(
    connection: Connection,
    notes: Sequence[OutboxRow],
    last: Mapping[int, Last],
    names: Mapping[int, str],
    limit: float,
) -> list[str]:
    """Whether too many of all scored clients would stand a level lower than in their last note."""
    low = [row for row in notes if _is_lower(row, last[row.client].sent)]
    everybody = connection.execute(
        select(func.count())
        .select_from(client_score.join(client, client.c.id == client_score.c.client))
        .where(client.c.is_active, client_score.c.score.is_not(None))
    ).scalar_one()
    if len(low) < FEWEST or not everybody or len(low) / everybody <= limit:
        return []
    called = _called([row.client for row in low], names)
    return [
        (
            f"{len(low)} of {everybody} clients would stand a level lower than in their last note"
            f" (more than {limit:.0%}): {called}."
        )
    ]


def _is_lower(row: OutboxRow, sent: OutboxRow | None) -> bool:
    """By the level of the whole score: twenty points are a level."""
    if sent is None or sent.facts is None or row.facts is None:
        return False
    return row.facts.score // 20 < sent.facts.score // 20


def _removed(
    connection: Connection,
    notes: Sequence[OutboxRow],
    last: Mapping[int, Last],
    names: Mapping[int, str],
    limit: float,
) -> list[str]:
    """Clients that have lost too large a share of their records since their last note."""
    since = {row.client: sent.created_at for row in notes if (sent := last[row.client].sent) is not None}
    bad = [
        (number, gone, total)
        for number, (gone, total) in _counts(connection, since).items()
        if total >= FEWEST_RECORDS and gone / total > limit
    ]
    if not bad:
        return []
    worst = max(bad, key=lambda item: item[1] / item[2])
    return [
        (
            f"{len(bad)} clients have lost more than {limit:.0%} of their records since their last note:"
            f" {_called([number for number, _, _ in bad], names)}"
            f" ({worst[1]} of {worst[2]} at worst)."
        )
    ]


def _counts(connection: Connection, since: dict[int, datetime]) -> dict[int, tuple[int, int]]:
    """By client: how many records are gone since then, and how many there were."""
    if not since:
        return {}
    moments = case({number: to_seconds(at) for number, at in since.items()}, value=link.c.client)
    found: dict[int, tuple[int, int]] = {}
    for name in COUNTED:
        table = evidence[name]
        is_gone = and_(table.c.gone_at.is_not(None), table.c.gone_at >= moments)
        rows = connection.execute(
            select(
                link.c.client,
                func.coalesce(func.sum(case((is_gone, 1), else_=0)), 0),
                func.coalesce(func.sum(case((table.c.gone_at.is_(None), 1), else_=0)), 0),
            )
            .select_from(
                table.join(link, and_(link.c.account == table.c.account, link.c.company == table.c.company))
            )
            .where(link.c.client.in_(sorted(since)))
            .group_by(link.c.client)
        )
        for number, gone, left in rows:
            before = found.get(number, (0, 0))
            found[number] = (before[0] + int(gone), before[1] + int(gone) + int(left))
    return found


def _called(numbers: Collection[int], names: Mapping[int, str]) -> str:
    called = [plain(names.get(number, f"client {number}"), 40) for number in numbers]
    rest = f" and {len(called) - NAMED} more" if len(called) > NAMED else ""
    return ", ".join(sorted(called)[:NAMED]) + rest
