"""What people decide about matches. A decision ends when another one replaces it or when it is undone; none is ever lost.

Each keeps the ledger's line as it was before, so that undoing it brings back exactly that line.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, delete, insert, or_, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.accounts import account_systems
from sevenc_sync.store.audit import write_audit
from sevenc_sync.store.bulk import mark_undecided, mark_unmatched
from sevenc_sync.store.companies import CompanyKey
from sevenc_sync.store.decisions import moment_or_none, score_anew
from sevenc_sync.store.devices import company_of_record, record_label
from sevenc_sync.store.links import LinkRow, link_of, save_links
from sevenc_sync.store.tables import account, audit, client, evidence, link, match_decision

PERSON = "operator"  # the method of a link that a person has made: never examined again
MATCHING = "sevenc-sync"  # who changed a line, where no person did

Verdict = Literal["link", "unlink", "ignore", "never", "client", "same", "differ"]

_STATES: Mapping[str, str] = {"link": "linked", "unlink": "review", "ignore": "ignored"}


class NotInForce(Exception):
    """A decision that cannot be undone; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision:
    """What a person says. Of a company: `record` is its id. Of a device's record: KIND:ACCOUNT:ID, and `other` likewise."""

    verdict: Verdict
    account: int
    record: str
    by: str
    client: int | None = None
    other: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision as it is kept. `name` is the company's present name, `client_name` the client's.

    Devices' records are KIND/ACCOUNT/ID in `record` and `other`.
    """

    id: int
    verdict: str
    account: str
    record: str
    name: str | None
    client: int | None
    client_name: str | None
    other: str | None
    by: str
    at: datetime
    note: str | None
    batch: int | None
    ended_at: datetime | None
    ended_by: str | None


def decide(
    connection: Connection, now: datetime, made: NewDecision, *, batch: int | None = None
) -> int | None:
    """Keep a decision, carry it out in the ledger, write it into the audit log; gives its number.

    None where exactly this is in force already. The decisions that it contradicts end.
    """
    standing = _contradicted(connection, made)
    if any(_is_same(row, made) for row in standing):
        return None
    kind = "device" if made.other is not None else "company"
    before = None if kind == "device" else link_of(connection, (made.account, made.record))
    number: int = connection.execute(
        insert(match_decision)
        .values(
            kind=kind,
            verdict=made.verdict,
            account=made.account,
            record=made.record,
            client=made.client,
            other=made.other,
            by=made.by,
            at=to_seconds(now),
            note=made.note,
            batch=batch,
            before=None if before is None else msgspec.json.encode(asdict(before)).decode(),
        )
        .returning(match_decision.c.id)
    ).scalar_one()
    if standing:
        connection.execute(
            update(match_decision)
            .where(match_decision.c.id.in_([row.id for row in standing]))
            .values(ended_at=to_seconds(now), ended_by=made.by, replaced_by=number)
        )
    if kind == "company":
        mark_undecided(connection, made.account, [made.record])
        _carry_out(connection, now, made, before)
    else:
        _look_again(connection, made)
    _write_down(connection, now, made, f"match-{made.verdict}", made.by, before)
    return number


def set_batch(connection: Connection, numbers: Sequence[int]) -> None:
    """Note that these decisions were made at once: they are undone at once."""
    if numbers:
        connection.execute(
            update(match_decision).where(match_decision.c.id.in_(numbers)).values(batch=numbers[0])
        )


def undo(connection: Connection, now: datetime, by: str, number: int | None = None) -> list[Decided]:
    """Take back a decision and all that were made at once with it; without a number the newest in force.

    Gives what was taken back, the newest first. Raises NotInForce.
    """
    in_force = match_decision.c.ended_at.is_(None)
    if number is None:
        statement = select(match_decision).where(in_force).order_by(match_decision.c.id.desc()).limit(1)
    else:
        statement = select(match_decision).where(match_decision.c.id == number)
    first = connection.execute(statement).one_or_none()
    if first is None:
        raise NotInForce(
            "there is no decision to undo" if number is None else f"there is no decision {number}"
        )
    if first.ended_at is not None:
        later = (
            f"decision {first.replaced_by} replaced it; undo that one first"
            if first.replaced_by
            else "it was undone"
        )
        raise NotInForce(f"decision {number} is no longer in force: {later}")
    together = select(match_decision).where(
        in_force,
        match_decision.c.id == first.id if first.batch is None else match_decision.c.batch == first.batch,
    )
    rows = list(connection.execute(together.order_by(match_decision.c.id.desc())))
    for row in rows:
        _take_back(connection, now, by, row)
    return decisions(connection, numbers=[row.id for row in rows])


def decisions(
    connection: Connection, *, numbers: Collection[int] | None = None, in_force: bool = False
) -> list[Decided]:
    """Decisions, the newest first: all, those of these numbers, or those that count now."""
    company = evidence["company"]
    columns = match_decision.c
    statement = (
        select(
            match_decision,
            account.c.name.label("account_name"),
            company.c.name.label("company_name"),
            client.c.name.label("client_name"),
        )
        .join(account, account.c.id == columns.account)
        .outerjoin(company, (company.c.account == columns.account) & (company.c.id == columns.record))
        .outerjoin(client, client.c.id == columns.client)
        .order_by(columns.id.desc())
    )
    if numbers is not None:
        statement = statement.where(columns.id.in_(numbers))
    if in_force:
        statement = statement.where(columns.ended_at.is_(None))
    systems = account_systems(connection)
    return [
        Decided(
            id=row.id,
            verdict=row.verdict,
            account=row.account_name,
            record=row.record if row.other is None else record_label(row.record, systems),
            name=row.company_name,
            client=row.client,
            client_name=row.client_name,
            other=None if row.other is None else record_label(row.other, systems),
            by=row.by,
            at=from_seconds(row.at),
            note=row.note,
            batch=row.batch,
            ended_at=moment_or_none(row.ended_at),
            ended_by=row.ended_by,
        )
        for row in connection.execute(statement)
    ]


def note_changes(
    connection: Connection,
    now: datetime,
    before: Mapping[CompanyKey, LinkRow],
    changed: Sequence[LinkRow],
    renamed: Mapping[CompanyKey, tuple[str, str]],
) -> None:
    """Write into the audit log what matching changed in lines that were there, and renames upstream.

    A line that is new stands in the ledger itself, with its time.
    """
    systems = account_systems(connection)
    rows: list[dict[str, Any]] = []

    def note(action: str, line: LinkRow, detail: Mapping[str, Any]) -> None:
        rows.append(
            {
                "at": to_seconds(now),
                "actor": MATCHING,
                "action": action,
                "client": line.client,
                "subject": f"{systems[line.account][0]}/{line.company}",
                "detail": msgspec.json.encode(detail, order="deterministic").decode(),
            }
        )

    for line in changed:
        if line.key in renamed:
            was, is_now = renamed[line.key]
            note("match-rename", line, {"from": was, "to": is_now})
        old = before.get(line.key)
        if old is not None and (old.client, old.state) != (line.client, line.state):
            detail = {"state": line.state, "was": old.state, "was_client": old.client, "why": line.detail}
            note("match-change", line, detail)
    if rows:
        connection.execute(insert(audit), rows)


def _contradicted(connection: Connection, made: NewDecision) -> list[Any]:
    """Decisions in force that this one ends, and the equal one if there is one."""
    columns = match_decision.c
    statement = select(match_decision).where(
        columns.ended_at.is_(None), columns.account == made.account, columns.record == made.record
    )
    if made.other is not None:
        statement = statement.where(columns.other == made.other)
    elif made.verdict == "never":
        statement = statement.where(
            columns.client == made.client, columns.verdict.in_(("link", "never")), columns.kind == "company"
        )
    else:
        same_pair = (columns.verdict == "never") & (columns.client == made.client)
        statement = statement.where(
            columns.kind == "company", or_(columns.verdict.in_((*_STATES, "client")), same_pair)
        )
    return list(connection.execute(statement))


def _is_same(row: Any, made: NewDecision) -> bool:
    return bool(row.verdict == made.verdict and row.client == made.client)


def _carry_out(connection: Connection, now: datetime, made: NewDecision, before: LinkRow | None) -> None:
    if made.verdict == "client":
        # Matching makes the client; a person's earlier word about the company's line must not stand in its way.
        save_links(connection, [], [] if before is None else [before.key], now)
        _touch(connection, (made.account, made.record), before, None)
        return
    company = evidence["company"]
    name = connection.execute(
        select(company.c.name).where(company.c.account == made.account, company.c.id == made.record)
    ).scalar()
    if made.verdict == "never":
        if before is None or before.client != made.client:
            return
        line = LinkRow(
            account=made.account,
            company=made.record,
            client=None,
            state="review",
            method="name",
            detail="a person said never to the client that it was linked to",
            name=name,
        )
    else:
        line = LinkRow(
            account=made.account,
            company=made.record,
            client=made.client if made.verdict == "link" else None,
            state=_STATES[made.verdict],
            method=PERSON,
            detail="unlinked by a person" if made.verdict == "unlink" else made.note,
            confidence=1.0 if made.verdict == "link" else None,
            by=made.by,
            name=name,
        )
    save_links(connection, [line], [], now)
    _touch(connection, line.key, before, line)


def _take_back(connection: Connection, now: datetime, by: str, row: Any) -> None:
    connection.execute(
        update(match_decision)
        .where(match_decision.c.id == row.id)
        .values(ended_at=to_seconds(now), ended_by=by)
    )
    connection.execute(
        update(match_decision)
        .where(match_decision.c.replaced_by == row.id)
        .values(ended_at=None, ended_by=None, replaced_by=None)
    )
    made = NewDecision(
        verdict=row.verdict,
        account=row.account,
        record=row.record,
        by=row.by,
        client=row.client,
        other=row.other,
        note=row.note,
    )
    present = None if row.kind == "device" else link_of(connection, (row.account, row.record))
    if row.kind == "company":
        mark_undecided(connection, row.account, [row.record])
        old = None if row.before is None else msgspec.json.decode(row.before, type=LinkRow)
        # A never that changed nothing, or after which somebody decided otherwise, leaves the line alone.
        stays = row.verdict == "never" and (
            old is None or old.client != row.client or (present is not None and present.method == PERSON)
        )
        if not stays:
            if old is None:
                connection.execute(
                    delete(link).where(link.c.account == row.account, link.c.company == row.record)
                )
            else:
                save_links(connection, [old], [], now)
            _touch(connection, (row.account, row.record), present, old)
    else:
        _look_again(connection, made)
    _write_down(connection, now, made, "match-undo", by, present, decision=row.id)


def _look_again(connection: Connection, made: NewDecision) -> None:
    """Let the devices of these records' companies be matched again."""
    for text in (made.record, made.other):
        if text is not None:
            number, company = company_of_record(connection, text)
            mark_unmatched(connection, number, [] if company is None else [company])


def _touch(connection: Connection, key: CompanyKey, before: LinkRow | None, after: LinkRow | None) -> None:
    """Let the clients on both sides be matched and scored anew."""
    owners = {line.client for line in (before, after) if line is not None and line.client is not None}
    for owner in sorted(owners):
        number, company = score_anew(connection, owner)
        mark_undecided(connection, number, [company])
    mark_unmatched(connection, key[0], [key[1]])


def _write_down(
    connection: Connection,
    now: datetime,
    made: NewDecision,
    action: str,
    by: str,
    before: LinkRow | None,
    *,
    decision: int | None = None,
) -> None:
    systems = account_systems(connection)
    detail: dict[str, Any] = {"note": made.note}
    if made.other is not None:
        detail["other"] = record_label(made.other, systems)
    elif before is not None:
        detail |= {"was": before.state, "was_client": before.client, "was_method": before.method}
    if decision is not None:
        detail |= {"decision": decision, "verdict": made.verdict}
    subject = f"{systems[made.account][0]}/{made.record}"
    if made.other is not None:
        subject = record_label(made.record, systems)
    write_audit(connection, now, by, action, subject, client=made.client, detail=detail)
