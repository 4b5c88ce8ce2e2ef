"""What grants reach."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Engine

from reading.kinds import Role, Tier
from reading.register import organisations
from reading.register.grants import Reach, may_act, reach
from reading.viewers import Machine
from storage.database import snapshot, transaction
from tests.reading.region import hire, make_region

OF_HILLS = {
    # role, organisation -> may act for the township Hills
    (Role.TECHNICIAN, "hills"): True,
    (Role.CLINICIAN, "hills"): True,
    (Role.READER, "oak"): True,
    (Role.VERIFIER, "oak"): True,
    (Role.REVIEWER, "city"): True,
    (Role.READER, "city"): True,
    (Role.QUALITY_MANAGER, "hills"): True,
    (Role.QUALITY_MANAGER, "oak"): True,
    (Role.QUALITY_MANAGER, "city"): True,
    (Role.TECHNICIAN, "oak"): False,
    (Role.CLINICIAN, "lake"): False,
    (Role.READER, "hills"): False,
    (Role.READER, "elm"): False,
    (Role.VERIFIER, "elm"): False,
    (Role.REVIEWER, "oak"): False,
    (Role.QUALITY_MANAGER, "lake"): False,
    (Role.QUALITY_MANAGER, "elm"): False,
    (Role.SYSTEM_ADMINISTRATOR, "hills"): False,
    (Role.SECURITY_ADMINISTRATOR, "city"): False,
    (Role.AUDIT_ADMINISTRATOR, "city"): False,
}


def test_who_acts_and_who_sees_at_a_township(engine: Engine, now: datetime) -> None:
    acting: dict[tuple[Role, str], bool] = {}
    seeing: dict[tuple[Role, str], bool] = {}
    with transaction(engine) as tx:
        region = make_region(tx, now)
        for number, (role, code) in enumerate(OF_HILLS):
            somebody = hire(tx, f"person{number}", now, (role, getattr(region, code)))
            acting[role, code] = may_act(tx, somebody, role, region.hills.id, now) == somebody.grants[0]
            seeing[role, code] = region.hills.id in reach(tx, somebody, now).sites

    assert acting == OF_HILLS
    assert seeing == OF_HILLS


def test_a_grant_for_another_role_is_none_for_this_one(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        ada = hire(tx, "ada", now, (Role.READER, region.oak))
        machine = Machine(device_id="D", site_id=region.hills.id, issuer="HILLS")

        assert may_act(tx, ada, Role.VERIFIER, region.hills.id, now) is None
        assert may_act(tx, machine, Role.TECHNICIAN, region.hills.id, now) is None


def test_of_several_grants_the_one_that_fits_is_used(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        both = hire(tx, "both", now, (Role.READER, region.oak), (Role.READER, region.elm))

        for_moor = may_act(tx, both, Role.READER, region.moor.id, now)

    assert for_moor is not None
    assert for_moor.organisation_id == region.elm.id


def test_a_tier_asks_for_an_agreement_of_that_tier(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        ada = hire(tx, "ada", now, (Role.READER, region.oak))
        cleo = hire(tx, "cleo", now, (Role.READER, region.city))

        assert may_act(tx, ada, Role.READER, region.hills.id, now, tier=Tier.COUNTY) == ada.grants[0]
        assert may_act(tx, ada, Role.READER, region.hills.id, now, tier=Tier.CITY) is None
        assert may_act(tx, cleo, Role.READER, region.hills.id, now, tier=Tier.COUNTY) is None
        assert may_act(tx, cleo, Role.READER, region.hills.id, now, tier=Tier.CITY) == cleo.grants[0]


def test_sight_ends_with_the_agreement(engine: Engine, now: datetime) -> None:
    later = now + timedelta(days=1)
    with transaction(engine) as tx:
        region = make_region(tx, now)
        ada = hire(tx, "ada", now, (Role.READER, region.oak))
        for one in (one for one in organisations.agreements(tx, now) if one.site_id == region.hills.id):
            organisations.end_agreement(tx, one.id, later)

    with snapshot(engine) as tx:
        assert region.hills.id in reach(tx, ada, now).sites
        assert region.hills.id not in reach(tx, ada, later).sites
        assert may_act(tx, ada, Role.READER, region.hills.id, later) is None


def test_each_role_reaches_its_own_kind_of_sites(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        mona = hire(
            tx,
            "mona",
            now,
            (Role.TECHNICIAN, region.moor),
            (Role.READER, region.elm),
            (Role.QUALITY_MANAGER, region.oak),
        )

        reached = reach(tx, mona, now)

    assert reached == Reach(
        own=frozenset({region.moor.id}),
        read=frozenset({region.elm.id, region.moor.id}),
        managed=frozenset({region.oak.id, region.hills.id, region.lake.id}),
        above=frozenset({region.hills.id, region.lake.id}),
    )
    assert reached.sites == {each.id for each in (region.elm, region.moor, region.oak, region.hills, region.lake)}
