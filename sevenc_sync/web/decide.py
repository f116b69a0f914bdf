"""What people decide about a client: steps of its plan, attestations, exceptions. Each is in the audit log, and counts at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import get_args

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from sevenc_sync.engine.said import LONGEST_RISK, Unfit, checked_link, end_of_day, one_line
from sevenc_sync.score import ClientResult, find_target
from sevenc_sync.score.fields import fields_of
from sevenc_sync.score.vocabulary import field_key
from sevenc_sync.store.attestations import NewAttestation, attest, end_attestation
from sevenc_sync.store.exceptions import NewException, add_exception, end_exception
from sevenc_sync.store.plan_items import Action, Decision, decide
from sevenc_sync.store.users import Session
from sevenc_sync.web.clients import client_page, result_of
from sevenc_sync.web.guard import Form, Manager
from sevenc_sync.web.site import Site, site_of

routes = APIRouter()


def _done(
    request: Request, session: Session, number: int, do: Callable[[Site, ClientResult], None], part: str
) -> Response:
    """Do it, score the client anew, and show its page; a refusal is said on it."""
    site = site_of(request)
    result = result_of(site, number)
    try:
        do(site, result)
    except Unfit as error:
        return client_page(site, session, number, said=str(error), status=422)
    site.engine.score(site.now(), [number])
    return RedirectResponse(f"/clients/{number}#{part}", 303)


@routes.post("/clients/{number}/plan/{item}")
def plan_step(request: Request, session: Manager, number: int, item: str, form: Form) -> Response:
    """Accept a step, accept its risk, call it done, or open it again."""

    def do(site: Site, _result: ClientResult) -> None:
        now = site.now()
        action = form.get("action", "")
        if action not in get_args(Action):
            raise Unfit("Say what becomes of the step: accept, risk, done or reopen.")
        decision = Decision(action=action, by=session.user.name)  # type: ignore[arg-type]  # it is one of them
        if action == "accept":
            owner = form.get("owner")
            due = form.get("due")
            decision = Decision(
                action="accept",
                by=session.user.name,
                owner=one_line(owner, "Who does it", 100) if owner else None,
                due=end_of_day(due, now, what="Due") - timedelta(days=1) if due else None,
            )
        elif action == "risk":
            decision = Decision(
                action="risk",
                by=session.user.name,
                reason=one_line(form.get("reason", ""), "The reason"),
                until=end_of_day(form.get("until", ""), now, latest=now + LONGEST_RISK, what="Until"),
            )
        with site.engine.store.write() as connection:
            if decide(connection, number, item, decision, now) is None:
                raise Unfit("This client has no such step any more.")

    return _done(request, session, number, do, "plan")


@routes.post("/clients/{number}/attest")
def attest_field(request: Request, session: Manager, number: int, form: Form) -> Response:
    """Say what a field of the client is; the same field again renews it."""

    def do(site: Site, _result: ClientResult) -> None:
        now = site.now()
        told = fields_of(site.rules).get(field_key(form.get("field", "")))
        if told is None:
            raise Unfit("No rule reads that field.")
        if form.get("end"):
            with site.engine.store.write() as connection:
                end_attestation(connection, now, number, told.key, session.user.name)
            return
        value = one_line(form.get("value", ""), told.label, 200)
        expected = told.wrong(value)
        if expected is not None:
            raise Unfit(f"{told.label} cannot be {value!r}: the rules want {expected}.")
        until, link, note = form.get("until"), form.get("link"), form.get("note")
        made = NewAttestation(
            client=number,
            field=told.key,
            label=told.label,
            value=value,
            by=session.user.name,
            until=end_of_day(until, now, what="Until") if until else None,
            link=checked_link(link or None, what="The link"),
            note=one_line(note, "The note") if note else None,
        )
        with site.engine.store.write() as connection:
            attest(connection, now, made)

    return _done(request, session, number, do, "attestations")


@routes.post("/clients/{number}/except")
def except_target(request: Request, session: Manager, number: int, form: Form) -> Response:
    """Leave an area or an indicator out of the score until a day, or count it again."""

    def do(site: Site, _result: ClientResult) -> None:
        now = site.now()
        target = form.get("target", "")
        if form.get("end"):
            account, record = form.get("account") or None, form.get("record") or None
            try:
                with site.engine.store.write() as connection:
                    end_exception(
                        connection,
                        now,
                        number,
                        target,
                        session.user.name,
                        account_name=account,
                        record=record,
                    )
            except KeyError:
                raise Unfit(f"There is no account {account!r}.") from None
            return
        ids = find_target(site.rules, target).ids
        if len(ids) != 1:
            raise Unfit(f"{target!r} is not one area or indicator.")
        made = NewException(
            client=number,
            target=ids[0],
            reason=one_line(form.get("reason", ""), "The reason"),
            by=session.user.name,
            until=end_of_day(form.get("until", ""), now, latest=now + LONGEST_RISK, what="Until"),
            link=checked_link(form.get("link") or None, what="The link"),
        )
        with site.engine.store.write() as connection:
            add_exception(connection, now, made)

    return _done(request, session, number, do, "exceptions")
