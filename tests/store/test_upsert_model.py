"""Whatever batches come, the table equals a plain dictionary, the counts add up, and the touched companies are dirty."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from sevenc_sync.model import RECORDS, Company, ContractLine, Lookup, Record, Ticket
from sevenc_sync.store.bulk import Counts, upsert
from sevenc_sync.store.codec import Codec
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import dirty, evidence
from tests.store.conftest import rows_of

IDS = st.sampled_from(["1", "2", "3", "4", "Ü'; --"])
COMPANIES = st.sampled_from([None, "a", "b", "c"])
WORDS = st.sampled_from([None, "", "x", "ß \N{GRINNING FACE}"])

# Few ids, companies and words, so that batches meet each other's rows all the time.
MAKERS: dict[str, st.SearchStrategy[Record]] = {
    "ticket": st.builds(
        Ticket, id=IDS, company=COMPANIES, summary=WORDS, is_closed=st.none() | st.booleans()
    ),
    "company": st.builds(Company, id=IDS, name=st.sampled_from(["n", "m"]), seats=st.none() | st.just(3)),
    "lookup": st.builds(Lookup, id=IDS, kind=st.just("board"), name=st.sampled_from(["n", "m"])),
    "contract_line": st.builds(
        ContractLine,
        id=IDS,
        company=COMPANIES,
        contract=st.just("9"),
        quantity=st.sampled_from([None, 1.0, 2.5]),
    ),
}

Batch = list[Record]
Gone = str  # the id of a row that the sweep finds gone


@dataclass
class Model:
    """What the table must be: the latest record by id, which of them are gone, and who is dirty."""

    records: dict[str, Record] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    dirty: set[str] = field(default_factory=set)

    def touch(self, record: Record) -> None:
        company = record.id if record.company_is_self else getattr(record, "company", None)
        if company is not None:
            self.dirty.add(company)

    def upsert(self, batch: Batch) -> Counts:
        counts = Counts()
        for record in {record.id: record for record in batch}.values():
            before = self.records.get(record.id)
            if before is None:
                counts.new += 1
            elif before == record and record.id not in self.gone:
                counts.same += 1
                continue
            else:
                counts.changed += 1
                self.touch(before)
            self.records[record.id] = record
            self.gone.discard(record.id)
            self.touch(record)
        return counts


@pytest.mark.parametrize("kind", MAKERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(data=st.data())
def test_the_table_equals_a_dictionary_after_any_batches(
    store: Store, account: int, kind: str, data: st.DataObject
) -> None:
    table = evidence[kind]
    with store.write() as connection:
        connection.execute(table.delete())
        connection.execute(dirty.delete())
    codec, model = Codec(RECORDS[kind]), Model()
    steps = data.draw(st.lists(st.one_of(st.lists(MAKERS[kind], max_size=8), IDS), max_size=6))
    for at, step in enumerate(steps):
        with store.write() as connection:
            if isinstance(step, str):
                connection.execute(update(table).where(table.c.id == step).values(gone_at=at))
                model.gone |= {step} & set(model.records)
                continue
            counts = upsert(connection, codec, account, [codec.row(account, item, at) for item in step])
        assert counts == model.upsert(step)
        with store.read() as connection:
            marks = {(row["account"], row["company"], row["kind"]) for row in rows_of(connection, dirty)}
            rows = rows_of(connection, table)
        assert marks == {(account, company, kind) for company in model.dirty}
        assert {row["id"]: _fields(codec, row) for row in rows} == {
            key: _fields(codec, dict(zip(codec.columns, codec.row(account, record, at), strict=True)))
            for key, record in model.records.items()
        }
        assert {row["id"] for row in rows if row["gone_at"] is not None} == model.gone


def _fields(codec: Codec, row: dict[str, Any]) -> list[tuple[str, Any]]:
    """A row without what tells when it was read; with each value's type, for 1 is not true."""
    return [
        (type(row[name]).__name__, row[name])
        for name in codec.columns
        if name not in ("fetched_at", "gone_at")
    ]
