"""Writing back as a job: the operator's policy, plans, approvals, and the push itself behind the brake."""

import threading
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from sevenc_sync.clock import Clock
from sevenc_sync.config import Configuration
from sevenc_sync.connect.errors import CredentialsProblem, Problem
from sevenc_sync.engine.judge import feeds_of
from sevenc_sync.engine.sync_job import Account, open_http
from sevenc_sync.push import (
    DeliverySummary,
    Limits,
    Place,
    Policy,
    Ports,
    Writer,
    deliver,
    held_by,
    preview,
    queue_tickets,
    reference_of,
    write_texts,
)
from sevenc_sync.quiet import Quiet
from sevenc_sync.score import ClientResult, Rules
from sevenc_sync.store import pushes
from sevenc_sync.store.accounts import stop_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.outbox import OutboxRow, count_waiting, ready_rows, waiting_rows

log = structlog.get_logger("push")

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def policy_of(config: Configuration) -> Policy:
    """The operator's settings as the policy of notes; relative templates are beside the configuration."""
    told = config.settings.push
    folder = config.path.parent
    zone = ZoneInfo(told.timezone)
    return Policy(
        mode=told.mode,
        cadence=told.cadence,
        change_points=told.change_points,
        min_proof=told.min_proof_percent / 100,
        quiet=None if told.quiet_hours is None else Quiet.of(told.quiet_hours, zone),
        quiet_days=frozenset(_DAYS.index(day) for day in told.quiet_days),
        zone=zone,
        language=told.language,
        history=told.history,
        template=None if told.template is None else folder / told.template,
        templates={group: folder / path for group, path in told.templates.items()},
        limits=Limits(
            drop=told.brake_drop_percent / 100,
            removed=told.brake_removed_percent / 100,
            notes=told.brake_notes,
        ),
    )


def places_of(accounts: Sequence[Account]) -> dict[int, Place]:
    """The accounts that take notes, and whether they take fields too."""
    return {
        account.number: Place(account.name, has_fields="fields" in _extras(account))
        for account in accounts
        if account.connector.notes is not None
    }


def _extras(account: Account) -> frozenset[str]:
    return frozenset[str](account.connector.writes(account.settings))


@dataclass(frozen=True, kw_only=True)
class PushJob:
    """Writing back, with what the engine has."""

    store: Store
    accounts: Sequence[Account]
    rules: Rules
    policy: Policy
    clock: Clock
    stop: threading.Event
    holder: str

    def prepare(self, clients: Collection[int] | None = None) -> list[str]:
        """Queue what the plans ask for and write all missing texts; gives what is wrong with templates."""
        tickets = {account.number: account.name for account in self.accounts if "tickets" in _extras(account)}
        now = self.clock()
        if tickets and self.policy.mode != "off":
            with self.store.write() as connection:
                queue_tickets(connection, self.rules, self.policy, tickets, now)
        return write_texts(self.store, self._writer(), clients)

    def plan(self, clients: Collection[int] | None = None) -> tuple[pushes.Plan, list[str], list[OutboxRow]]:
        """What waits with its hash, remembered for an approval; what is wrong with templates; and what has no text."""
        broken = self.prepare(clients)
        with self.store.write() as connection:
            rows = waiting_rows(connection, clients=clients)
            plan = pushes.plan_of([row for row in rows if row.text])
            if plan.rows:
                pushes.keep_plan(connection, plan, self.clock())
        return plan, broken, [row for row in rows if not row.text]

    def preview(self, result: ClientResult) -> str:
        """The client's note as it would be now, due or not; nothing is kept. Raises TemplateBroken."""
        place = places_of(self.accounts).get(result.account)
        reference = reference_of(place.name if place else "", result.company)
        return preview(self.store, self._writer(), result, reference)

    def send(self, trigger: str, only: Collection[int] | None = None) -> DeliverySummary:
        """Send what may be sent, of these rows or of all: approved by a person, or anything where the mode is auto.

        Nothing is sent when the brake holds it. An account that cannot be opened keeps its rows waiting.
        """
        broken = self.prepare()
        with self.store.write() as connection:
            rows = ready_rows(connection, self.clock(), all_approved=self.policy.mode == "auto", only=only)
            reasons = held_by(connection, rows, self.policy.limits)
            if reasons:
                held, is_news = pushes.hold(connection, reasons, [row.id for row in rows], self.clock())
            elif only is None:
                pushes.drop_hold(connection, self.clock())
            waiting = count_waiting(connection)
        if reasons:
            tell = log.error if is_news else log.info
            tell("push held by the brake", hold=held.id, reasons=list(reasons), rows=len(rows))
            return DeliverySummary(waiting=waiting, held=reasons, broken=tuple(broken))
        summary = self._deliver(rows, trigger)
        return summary.with_broken(broken)

    def _deliver(self, rows: Sequence[OutboxRow], trigger: str) -> DeliverySummary:
        wanted = {row.account for row in rows}
        refused: dict[int, str] = {}
        ports: dict[int, Ports] = {}
        with ExitStack() as opened:
            for account in self.accounts:
                if account.number not in wanted or account.connector.notes is None:
                    continue
                try:
                    ports[account.number] = _ports(account, opened.enter_context(self._open(account)))
                except Problem as problem:
                    log.warning("not deliverable", account=account.name, error=problem.text)
                    if isinstance(problem, CredentialsProblem):
                        refused[account.number] = problem.text
            summary = deliver(
                self.store, ports, rows, self.clock, self.stop, trigger=trigger, holder=self.holder
            )
        refused |= dict.fromkeys(
            summary.refused, "The vendor refused the credentials when notes were written."
        )
        for account in self.accounts:
            if account.number in refused:
                # Asking again with a refused key can lock the API user out at the vendor.
                digest = account.secret_digest()
                stop_account(self.store, account.number, refused[account.number], digest, self.clock())
        return summary

    def _open(self, account: Account) -> Any:
        return open_http(account, self.clock, self.stop)

    def _writer(self) -> Writer:
        return Writer(self.rules, self.policy, feeds_of(self.accounts), self.clock())


def _ports(account: Account, http: Any) -> Ports:
    connector, extras = account.connector, _extras(account)
    return Ports(
        notes=None if connector.notes is None else connector.notes(http, account.settings),
        fields=connector.fields(http, account.settings) if connector.fields and "fields" in extras else None,
        tickets=connector.tickets(http, account.settings)
        if connector.tickets and "tickets" in extras
        else None,
    )
