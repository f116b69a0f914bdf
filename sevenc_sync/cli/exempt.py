"""sevenc-sync except: what is left out of a client's score, by whose word, why, and until when."""

from typing import TYPE_CHECKING, Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import USAGE, configuration, engine_errors, fail, out, safe, show_json, show_table
from sevenc_sync.cli.decide import By, Link, actor, checked_link, end_of_day, one_line
from sevenc_sync.cli.decisions import risk_json
from sevenc_sync.cli.scores import AsJson, find_client
from sevenc_sync.clock import last_day
from sevenc_sync.engine.said import LONGEST_RISK

if TYPE_CHECKING:
    from datetime import datetime

    from sevenc_sync.engine.local import Engine
    from sevenc_sync.score import ClientResult, Rules
    from sevenc_sync.store.exceptions import AcceptedRisk


@app.command("except")
def except_command(
    context: typer.Context,
    client: Annotated[
        str | None, typer.Argument(metavar="CLIENT", help="A client's name, or enough of it.")
    ] = None,
    target: Annotated[
        str | None, typer.Argument(metavar="AREA-or-INDICATOR", help="What is left out of the score.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Last day (UTC), at most two years ahead.")
    ] = None,
    record: Annotated[
        str | None,
        typer.Option("--record", metavar="ACCOUNT/ID", help="Leave out this record of an indicator only."),
    ] = None,
    by: By = None,
    link: Link = None,
    end: Annotated[bool, typer.Option("--end", help="Take the exception back.")] = False,
    past: Annotated[bool, typer.Option("--all", help="List those too that no longer count.")] = False,
    as_json: AsJson = False,
) -> None:
    """Leave an area, an indicator or one record out of a client's score; without AREA-or-INDICATOR list what is left out."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.engine.local import open_engine
    from sevenc_sync.score import load_results
    from sevenc_sync.store.exceptions import (
        NewException,
        add_exception,
        end_exception,
        exceptions,
        subject_of,
    )

    now = utc_now()
    config = configuration(context)
    with engine_errors(), open_engine(config) as engine:
        store, rules = engine.store, engine.rules
        owner = None if client is None else find_client(load_results(store, rules), client)
        if owner is None or target is None:
            with store.read() as connection:
                found = exceptions(
                    connection,
                    owners=None if owner is None else [owner.client],
                    in_force_at=None if past else now,
                )
            _show(rules, found, now, as_json=as_json)
            return
        name = _target(rules, target, ended=end)
        account, number = _record(record)
        who = actor(by)
        what = subject_of(name, account, number)
        if end:
            with store.write() as connection:
                try:
                    done = end_exception(
                        connection, now, owner.client, name, who, account_name=account, record=number
                    )
                except KeyError:
                    done = False
            if not done:
                fail(
                    f"no exception from {what} counts for {owner.name}; `sevenc-sync except CLIENT` lists them."
                )
            out.print(safe(f"{what} counts for {owner.name} again, by {who}."), soft_wrap=True)
        else:
            if reason is None or until is None:
                fail("an exception needs --reason and --until.", USAGE)
            made = NewException(
                client=owner.client,
                target=name,
                reason=one_line(reason, "--reason"),
                by=who,
                until=end_of_day(until, now, latest=now + LONGEST_RISK),
                account=account,
                record=number,
                link=checked_link(link),
            )
            if account is not None and number is not None:
                _require_record(engine, owner, now, name, account, number)
            with store.write() as connection:
                add_exception(connection, now, made)
            out.print(
                safe(f"{what} is left out of the score of {owner.name} until {until}, by {who}."),
                soft_wrap=True,
            )
    out.print("It counts from the next scoring on: sevenc-sync score", soft_wrap=True)


def _target(rules: "Rules", text: str, *, ended: bool) -> str:
    """One area or indicator. To take an exception back, an id that no rule has any more will do."""
    from sevenc_sync.score import find_target

    found = find_target(rules, text)
    if len(found.ids) == 1:
        return found.ids[0]
    if found.ids:
        fail(f"{text!r} fits {len(found.ids)}: {', '.join(found.ids)}. An exception is made from one.", USAGE)
    if ended:
        return text
    near = f" Did you mean {' or '.join(found.nearest)}?" if found.nearest else ""
    return fail(
        f"{text!r} is no area and no indicator.{near} `sevenc-sync rules check` lists the areas.", USAGE
    )


def _record(text: str | None) -> tuple[str | None, str | None]:
    if text is None:
        return None, None
    account, slash, number = text.partition("/")
    if not slash or not account or not number:
        fail(f"--record {text!r} is no record; write ACCOUNT/ID as `sevenc-sync why` shows both.", USAGE)
    return account, number


def _require_record(
    engine: "Engine", owner: "ClientResult", now: "datetime", target: str, account: str, number: str
) -> None:
    """End the program unless the record is among the indicator's rows: an exception that leaves out nothing is a mistake."""
    from sevenc_sync.score.explain import is_counted

    indicator = engine.rules.indicator_by_id.get(target)
    if indicator is None:
        fail("--record needs an indicator: the same id may stand for several records of an area.", USAGE)
    if indicator.rows == "companies":
        fail(
            "the only row of this indicator is the client's own record; leave out the whole indicator.", USAGE
        )
    if not is_counted(engine.store, engine.rules, now, owner.client, target, account, number):
        fail(
            f"{account}/{number} is not among the records that {target} counts for {owner.name}; "
            f"`sevenc-sync why` lists them."
        )


def _show(rules: "Rules", found: "list[AcceptedRisk]", now: "datetime", *, as_json: bool) -> None:
    if as_json:
        show_json([risk_json(item, now) for item in found])
        return
    if not found:
        out.print("No exception is in force.")
        return
    targets = {*rules.area_by_slug, *rules.indicator_by_id}
    show_table(
        None,
        ("client", "left out", "reason", "by", "since", "until", "state", "link"),
        [
            (
                item.client_name,
                item.subject,
                item.reason,
                item.by,
                f"{item.at:%Y-%m-%d}",
                last_day(item.until),
                _state(item, now, is_known=item.target in targets),
                item.link,
            )
            for item in found
        ],
    )


def _state(item: "AcceptedRisk", now: "datetime", *, is_known: bool) -> str:
    if item.is_in_force(now):
        return "counts" if is_known else "no rule has it"
    if item.ended_at is not None and item.ended_at < item.until:
        return f"ended by {item.ended_by}"
    return "expired"
