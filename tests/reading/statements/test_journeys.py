"""What patients were spared: the formula with its parameters, the row of the day, and a patient once a day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.context import Context
from reading.errors import Invalid, NotAllowed
from reading.statements import journey_terms, spared
from reading.statements.journeys import Terms, kilometres, spared_fen, terms_of
from reading.tables import case
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic, read
from tests.reading.numbers.test_keeping import keep
from tests.reading.region import pia
from tests.reading.statements.test_closing import mira

FIRST = date(2026, 3, 1)
GENERAL = Terms(id="all", km=30, fare_fen=50, wage_fen=12_000, people=150, first_day=FIRST)
HILLS = Terms(
    id="hills", site_id="hills", km=45, fare_fen=33, wage_fen=0, people=125, first_day=FIRST, last_day=date(2026, 3, 9)
)


@pytest.mark.parametrize(
    ("journeys", "terms", "km", "fen"),
    [
        (0, GENERAL, 0, 0),
        (1, GENERAL, 60, 22_500),  # 1.5 x (2 x 30 x 0.50 + 120)
        (7, GENERAL, 420, 157_500),
        (1, HILLS, 90, 3713),  # 1.25 x 29.70 = 37.125, rounded up
        (2, HILLS, 180, 7425),
    ],
)
def test_the_formula(journeys: int, terms: Terms, km: int, fen: int) -> None:
    assert (kilometres(journeys, terms), spared_fen(journeys, terms)) == (km, fen)


def test_the_sites_own_row_holds_on_its_days_and_the_general_one_otherwise() -> None:
    days = (FIRST - timedelta(days=1), FIRST, date(2026, 3, 9), date(2026, 3, 10))
    rows = [GENERAL, HILLS]

    for site, found in {"hills": [None, HILLS, HILLS, GENERAL], "lake": [None, GENERAL, GENERAL, GENERAL]}.items():
        assert [terms_of(rows, site, day) for day in days] == found
    assert not GENERAL.overlaps(HILLS)


def test_a_patient_travels_once_a_day(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = Context(tx, clinic.audit, now, mira(tx, now, clinic))
        said: Any = {"km": 30, "fare_fen": 50, "wage_fen": 12_000, "people": 150}
        journey_terms.add(ctx, **said, first_day=FIRST)
        with pytest.raises(Invalid, match="price_overlap"):
            journey_terms.add(ctx, **said, first_day=date(2026, 4, 1))
        with pytest.raises(NotAllowed):
            journey_terms.add(Context(tx, clinic.audit, now, clinic.mona), **said, first_day=FIRST)
        one = pia(tx, now)
        for number, days in enumerate((0, 0, 1)):
            made = arrive(tx, clinic, f"1.{number}", now + timedelta(days=days))
            read(tx, clinic, clinic.ada, made.id, now + timedelta(days=days))
            tx.execute(sa.update(case).where(case.c.id == made.id).values(patient_id=one.id))
    keep(engine, now.date())

    with transaction(engine) as tx:
        later = now + timedelta(days=2)
        (hills,) = spared.of_month(Context(tx, clinic.audit, later, clinic.mona), FIRST).spared
        elsewhere = spared.of_month(Context(tx, clinic.audit, later, clinic.quinn), FIRST).spared
    assert (hills.site, hills.examinations, hills.journeys, hills.km, hills.fen) == ("Hills", 3, 2, 120, 45_000)
    assert elsewhere == []
