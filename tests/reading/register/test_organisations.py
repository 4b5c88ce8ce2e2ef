"""Organisations and agreements."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pytest
from sqlalchemy.engine import Engine

from reading.errors import Invalid, NotThere
from reading.kinds import Level, Tier
from reading.register import organisations
from storage.database import snapshot, transaction
from tests.reading.region import make_region


def test_the_parent_makes_the_default_agreements(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)

    with snapshot(engine) as tx:
        assert organisations.readers_of(tx, region.hills.id, Tier.COUNTY, now) == {region.oak.id}
        assert organisations.readers_of(tx, region.hills.id, Tier.CITY, now) == {region.city.id}
        assert organisations.readers_of(tx, region.oak.id, Tier.COUNTY, now) == {region.oak.id}
        assert organisations.readers_of(tx, region.oak.id, Tier.CITY, now) == {region.city.id}
        assert organisations.readers_of(tx, region.city.id, Tier.COUNTY, now) == {region.city.id}
        read = organisations.read_by(tx, {region.oak.id}, now)
        assert read.keys() == {(Tier.COUNTY, region.oak.id)}
        assert set(read[Tier.COUNTY, region.oak.id]) == {region.oak.id, region.hills.id, region.lake.id}
        assert organisations.read_by(tx, set(), now) == {}


def test_a_township_without_a_county_is_read_by_its_city(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        city = organisations.add(tx, code="c", name="C", level=Level.CITY, now=now)
        site = organisations.add(tx, code="t", name="T", level=Level.TOWNSHIP, parent_code="c", now=now)
        alone = organisations.add(tx, code="a", name="A", level=Level.TOWNSHIP, now=now)

    with snapshot(engine) as tx:
        assert organisations.readers_of(tx, site.id, Tier.COUNTY, now) == {city.id}
        assert [one for one in organisations.agreements(tx, now) if one.site_id == alone.id] == []


def test_agreements_have_dates(engine: Engine, now: datetime) -> None:
    later = now + timedelta(days=1)
    with transaction(engine) as tx:
        region = make_region(tx, now)
        made = organisations.agree(tx, region.hills.id, region.elm.id, Tier.COUNTY, later)
        again = organisations.agree(tx, region.hills.id, region.elm.id, Tier.COUNTY, later)
        old = next(
            one
            for one in organisations.agreements(tx, now)
            if (one.site_id, one.tier) == (region.hills.id, Tier.COUNTY)
        )
        organisations.end_agreement(tx, old.id, later)

    with snapshot(engine) as tx:
        assert again == made
        assert organisations.readers_of(tx, region.hills.id, Tier.COUNTY, now) == {region.oak.id}
        assert organisations.readers_of(tx, region.hills.id, Tier.COUNTY, later) == {region.elm.id}


def test_the_tree_is_walked_both_ways(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)

    with snapshot(engine) as tx:
        assert organisations.above(tx, region.hills.id) == [region.oak.id, region.city.id]
        assert organisations.above(tx, "nobody") == []
        assert organisations.below(tx, {region.oak.id}) == {region.hills.id, region.lake.id}
        assert len(organisations.below(tx, {region.city.id})) == 5
        assert organisations.below(tx, set()) == set()
        assert [one.code for one in organisations.list_all(tx)] == ["city", "elm", "hills", "lake", "moor", "oak"]


def test_an_organisation_that_ends_reads_for_nobody_any_longer(engine: Engine, now: datetime) -> None:
    later = now + timedelta(days=1)
    with transaction(engine) as tx:
        region = make_region(tx, now)
        organisations.end(tx, region.oak.id, later)

    with transaction(engine) as tx:
        ended = organisations.by_id(tx, region.oak.id)
        assert ended is not None
        assert ended.until == later
        assert organisations.readers_of(tx, region.hills.id, Tier.COUNTY, now) == {region.oak.id}
        assert organisations.readers_of(tx, region.hills.id, Tier.COUNTY, later) == set()
        with pytest.raises(NotThere):
            organisations.end(tx, region.oak.id, later)
        with pytest.raises(Invalid, match="parent_code"):
            organisations.add(tx, code="n", name="N", level=Level.TOWNSHIP, parent_code="oak", now=later)


WRONG: Final = [
    ({"code": ""}, "code", "empty"),
    ({"code": "a b"}, "code", "characters"),
    ({"code": "city"}, "code", "taken"),
    ({"name": " "}, "name", "empty"),
    ({"parent_code": "nowhere"}, "parent_code", "unknown"),
    ({"region_code": "99"}, "region_code", "unknown_parent"),
    ({"time_zone": "Asia/Nowhere"}, "time_zone", "unknown"),
    ({"time_zone": "../etc/passwd"}, "time_zone", "unknown"),
]


def test_what_is_wrong_with_an_organisation_is_told(engine: Engine, now: datetime) -> None:
    told: list[tuple[str, str]] = []
    with transaction(engine) as tx:
        make_region(tx, now)
        for wrong, *_ in WRONG:
            with pytest.raises(Invalid) as refused:
                organisations.add(tx, **({"code": "n", "name": "N", "level": Level.COUNTY, "now": now} | wrong))  # type: ignore[arg-type]
            told.append((refused.value.field, refused.value.problem))

    assert told == [(field, problem) for *_, field, problem in WRONG]
