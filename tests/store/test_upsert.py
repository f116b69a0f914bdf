"""Writing evidence: only what differs, a constant number of statements, each account for itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event

from sevenc_sync.model import Ticket
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.bulk import Counts, known_digests, mark_dirty, save_phrases, upsert
from sevenc_sync.store.codec import Codec, Row
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import dirty, evidence, phrase
from tests.store.conftest import rows_of


@contextmanager
def counted(connection: Connection) -> Iterator[list[str]]:
    """The statements that run on the connection inside the block."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(connection, "before_cursor_execute", note)


def _tickets(codec: Codec, account: int, count: int, at: int = 1, summary: str = "x") -> list[Row]:
    return [
        codec.row(account, Ticket(id=str(n), company=f"c{n % 50}", board=f"b{n % 9}", summary=summary), at)
        for n in range(count)
    ]


def test_a_page_costs_the_same_statements_whatever_its_size(store: Store, account: int) -> None:
    spent = []
    for count in (3, 40, 2000):
        codec = Codec(Ticket)
        with store.write() as connection:
            connection.execute(evidence["ticket"].delete())
            with counted(connection) as statements:
                upsert(connection, codec, account, _tickets(codec, account, count))
                save_phrases(connection, codec, set())
        spent.append(len(statements))
    assert spent[0] == spent[1] == spent[2] <= 6


def test_a_page_that_changes_nothing_costs_one_read(store: Store, account: int) -> None:
    codec = Codec(Ticket)
    with store.write() as connection:
        upsert(connection, codec, account, _tickets(codec, account, 100))
        with counted(connection) as statements:
            counts = upsert(connection, codec, account, _tickets(codec, account, 100, at=2))
    assert counts == Counts(same=100)
    assert [text.split()[0] for text in statements] == ["SELECT"]


def test_an_empty_page_costs_nothing(store: Store, account: int) -> None:
    with store.write() as connection, counted(connection) as statements:
        assert upsert(connection, Codec(Ticket), account, []) == Counts()
    assert statements == []


def test_an_unchanged_row_keeps_the_time_at_which_its_version_was_read(store: Store, account: int) -> None:
    codec = Codec(Ticket)
    with store.write() as connection:
        upsert(connection, codec, account, _tickets(codec, account, 2, at=1))
        upsert(
            connection,
            codec,
            account,
            _tickets(codec, account, 1, at=2) + _tickets(codec, account, 2, 2, "y")[1:],
        )
        assert [row["fetched_at"] for row in rows_of(connection, evidence["ticket"])] == [1, 2]


def test_of_rows_with_one_id_the_last_counts(store: Store, account: int) -> None:
    codec = Codec(Ticket)
    first, last = (codec.row(account, Ticket(id="1", company=name), 1) for name in ("a", "b"))
    with store.write() as connection:
        assert upsert(connection, codec, account, [first, last]) == Counts(new=1)
        (row,) = rows_of(connection, evidence["ticket"])
        assert row["company"] == "b"
        assert [mark["company"] for mark in rows_of(connection, dirty)] == ["b"]


def test_a_row_that_only_says_unchanged_leaves_what_is_stored_and_undoes_an_earlier_one(
    store: Store, account: int
) -> None:
    codec = Codec(Ticket)
    stored, other = (codec.row(account, Ticket(id="1", company=name), 1) for name in ("a", "b"))
    with store.write() as connection:
        upsert(connection, codec, account, [stored])
        connection.execute(dirty.delete())
        with counted(connection) as statements:
            counts = upsert(connection, codec, account, [other, codec.unchanged(account, "1")])
        assert (counts, statements) == (Counts(same=1), [])
        assert upsert(connection, codec, account, [codec.unchanged(account, "1"), other]) == Counts(changed=1)
        assert [row["company"] for row in rows_of(connection, evidence["ticket"])] == ["b"]


def test_another_digest_alone_is_no_change_and_is_kept(store: Store, account: int) -> None:
    codec = Codec(Ticket)
    first, second = Ticket(id="1", company="a", hours=0.5, is_closed=True), Ticket(id="2", company="a")
    with store.write() as connection:
        upsert(connection, codec, account, [codec.row(account, one, 1) for one in (first, second)])
        connection.execute(dirty.delete())
        moved = Ticket(id="2", company="b")
        again = [codec.row(account, first, 2, digest=17), codec.row(account, moved, 2, digest=18)]
        assert upsert(connection, codec, account, again) == Counts(same=1, changed=1)
        rows = rows_of(connection, evidence["ticket"])
        marks = rows_of(connection, dirty)
    assert [(row["digest"], row["fetched_at"], row["company"]) for row in rows] == [
        (17, 1, "a"),
        (18, 2, "b"),
    ]
    assert sorted(mark["company"] for mark in marks) == ["a", "b"]


def test_a_row_that_was_gone_is_a_change_whatever_its_digest(store: Store, account: int) -> None:
    codec = Codec(Ticket)
    ticket = Ticket(id="1", company="a")
    with store.write() as connection:
        upsert(connection, codec, account, [codec.row(account, ticket, 1, digest=17)])
        for digest in (17, 18):
            connection.execute(evidence["ticket"].update().values(gone_at=5))
            assert known_digests(connection, "ticket", account, ["1", "2"]) == {"1": None}
            row = codec.row(account, ticket, 2, digest=digest)
            assert upsert(connection, codec, account, [row]) == Counts(changed=1)
            assert known_digests(connection, "ticket", account, ["1", "2"]) == {"1": digest}


def test_two_accounts_use_the_same_ids_without_meeting(store: Store, account: int) -> None:
    other = ensure_account(store, "other", "connectwise_psa")
    codec = Codec(Ticket)
    with store.write() as connection:
        upsert(connection, codec, account, _tickets(codec, account, 2))
        assert upsert(connection, codec, other, _tickets(codec, other, 2, summary="z")) == Counts(new=2)
        summaries = [(row["account"], row["summary"]) for row in rows_of(connection, evidence["ticket"])]
    assert summaries == [(account, "x"), (account, "x"), (other, "z"), (other, "z")]


def test_a_company_is_marked_dirty_once_however_often_it_changes(store: Store, account: int) -> None:
    with store.write() as connection:
        mark_dirty(connection, account, "ticket", ["a", "b"])
        mark_dirty(connection, account, "ticket", ["b"])
        mark_dirty(connection, account, "asset", ["b"])
        marks = [(row["company"], row["kind"]) for row in rows_of(connection, dirty)]
    assert sorted(marks) == [("a", "ticket"), ("b", "asset"), ("b", "ticket")]


def test_phrases_are_saved_once_and_remembered(store: Store, account: int) -> None:
    codec = Codec(Ticket)
    _tickets(codec, account, 20)
    with store.write() as connection:
        known = save_phrases(connection, codec, set())
        assert len(known) == 9
        assert save_phrases(connection, codec, known) == set()
        assert save_phrases(connection, Codec(Ticket), set()) == set()
        assert {row["id"] for row in rows_of(connection, phrase)} == known


def test_a_phrase_that_another_process_saved_is_no_conflict(store: Store, account: int) -> None:
    ours, theirs = Codec(Ticket), Codec(Ticket)
    for codec in (ours, theirs):
        _tickets(codec, account, 3)
        with store.write() as connection:
            save_phrases(connection, codec, set())
    with store.read() as connection:
        assert len(rows_of(connection, phrase)) == 3


def test_a_batch_is_written_whole_or_not_at_all(store: Store, account: int) -> None:
    codec = Codec(Ticket)

    def crash() -> None:
        with store.write() as connection:
            upsert(connection, codec, account, _tickets(codec, account, 10))
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        crash()
    with store.read() as connection:
        assert rows_of(connection, evidence["ticket"]) == []
        assert rows_of(connection, dirty) == []


def test_two_batches_of_one_table_fit_into_one_transaction(store: Store, account: int) -> None:
    codec = Codec(Ticket)
    with store.write() as connection:
        upsert(connection, codec, account, _tickets(codec, account, 5))
        assert upsert(connection, codec, account, _tickets(codec, account, 7)) == Counts(new=2, same=5)
