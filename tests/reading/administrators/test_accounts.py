"""Whose account somebody may keep: nobody takes over another administrator by way of a role that ends or begins."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.administrators import accounts, second_factors
from reading.audit import Audit
from reading.context import Context
from reading.errors import NotAllowed, NotThere
from reading.kinds import Level, Role
from reading.register import organisations, people, registry, roles
from reading.register.passwords import NewPassword
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.region import KEYS, hire, make_region, staff_of

PASSWORD = NewPassword(text="", hash="!", is_first=True)


def at(tx: Connection, now: datetime, who: Staff) -> Context[Staff]:
    return Context(tx, Audit("web"), now, who)


def test_a_role_that_was_ended_for_it_opens_no_administrators_account(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        make_region(tx, now)
        whole = organisations.add(tx, code="all", name="All", level=Level.REGION, parent_code=None, now=now)
        sam = hire(tx, "sam", now, (Role.SYSTEM_ADMINISTRATOR, whole))
        sec = hire(tx, "sec", now, (Role.SECURITY_ADMINISTRATOR, whole))
        sid = hire(tx, "sid", now, (Role.SYSTEM_ADMINISTRATOR, whole))
        for username in ("sec", "sid"):
            [grant] = people.open_grants_of(tx, (sec if username == "sec" else sid).person_id, now)
            roles.end(at(tx, now, sam), grant.person_id, grant.id)

    later = now + timedelta(days=30)
    with transaction(engine) as tx:
        one = people.by_id(tx, sec.person_id)
        assert one is not None
        with pytest.raises(NotAllowed) as refused:
            accounts.reset_password(at(tx, later, sam), sec.person_id, revision=one.revision, password=PASSWORD)
        assert refused.value.rule == "password_of_another_administrator"
        assert [second_factors.ask_reset(at(tx, later, sam), KEYS, name) for name in ("sec", "sid")] == [None, None]


def test_an_administrator_below_keeps_nobody_whose_role_is_of_the_region(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        cid = hire(tx, "cid", now, (Role.SYSTEM_ADMINISTRATOR, region.city))
        hire(tx, "sec", now, (Role.SECURITY_ADMINISTRATOR, region.oak))

    for act in (
        lambda ctx: registry.end_person(ctx, "sec"),
        lambda ctx: registry.change_person(ctx, "sec", revision=1, name="Else", title=""),
        lambda ctx: accounts.unlock(ctx, roles.person_of(ctx.tx, "sec").id),
    ):
        with pytest.raises(NotAllowed) as refused, transaction(engine) as tx:
            act(at(tx, now, cid))
        assert refused.value.rule == "administrators_of_the_region"


def test_whoever_will_work_elsewhere_is_not_theirs_alone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        ned = hire(tx, "ned", now, (Role.SYSTEM_ADMINISTRATOR, region.oak))
        ada = hire(tx, "ada", now, (Role.READER, region.oak))
        people.grant(tx, ada.person_id, region.city.id, Role.REVIEWER, now + timedelta(days=1))

    with transaction(engine) as tx:
        one = people.by_id(tx, ada.person_id)
        assert one is not None
        with pytest.raises(NotThere):
            accounts.reset_password(at(tx, now, ned), ada.person_id, revision=one.revision, password=PASSWORD)
        with pytest.raises(NotThere):
            second_factors.ask_reset(at(tx, now, ned), KEYS, "ada")
    with transaction(engine) as tx:
        assert staff_of(tx, ada.person_id, now).grants
