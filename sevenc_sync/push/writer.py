"""From a score to the outbox: a note is queued when it would say something else than the last one."""

from collections.abc import Mapping

from sqlalchemy import Connection

from sevenc_sync.push.note import note_digest, note_text, reference_of
from sevenc_sync.score import ClientResult, OnScored, Rules
from sevenc_sync.store.exceptions import AcceptedRisk, exceptions
from sevenc_sync.store.outbox import NewNote, last_note, last_sent, queue_note


def outbox_writer(rules: Rules, accounts: Mapping[int, str]) -> OnScored:
    """The hook for `score_clients`: keeps the outbox in step with the scores, in their own transaction.

    `accounts` are the accounts that take notes, by number with their names; clients of others get none, nor do clients
    without a score. A note that waits is replaced by one that says something else; what was sent, waits or failed is not
    queued again with the same content. The day in the note is that of the result's clock.
    """

    def write(connection: Connection, result: ClientResult, previous: ClientResult | None) -> None:
        name = accounts.get(result.account)
        if name is None or result.score is None:
            return
        reference = reference_of(name, result.company)
        risks: list[AcceptedRisk] = []
        if any(item.excepted for item in result.indicators):
            risks = exceptions(connection, owners=[result.client], in_force_at=result.at)
        digest = note_digest(result, rules, reference, risks)
        last = last_note(connection, result.client)
        if last is not None and last.digest == digest:
            return
        # Back to what stands at the vendor: the same words, so that delivery finds nothing to change.
        sent = last_sent(connection, result.client)
        if sent is not None and sent.digest == digest:
            text = sent.text
        else:
            text = note_text(result, previous, rules, result.at, reference, risks)
        queue_note(
            connection,
            NewNote(
                client=result.client,
                account=result.account,
                company=result.company,
                reference=reference,
                text=text,
                digest=digest,
            ),
            result.at,
        )

    return write
