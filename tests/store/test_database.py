"""Addresses are checked, and writers queue up instead of failing in their middle."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from sevenc_sync.store.database import Store, StoreProblem, parse_url
from sevenc_sync.store.tables import account as account_table


@pytest.mark.parametrize(
    "address",
    ["", "not an address", "mysql://x/y", "sqlite://", "sqlite:///", "postgresql+asyncpg://x/y", "file.db"],
)
def test_an_address_that_is_no_store_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///"):
        parse_url(address)


@pytest.mark.parametrize("address", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"])
def test_postgresql_is_always_spoken_to_through_psycopg(address: str) -> None:
    assert parse_url(address).drivername == "postgresql+psycopg"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreProblem, match="no-such"):
        Store.open(f"sqlite:///{tmp_path / 'no-such' / 'store.db'}")


def test_the_address_is_shown_without_its_password() -> None:
    with Store.open("postgresql://user:s3cret@localhost:1/db") as opened:
        assert "s3cret" not in opened.address


def test_a_block_that_raises_leaves_nothing_behind(store: Store, account: int) -> None:
    def crash() -> None:
        with store.write() as connection:
            connection.execute(update(account_table).values(name="changed"))
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        crash()
    with store.read() as connection:
        assert connection.execute(select(account_table.c.name)).scalar_one() == "psa"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account SET name = 'changed'",
        "WITH t AS (SELECT 'changed' AS n) UPDATE account SET name = (SELECT n FROM t)",
        "with t(n) as (values ('SELECT (')) /* SELECT */ insert into account (id, name) select 9, n from t",
        "WITH t AS (SELECT 1) -- SELECT\n DELETE FROM account",
        "WITH t AS (SELECT 1), [select] AS (SELECT 2) REPLACE INTO account (id, name) SELECT 9, 'x' FROM t",
    ],
)
def test_a_reader_that_would_write_is_stopped_before_it_does(
    sqlite_store: Store, account: int, statement: str
) -> None:
    with sqlite_store.read() as connection, pytest.raises(OperationalError, match="read-only"):
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "WITH t(n) AS (SELECT 'DELETE') SELECT n FROM t",
        'WITH RECURSIVE "update" AS (SELECT 1 AS n UNION ALL SELECT 2) SELECT replace(n, 1, 2) FROM "update"',
        "WITH t AS (SELECT 1) VALUES (1)",
    ],
)
def test_a_reader_may_put_tables_before_its_query(sqlite_store: Store, statement: str) -> None:
    with sqlite_store.read() as connection:
        assert connection.exec_driver_sql(statement).all()


def test_a_connection_that_has_read_can_write_next(store: Store, account: int) -> None:
    for number in range(40):  # more than the pool holds
        with store.read() as connection:
            connection.execute(select(account_table)).all()
        with store.write() as connection:
            connection.execute(update(account_table).values(name=f"name {number}"))


def test_writers_wait_for_each_other_and_lose_nothing(store: Store, account: int) -> None:
    def add_one(_: int) -> None:
        with store.write() as connection:
            statement = select(account_table.c.changed_at).with_for_update()
            before = connection.execute(statement).scalar_one() or 0
            connection.execute(update(account_table).values(changed_at=before + 1))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add_one, range(60)))
    with store.read() as connection:
        assert connection.execute(select(account_table.c.changed_at)).scalar_one() == 60
