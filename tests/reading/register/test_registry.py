"""Organisations and people from the command line: what is made, and what the audit says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.audit import SYSTEM, Audit, events_about
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Level, Role, Tier
from reading.register import agreements, organisation_changes, organisations, passwords, people, registry, roles
from storage.database import transaction
from tests.passwords import quick_hash
from tests.plans import listening
from tests.reading.crossing import cross

AUDIT: Final = Audit("cli")
WORD = "k3vw-9mpt-x2hd-7qrs"
FIRST = passwords.NewPassword(text=WORD, hash=quick_hash(WORD), is_first=True)
SHORT = passwords.NewPassword(text="short", hash="!", is_first=False)
LONG = passwords.NewPassword(text="long enough 1", hash="!", is_first=False)


def test_organisations_and_people_come_and_go_on_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        ctx = Context(tx, AUDIT, now, SYSTEM)
        oak = registry.add_organisation(ctx, code="oak", name="Oak", level=Level.COUNTY)
        ada = registry.add_person(ctx, name="艾医生", organisation_code="oak", role=Role.READER, password=FIRST)
        roles.grant(ctx, "aiyisheng", "oak", Role.VERIFIER)
        grants = [(one.organisation_id, one.role) for one in people.grants_of(tx, ada.person.id, now)]
        registry.end_person(ctx, "aiyisheng")
        registry.end_organisation(ctx, "oak")

        assert sorted(grants) == [(oak.id, Role.READER), (oak.id, Role.VERIFIER)]
        assert ada.password is not None
        assert (ada.password, ada.person.password_hash) == (FIRST.text, FIRST.hash)
        assert ada.person.must_change_password
        assert [one.action for one in events_about(tx, "organisation", oak.id)] == [
            "organisation.end",
            "organisation.add",
        ]
        assert [(one.action, one.details.get("role")) for one in events_about(tx, "person", ada.person.id)] == [
            ("person.end", None),
            ("role.grant", "verifier"),
            ("role.grant", "reader"),
            ("person.add", None),
        ]
        with pytest.raises(NotThere):
            registry.end_person(ctx, "aiyisheng")
        with pytest.raises(NotThere):
            registry.end_organisation(ctx, "oak")
        with pytest.raises(NotThere):
            registry.add_person(ctx, name="Ben", organisation_code="oak", role=Role.READER, password=FIRST)


def test_a_password_of_their_own_is_checked_and_lasts(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        ctx = Context(tx, AUDIT, now, SYSTEM)
        registry.add_organisation(ctx, code="oak", name="Oak", level=Level.COUNTY)
        with pytest.raises(Invalid):
            registry.add_person(ctx, name="Ben", organisation_code="oak", role=Role.READER, password=SHORT)
        ben = registry.add_person(ctx, name="Ben", organisation_code="oak", role=Role.READER, password=LONG)

    assert ben.password is None
    assert not ben.person.must_change_password


def test_the_first_start_makes_one_administrator_of_the_region(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        ctx = Context(tx, AUDIT, now, SYSTEM)
        first = registry.make_first_administrator(ctx, name="Admin", region_name="The region", password=FIRST)
        again = registry.make_first_administrator(ctx, name="Admin", region_name="The region", password=FIRST)
        region = organisations.by_code(tx, registry.REGION)
        with pytest.raises(NotAllowed):
            roles.grant(ctx, registry.ADMINISTRATOR, registry.REGION, Role.AUDIT_ADMINISTRATOR)

    assert again is None
    assert first is not None
    assert first.password is not None
    assert region is not None
    assert (region.name, region.level) == ("The region", Level.REGION)


def test_a_role_is_revoked_and_the_others_stay(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        ctx = Context(tx, AUDIT, now, SYSTEM)
        registry.add_organisation(ctx, code="C1", name="县医院", level=Level.COUNTY)
        ada = registry.add_person(
            ctx, name="Ada", organisation_code="C1", role=Role.READER, username="ada", password=FIRST
        )
        roles.grant(ctx, "ada", "C1", Role.VERIFIER)
        roles.revoke(ctx, "ada", "C1", Role.READER)
        with pytest.raises(NotThere) as twice:
            roles.revoke(ctx, "ada", "C1", Role.READER)
        left = [one.role for one in people.grants_of(tx, ada.person.id, now)]
        actions = [one.action for one in events_about(tx, "person", ada.person.id)]

    assert left == [Role.VERIFIER]
    assert actions.count("role.revoke") == 1
    assert (twice.value.kind, twice.value.name) == ("role", "reader of ada at C1")


def test_an_agreement_ends_and_another_begins(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        ctx = Context(tx, AUDIT, now, SYSTEM)
        county = registry.add_organisation(ctx, code="C1", name="县医院", level=Level.COUNTY)
        other = registry.add_organisation(ctx, code="C2", name="邻县医院", level=Level.COUNTY)
        town = registry.add_organisation(ctx, code="T1", name="卫生院", level=Level.TOWNSHIP, parent_code="C1")
        (made,) = [one for one in organisations.agreements(tx, now) if one.site_id == town.id]
        agreements.agree(ctx, "T1", "C2", Tier.COUNTY)
        agreements.end(ctx, made.id)
        with pytest.raises(NotThere) as twice:
            agreements.end(ctx, made.id)
        listed = {(one.site_id, one.reader_id, one.tier) for one in organisations.agreements(tx, now)}
        actions = {one.action for one in events_about(tx, "organisation", town.id)}

    assert listed == {
        (county.id, county.id, Tier.COUNTY),
        (other.id, other.id, Tier.COUNTY),
        (town.id, other.id, Tier.COUNTY),
    }
    assert actions == {"organisation.add", "agreement.add", "agreement.end"}
    assert (twice.value.kind, twice.value.name) == ("agreement", made.id)


def test_an_agreement_is_added_and_ended_without_reading_all_of_them(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        ctx = Context(tx, AUDIT, now, SYSTEM)
        for code in ("C1", "C2"):
            registry.add_organisation(ctx, code=code, name="县医院", level=Level.COUNTY)
        with listening(engine) as asked:
            made = agreements.agree(ctx, "C1", "C2", Tier.COUNTY)
            agreements.end(ctx, made.id)

    of_agreements = [statement for statement, _ in asked if "FROM agreement" in statement]
    assert of_agreements
    assert [one for one in of_agreements if "WHERE agreement" not in one] == []


def test_of_two_moves_that_would_make_a_circle_one_is_refused(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        ctx = Context(tx, AUDIT, now, SYSTEM)
        for code in ("C1", "C2"):
            registry.add_organisation(ctx, code=code, name="县医院", level=Level.COUNTY)

    def under(code: str, parent: str) -> Callable[[Connection], object]:
        return lambda tx: organisation_changes.move(Context(tx, AUDIT, now, SYSTEM), code, parent, revision=1)

    with pytest.raises(Invalid, match="parent_code"):
        cross(engine, under("C1", "C2"), under("C2", "C1"), lambda _tx: None)
