"""Who may use the console, who is signed in, and the tokens of scripts. Secrets are kept as digests only."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.audit import write_audit
from sevenc_sync.store.tables import web_session, web_token, web_user

Role = Literal["viewer", "manager", "operator"]
# viewer: looks; manager (the account manager): plans, attestations, exceptions, notes; operator: all of it.
ROLES: tuple[Role, ...] = ("viewer", "manager", "operator")


class User(msgspec.Struct, frozen=True, kw_only=True):
    """One person. `password` is an argon2 hash."""

    id: int
    name: str
    role: Role
    password: str
    created_at: datetime

    def may(self, role: Role) -> bool:
        """Whether the person has that role or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A person who is signed in; `csrf` must come with everything that changes something."""

    user: User
    csrf: str


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a script signs in with, without its secret."""

    id: int
    user: User
    name: str
    scopes: frozenset[str]
    until: datetime


def user_key(name: str) -> str:
    """A name as it is kept: small letters, no blanks around."""
    return name.strip().casefold()


def users(connection: Connection) -> list[User]:
    """All of them, by name."""
    return [_user(row) for row in connection.execute(select(web_user).order_by(web_user.c.name)).mappings()]


def find_user(connection: Connection, name: str) -> User | None:
    """The one of that name."""
    row = connection.execute(select(web_user).where(web_user.c.name == user_key(name))).mappings().first()
    return None if row is None else _user(row)


def add_user(connection: Connection, now: datetime, name: str, role: Role, password: str, by: str) -> None:
    """Add a person; `password` is the hash. Raises IntegrityError where the name is taken."""
    at = to_seconds(now)
    connection.execute(
        insert(web_user).values(
            name=user_key(name), role=role, password=password, created_at=at, changed_at=at
        )
    )
    write_audit(connection, now, by, "user-add", user_key(name), detail={"role": role})


def remove_user(connection: Connection, now: datetime, name: str, by: str) -> bool:
    """Remove a person with all sessions and tokens. Gives whether there was one."""
    found = find_user(connection, name)
    if found is None:
        return False
    for table in (web_session, web_token):
        connection.execute(delete(table).where(table.c.user == found.id))
    connection.execute(delete(web_user).where(web_user.c.id == found.id))
    write_audit(connection, now, by, "user-remove", found.name)
    return True


def set_password(connection: Connection, now: datetime, user: User, password: str, by: str | None) -> None:
    """Keep another hash. With `by` a person changed it: every session of the user ends; None: the same password, hashed better."""
    connection.execute(
        update(web_user).where(web_user.c.id == user.id).values(password=password, changed_at=to_seconds(now))
    )
    if by is not None:
        connection.execute(delete(web_session).where(web_session.c.user == user.id))
        write_audit(connection, now, by, "user-password", user.name)


def open_session(
    connection: Connection, now: datetime, user: User, digest: str, csrf: str, until: datetime
) -> None:
    """Keep that a person is signed in; sessions that are over go."""
    at = to_seconds(now)
    connection.execute(delete(web_session).where(web_session.c.until <= at))
    connection.execute(
        insert(web_session).values(
            digest=digest, user=user.id, csrf=csrf, created_at=at, until=to_seconds(until)
        )
    )
    write_audit(connection, now, user.name, "sign-in", user.name)


def find_session(connection: Connection, now: datetime, digest: str) -> Session | None:
    """Who is signed in with a cookie of that digest."""
    statement = (
        select(web_user, web_session.c.csrf)
        .join(web_session, web_session.c.user == web_user.c.id)
        .where(web_session.c.digest == digest, web_session.c.until > to_seconds(now))
    )
    row = connection.execute(statement).mappings().first()
    return None if row is None else Session(user=_user(row), csrf=row["csrf"])


def end_session(connection: Connection, digest: str) -> None:
    """Sign a person out."""
    connection.execute(delete(web_session).where(web_session.c.digest == digest))


def add_token(
    connection: Connection,
    now: datetime,
    user: User,
    digest: str,
    *,
    name: str,
    scopes: Collection[str],
    until: datetime,
    by: str,
) -> None:
    """Keep a script's token by its digest."""
    connection.execute(
        insert(web_token).values(
            digest=digest,
            user=user.id,
            name=name,
            scopes=" ".join(sorted(scopes)),
            created_at=to_seconds(now),
            until=to_seconds(until),
        )
    )
    detail = {"token": name, "scopes": sorted(scopes), "until": until.isoformat()}
    write_audit(connection, now, by, "token-add", user.name, detail=detail)


def tokens(connection: Connection) -> list[Token]:
    """All tokens, by user and number."""
    return _tokens(connection)


def find_token(connection: Connection, now: datetime, digest: str) -> Token | None:
    """The token of that digest, unless it is over."""
    found = _tokens(connection, web_token.c.digest == digest, web_token.c.until > to_seconds(now))
    return found[0] if found else None


def remove_token(connection: Connection, now: datetime, number: int, by: str) -> bool:
    """Let a token sign in nobody any more. Gives whether there was one."""
    found = _tokens(connection, web_token.c.id == number)
    if not found:
        return False
    connection.execute(delete(web_token).where(web_token.c.id == number))
    write_audit(connection, now, by, "token-remove", found[0].user.name, detail={"token": found[0].name})
    return True


def _tokens(connection: Connection, *where: Any) -> list[Token]:
    columns = [web_token.c.id.label("token"), web_token.c.name.label("called")]
    statement = (
        select(web_user, *columns, web_token.c.scopes, web_token.c.until)
        .join(web_token, web_token.c.user == web_user.c.id)
        .where(*where)
        .order_by(web_user.c.name, web_token.c.id)
    )
    return [
        Token(
            id=row["token"],
            user=_user(row),
            name=row["called"],
            scopes=frozenset(row["scopes"].split()),
            until=from_seconds(row["until"]),
        )
        for row in connection.execute(statement).mappings()
    ]


def _user(row: Any) -> User:
    return User(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        password=row["password"],
        created_at=from_seconds(row["created_at"]),
    )
