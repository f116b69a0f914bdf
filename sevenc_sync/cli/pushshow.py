"""How plans and the log of what was written back are shown."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sevenc_sync.cli.common import out, safe, show_json, show_table

if TYPE_CHECKING:
    from sevenc_sync.engine.local import Engine
    from sevenc_sync.store.outbox import OutboxRow
    from sevenc_sync.store.pushes import Plan

LOGGED = 100  # entries shown


def plan_json(engine: "Engine", plan: "Plan", unwritten: "Sequence[OutboxRow]") -> dict[str, Any]:
    """The plan for machines."""
    clients, accounts = _names(engine)
    tickets = _tickets(engine, plan.rows)

    def one(row: "OutboxRow") -> dict[str, Any]:
        return {
            "client": clients.get(row.client),
            "account": accounts.get(row.account),
            "company": row.company,
            "kind": row.kind,
            "ticket": tickets.get(row.subject or ""),
            "reference": row.reference,
            "text": row.text,
            "approved_by": row.approved_by,
            "waiting_since": row.created_at,
            "attempts": row.attempts,
            "error": row.error,
        }

    return {
        "hash": plan.hash if plan.rows else None,
        "items": [one(row) for row in plan.rows],
        "unwritten": [one(row) for row in unwritten],
    }


def show_plan(engine: "Engine", plan: "Plan", unwritten: "Sequence[OutboxRow]") -> None:
    """The plan for people: each text whole, at its place."""
    clients, accounts = _names(engine)
    tickets = _tickets(engine, plan.rows)
    for row in (*plan.rows, *unwritten):
        ticket = tickets.get(row.subject or "")
        spot = f"ticket {ticket}" if ticket is not None else f"company {row.company}"
        place = f"{spot} in {accounts.get(row.account)}"
        tried = f", tried {row.attempts} times" if row.attempts else ""
        said = f": {row.error}" if row.error else ""
        approved = f", approved by {row.approved_by}" if row.approved_by else ""
        out.rule(safe(f"{clients.get(row.client)} → {row.kind} on {place}{approved}{tried}{said}"))
        for line in _lines(row):
            out.print(safe(line), soft_wrap=True)
    held = _held(engine)
    for reason in held:
        out.print(safe(f"Held by the brake: {reason}"), soft_wrap=True)
    if not plan.rows:
        out.print("Nothing waits. `sevenc-sync score` queues what is due.")
        return
    noun = "1 item waits" if len(plan.rows) == 1 else f"{len(plan.rows)} items wait"
    if engine.config.settings.push.mode == "auto":
        out.print(safe(f"Plan {plan.hash}: {noun}. `sevenc-sync push` sends them."))
    else:
        out.print(
            safe(f"Plan {plan.hash}: {noun}. To send exactly this: sevenc-sync push --approve {plan.hash}")
        )


def _lines(row: "OutboxRow") -> Iterator[str]:
    from sevenc_sync.push import field_values, ticket_text

    if not row.text:
        return
    if row.kind == "note":
        yield from row.text.splitlines()
    elif row.kind == "fields":
        values = field_values(row.text)
        yield f"score {values.score}, proof {values.proof} %, as of {values.day}"
    else:
        draft = ticket_text(row.text)
        yield draft.title
        yield from draft.text.splitlines()


def show_log(engine: "Engine", owners: "Collection[int] | None", *, as_json: bool) -> None:
    """Who approved what, what was sent, and what the PSA answered; newest first."""
    from sevenc_sync.store.audit import read_audit

    clients, _ = _names(engine)
    with engine.store.read() as connection:
        found = read_audit(
            connection, limit=LOGGED, client=next(iter(owners), None) if owners else None, beginning="push-"
        )
    rows: list[dict[str, Any]] = [
        {
            "at": row.at,
            "by": row.actor,
            "action": row.action,
            "client": None if row.client is None else clients.get(row.client),
            "subject": row.subject,
            "detail": dict(row.detail),
        }
        for row in found
    ]
    if as_json:
        show_json(rows)
        return
    show_table(
        None,
        ("at", "by", "action", "client", "subject", "answer"),
        [
            (
                f"{row['at']:%Y-%m-%d %H:%M:%S}",
                row["by"],
                row["action"],
                row["client"],
                row["subject"],
                _answer(row["detail"]),
            )
            for row in rows
        ],
    )


def _answer(detail: dict[str, Any]) -> str:
    shown = ("kind", "outcome", "vendor_id", "remark", "answer", "reason", "reasons", "rows", "void")
    return "; ".join(f"{name} {detail[name]}" for name in shown if detail.get(name) not in (None, []))


def _tickets(engine: "Engine", rows: "Sequence[OutboxRow]") -> dict[str, str]:
    """The number of the ticket, by the plan item that it was opened for."""
    from sevenc_sync.store.plan_items import read_plan_items

    owners = {row.client for row in rows if row.kind == "ticket-note"}
    if not owners:
        return {}
    with engine.store.read() as connection:
        plans = read_plan_items(connection, owners)
    return {item.id: item.ticket for items in plans.values() for item in items.values() if item.ticket}


def _held(engine: "Engine") -> tuple[str, ...]:
    from sevenc_sync.store.pushes import open_hold

    with engine.store.read() as connection:
        found = open_hold(connection)
    return () if found is None else found.reasons


def _names(engine: "Engine") -> tuple[dict[int, str], dict[int, str]]:
    from sevenc_sync.store.accounts import account_names
    from sevenc_sync.store.clients import client_names

    with engine.store.read() as connection:
        return client_names(connection), dict(account_names(connection))
