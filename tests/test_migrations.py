"""The schema's history ends where the tables are."""

import re
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select
from sqlalchemy.schema import CreateIndex, DropIndex

from sevenc_sync.store import migrations
from sevenc_sync.store.database import Store, StoreProblem
from sevenc_sync.store.migrate import current_revision, newest_revision, require_current, upgrade
from sevenc_sync.store.tables import account, evidence, metadata


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index ix_asset_told")
@pytest.mark.filterwarnings(
    "ignore:autogenerate skipping metadata-specified expression-based index 'ix_asset_told'"
)
def test_the_migrated_schema_is_the_one_that_the_tables_describe(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            # An index over an expression cannot be compared like this; the next test does.
            opts={"compare_type": True, "include_object": lambda _, name, *__: name != "ix_asset_told"},
        )
        assert compare_metadata(context, metadata) == []


def test_the_migrated_index_over_an_expression_is_the_one_that_the_tables_describe(store: Store) -> None:
    (described,) = [index for index in evidence["asset"].indexes if index.name == "ix_asset_told"]
    where = (
        "SELECT sql FROM sqlite_master WHERE name = 'ix_asset_told'"
        if store.is_sqlite
        else "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_asset_told'"
    )

    def definition(connection: Connection) -> str:
        return re.sub(r"[\s()]", "", connection.exec_driver_sql(where).scalar_one())

    with store.write() as connection:
        migrated = definition(connection)
        connection.execute(DropIndex(described))
        connection.execute(CreateIndex(described))
        assert definition(connection) == migrated


def test_the_newest_revision_is_alembics_own_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_upgrading_twice_changes_nothing(store: Store) -> None:
    assert upgrade(store) == (newest_revision(), newest_revision())
    require_current(store)


def test_an_empty_database_is_refused_with_the_command_to_run(sqlite_url: str) -> None:
    with Store.open(sqlite_url) as empty:
        assert current_revision(empty) is None
        with pytest.raises(StoreProblem, match="sevenc-sync db upgrade"):
            require_current(empty)


def test_a_store_of_a_newer_program_is_refused(store: Store) -> None:
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreProblem, match="newer sevenc-sync"):
        require_current(store)


def test_a_read_sees_one_snapshot_and_cannot_write(store: Store) -> None:
    insert = "INSERT INTO account (name, connector, is_stopped) VALUES ('a', 'b', {no})"
    no = "0" if store.is_sqlite else "false"
    with store.read() as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM account").scalar() == 0
        with store.write() as writer:
            writer.exec_driver_sql(insert.format(no=no))
        assert reader.exec_driver_sql("SELECT count(*) FROM account").scalar() == 0
        with pytest.raises(Exception, match=r"readonly|read-only"):
            reader.exec_driver_sql(insert.format(no=no))


def test_what_a_reader_writes_in_spite_of_everything_is_undone(sqlite_store: Store) -> None:
    said = "INSERT INTO account (name, connector, is_stopped) VALUES ('a', 'b', 0)"
    with sqlite_store.read() as reader:
        raw = reader.connection.dbapi_connection
        assert raw is not None
        raw.execute(said)  # behind the back of what guards readers
    with sqlite_store.read() as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM account").scalar() == 0


def test_a_statement_stays_prepared_from_one_reader_and_writer_to_the_next(sqlite_store: Store) -> None:
    """SQLite tells when it plans a statement: it asks whether its columns may be read."""
    planned: list[int] = []

    def watch(action: int, *_: object) -> int:
        planned.append(action)
        return sqlite3.SQLITE_OK

    with sqlite_store.read() as reader:
        raw = reader.connection.dbapi_connection
        assert raw is not None
        raw.set_authorizer(watch)
    counts = []
    for _ in range(3):
        with sqlite_store.read() as reader:
            assert reader.connection.dbapi_connection is raw
            reader.exec_driver_sql("SELECT count(*) FROM client WHERE id > 5").scalar()
        with sqlite_store.write() as writer:
            writer.exec_driver_sql("UPDATE client SET name = name")
        counts.append(planned.count(sqlite3.SQLITE_READ))
    assert counts[0] == counts[1] == counts[2] > 0


def test_scores_of_the_first_schema_are_kept_and_count_as_without_exceptions(sqlite_url: str) -> None:
    with Store.open(sqlite_url) as old:
        upgrade(old, "0001")
        with old.write() as connection:
            for statement in (
                "INSERT INTO account (id, name, connector, is_stopped) VALUES (1, 'psa', 'x', 0)",
                "INSERT INTO client (id, name, account, company, is_active, created_at) VALUES (7, 'A', 1, '1', 1, 0)",
                "INSERT INTO score_run (id, at, rules_hash, clients, changed) VALUES (1, 0, 'h', 1, 1)",
                "INSERT INTO client_score VALUES (7, 1, 0, 'h', 61.5, 0.7, 0)",
            ):
                connection.exec_driver_sql(statement)
        assert upgrade(old) == ("0001", newest_revision())
        with old.read() as connection:
            row = connection.exec_driver_sql("SELECT score, score_without FROM client_score").one()
        assert tuple(row) == (61.5, 61.5)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_notes_of_autotask_that_were_read_under_their_old_ids_do_not_count_beside_the_new_ones(
    kind: str, request: pytest.FixtureRequest
) -> None:
    with Store.open(request.getfixturevalue(f"{kind}_url")) as old:
        upgrade(old, "0005")
        with old.write() as connection:
            connection.execute(
                insert(account),
                [
                    {"id": 1, "name": "at", "connector": "autotask_psa", "is_stopped": False},
                    {"id": 2, "name": "cw", "connector": "connectwise_psa", "is_stopped": False},
                ],
            )
            connection.execute(
                insert(evidence["activity"]),
                [
                    {
                        "account": number,
                        "id": key,
                        "name": name,
                        "digest": 1,
                        "fetched_at": 0,
                        "changed_at": 0,
                    }
                    for number, key, name in (
                        (1, "7", "read again since"),
                        (1, "note:7", "as it is now"),
                        (1, "8", "not read again"),
                        (1, "todo:7", "a to-do"),
                        (2, "7", "another vendor's"),
                    )
                ],
            )
        upgrade(old)
        with old.read() as connection:
            rows = connection.execute(select(evidence["activity"])).mappings().all()
    assert {(row["account"], row["id"], row["name"]) for row in rows} == {
        (1, "note:7", "as it is now"),
        (1, "note:8", "not read again"),
        (1, "todo:7", "a to-do"),
        (2, "7", "another vendor's"),
    }
