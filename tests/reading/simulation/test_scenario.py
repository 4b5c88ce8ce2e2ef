"""Scenarios are typed documents: the shipped ones are right, errors are named by their path, large ones refused."""

from __future__ import annotations

from typing import Any

import pytest

from reading.simulation import shipped_scenarios
from reading.simulation.arrivals import arrivals_of
from reading.simulation.region import region_of
from reading.simulation.scenario import MOST_CASES, InvalidScenario, TooLarge, must_fit, read_scenario
from tests.reading.simulation.scenes import document, readers, scenario


@pytest.mark.parametrize("name", shipped_scenarios.NAMES)
def test_each_shipped_scenario_is_right_and_small_enough_for_the_command(name: str) -> None:
    read = read_scenario(shipped_scenarios.shipped(name))
    must_fit(read, policies=2, most=MOST_CASES)

    assert read.name == name
    assert {one.organisation for one in read.staff} == {one.code for one in read.organisations}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"starts": "soon"}, "starts"),
        ({"time_zone": "Moon/Sea"}, "time_zone"),
        ({"days": 32}, "days"),
        ({"runs": 1}, "runs"),
        ({"moon": 1}, "moon"),
        ({"sites": [{"code": "hills", "county": "city"}]}, "sites[0].county"),
        ({"kinds": [{"modality": "CT", "per_day": float("inf")}]}, "kinds[0].per_day"),
        ({"kinds": [{"modality": "CT", "per_day": 1, "hours": [1.0] * 23}]}, "kinds[0].hours"),
        ({"kinds": [{"modality": "CT", "per_day": 1, "ages": [9, 3]}]}, "kinds[0].ages"),
        ({"kinds": [{"modality": "CT", "per_day": 1, "sites": ["moon"]}]}, "kinds[0].sites"),
        ({"staff": [readers(1, roles=["verifier"])]}, "staff[0].roles"),
        ({"staff": [readers(1, slots=[{"from": "25:00", "to": "08:00"}])]}, "staff[0].slots[0].from"),
        ({"outages": [{"from_hour": 4, "to_hour": 4}]}, "outages[0]"),
        ({"organisations": [{"code": "oak", "tier": "county", "helped_by": "moon"}]}, "organisations[0].helped_by"),
    ],
)
def test_an_error_is_named_by_its_path(change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidScenario) as wrong:
        read_scenario(document() | change)

    assert path in {one.path for one in wrong.value.problems}


def test_what_would_take_too_long_is_refused_with_its_size() -> None:
    with pytest.raises(TooLarge) as cases:
        must_fit(scenario(runs=10), policies=2, most=1999)
    with pytest.raises(TooLarge) as people:
        must_fit(scenario(*[readers(500, name=f"readers-{number}") for number in range(5)]))

    assert (cases.value.what, cases.value.asked, cases.value.most) == ("cases", 2000, 1999)
    assert (people.value.what, people.value.asked) == ("people", 2500)


def test_arrivals_follow_the_rates_the_hours_the_shares_and_the_outages() -> None:
    made = scenario(
        sites=[{"code": "hills", "county": "oak", "share": 3.0}, {"code": "lake", "county": "oak"}],
        kinds=[
            {"modality": "DX", "per_day": 2000, "hours": [0.0] * 9 + [3.0, 1.0] + [0.0] * 13},
            {"modality": "CT", "per_day": 2400, "hours": "even", "from_hour": 20, "to_hour": 22, "sites": ["lake"]},
        ],
        outages=[{"sites": ["hills"], "from_hour": 9, "to_hour": 10}],
        time_zone="Asia/Shanghai",
    )
    region = region_of(made)
    found = arrivals_of(made, region, 0)
    hours = [(one, (one.examined_at - region.starts).total_seconds() / 3600) for one in found]
    plain = [(one, hour) for one, hour in hours if one.kind == 0]

    assert made.cases == pytest.approx(2200)
    assert region.starts.isoformat() == "2026-03-01T16:00:00+00:00"
    assert len(plain) == pytest.approx(2000, abs=4 * 2000**0.5)
    assert sum(hour < 10 for _, hour in plain) / len(plain) == pytest.approx(0.75, abs=0.04)
    assert sum(one.site_id == "hills" for one, _ in plain) / len(plain) == pytest.approx(0.75, abs=0.04)
    assert {one.site_id for one, _ in hours if one.kind == 1} == {"lake"}
    assert all(20 <= hour < 22 for one, hour in hours if one.kind == 1)
    held = [one for one, hour in plain if one.site_id == "hills" and hour < 10]
    assert {(one.received_at - region.starts).total_seconds() / 3600 for one in held} == {10}
    assert found == sorted(found, key=lambda one: (one.received_at, one.number))
