"""Roles and agreements that end by command: each change is on record, and what is not there is named."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from reading.audit import Audit, events_about
from reading.errors import NotThere
from reading.kinds import Level, Role, Tier
from reading.register import organisations, people
from reading.register.registry import Registry
from storage.database import transaction


def test_a_role_is_revoked_and_the_others_stay(engine: Engine, now: datetime) -> None:
    registry = Registry(Audit("tests"))
    with transaction(engine) as tx:
        registry.add_organisation(tx, code="C1", name="县医院", level=Level.COUNTY, now=now)
        ada = registry.add_person(tx, name="Ada", organisation_code="C1", role=Role.READER, username="ada", now=now)
        registry.grant(tx, "ada", "C1", Role.VERIFIER, now)
        registry.revoke(tx, "ada", "C1", Role.READER, now)
        with pytest.raises(NotThere) as twice:
            registry.revoke(tx, "ada", "C1", Role.READER, now)
        left = [one.role for one in people.grants_of(tx, ada.person.id, now)]
        actions = [one.action for one in events_about(tx, "person", ada.person.id)]

    assert left == [Role.VERIFIER]
    assert actions.count("role.revoke") == 1
    assert (twice.value.kind, twice.value.name) == ("role", "reader of ada at C1")


def test_an_agreement_ends_and_another_begins(engine: Engine, now: datetime) -> None:
    registry = Registry(Audit("tests"))
    with transaction(engine) as tx:
        county = registry.add_organisation(tx, code="C1", name="县医院", level=Level.COUNTY, now=now)
        other = registry.add_organisation(tx, code="C2", name="邻县医院", level=Level.COUNTY, now=now)
        town = registry.add_organisation(tx, code="T1", name="卫生院", level=Level.TOWNSHIP, parent_code="C1", now=now)
        (made,) = organisations.agreements_of(tx, town.id, now)
        registry.agree(tx, "T1", "C2", Tier.COUNTY, now)
        registry.end_agreement(tx, made.id, now)
        with pytest.raises(NotThere) as twice:
            registry.end_agreement(tx, made.id, now)
        listed = {(one.site_id, one.reader_id, one.tier) for one in organisations.agreements(tx, now)}
        actions = {one.action for one in events_about(tx, "organisation", town.id)}

    assert listed == {
        (county.id, county.id, Tier.COUNTY),
        (other.id, other.id, Tier.COUNTY),
        (town.id, other.id, Tier.COUNTY),
    }
    assert actions == {"organisation.add", "agreement.add", "agreement.end"}
    assert (twice.value.kind, twice.value.name) == ("agreement", made.id)
