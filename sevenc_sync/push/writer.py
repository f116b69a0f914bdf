"""From a score to the outbox: a note is queued when it is due and would say something else than the last one."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from sevenc_sync.push.choose import core_of, facts_of
from sevenc_sync.push.fields import field_digest
from sevenc_sync.push.note import digest_of, reference_of
from sevenc_sync.push.policy import Policy
from sevenc_sync.score import ClientResult, OnSaved, Rules
from sevenc_sync.store.exceptions import AcceptedRisk, exceptions
from sevenc_sync.store.outbox import Facts, Last, NewRow, OutboxRow, last_rows, queue_row, withdraw
from sevenc_sync.store.plan_items import PlanItem, read_plan_items


class Place(msgspec.Struct, frozen=True):
    """An account that takes notes: its name, and whether it takes fields too."""

    name: str
    has_fields: bool = False


def outbox_writer(rules: Rules, places: Mapping[int, Place], policy: Policy) -> OnSaved:
    """The hook for `score_clients`: keeps the outbox in step with the scores, in their own transaction.

    `places` are the accounts that take notes, by number; clients of others get none, nor do clients without a score or with
    less proof than the policy wants. A note that waits is replaced by one that says something else, and so its approval
    is void; what was sent, edited or failed is queued again when it is due and says something else. Texts are written later.
    """

    def write(connection: Connection, results: Sequence[ClientResult]) -> None:
        mine = [result for result in results if result.account in places]
        if policy.mode == "off" or not mine:
            return
        owners = [result.client for result in mine]
        last = last_rows(connection, owners, "note")
        risks: dict[int, list[AcceptedRisk]] = {}
        if any(item.excepted for result in mine for item in result.indicators):
            for risk in exceptions(connection, owners=owners, in_force_at=mine[0].at):
                risks.setdefault(risk.client, []).append(risk)
        todo = [result for result in mine if _may_change(result, last[result.client], policy)]
        plans = read_plan_items(connection, [result.client for result in todo]) if todo else {}
        for result in todo:
            _keep_up(
                connection,
                result,
                rules,
                places[result.account],
                policy,
                last[result.client],
                risks.get(result.client, []),
                plans.get(result.client, {}),
            )

    return write


def _may_change(result: ClientResult, last: Last, policy: Policy) -> bool:
    """Whether the outbox may have to change for this client; looks at little, because most clients stay as they are."""
    if last.row is not None and last.row.state == "pending":
        return True
    if result.score is None or result.proof < policy.min_proof:
        return False
    has_moved = last.row is not None and last.row.company != result.company
    return last.sent is None or has_moved or policy.is_due(facts_of(result), last.sent, result.at)


def _keep_up(
    connection: Connection,
    result: ClientResult,
    rules: Rules,
    place: Place,
    policy: Policy,
    last: Last,
    risks: Sequence[AcceptedRisk],
    plan: Mapping[str, PlanItem],
) -> None:
    if result.score is None or result.proof < policy.min_proof:
        withdraw(connection, result.client, "note", result.at)
        withdraw(connection, result.client, "fields", result.at)
        return
    digest = digest_of(core_of(result, rules, risks, plan))
    row, sent = last.row, last.sent
    if row is not None and (row.digest, row.company) == (digest, result.company):
        return
    facts = facts_of(result)
    is_waiting = row is not None and row.state == "pending"
    stands = sent if sent is not None and (sent.digest, sent.company) == (digest, result.company) else None
    if (
        is_waiting
        and stands is not None
        and row is not None
        and row.approved_at is None
        and policy.mode == "review"
    ):
        # Nobody can have sent what nobody approved: what stands at the vendor is right again.
        withdraw(connection, result.client, "note", result.at)
        withdraw(connection, result.client, "fields", result.at)
        return
    queue_row(connection, _new_row(result, place, policy, digest, facts, stands), result.at)
    if place.has_fields:
        _queue_fields(connection, result, place, facts)


def _new_row(
    result: ClientResult,
    place: Place,
    policy: Policy,
    digest: str,
    facts: Facts,
    stands: OutboxRow | None,
) -> NewRow:
    if stands is not None:
        # Back to what stands at the vendor: the same words, so that delivery finds nothing to change.
        return NewRow(
            client=result.client,
            account=result.account,
            company=result.company,
            reference=stands.reference,
            digest=digest,
            facts=facts,
            text=stands.text,
            form=stands.form,
            approved_by=stands.approved_by,
        )
    issue = "" if policy.history == "living" else f"{result.at:%Y%m%d}-{digest[:6]}"
    return NewRow(
        client=result.client,
        account=result.account,
        company=result.company,
        reference=reference_of(place.name, result.company, issue),
        digest=digest,
        facts=facts,
    )


def _queue_fields(connection: Connection, result: ClientResult, place: Place, facts: Facts) -> None:
    digest = field_digest(facts)
    last = last_rows(connection, [result.client], "fields")[result.client].row
    if last is not None and (last.digest, last.company) == (digest, result.company):
        return
    queue_row(
        connection,
        NewRow(
            kind="fields",
            client=result.client,
            account=result.account,
            company=result.company,
            reference=reference_of(place.name, result.company),
            digest=digest,
            facts=facts,
        ),
        result.at,
    )
