"""A month is counted as another program counts it, closed as it was counted, and mended in the next one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from reading.context import Acts, Context
from reading.errors import NotAllowed, NotThere, Stale
from reading.kinds import Role
from reading.statements import closing, prices, statement
from reading.statements.money import Per
from reading.statements.work import Service
from reading.tables import case, number_change, report_version, statement_item, statement_line, statement_month
from reading.viewers import Staff
from storage.database import transaction
from storage.ids import new_id
from tests.reading.clinic import Clinic, arrive, open_clinic, read, review_as
from tests.reading.numbers import months
from tests.reading.numbers.test_keeping import keep
from tests.reading.region import hire
from tests.reading.statements import independent

MARCH, APRIL, MAY, JUNE = (date(2026, month, 1) for month in (3, 4, 5, 6))
LATER = datetime(2026, 6, 20, tzinfo=UTC)


def mira(tx: Connection, now: datetime, clinic: Clinic) -> Staff:
    """Manages quality at the top, so closes months."""
    return hire(tx, "mira", now, (Role.QUALITY_MANAGER, clinic.region.city))


def list_prices(ctx: Context[Staff]) -> None:
    """A general price, some that are narrower, and one for Hills and Oak that changes within March."""
    first = date(2026, 1, 1)
    prices.add(ctx, fen=1000, first_day=first)
    prices.add(ctx, fen=0, service=Service.VERIFY, first_day=first)
    prices.add(ctx, fen=2999, modality="CT", first_day=first)
    prices.add(ctx, fen=4555, service=Service.REVIEW, modality="CT", body_part="HEAD", per=Per.WEIGHT, first_day=first)
    pair: Any = {"site_code": "hills", "reader_code": "oak", "service": Service.REPORT}
    prices.add(ctx, **pair, fen=1333, per=Per.WEIGHT, first_day=first, last_day=date(2026, 3, 14))
    prices.add(ctx, **pair, fen=1500, first_day=date(2026, 3, 15))


def _kept(ctx: Context[Staff], first: date) -> dict[independent.Key, tuple[int, int, int]]:
    return {
        (one.key.service.value, one.key.site_id, one.key.reader_id, one.key.modality, one.key.price_id or ""): (
            one.count,
            one.weight,
            one.fen,
        )
        for one in statement.of_month(ctx, first).lines
        if not one.key.adjusts
    }


def test_another_program_counts_the_same_and_closed_months_are_mended_in_the_next(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        who = mira(tx, now, clinic)
        list_prices(Context(tx, clinic.audit, now, who))
        ids = months.write(tx, clinic, 3, 60)
    keep(engine, LATER.date())

    with transaction(engine) as tx:
        ctx = Context(tx, clinic.audit, LATER, who)
        found = independent.count(tx, MARCH, APRIL)
        counted = _kept(ctx, MARCH)
        closing.close(ctx, MARCH)
        closed = _kept(ctx, MARCH)
    assert counted == found == closed
    assert {key[0] for key in found} >= {"report", "verify", "review"}
    assert len({key[4] for key in found}) == 6

    with transaction(engine) as tx:
        _disturb(tx, ids, Random(5))
    with transaction(engine) as tx:
        ctx = Context(tx, clinic.audit, LATER, who)
        closing.close(ctx, APRIL)
        april = statement.of_month(ctx, APRIL).lines
        settled = _settled(tx)
        nothing_more = [one for one in statement.of_month(ctx, MAY).lines if one.key.adjusts]
        both = {key: value[:2] for key, value in independent.count(tx, MARCH, MAY).items()}
        after = _kept(ctx, MARCH)
    assert any(one.key.adjusts and one.count < 0 for one in april)
    assert settled == both
    assert nothing_more == []
    assert after == closed


def _disturb(tx: Connection, ids: list[str], random: Random) -> None:
    """What happens to cases of a closed month: struck, withdrawn, corrected, and back again."""
    for case_id in random.sample(ids, 36):
        one = case.c.id == case_id
        what = random.randrange(4)
        if what == 0:
            tx.execute(sa.update(case).where(one).values(state="withdrawn"))
        elif what == 1:
            tx.execute(sa.update(case).where(one).values(modality="CT", body_part="HEAD"))
        elif what == 2:
            struck = (report_version.c.case_id == case_id) & (report_version.c.status == "final")
            tx.execute(sa.update(report_version).where(struck).values(status="entered_in_error"))
        tx.execute(sa.insert(number_change).values(id=new_id(), case_id=case_id))


def _settled(tx: Connection) -> dict[independent.Key, tuple[int, int]]:
    """Cases and weight of every line of closed months, summed."""
    found: dict[independent.Key, Counter[str]] = {}
    for row in tx.execute(sa.select(statement_line)):
        key = (row.service, row.site_id, row.reader_id, row.modality, row.price_id)
        found.setdefault(key, Counter()).update({"count": row.count, "weight": row.weight})
    sums = {key: (each["count"], each["weight"]) for key, each in found.items()}
    return {key: each for key, each in sums.items() if each != (0, 0)}


def test_a_closed_month_is_changed_by_nobody(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        who = mira(tx, now, clinic)
        read(tx, clinic, clinic.ada, arrive(tx, clinic, "1.1", now).id, now)
        list_prices(Context(tx, clinic.audit, now, who))
        closing.close(Context(tx, clinic.audit, LATER, who), MARCH)
        lines = statement.of_month(Context(tx, clinic.audit, LATER, who), MARCH).lines

    assert [(one.count, one.weight, one.fen) for one in lines] == [(1, 18, 240)]  # 13.33 for 0.18
    for table, column in ((statement_month, "closed_at"), (statement_line, "fen"), (statement_item, "count")):
        for harm in (sa.delete(table), sa.update(table).values({column: table.c[column]})):
            with pytest.raises(DBAPIError, match="insert-only"), transaction(engine) as tx:
                tx.execute(harm)


def test_months_are_closed_at_the_top_one_after_the_other(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        who = mira(tx, now, clinic)
        read(tx, clinic, clinic.ada, arrive(tx, clinic, "1.1", now).id, now)

        def refused(staff: Staff, first: date, at: datetime = LATER) -> str:
            with pytest.raises((NotAllowed, NotThere)) as found:
                closing.close(Context(tx, clinic.audit, at, staff), first)
            return getattr(found.value, "rule", "")

        ctx = Context(tx, clinic.audit, LATER, who)
        assert refused(clinic.ada, MARCH) == ""
        assert refused(clinic.mona, MARCH) == "statements_at_the_top"
        assert refused(who, MARCH) == "work_without_a_price"
        assert refused(who, MARCH, datetime(2026, 3, 31, 15, 59, tzinfo=UTC)) == "month_is_not_over"
        assert refused(who, date(2026, 2, 1)) == "month_before_the_first_case"
        list_prices(ctx)
        with pytest.raises(Stale):
            closing.close(ctx, MARCH, seen=closing.Fixed(lines=0, cases=0, fen=0))
        closing.close(Context(tx, clinic.audit, datetime(2026, 3, 31, 16, 0, tzinfo=UTC), who), MARCH)
        assert refused(who, MARCH) == "month_is_closed"
        assert refused(who, MAY) == refused(who, date(2026, 2, 1)) == "another_month_is_next"
        closing.close(ctx, APRIL)
        assert refused(who, JUNE) == "another_month_is_next"


def test_each_institution_sees_its_side_and_opens_its_cases(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        who, region = mira(tx, now, clinic), clinic.region
        list_prices(Context(tx, clinic.audit, now, who))
        hills = arrive(tx, clinic, "1.1", now, modality="CT", body_part="HEAD").id
        read(tx, clinic, clinic.ada, hills, now)
        review_as(tx, clinic, clinic.ben, hills, now)
        read(tx, clinic, clinic.quinn, arrive(tx, clinic, "1.2", now, site=region.moor).id, now)
    keep(engine, now.date())

    with transaction(engine) as tx:

        def seen(staff: Staff) -> list[tuple[str, str, str]]:
            found = statement.of_month(Context(tx, clinic.audit, now, staff), MARCH)
            return [
                (one.key.service.value, found.names[one.key.site_id], found.names[one.key.reader_id])
                for one in found.lines
            ]

        of_oak = [("report", "Hills", "Oak"), ("review", "Hills", "City")]
        of_elm = [("report", "Moor", "Elm")]
        assert sorted(seen(clinic.mona)) == of_oak
        assert seen(clinic.quinn) == of_elm
        assert sorted(seen(who)) == sorted([*of_oak, *of_elm])
        with pytest.raises(NotThere):
            seen(clinic.ben)

        line = statement.of_month(Context(tx, clinic.audit, now, clinic.mona), MARCH).lines[0]

    def acts(staff: Staff) -> Acts[Staff]:
        return Acts(engine, clinic.audit, lambda: now, staff)

    opened = statement.cases_of(acts(clinic.mona), MARCH, line.key)
    with pytest.raises(NotThere):
        statement.cases_of(acts(clinic.quinn), MARCH, line.key)

    assert ([one.case_id for one in opened.shown], opened.hidden) == ([hills], 0)
