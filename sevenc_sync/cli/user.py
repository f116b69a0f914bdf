"""sevenc-sync user: who may use the console, and the tokens of scripts."""

import sys
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import USAGE, configuration, fail, out, safe, show_json, show_table, store_of
from sevenc_sync.cli.decide import By, actor, one_line
from sevenc_sync.clock import utc_now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sevenc_sync.store.users import User

user_app = typer.Typer(help="Who may use the console, and the tokens of scripts.", no_args_is_help=True)
app.add_typer(user_app, name="user")

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to sign in with.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help="Read the password from there; - is standard input. Default: ask.",
    ),
]


class RoleName(StrEnum):
    """What a person may do."""

    VIEWER = "viewer"
    MANAGER = "manager"
    OPERATOR = "operator"


class Scope(StrEnum):
    """What a token may read."""

    SCORES = "scores"
    SYNCS = "syncs"


@user_app.command("add")
def add_command(
    context: typer.Context,
    name: Name,
    role: Annotated[RoleName, typer.Option("--role", help="What the person may do.")] = RoleName.VIEWER,
    password_file: PasswordFile = None,
    by: By = None,
) -> None:
    """Add a person. The password is asked for, or read from a file: never from the command line."""
    from sevenc_sync.store.users import add_user, find_user
    from sevenc_sync.web.passwords import hashed

    known = one_line(name, "NAME", 100)
    who = actor(by)
    with store_of(configuration(context, secrets=False)) as store:
        kept = hashed(_password(password_file))
        with store.write() as connection:
            if find_user(connection, known) is not None:
                fail(f"there is a user {known!r} already; `sevenc-sync user password` changes the password.")
            add_user(connection, utc_now(), known, role.value, kept, who)
    out.print(safe(f"{known} may sign in as {role.value}."))


@user_app.command("list")
def list_command(context: typer.Context, as_json: AsJson = False) -> None:
    """List the people and the tokens."""
    from sevenc_sync.store.users import tokens, users

    with store_of(configuration(context, secrets=False)) as store, store.read() as connection:
        people, given = users(connection), tokens(connection)
    if as_json:
        show_json(
            {
                "users": [
                    {"name": item.name, "role": item.role, "since": item.created_at} for item in people
                ],
                "tokens": [
                    {
                        "id": t.id,
                        "user": t.user.name,
                        "name": t.name,
                        "scopes": sorted(t.scopes),
                        "until": t.until,
                    }
                    for t in given
                ],
            }
        )
        return
    if not people:
        out.print("Nobody may sign in yet: sevenc-sync user add NAME --role operator")
        return
    show_table(
        None,
        ("name", "role", "since"),
        [(item.name, item.role, f"{item.created_at:%Y-%m-%d}") for item in people],
    )
    if given:
        out.print()
        rows = [
            (t.id, t.user.name, t.name, ", ".join(sorted(t.scopes)), f"{t.until:%Y-%m-%d}") for t in given
        ]
        show_table("Tokens", ("number", "user", "token", "may read", "until"), rows)


@user_app.command("remove")
def remove_command(context: typer.Context, name: Name, by: By = None) -> None:
    """Remove a person, who is signed out at once; the person's tokens end too."""
    from sevenc_sync.store.users import remove_user

    who = actor(by)
    with store_of(configuration(context, secrets=False)) as store, store.write() as connection:
        if not remove_user(connection, utc_now(), name, who):
            fail(f"there is no user {name!r}; `sevenc-sync user list` lists them.")
    out.print(safe(f"{name} may not sign in any more."))


@user_app.command("password")
def password_command(
    context: typer.Context, name: Name, password_file: PasswordFile = None, by: By = None
) -> None:
    """Give a person another password; whoever is signed in as that person is signed out."""
    from sevenc_sync.store.users import set_password
    from sevenc_sync.web.passwords import hashed

    who = actor(by)
    with store_of(configuration(context, secrets=False)) as store:
        with store.read() as connection:
            _known(connection, name)
        kept = hashed(_password(password_file))
        with store.write() as connection:
            set_password(connection, utc_now(), _known(connection, name), kept, who)
    out.print(safe(f"{name} has another password."))


@user_app.command("token")
def token_command(
    context: typer.Context,
    name: Name,
    label: Annotated[str, typer.Option("--label", metavar="TEXT", help="What it is for.")] = "script",
    scope: Annotated[
        list[Scope] | None, typer.Option("--scope", help="What it may read; default: scores.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=730, help="How long it holds.")] = 90,
    end: Annotated[
        int | None, typer.Option("--end", metavar="NUMBER", help="Let this token read nothing any more.")
    ] = None,
    by: By = None,
) -> None:
    """Make a token for the JSON API, and show it this one time; or end one."""
    from sevenc_sync.store.users import add_token, remove_token
    from sevenc_sync.web.passwords import digest, new_token

    who, now = actor(by), utc_now()
    with store_of(configuration(context, secrets=False)) as store, store.write() as connection:
        user = _known(connection, name)
        if end is not None:
            if not remove_token(connection, now, end, who):
                fail(f"there is no token {end}; `sevenc-sync user list` lists them.")
            out.print(f"Token {end} reads nothing any more.")
            return
        made = new_token()
        add_token(
            connection,
            now,
            user,
            digest(made),
            name=one_line(label, "--label", 100),
            scopes=[item.value for item in scope or [Scope.SCORES]],
            until=now + timedelta(days=days),
            by=who,
        )
    out.print(made)


def _known(connection: "Connection", name: str) -> "User":
    from sevenc_sync.store.users import find_user

    found = find_user(connection, name)
    return fail(f"there is no user {name!r}; `sevenc-sync user list` lists them.") if found is None else found


def _password(file: Path | None) -> str:
    """From a file, standard input, or the keyboard; one that is too short ends with exit code 2."""
    from sevenc_sync.web.passwords import unfit

    if file is None and sys.stdin.isatty():
        given = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    elif file is None or str(file) == "-":
        given = sys.stdin.readline().rstrip("\r\n")
    else:
        try:
            given = file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            fail(f"{file} cannot be read: {error}.", USAGE)
    wrong = unfit(given)
    if wrong is not None:
        fail(wrong, USAGE)
    return given
