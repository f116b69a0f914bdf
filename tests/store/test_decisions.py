"""Attestations and exceptions in the store: one counts at a time, each change is in the audit log, and nothing is forgotten."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from sevenc_sync.clock import to_seconds
from sevenc_sync.store import tables
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.attestations import NewAttestation, attest, attestations, end_attestation
from sevenc_sync.store.audit import AuditRow, read_audit
from sevenc_sync.store.database import Store
from sevenc_sync.store.exceptions import NewException, add_exception, end_exception, exceptions

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
AREA, FIELD = "charge.managed-services", "dr plan date"

# What a person does at each step: (verb, client, value or record).
Step = tuple[str, int, str]
steps = st.lists(
    st.tuples(
        st.sampled_from(["attest", "attest-end", "except", "except-end"]),
        st.sampled_from([1, 2]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=12,
)


@pytest.fixture
def served(store: Store) -> Store:
    """A store with two clients."""
    account = ensure_account(store, "psa", "test")
    with store.write() as connection:
        for number in (1, 2):
            connection.execute(
                insert(tables.client).values(
                    id=number, name=f"Client {number}", account=account, company=f"c{number}", is_active=True,
                    created_at=0,
                )
            )  # fmt: skip
    return store


def take(store: Store, at: datetime, step: Step) -> bool:
    """Do it; whether there was something to do."""
    verb, client, what = step
    end = at + timedelta(hours=5)
    with store.write() as connection:
        if verb == "attest":
            said = NewAttestation(client=client, field=FIELD, label="F", value=what, by="anna", until=end)
            attest(connection, at, said)
        elif verb == "except":
            made = NewException(
                client=client, target=AREA, reason="r", by="anna", until=end, account="psa", record=what
            )
            add_exception(connection, at, made)
        elif verb == "attest-end":
            return end_attestation(connection, at, client, FIELD, "ben")
        else:
            return end_exception(connection, at, client, AREA, "ben", account_name="psa", record=what)
    return True


def log(store: Store) -> list[AuditRow]:
    with store.read() as connection:
        return read_audit(connection, limit=1000)


@pytest.fixture
def fresh(served: Store) -> Callable[[], Store]:
    """The store without any decision. What is in the audit log stays."""

    def emptied() -> Store:
        with served.write() as connection:
            connection.execute(delete(tables.attestation))
            connection.execute(delete(tables.exception))
        return served

    return emptied


@given(done=steps)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_audit_log_grows_with_every_change_and_with_nothing_else(
    fresh: Callable[[], Store], done: list[Step]
) -> None:
    store = fresh()
    before = log(store)
    changed = [step for number, step in enumerate(done) if take(store, NOW + timedelta(hours=number), step)]
    after = log(store)
    assert after[len(changed) :] == before
    added = list(reversed(after[: len(changed)]))
    assert [(row.action, row.client) for row in added] == [(verb, client) for verb, client, _ in changed]


@given(done=steps)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_at_every_moment_a_field_has_one_word_and_a_record_one_exception_and_none_beyond_its_end(
    fresh: Callable[[], Store], done: list[Step]
) -> None:
    store = fresh()
    said: dict[int, tuple[str, datetime]] = {}
    left: dict[tuple[int, str], datetime] = {}
    expected = []
    for number, step in enumerate(done):
        at = NOW + timedelta(hours=number)
        take(store, at, step)
        verb, client, what = step
        match verb:
            case "attest":
                said[client] = (what, at + timedelta(hours=5))
            case "attest-end":
                said.pop(client, None)
            case "except":
                left[client, what] = at + timedelta(hours=5)
            case _:
                left.pop((client, what), None)
        moment = at + timedelta(minutes=30)
        expected.append(
            (
                moment,
                {owner: value for owner, (value, end) in said.items() if end > moment},
                {key for key, end in left.items() if end > moment},
            )
        )
    # Looked at afterwards: what counted at a moment can still be told.
    for moment, words, records in expected:
        with store.read() as connection:
            found = attestations(connection, in_force_at=moment)
            risks = exceptions(connection, in_force_at=moment)
        assert len(found) == len(words)
        assert {item.client: item.value for item in found} == words
        assert len(risks) == len(records)
        assert {(item.client, item.record) for item in risks} == records
        assert all(item.is_in_force(moment) for item in found)
        assert all(item.is_in_force(moment) for item in risks)


def test_a_decision_about_a_client_makes_it_dirty(served: Store) -> None:
    take(served, NOW, ("attest", 1, "a"))
    take(served, NOW, ("except", 2, "a"))
    with served.read() as connection:
        marked = {row.company for row in connection.execute(select(tables.dirty))}
    assert marked == {"c1", "c2"}


def test_what_is_refused_by_the_store_leaves_neither_a_decision_nor_an_entry(served: Store) -> None:
    made = NewException(
        client=1,
        target=AREA,
        reason="r",
        by="anna",
        until=NOW + timedelta(days=1),
        account="none",
        record="7",
    )
    with pytest.raises(KeyError, match="none"), served.write() as connection:
        add_exception(connection, NOW, made)
    assert log(served) == []
    with served.read() as connection:
        assert exceptions(connection) == []


def test_times_are_kept_to_the_second(served: Store) -> None:
    take(served, NOW, ("attest", 1, "a"))
    with served.read() as connection:
        row = connection.execute(select(tables.attestation)).one()
    assert (row.at, row.until) == (to_seconds(NOW), to_seconds(NOW + timedelta(hours=5)))
