"""A ticket for each item of the plan that somebody accepted, and a note on it when the item is closed. Never a second one."""

import hashlib
from collections.abc import Collection
from datetime import date, datetime

import msgspec
from sqlalchemy import Connection

from sevenc_sync.push.choose import area_name, plain
from sevenc_sync.push.languages import N_, Words
from sevenc_sync.push.policy import Policy
from sevenc_sync.score import Rules
from sevenc_sync.store.clients import ClientRow, clients
from sevenc_sync.store.outbox import NewRow, OutboxRow, queue_row, rows_where
from sevenc_sync.store.plan_items import PlanItem, read_plan_items
from sevenc_sync.store.tables import outbox

OVER = ("done", "risk")  # states in which nobody need work on an item any more


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket, or a note on one."""

    title: str
    text: str
    due: date | None = None


def ticket_text(text: str) -> Draft:
    """The draft that a row holds."""
    return msgspec.json.decode(text, type=Draft)


def ticket_key(account: str, item: str) -> str:
    """What the ticket of a plan's item is known by, for ever."""
    place = hashlib.blake2b(account.encode(), digest_size=4).hexdigest()
    return f"sevenc-sync {place} {item}"


def queue_tickets(
    connection: Connection, rules: Rules, policy: Policy, accounts: dict[int, str], now: datetime
) -> int:
    """Queue what the plans ask for since the last time; gives how many. `accounts` are those that take tickets, with names."""
    owners = {row.id: row for row in clients(connection) if row.account in accounts and row.is_active}
    if not owners:
        return 0
    there = _rows(connection, owners)
    queued = 0
    for number, items in read_plan_items(connection, list(owners)).items():
        for item in items.values():
            new = _wanted(item, owners[number], there.get(item.id, []), rules, policy, accounts)
            if new is not None:
                queue_row(connection, new, now)
                queued += 1
    return queued


def _rows(connection: Connection, owners: Collection[int]) -> dict[str, list[OutboxRow]]:
    found: dict[str, list[OutboxRow]] = {}
    for row in rows_where(connection, outbox.c.kind.in_(("ticket", "ticket-note"))):
        if row.client in owners and row.subject is not None:
            found.setdefault(row.subject, []).append(row)
    return found


def _wanted(
    item: PlanItem,
    owner: ClientRow,
    rows: list[OutboxRow],
    rules: Rules,
    policy: Policy,
    accounts: dict[int, str],
) -> NewRow | None:
    """What must be queued for an item now: a ticket once it is accepted, a note when it is over or accepted again."""
    tickets = [row for row in rows if row.kind == "ticket" and row.state != "failed"]
    name = accounts[owner.account]
    if not tickets:
        if item.state != "accepted" or any(row.created_at > item.changed_at for row in rows):
            return None
        draft = _ticket(item, owner, rules, Words(policy.language))
        return _row("ticket", item, owner, ticket_key(name, item.id), draft)
    notes = [row for row in rows if row.kind == "ticket-note"]
    told = notes[-1].digest if notes else "accepted"
    now = "over" if item.state in OVER else "accepted" if item.state == "accepted" else told
    if now == told:
        return None
    mark = f"[{item.id} {item.changed_at:%Y%m%d%H%M%S}]"
    return _row("ticket-note", item, owner, mark, _note(item, mark, Words(policy.language)), now)


def _row(
    kind: str, item: PlanItem, owner: ClientRow, reference: str, draft: Draft, digest: str = "accepted"
) -> NewRow:
    return msgspec.convert(
        {
            "kind": kind,
            "subject": item.id,
            "client": owner.id,
            "account": owner.account,
            "company": owner.company,
            "reference": reference,
            "digest": digest,
            "text": msgspec.json.encode(draft).decode(),
            "form": kind,
        },
        NewRow,
    )


def _ticket(item: PlanItem, owner: ClientRow, rules: Rules, words: Words) -> Draft:
    rule = rules.indicator_by_id.get(item.indicator)
    title = item.indicator if rule is None else words.text(rule.title)
    lines = [plain(title, 200)]
    if rule is not None:
        lines += [plain(words.text(rule.why), 300), plain(words.text(rule.fix), 300)]
        lines.append(words.text(area_name(rule.area, rules)))
    lines.append(
        words.text(N_("Owner: %(owner)s."))
        % {"owner": plain(item.owner or "", 60) if item.owner else words.text(N_("nobody yet"))}
    )
    if item.due_at is not None:
        lines.append(words.text(N_("Date: %(day)s.")) % {"day": words.day(item.due_at.date())})
    lines.append(
        words.text(N_("Step %(item)s of the plan for %(client)s; kept by sevenc-sync."))
        % {"item": item.id, "client": plain(owner.name, 70)}
    )
    return Draft(
        title=plain(f"{item.id} {title}", 200),
        text="\n".join(lines),
        due=None if item.due_at is None else item.due_at.date(),
    )


def _note(item: PlanItem, mark: str, words: Words) -> Draft:
    if item.state == "done":
        said = N_("Done by the evidence.") if item.by is None else N_("Done, says %(who)s.")
    elif item.state == "risk":
        said = N_("Accepted as a risk by %(who)s: %(reason)s")
    else:
        said = N_("To do again, says %(who)s.")
    text = words.text(said) % {"who": plain(item.by or "?", 60), "reason": plain(item.reason or "-", 160)}
    return Draft(title=f"7C {item.id}", text=f"{text}\n{mark}")
