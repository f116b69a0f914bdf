"""sevenc-sync plan: what holds a client's areas below their targets, and what people decided about it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import configuration, engine_errors, fail, out, safe, show_json, show_table
from sevenc_sync.cli.decisions import attest_calls
from sevenc_sync.cli.records import Link, links_of, record_json, records_text
from sevenc_sync.cli.scores import AsJson, Client, find_client, rules_of
from sevenc_sync.clock import last_day

if TYPE_CHECKING:
    from sevenc_sync.score import ClientPlan, ClientResult, PlanArea, Rules, Step
    from sevenc_sync.store.database import Store
    from sevenc_sync.store.plan_items import Decision, PlanItem

FIRST = 3  # records named of each step
_HEADINGS = {
    "failing": "Sold but failing",
    "unsold": "Not sold: no contract line in force maps to these areas (services.toml)",
    "unclear": "Failing; whether it is sold is not known",
    "unproven": "No proof: unknown until there is evidence",
}
_SHOWN = ("open", "accepted")
_WITH = {"owner": "accept", "due": "accept", "reason": "risk", "until": "risk"}


@app.command("plan")
def plan_command(
    context: typer.Context,
    client: Client,
    show_all: Annotated[
        bool, typer.Option("--all", help="Also what is done, and what is accepted as a risk.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=10000, help="How many records to name per step.")
    ] = FIRST,
    accept: Annotated[str | None, typer.Option(metavar="ID", help="Somebody will do it.")] = None,
    done: Annotated[str | None, typer.Option(metavar="ID", help="It was done.")] = None,
    reopen: Annotated[str | None, typer.Option(metavar="ID", help="It is to do after all.")] = None,
    risk: Annotated[
        str | None, typer.Option(metavar="ID", help="The client lives with it until a day.")
    ] = None,
    owner: Annotated[str | None, typer.Option(metavar="WHO", help="With --accept: who does it.")] = None,
    due: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="With --accept: by when.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="With --risk: why.")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="With --risk: the last day, in UTC.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="WHO", help="Who decides this; it goes into the audit log.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what to do for a client, or say what becomes of one step: --accept, --done, --reopen or --risk."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.engine.judge import feeds_of
    from sevenc_sync.engine.local import open_engine
    from sevenc_sync.score import load_results, read_plan
    from sevenc_sync.store.reads import last_scored_at

    now = utc_now()
    asked = {"accept": accept, "done": done, "reopen": reopen, "risk": risk}
    told = {"owner": owner, "due": due, "reason": reason, "until": until}
    decided = _decided(
        {key: value for key, value in asked.items() if value is not None},
        {key: value for key, value in told.items() if value is not None},
        by,
        now,
    )
    config = configuration(context)
    rules = rules_of(config)
    with engine_errors(), open_engine(config) as engine:
        result = find_client(load_results(engine.store, rules), client)
        if decided is not None:
            item = _decide(engine.store, result, *decided, now)
            if as_json:
                show_json(_item_json(item))
            else:
                out.print(safe(f"{item.id} of {result.name} is {_state(item, now)}: {_title(rules, item)}"))
            return
        with engine.store.read() as connection:
            at = last_scored_at(connection) or result.at
        plan = read_plan(engine.store, rules, at, feeds_of(engine.accounts), result, limit=limit)
    links = links_of(config)
    if as_json:
        show_json(_json(plan, links, show_all=show_all))
    else:
        _print(plan, rules, links, show_all=show_all)


def _decided(
    asked: Mapping[str, str], told: Mapping[str, str], by: str | None, now: datetime
) -> "tuple[str, Decision] | None":
    """The item's id and the decision that the options say; None: only look. A wrong mix ends with exit code 2."""
    from sevenc_sync.store.plan_items import Decision

    if len(asked) > 1:
        raise typer.BadParameter(f"give one of {', '.join(f'--{name}' for name in asked)}, not several")
    action = next(iter(asked), None)
    for name in told:
        if action != _WITH[name]:
            raise typer.BadParameter(f"means something only with --{_WITH[name]} ID", param_hint=f"--{name}")
    if action is None:
        if by is not None:
            raise typer.BadParameter(
                "means something only with --accept, --done, --reopen or --risk", param_hint="--by"
            )
        return None
    if not (by or "").strip():
        raise typer.BadParameter("is needed: who decides this", param_hint="--by")
    if action == "risk" and not (told.get("reason", "").strip() and "until" in told):
        raise typer.BadParameter("needs --reason TEXT and --until YYYY-MM-DD", param_hint="--risk")
    days = {name: _day(f"--{name}", told[name]) for name in ("due", "until") if name in told}
    if "until" in days:
        days["until"] += timedelta(days=1)  # the day itself still counts
    if "until" in days and days["until"] <= now:
        raise typer.BadParameter(f"{told['until']} has passed", param_hint="--until")
    return asked[action], Decision(
        action=action,  # type: ignore[arg-type]  # the keys of `asked` are the actions
        by=(by or "").strip(),
        owner=told.get("owner"),
        due=days.get("due"),
        reason=told.get("reason"),
        until=days.get("until"),
    )


def _day(option: str, text: str) -> datetime:
    """The first moment of that day, in UTC."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day as YYYY-MM-DD", param_hint=option) from None


def _decide(
    store: "Store", result: "ClientResult", number: str, decision: "Decision", now: datetime
) -> "PlanItem":
    from sevenc_sync.store.plan_items import decide

    with store.write() as connection:
        item = decide(connection, result.client, number, decision, now)
    if item is None:
        return fail(f"{result.name} has no step {number!r}. `sevenc-sync plan` with --all lists all of them.")
    return item


def _json(plan: "ClientPlan", links: Mapping[str, Link], *, show_all: bool) -> dict[str, object]:
    return {
        "client": plan.result.name,
        "id": plan.result.client,
        "at": plan.at,
        "score": plan.result.score,
        "sold_unknown": plan.sold_reason,
        "areas": [
            {
                "slug": area.gap.area,
                "name": area.gap.name,
                "level": area.gap.level,
                "target": area.gap.target,
                "cap": area.gap.cap,
                "kind": area.kind,
                "sold": area.sold,
                "steps": [
                    _step_json(plan, step, links) for step in area.steps if show_all or _is_shown(step)
                ],
            }
            for area in plan.areas
        ],
        "closed": [_item_json(item) for item in plan.closed] if show_all else [],
    }


def _step_json(plan: "ClientPlan", step: "Step", links: Mapping[str, Link]) -> dict[str, object]:
    indicator, explained = step.gap.indicator, step.explained
    return {
        "id": None if step.item is None else step.item.id,
        "indicator": indicator.id,
        "title": indicator.title,
        "level": indicator.level,
        "needed": step.gap.needed,
        "is_gate": indicator.is_gate,
        "unknown": indicator.reason,
        "step": explained.fix,
        "needs": explained.needs,
        "to_fix_total": explained.to_fix_total,
        "to_fix": [record_json(row, links) for row in explained.to_fix],
        "missing": list(explained.missing),
        "attest": attest_calls(plan.result.name, explained.to_attest),
        "area_level_then": step.gain.area_level,
        "score_then": step.gain.score,
        "item": None if step.item is None else _item_json(step.item),
    }


def _item_json(item: "PlanItem") -> dict[str, object]:
    return {
        "id": item.id,
        "indicator": item.indicator,
        "state": item.state,
        "by": item.by,
        "owner": item.owner,
        "due": None if item.due_at is None else f"{item.due_at:%Y-%m-%d}",
        "reason": item.reason,
        "until": last_day(item.until),
        "ticket": item.ticket,
        "first_at": item.first_at,
        "changed_at": item.changed_at,
    }


def _is_shown(step: "Step") -> bool:
    return step.item is None or step.item.state in _SHOWN


def _print(plan: "ClientPlan", rules: "Rules", links: Mapping[str, Link], *, show_all: bool) -> None:
    score = "unknown" if plan.result.score is None else f"{plan.result.score:.1f} of 100"
    out.print(
        safe(
            f"{plan.result.name}: {len(plan.areas)} areas below their target, score {score}, "
            f"as of {plan.at:%Y-%m-%d %H:%M} UTC"
        )
    )
    hidden = 0
    for kind, heading in _HEADINGS.items():
        areas = [area for area in plan.areas if area.kind == kind]
        if areas:
            out.print()
            why = f" ({plan.sold_reason})" if kind == "unclear" else ""
            out.print(Text(f"{heading}{safe(why).plain}", style="bold"), soft_wrap=True)
        for area in areas:
            shown = [step for step in area.steps if show_all or _is_shown(step)]
            hidden += len(area.steps) - len(shown)
            if shown or not area.steps:
                _print_area(plan, area, shown, links)
    out.print()
    if show_all and plan.closed:
        rows = [(item.id, _title(rules, item), _state(item, plan.at)) for item in plan.closed]
        show_table("Closed", ("id", "step", "state"), rows)
    if hidden:
        out.print(f"{hidden} more are done or accepted as a risk; --all shows them.")
    out.print(
        "Next: sevenc-sync plan CLIENT --accept ID --owner WHO --due YYYY-MM-DD --by WHO", soft_wrap=True
    )


def _print_area(plan: "ClientPlan", area: "PlanArea", steps: "list[Step]", links: Mapping[str, Link]) -> None:
    out.print()
    level = "unknown" if area.gap.level is None else f"level {area.gap.level:g}"
    out.print(
        Text.assemble(
            (safe(area.gap.name).plain, "bold"),
            safe(f" ({area.gap.area}): {level}, target {area.gap.target:g}"),
        ),
        soft_wrap=True,
    )
    if not area.steps:
        held = (
            "attestations alone end at level 3"
            if area.gap.cap == "attestation"
            else "their ladders end below it"
        )
        out.print(f"      No indicator of this area can lift it to its target: {held}.")
    for step in steps:
        _print_step(plan, step, links)


def _print_step(plan: "ClientPlan", step: "Step", links: Mapping[str, Link]) -> None:
    indicator, explained = step.gap.indicator, step.explained
    number = "(new)" if step.item is None else step.item.id
    state = "" if step.item is None else f"  {_state(step.item, plan.at)}"
    gate = ", a gate" if indicator.is_gate else ""
    now = "unknown" if indicator.level is None else f"level {indicator.level:g}"
    out.print(
        Text.assemble(f"  {number}  ", (safe(indicator.title).plain, "bold"), safe(f" ({now}{gate}){state}")),
        soft_wrap=True,
    )
    if indicator.level is None:
        out.print(safe(f"      Unknown: {indicator.reason}"), soft_wrap=True)
    out.print(safe(f"      {explained.fix}"), soft_wrap=True)
    if explained.needs is not None:
        out.print(safe(f"      {explained.needs}"), soft_wrap=True)
    for missing in explained.missing:
        out.print(safe(f"      Not met by any record: {missing}"), soft_wrap=True)
    for call in attest_calls(plan.result.name, explained.to_attest):
        out.print(safe(f"      Where somebody knows it: {call}"), soft_wrap=True)
    if explained.to_fix_total:
        records = records_text(explained.to_fix, explained.to_fix_total, links)
        out.print(Text.assemble(f"      To fix ({explained.to_fix_total}): ", records), soft_wrap=True)
    out.print(safe(f"      With level {step.gap.needed:g} here: {_gain(plan.result, step)}"), soft_wrap=True)


def _gain(result: "ClientResult", step: "Step") -> str:
    """What the step is worth, in words."""
    level, score = step.gain.area_level, step.gain.score
    area = "unknown" if level is None else f"{level:g}"
    if score is None:
        return f"area {area}."
    more = "" if result.score is None else f" ({score - result.score:+.1f})"
    return f"area {area}, score {score:.1f}{more}."


def _state(item: "PlanItem", now: datetime) -> str:
    """The item's state with all that was said of it, and its ticket."""
    return _said(item, now) + ("" if item.ticket is None else f"; ticket {item.ticket}")


def _said(item: "PlanItem", now: datetime) -> str:
    if item.state == "risk":
        return f"accepted as a risk until {last_day(item.until)} by {item.by}: {item.reason}"
    if item.state == "accepted":
        owner = f", {item.owner} does it" if item.owner else ""
        late = " (overdue)" if item.due_at is not None and item.due_at < now else ""
        due = "" if item.due_at is None else f", due {item.due_at:%Y-%m-%d}{late}"
        return f"accepted by {item.by}{owner}{due}"
    if item.state == "done":
        said = "by the evidence" if item.by is None else f"by the word of {item.by}"
        return f"done since {item.changed_at:%Y-%m-%d}, {said}"
    if item.until is not None:
        over = f"the risk that {item.by} accepted until {last_day(item.until)} is over: {item.reason}"
        return f"open since {item.changed_at:%Y-%m-%d}; {over}"
    return f"open since {item.changed_at:%Y-%m-%d}"


def _title(rules: "Rules", item: "PlanItem") -> str:
    rule = rules.indicator_by_id.get(item.indicator)
    return item.indicator if rule is None else rule.title
