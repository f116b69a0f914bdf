"""sevenc-sync match: which company is which client, by a person's word."""

from typing import TYPE_CHECKING, Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import USAGE, configuration, fail, out, safe, show_json, show_table, store_of
from sevenc_sync.cli.decide import By, actor, one_line
from sevenc_sync.cli.scores import AsJson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from sevenc_sync.match import Question
    from sevenc_sync.store.clients import ClientRow
    from sevenc_sync.store.companies import CompanyKey
    from sevenc_sync.store.decided import Decided, NewDecision, Verdict

match_app = typer.Typer(
    help="Which company is which client, and which record which device.", no_args_is_help=True
)
app.add_typer(match_app, name="match")

SourceName = Annotated[str, typer.Argument(metavar="SOURCE", help="An account's name.")]
CompanyName = Annotated[
    str, typer.Argument(metavar="COMPANY", help="A company's id there, or its whole name.")
]
ClientName = Annotated[
    str, typer.Argument(metavar="CLIENT", help="A client's number or name, or enough of the name.")
]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Why.")]
Source = Annotated[str | None, typer.Option("--source", metavar="SOURCE", help="Of this account only.")]


@match_app.command("review")
def review_command(
    context: typer.Context,
    source: Source = None,
    devices: Annotated[
        bool, typer.Option("--devices", help="The records that may be one device, instead of companies.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what waits for a person: companies, why, and which clients they may be; or records of devices."""
    from sevenc_sync.cli.match_devices import review_devices
    from sevenc_sync.match import moved_devices, questions
    from sevenc_sync.store.devices import count_conflicts

    if devices:
        if source is not None:
            fail("--source is for companies; records of devices are of several accounts.", USAGE)
        review_devices(context, as_json=as_json)
        return
    with store_of(configuration(context)) as store, store.read() as connection:
        found = questions(connection, source=known_source(connection, source))
        about_devices = count_conflicts(connection) + len(moved_devices(connection))
    if as_json:
        show_json([_question_json(item) for item in found])
        return
    if about_devices:
        out.print(f"{about_devices} questions about devices: sevenc-sync match review --devices")
    if not found:
        out.print("No company waits for a person.")
        return
    show_table(
        None,
        ("source", "company", "name", "why it waits", "may be"),
        [
            (
                item.line.account,
                item.line.company,
                item.line.name,
                item.why,
                ", ".join(f"{near.name} ({near.client}) {near.score:.2f}" for near in item.suggestions),
            )
            for item in found
        ],
    )
    out.print("Decide with: sevenc-sync match link SOURCE COMPANY CLIENT, ignore, or never.", soft_wrap=True)


@match_app.command("link")
def link_command(
    context: typer.Context,
    source: SourceName,
    company: CompanyName,
    client: ClientName,
    note: Note = None,
    by: By = None,
) -> None:
    """Say whose company this is. Matching never changes it again; its evidence counts from the next scoring on."""
    _say(context, "link", source, company, client, note, by)


@match_app.command("unlink")
def unlink_command(
    context: typer.Context, source: SourceName, company: CompanyName, note: Note = None, by: By = None
) -> None:
    """Take a company from its client. It waits until a person decides; its evidence is kept and does not count."""
    _say(context, "unlink", source, company, None, note, by)


@match_app.command("ignore")
def ignore_command(
    context: typer.Context, source: SourceName, company: CompanyName, note: Note = None, by: By = None
) -> None:
    """Say that a company is no client's. It is not asked about again."""
    _say(context, "ignore", source, company, None, note, by)


@match_app.command("never")
def never_command(
    context: typer.Context,
    source: SourceName,
    company: CompanyName,
    client: ClientName,
    note: Note = None,
    by: By = None,
) -> None:
    """Say that this company is never this client, whatever names and ids say."""
    _say(context, "never", source, company, client, note, by)


@match_app.command("client")
def client_command(
    context: typer.Context, source: SourceName, company: CompanyName, note: Note = None, by: By = None
) -> None:
    """Say that a company of the PSA is a client, though its name or a mark says that it is nobody's, or yourself."""
    master = configuration(context).master
    if source != master:
        fail(
            f"only companies of the master PSA, {master or 'which there is none'}, become clients; "
            f"`sevenc-sync match link` says whose a company of {source} is.",
            USAGE,
        )
    _say(context, "client", source, company, None, note, by)


@match_app.command("accept")
def accept_command(
    context: typer.Context,
    above: Annotated[
        float,
        typer.Option("--above", min=0.6, max=1.0, help="Least score of a suggestion, such as 0.9."),
    ],
    source: Source = None,
    do: Annotated[bool, typer.Option("--do", help="Link them; without it they are only listed.")] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Link all companies that wait and whose best suggestion is good enough and clearly ahead of the next."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.match import clear_one, questions
    from sevenc_sync.store.decided import NewDecision, decide, set_batch

    who = actor(by)
    with store_of(configuration(context)) as store, store.write() as connection:
        found = [
            (item, best)
            for item in questions(connection, source=known_source(connection, source))
            if item.line.method == "name"  # not where ids contradict, nor where a person has unlinked
            and (best := clear_one(item.suggestions, above)) is not None
        ]
        numbers = []
        for item, best in found if do else ():
            made = NewDecision(
                verdict="link",
                account=item.line.number,
                record=item.line.company,
                client=best.client,
                by=who,
                note=f"accepted in bulk above {above:g}, score {best.score:.2f}",
            )
            numbers.append(decide(connection, utc_now(), made))
        set_batch(connection, [number for number in numbers if number is not None])
    if as_json:
        show_json(
            [
                {
                    "source": item.line.account,
                    "company": item.line.company,
                    "name": item.line.name,
                    "client": best.client,
                    "client_name": best.name,
                    "score": best.score,
                    "linked": do,
                }
                for item, best in found
            ]
        )
        return
    if found:
        show_table(
            None,
            ("source", "company", "name", "client", "score"),
            [
                (item.line.account, item.line.company, item.line.name, best.name, best.score)
                for item, best in found
            ],
        )
    if do:
        out.print(f"{len(found)} companies linked. `sevenc-sync match undo` takes all of it back.")
    else:
        out.print(f"{len(found)} companies would be linked. Nothing was changed; --do links them.")


@match_app.command("undo")
def undo_command(
    context: typer.Context,
    number: Annotated[
        int | None,
        typer.Argument(metavar="DECISION", help="The decision's number; default: the newest in force."),
    ] = None,
    by: By = None,
) -> None:
    """Take a decision back, with all that was decided at once with it: the ledger is as it was before."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.store.decided import NotInForce, undo

    who = actor(by)
    with store_of(configuration(context)) as store:
        try:
            with store.write() as connection:
                undone = undo(connection, utc_now(), who, number)
        except NotInForce as error:
            fail(f"{error}. `sevenc-sync match decisions` lists them.")
    for item in undone:
        out.print(safe(f"Undone: {_decided_line(item)}"), soft_wrap=True)
    _next()


@match_app.command("decisions")
def decisions_command(
    context: typer.Context,
    past: Annotated[bool, typer.Option("--all", help="List those too that no longer count.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what people decided about companies and devices, the newest first."""
    from sevenc_sync.store.decided import decisions

    with store_of(configuration(context)) as store, store.read() as connection:
        found = decisions(connection, in_force=not past)
    if as_json:
        show_json(found)
        return
    if not found:
        out.print("Nobody has decided anything.")
        return
    show_table(
        None,
        ("number", "at", "by", "decision", "state", "note"),
        [
            (
                item.id,
                f"{item.at:%Y-%m-%d %H:%M}",
                item.by,
                _decided_line(item),
                "in force" if item.ended_at is None else f"ended by {item.ended_by}",
                item.note,
            )
            for item in found
        ],
    )


def _say(
    context: typer.Context,
    verdict: "Verdict",
    source: str,
    company: str,
    client: str | None,
    note: str | None,
    by: str | None,
) -> None:
    """Carry one decision out and say what it did."""
    from sevenc_sync.store.clients import clients
    from sevenc_sync.store.decided import NewDecision

    who = actor(by)
    why = None if note is None else one_line(note, "--note")
    with store_of(configuration(context)) as store, store.write() as connection:
        known_source(connection, source)
        key, _ = _company(connection, source, company)
        owner = None if client is None else known_client(clients(connection), client)
        made = NewDecision(
            verdict=verdict,
            account=key[0],
            record=key[1],
            client=None if owner is None else owner.id,
            by=who,
            note=why,
        )
        if verdict == "never" and owner is not None and (owner.account, owner.company) == key:
            fail(f"{source}/{key[1]} is {owner.name}'s own record; `sevenc-sync match unlink` takes it away.")
        done = carried_out(connection, made)
    say_decided(done)


def carried_out(connection: "Connection", made: "NewDecision") -> "Decided | None":
    """Carry a decision out, now; None when it was decided so already."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.store.decided import decide, decisions

    number = decide(connection, utc_now(), made)
    return None if number is None else decisions(connection, numbers=[number])[0]


def say_decided(done: "Decided | None") -> None:
    """Tell a person what a decision did, and from when on it counts."""
    if done is None:
        out.print("That is decided already; nothing was changed.")
        return
    out.print(safe(f"Decision {done.id}: {_decided_line(done)}"), soft_wrap=True)
    _next()


def _next() -> None:
    out.print("It counts from the next scoring on: sevenc-sync score", soft_wrap=True)


def known_source(connection: "Connection", name: str | None) -> str | None:
    """The name of an account that the store knows."""
    from sevenc_sync.store.accounts import account_systems

    known = sorted(known for known, _ in account_systems(connection).values())
    if name is not None and name not in known:
        fail(f"{name!r} is no account; the store has {', '.join(known) or 'none'}.", USAGE)
    return name


def _company(connection: "Connection", source: str, text: str) -> "tuple[CompanyKey, str]":
    from sevenc_sync.store.companies import find_companies

    found = find_companies(connection, source, text)
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(key[1] for key, _ in found[:8])
        fail(f"{source} has {len(found)} companies called {text!r}: give the id, {ids}.")
    return fail(f"{source} has no company {text!r}; `sevenc-sync match review` lists those that wait.")


def known_client(clients: "Sequence[ClientRow]", text: str) -> "ClientRow":
    """The one client that the text names: by number, by whole name, or by a part of an active one's."""
    import difflib

    wanted = text.casefold().strip()
    exact = [row for row in clients if str(row.id) == wanted] or [
        row for row in clients if row.name.casefold() == wanted
    ]
    found = exact or [row for row in clients if row.is_active and wanted and wanted in row.name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{row.name} ({row.id})" for row in found[:8])
        fail(f"{text!r} fits {len(found)} clients: {names}. Give the number.")
    near = difflib.get_close_matches(text, [row.name for row in clients], n=3, cutoff=0.4)
    return fail(f"there is no client {text!r}." + (f" Did you mean {' or '.join(near)}?" if near else ""))


def _question_json(item: "Question") -> dict[str, object]:
    line = item.line
    return {
        "source": line.account,
        "company": line.company,
        "name": line.name,
        "state": line.state,
        "method": line.method,
        "why": item.why,
        "since": line.at,
        "by": line.by,
        "client": line.client_name,
        "suggestions": item.suggestions,
    }


def _decided_line(item: "Decided") -> str:
    """A decision for people, in one line."""
    if item.other is not None:
        word = "one device" if item.verdict == "same" else "two devices"
        return f"{item.record} and {item.other} are {word}"
    called = "" if item.name is None else f" ({item.name})"
    company = f"{item.account}/{item.record}{called}"
    match item.verdict:
        case "link":
            return f"{company} is {item.client_name}"
        case "never":
            return f"{company} is never {item.client_name}"
        case "ignore":
            return f"{company} is nobody's"
        case "client":
            return f"{company} is a client"
        case _:
            return f"{company} is unlinked"
