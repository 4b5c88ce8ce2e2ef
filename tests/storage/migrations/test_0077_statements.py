"""Facts of before stay, and only those of closed months leave a note when they go or come."""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.tables import number_fact, statement_change, statement_month
from storage.database import transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
TEXTS = ("modality", "body_part", "organisation_id", "person_id", "priority", "outcome", "score")
FACT = {
    "case_id": "C",
    "kind": "released",
    "site_id": "S",
    "emergency": False,
    "skipped": 0,
    **dict.fromkeys(TEXTS, ""),
}


def test_what_was_counted_before_is_there_and_a_change_of_a_closed_month_is_noted(empty: Engine) -> None:
    days = {1: "2026-03-31", 2: "2026-04-01"}
    upgrade_to_before(empty, "0076")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
            insert_as_it_was(tx, table, columns)
        for number, day in days.items():
            insert_as_it_was(tx, "number_fact", {**FACT, "number": number, "day": day, "at": f"{day} 12:00:00+00:00"})

    migrate(empty)

    with transaction(empty) as tx:
        dated = {"first": date(2026, 3, 1), "starts_at": APRIL.replace(month=3), "ends_at": APRIL, "closed_at": APRIL}
        there = set(tx.scalars(sa.select(number_fact.c.number)))
        tx.execute(sa.delete(number_fact).where(number_fact.c.number == 1))
        before = tx.scalar(sa.select(sa.func.count()).select_from(statement_change))
        tx.execute(sa.insert(statement_month).values(id="M", time_zone="UTC", **dated))
        tx.execute(sa.delete(number_fact).where(number_fact.c.number == 2))
        open_ones = tx.scalar(sa.select(sa.func.count()).select_from(statement_change))
        late = {**FACT, "number": 1, "day": date(2026, 3, 31), "at": APRIL.replace(month=3, day=31)}
        tx.execute(sa.insert(number_fact).values(**late))

        assert there == set(days)
        assert (before, open_ones) == (0, 0)
        assert list(tx.scalars(sa.select(statement_change.c.case_id))) == ["C"]
