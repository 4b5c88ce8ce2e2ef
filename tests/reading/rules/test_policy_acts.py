"""Versions are added and switched on by those who may, on record, and cases keep theirs through every switch."""

from __future__ import annotations

import copy
import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.audit import SYSTEM, Audit
from reading.cases import cases
from reading.cases.moves import State
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import Role, Tier
from reading.queue import claiming
from reading.register import organisations
from reading.rules import case_rule, policy, policy_acts, switches
from reading.rules.calendar import DayKind
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.policy_acts import Stage
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, arrive, open_clinic
from tests.reading.region import hire

HOUR = timedelta(hours=1)


def _renamed(name: str) -> dict[str, Any]:
    return {"rules": [FIRST_POLICY["rules"][-1] | {"name": name}]}


def _mona_of_the_region(tx: Connection, clinic: Clinic, now: datetime) -> Context[Staff]:
    """Mona manages the quality of the city, which stands under no other."""
    return Context(tx, clinic.audit, now, hire(tx, "mona2", now, (Role.QUALITY_MANAGER, clinic.region.city)))


def test_a_number_that_nobody_saw_is_stale(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        mona = _mona_of_the_region(tx, open_clinic(tx, now, FIRST_POLICY), now)
        for seen in (0, 7, (1 << 31) - 2, 1 << 63):
            with pytest.raises(Stale):
                policy_acts.add(mona, _renamed("two"), note="", newest=seen)
        for number in (0, -1, 1 << 31, 10**25):
            with pytest.raises(NotThere):
                policy_acts.version(mona, number)

        assert policy.newest_version(tx) == 1


def test_a_site_that_would_be_without_a_reader_is_named_before_the_switch(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, FIRST_POLICY)
        mona = _mona_of_the_region(tx, clinic, now)
        hills = clinic.region.hills
        for one in organisations.agreements(tx, now):
            if one.site_id == hills.id and one.tier is Tier.CITY:
                organisations.end_agreement(tx, one.id, now)
        last = FIRST_POLICY["rules"][-1]
        elsewhere = {"name": "others", "when": {"site": ["T99"]}, "tier": "city"}
        policy_acts.add(mona, {"rules": [last | {"name": "up", "tier": "city"}]}, note="", newest=1)
        policy_acts.add(mona, {"rules": [last | elsewhere, last | {"tier": "county"}]}, note="", newest=2)

        assert [(site.id, tier) for site, tier in policy_acts.without_reader(mona, 2)] == [(hills.id, Tier.CITY)]
        assert policy_acts.without_reader(mona, 3) == []
        routine = {"name": "by-two", "when": {"priority": ["routine"]}, "tier": "county"}
        by_two = last | routine | {"needs_verifier": False, "review": None, "double_reading": {}}
        reviewed = last | routine | {"review": {"when": "before_release"}}
        for newest, rule in ((3, by_two), (4, reviewed)):  # a third person decides at the city, or a reviewer
            policy_acts.add(mona, {"rules": [rule, last | {"tier": "county"}]}, note="", newest=newest)
            found = policy_acts.without_reader(mona, newest + 1)
            assert [(site.id, tier) for site, tier in found] == [(hills.id, Tier.CITY)]
        with pytest.raises(NotAllowed):
            policy_acts.switch_on(mona, 2, at=None)
        assert policy.in_force(tx, now).version == 1
        policy_acts.switch_on(mona, 2, at=None, unread=True)
        assert policy.in_force(tx, now).version == 2


def test_a_version_is_a_draft_until_its_time_comes(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        mona = _mona_of_the_region(tx, open_clinic(tx, now, FIRST_POLICY), now)
        two = policy_acts.add(mona, _renamed("two"), note="试行", newest=1)
        policy_acts.add(mona, _renamed("three"), note="", newest=2)
        ahead = policy_acts.switch_on(mona, 2, at=now + HOUR)

        def stages(at: datetime) -> list[Stage]:
            return [one.stage for one in policy_acts.versions(replace(mona, now=at))]

        assert stages(now) == [Stage.DRAFT, Stage.AHEAD, Stage.IN_FORCE]
        assert stages(now + HOUR) == [Stage.DRAFT, Stage.IN_FORCE, Stage.PAST]
        assert policy.in_force(tx, now + HOUR - timedelta(seconds=1)).version == 1
        assert policy.in_force(tx, now + HOUR) == two

        policy_acts.cancel_switch(mona, ahead.id)
        assert stages(now + HOUR) == [Stage.DRAFT, Stage.DRAFT, Stage.IN_FORCE]
        with pytest.raises(Stale):
            policy_acts.cancel_switch(mona, ahead.id)

        events = tx.execute(
            sa.select(tables.audit_event.c.action, tables.audit_event.c.actor_id).where(
                tables.audit_event.c.action.like("policy.%")
            )
        ).all()
        assert sorted(events) == sorted(
            [("policy.add", mona.who.person_id)] * 2
            + [("policy.switch", mona.who.person_id), ("policy.cancel", mona.who.person_id)]
        )


def test_of_two_authors_of_the_same_version_the_second_is_stale(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        mona = _mona_of_the_region(tx, open_clinic(tx, now), now)
        policy_acts.add(mona, _renamed("two"), note="", newest=1)

        with pytest.raises(Stale) as stale:
            policy_acts.add(mona, _renamed("other"), note="", newest=1)
        assert stale.value.expected == 2


def test_who_may_read_write_and_switch(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        people = {
            "the region's quality": hire(tx, "qm", now, (Role.QUALITY_MANAGER, clinic.region.city)),
            "the region's system": hire(tx, "sys", now, (Role.SYSTEM_ADMINISTRATOR, clinic.region.city)),
            "a county's quality": clinic.mona,
            "a reader": clinic.ada,
        }

        def outcome(who: Staff, act: str) -> str:
            ctx = Context(tx, clinic.audit, now, who)
            try:
                match act:
                    case "read":
                        policy_acts.version(ctx, 1)
                    case "write":
                        policy_acts.add(ctx, _renamed("x"), note="", newest=policy.newest_version(tx))
                    case "set days":
                        policy_acts.set_days(ctx, [(date(2026, 10, 1), DayKind.HOLIDAY, "国庆节")])
                    case _:
                        policy_acts.switch_on(ctx, 1, at=now + HOUR)
            except NotThere:
                return "not there"
            except NotAllowed:
                return "not allowed"
            return "done"

        found = {
            name: [outcome(who, act) for act in ("read", "write", "set days", "switch")] for name, who in people.items()
        }

    assert found == {
        "the region's quality": ["done", "done", "done", "done"],
        "the region's system": ["done", "done", "done", "not allowed"],
        "a county's quality": ["done", "not allowed", "not allowed", "not allowed"],
        "a reader": ["not there", "not there", "not there", "not there"],
    }


@pytest.mark.parametrize("hours", [-1, 24 * 367])
def test_a_version_comes_into_force_within_a_year(engine: Engine, now: datetime, hours: int) -> None:
    with transaction(engine) as tx:
        ctx = Context(tx, Audit("test"), now, SYSTEM)

        with pytest.raises(Invalid):
            policy_acts.switch_on(ctx, 1, at=now + hours * HOUR)


STEPS = st.lists(
    st.tuples(st.sampled_from(["arrive", "switch", "critical"]), st.integers(0, 3), st.integers(-2, 3)),
    min_size=1,
    max_size=12,
)


@given(STEPS)
def test_whatever_is_switched_whenever_each_case_keeps_its_version(steps: list[tuple[str, int, int]]) -> None:
    """The case's version is the one whose switch was the last at its opening: by the list of switches alone."""
    timeline: list[tuple[int, int, int]] = [(0, 0, 0)]
    opened: list[tuple[int, int]] = []
    for now, (what, which, ahead) in enumerate(steps, start=1):
        if what == "switch":
            timeline.append((now + max(ahead, 0), now, which))
        elif what == "arrive":
            opened.append((now, max(one for one in timeline if one[0] <= now)[2]))

    assert _by_the_database(steps) == opened


def _by_the_database(steps: list[tuple[str, int, int]]) -> list[tuple[int, int]]:
    engine = sa.create_engine("sqlite://")
    start = datetime.fromisoformat("2026-03-02T12:00+00:00")
    with engine.begin() as tx:
        for table in (tables.person, tables.policy, tables.policy_switch):
            table.create(tx)
        versions = [policy.add(tx, _renamed(f"v{number}"), None, start, version=number + 1) for number in range(4)]
        switches.add(tx, versions[0].id, at=start, made_by=None, now=start)
        opened: list[tuple[int, int]] = []
        for now, (what, which, ahead) in enumerate(steps, start=1):
            at = start + now * HOUR
            if what == "switch":
                switches.add(tx, versions[which].id, at=at + max(ahead, 0) * HOUR, made_by=None, now=at)
            elif what == "arrive":
                opened.append((now, policy.in_force(tx, at).version - 1))
    engine.dispose()
    return opened


def test_a_switch_in_the_middle_of_arrivals_strands_no_case(engine: Engine, now: datetime) -> None:
    """Cases arrive in three threads while another switches to and fro: each can be read, matched again and claimed."""
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number in (2, 3):
            policy.add(tx, _renamed(f"v{number}"), None, now, version=number)
    together = threading.Barrier(4)

    def send(thread: int) -> None:
        together.wait()
        for number in range(8):
            with transaction(engine) as tx:
                arrive(tx, clinic, f"1.{thread}.{number}", now)

    def switch() -> None:
        together.wait()
        for number in range(12):
            with transaction(engine) as tx:
                policy_acts.switch_on(Context(tx, Audit("switch"), now, SYSTEM), number % 3 + 1, at=None)

    threads = [
        *(threading.Thread(target=send, args=(number,)) for number in (1, 2, 3)),
        threading.Thread(target=switch),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with transaction(engine) as tx:
        found = [cases.from_row(row) for row in tx.execute(sa.select(tables.case))]
        rules = [case_rule.rule_of(tx, one).name for one in found]
        again = [case_rule.retriage(tx, one, critical=True) for one in found]
        claimed = [claiming.claim_next(Context(tx, clinic.audit, now, clinic.ada), None) for _ in found]

    assert len(found) == 24
    assert rules == [one.rule for one in found]
    assert all(one.state is State.WAITING_READ for one in again)
    assert {one.id for one in claimed if one is not None} == {one.id for one in found}


def test_the_document_that_was_handed_in_is_kept_as_it_is(engine: Engine, now: datetime) -> None:
    document = copy.deepcopy(FIRST_POLICY)
    with transaction(engine) as tx:
        ctx = Context(tx, Audit("test"), now, SYSTEM)
        policy_acts.add(ctx, document, note=" 说明 ", newest=1)
        kept = policy_acts.version(ctx, 2)

    assert (kept.document, kept.note, kept.made_by) == (document, "说明", None)
