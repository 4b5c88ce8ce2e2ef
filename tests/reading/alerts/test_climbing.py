"""An alert that nobody answers in time climbs from level to level."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Engine

from reading.alerts import climbing, critical
from reading.audit import SYSTEM
from reading.context import Context
from storage.database import transaction
from tests.reading.alerts.test_critical import TEN, notices_of
from tests.reading.clinic import arrive, open_clinic


def test_unanswered_it_climbs_from_the_site_to_the_county_to_the_city_and_stays_there(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        alert = critical.raise_alert(
            Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!"
        )
        climbed = [climbing.climb(Context(tx, clinic.audit, now + TEN * times, SYSTEM)) for times in range(5)]
        told = [notice.organisation_id for notice in notices_of(tx, alert.id)]
        region = clinic.region
        level = critical.by_id(tx, alert.id).level

    assert climbed == [0, 1, 1, 1, 1]
    assert told == [region.hills.id, region.hills.id, region.oak.id, region.city.id, region.city.id]
    assert level == 4
