"""sevenc-sync push: what is written back into the PSA, shown, approved, sent, and looked up."""

import threading
from typing import TYPE_CHECKING, Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import (
    BRAKE,
    ERROR,
    PARTIAL,
    USAGE,
    configuration,
    engine_errors,
    err,
    fail,
    out,
    safe,
    show_json,
)
from sevenc_sync.cli.pushshow import plan_json, show_log, show_plan

if TYPE_CHECKING:
    from collections.abc import Collection

    from sevenc_sync.engine.local import Engine

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


@app.command("push")
def push_command(
    context: typer.Context,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Show the full text and place of all that waits, with the plan's hash."),
    ] = False,
    approve: Annotated[
        str | None, typer.Option("--approve", metavar="HASH", help="Send exactly what that plan showed.")
    ] = None,
    client: Annotated[
        str | None,
        typer.Option("--client", metavar="CLIENT", help="With --plan, --log or alone: only this client."),
    ] = None,
    adopt: Annotated[
        str | None,
        typer.Option(
            "--adopt", metavar="CLIENT", help="Write over a person's edit; their words are kept below."
        ),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Let go what the brake held; needs --reason.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="With --accept: why.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="WHO", help="Who decides this; it goes into the audit log.")
    ] = None,
    preview: Annotated[
        str | None,
        typer.Option("--preview", metavar="CLIENT", help="Show the client's note as it would be now."),
    ] = None,
    template: Annotated[
        bool, typer.Option("--template", help="Print the built-in template, to begin your own with.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--log", help="Show who approved what, and what the PSA answered.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send what was approved into the PSA, or everything that waits where push.mode is auto; see the options for the rest."""
    from sevenc_sync.cli.signals import stop_on_signals
    from sevenc_sync.engine.local import open_engine

    asked = {"--plan": plan, "--approve": approve, "--adopt": adopt, "--accept": accept, "--preview": preview}
    asked |= {"--template": template, "--log": show}
    wanted = [name for name, value in asked.items() if value]
    if len(wanted) > 1:
        raise typer.BadParameter(f"give one of {', '.join(wanted)}, not several")
    if accept != (reason is not None):
        raise typer.BadParameter("--accept and --reason go together", param_hint="--reason")
    if template:
        from sevenc_sync.push import builtin_text

        typer.echo(builtin_text(), nl=False)
        return
    config = configuration(context, quiet=not (plan or show or preview))
    stop = threading.Event()
    with engine_errors(), stop_on_signals(stop), open_engine(config, stop=stop) as engine:
        if show:
            show_log(engine, _owners(engine, client), as_json=as_json)
        elif preview is not None:
            _preview(engine, preview)
        elif plan:
            _plan(engine, _owners(engine, client), as_json=as_json)
        else:
            _send(engine, approve=approve, adopt=adopt, reason=reason, client=client, by=by, as_json=as_json)


def _owners(engine: "Engine", client: str | None) -> "list[int] | None":
    from sevenc_sync.cli.scores import find_client
    from sevenc_sync.score import load_results

    if client is None:
        return None
    return [find_client(load_results(engine.store, engine.rules), client).client]


def _preview(engine: "Engine", client: str) -> None:
    from sevenc_sync.cli.scores import find_client
    from sevenc_sync.push import TemplateBroken
    from sevenc_sync.score import load_results

    result = find_client(load_results(engine.store, engine.rules), client)
    if result.score is None:
        fail(f"{result.name} has no score yet, and so no note.")
    try:
        text = engine.pushing.preview(result)
    except TemplateBroken as error:
        fail(str(error))
    for line in text.splitlines():
        out.print(safe(line), soft_wrap=True)


def _plan(engine: "Engine", owners: "list[int] | None", *, as_json: bool) -> None:
    plan, broken, unwritten = engine.pushing.plan(owners)
    if as_json:
        show_json(plan_json(engine, plan, unwritten))
    else:
        show_plan(engine, plan, unwritten)
    for problem in broken:
        err.print(safe(f"Not written, and so not sent: {problem}."), soft_wrap=True)
    if broken:
        raise typer.Exit(PARTIAL if plan.rows else ERROR)


def _send(
    engine: "Engine",
    *,
    approve: str | None,
    adopt: str | None,
    reason: str | None,
    client: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    if engine.config.settings.push.mode == "off":
        fail("push.mode is off: nothing is written into a PSA. Set it to review or auto.", USAGE)
    only, void = _chosen(engine, approve=approve, adopt=adopt, reason=reason, client=client, by=by)
    summary = engine.deliver("command", only)
    if as_json:
        more = {"reasons": summary.reasons, "doubles": summary.doubles, "held": summary.held, "void": void}
        show_json({**summary.counts(), **more})
    else:
        out.print(safe(summary.sentence()), soft_wrap=True)
        if summary.held:
            out.print(
                safe('Look at `sevenc-sync push --plan`, then: sevenc-sync push --accept --reason "WHY"')
            )
        elif summary.waiting and engine.config.settings.push.mode == "review":
            out.print("What waits needs a person's word: sevenc-sync push --plan")
    if summary.held:
        raise typer.Exit(BRAKE)
    good = summary.created + summary.updated + summary.unchanged
    if void or not summary.is_clean:
        raise typer.Exit(PARTIAL if good else ERROR)


def _chosen(
    engine: "Engine",
    *,
    approve: str | None,
    adopt: str | None,
    reason: str | None,
    client: str | None,
    by: str | None,
) -> "tuple[Collection[int] | None, int]":
    """Do as the person says; gives the rows that this is about (None: all), and how many an approval covers no more."""
    if approve is not None:
        return _approved(engine, approve, by)
    if adopt is not None:
        return _adopted(engine, adopt, by), 0
    if reason is not None:
        _let_go(engine, reason, by)
    return (None if client is None else _waiting(engine, client)), 0


def _approved(engine: "Engine", plan: str, by: str | None) -> "tuple[list[int], int]":
    """The rows that the plan's approval covers now, and how many it covers no more."""
    from sevenc_sync.cli.decide import actor
    from sevenc_sync.store.clients import client_names
    from sevenc_sync.store.pushes import approve

    who = actor(by)
    with engine.store.write() as connection:
        found = approve(connection, plan.strip().lower(), who, engine.clock())
        names = client_names(connection)
    if found is None:
        fail(f"no plan {plan!r} was shown; `sevenc-sync push --plan` shows one with its hash.")
    for row in found.void:
        err.print(
            safe(f"{names.get(row.client)}: not sent, it has changed since that plan; look at a new one."),
            soft_wrap=True,
        )
    if not found.rows and found.void:
        fail("nothing of that plan is as it was; `sevenc-sync push --plan` shows what is to be sent now.")
    return [row.id for row in found.rows], len(found.void)


def _adopted(engine: "Engine", client: str, by: str | None) -> list[int]:
    from sevenc_sync.cli.decide import actor
    from sevenc_sync.store.pushes import adopt

    (owner,) = _owners(engine, client) or [0]
    who = actor(by)
    engine.pushing.prepare([owner])
    with engine.store.write() as connection:
        row = adopt(connection, owner, who, engine.clock())
    if row is None:
        fail("that client has no note that waits, or that was left alone because a person changed it.")
    return [row.id]


def _let_go(engine: "Engine", reason: str, by: str | None) -> None:
    from sevenc_sync.cli.decide import LONGEST_TEXT, actor, one_line
    from sevenc_sync.store.pushes import end_hold

    why, who = one_line(reason, "--reason", LONGEST_TEXT), actor(by)
    with engine.store.write() as connection:
        found = end_hold(connection, who, why, engine.clock())
    if found is None:
        fail("the brake holds nothing.")


def _waiting(engine: "Engine", client: str) -> list[int]:
    from sevenc_sync.store.outbox import waiting_rows

    owners = _owners(engine, client)
    engine.pushing.prepare(owners)
    with engine.store.read() as connection:
        return [row.id for row in waiting_rows(connection, clients=owners)]
