"""Orders."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import identifiers
from reading.errors import Invalid
from reading.kinds import Priority
from reading.orders import orders
from reading.orders.orders import Asked, Order
from reading.register import devices
from reading.register.organisations import Organisation
from storage.database import snapshot, transaction
from storage.instance_row import is_uid
from tests.reading.region import Region, make_region, pia


def place(tx: Connection, region: Region, now: datetime, **other: object) -> Order:
    known: dict[str, object] = {
        "site_id": region.hills.id,
        "modality": "DX",
        "priority": Priority.ROUTINE,
        "procedures": [Asked(body_part="CHEST"), Asked(body_part="HAND", laterality="L")],
        "reason": "cough",
        "ordered_by": None,
        "now": now,
    }
    if "patient_id" not in other:
        known["patient_id"] = pia(tx, now).id
    return orders.place(tx, **(known | other))  # type: ignore[arg-type]


def test_an_order_is_found_by_its_numbers(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        made = place(tx, region, now)

    with snapshot(engine) as tx:
        assert orders.by_id(tx, made.id) == made
        assert orders.by_accession(tx, region.hills.id, made.accession_number + " ") == made
        assert orders.by_accession(tx, region.lake.id, made.accession_number) is None
        assert [orders.by_study(tx, one.study_uid) for one in made.procedures] == [made, made]
        assert orders.by_study(tx, "1.2.3") is None
        assert orders.list_of(tx, region.hills.id) == [made]
        assert orders.list_of(tx, region.lake.id) == []


def test_numbers_of_ours_are_sound_and_name_the_day_at_the_site(engine: Engine) -> None:
    late = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # one o'clock of the third in China
    with transaction(engine) as tx:
        made = place(tx, make_region(tx, late), late)

    assert made.accession_number.startswith("260303")
    assert identifiers.accession_number(made.accession_number) is None
    assert all(is_uid(one.study_uid) for one in made.procedures)
    assert made.procedures[0].study_uid != made.procedures[1].study_uid


def test_two_sites_may_use_one_number_and_one_site_may_not(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        first = place(tx, region, now, accession_number="A1")
        patient = {"patient_id": first.patient_id}
        second = place(tx, region, now, accession_number="A1", site_id=region.lake.id, **patient)
        with pytest.raises(Invalid) as refused:
            place(tx, region, now, accession_number="A1", **patient)

    assert second.accession_number == first.accession_number
    assert refused.value.problem == "taken"


WRONG: Final = [
    ({"site_id": "nowhere"}, "site", "unknown"),
    ({"patient_id": "nobody"}, "patient", "unknown"),
    ({"ordered_by": "nobody"}, "ordered_by", "unknown"),
    ({"modality": "XX"}, "modality", "unknown"),
    ({"procedures": []}, "procedures", "number"),
    ({"procedures": [Asked(body_part="HAND")] * 21}, "procedures", "number"),
    ({"procedures": [Asked(body_part=" ")]}, "body_part", "empty"),
    ({"procedures": [Asked(body_part="X" * 41)]}, "body_part", "length"),
    ({"procedures": [Asked(body_part="HAND", laterality="X")]}, "laterality", "unknown"),
    ({"reason": "x" * 1001}, "reason", "length"),
    ({"accession_number": "1" * 17}, "accession_number", "length"),
    ({"accession_number": ""}, "accession_number", "empty"),
]


def test_what_is_wrong_with_an_order_is_told(engine: Engine, now: datetime) -> None:
    told: list[tuple[str, str]] = []
    with transaction(engine) as tx:
        region = make_region(tx, now)
        known = {"patient_id": pia(tx, now).id}
        for wrong, *_ in WRONG:
            with pytest.raises(Invalid) as refused:
                place(tx, region, now, **(known | wrong))
            told.append((refused.value.field, refused.value.problem))

    assert told == [(field, problem) for *_, field, problem in WRONG]


def test_an_order_names_a_station_of_its_site_or_none(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)

        def station(title: str, site: Organisation) -> str:
            made = devices.add(
                tx, ae_title=title, network="10.0.0.1", port=None, site_id=site.id, issuer="HILLS", now=now
            )
            return made.id

        here, elsewhere, retired = (
            station("DR1", region.hills),
            station("DR2", region.lake),
            station("DR3", region.hills),
        )
        devices.end(tx, retired, now)
        made = place(tx, region, now, device_id=here)
        for wrong in (elsewhere, retired, "nothing"):
            with pytest.raises(Invalid) as refused:
                place(tx, region, now, device_id=wrong, patient_id=made.patient_id)
            assert (refused.value.field, refused.value.problem) == ("station", "unknown")
        found = orders.by_id(tx, made.id)

    assert found == made
    assert made.device_id == here
