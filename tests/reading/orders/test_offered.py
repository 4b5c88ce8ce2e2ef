"""What a site's devices are offered."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.kinds import Priority
from reading.orders import offered, orders, progress
from reading.orders.offered import Worklist
from reading.orders.order_state import Move
from reading.orders.orders import Asked, Order
from reading.register import devices
from storage.database import transaction
from tests.reading.region import Region, make_region, pia


def place(tx: Connection, region: Region, now: datetime, **known: object) -> Order:
    chest: dict[str, object] = {
        "site_id": region.hills.id,
        "modality": "DX",
        "priority": Priority.ROUTINE,
        "procedures": [Asked(body_part="CHEST"), Asked(body_part="HAND", laterality="L")],
        "reason": "",
        "ordered_by": None,
        "now": now,
    }
    return orders.place(tx, **(chest | known))  # type: ignore[arg-type]


def lines(found: Worklist) -> list[tuple[str, str]]:
    return [(one.order.id, one.procedure.body_part) for one in found.offered]


def test_a_site_offers_what_is_still_to_be_made_there(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        patient = {"patient_id": pia(tx, now).id}
        later = place(tx, region, now, **patient, scheduled_at=now + timedelta(hours=2))
        first = place(tx, region, now, **patient)
        place(tx, region, now, **patient, site_id=region.lake.id)
        place(tx, region, now - timedelta(days=31), **patient)
        gone = place(tx, region, now, **patient)
        progress.cancel(tx, gone.id, revision=1)
        progress.move(tx, first.id, [first.procedures[0].id], Move.ARRIVE)
        progress.move(tx, later.id, [later.procedures[1].id], Move.BEGIN)
        found = offered.worklist(tx, region.hills.id, now)

    assert lines(found) == [(first.id, "HAND"), (later.id, "CHEST"), (later.id, "HAND")]
    assert found.offered[0].person.name == "Pia"
    assert (found.time_zone, found.whole) == ("Asia/Shanghai", True)


def test_days_are_those_of_the_site(engine: Engine, now: datetime) -> None:
    late = now.replace(hour=17)  # one o'clock of the third in China
    with transaction(engine) as tx:
        region = make_region(tx, now)
        made = place(
            tx, region, now, patient_id=pia(tx, now).id, scheduled_at=late, procedures=[Asked(body_part="HIP")]
        )

        def on(first: date | None, last: date | None) -> list[tuple[str, str]]:
            return lines(offered.worklist(tx, region.hills.id, now, first=first, last=last))

        second, third = date(2026, 3, 2), date(2026, 3, 3)

        assert on(second, second) == []
        assert on(third, third) == on(None, third) == on(second, None) == on(date.min, date.max) == [(made.id, "HIP")]
        assert on(date(2026, 3, 4), None) == []


def test_the_station_is_told_until_it_is_retired(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)

        def device(title: str, site_id: str) -> str:
            made = devices.add(tx, ae_title=title, network="10.0.0.1", port=None, site_id=site_id, issuer="H", now=now)
            return made.id

        station = device("DR1", region.hills.id)
        device("DR0", region.hills.id)
        device("DR9", region.lake.id)
        place(tx, region, now, patient_id=pia(tx, now).id, device_id=station, procedures=[Asked(body_part="HIP")])
        named = offered.worklist(tx, region.hills.id, now)
        devices.end(tx, station, now)
        free = offered.worklist(tx, region.hills.id, now + timedelta(seconds=1))

    assert ([one.station for one in named.offered], named.stations) == (["DR1"], ["DR0", "DR1"])
    assert ([one.station for one in free.offered], free.stations) == ([""], ["DR0"])


def test_what_is_not_looked_through_is_told(engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offered, "MOST", 1)
    with transaction(engine) as tx:
        region = make_region(tx, now)
        patient = {"patient_id": pia(tx, now).id}
        place(tx, region, now, **patient)
        whole = offered.worklist(tx, region.hills.id, now).whole
        place(tx, region, now, **patient)

        assert (whole, offered.worklist(tx, region.hills.id, now).whole) == (True, False)
