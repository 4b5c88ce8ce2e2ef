"""A version is tried on the cases of a past period: what would be otherwise, with the cases behind each number."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.context import Context
from reading.errors import Busy, Invalid
from reading.kinds import Tier
from reading.rules import trial
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.rules_document import read_rules
from storage.database import transaction
from tests.reading.clinic import UNSAMPLED, arrive, open_clinic, read

DAY = timedelta(days=1)


def _city_reads_ct() -> dict[str, Any]:
    ct: dict[str, Any] = {"name": "ct-at-the-city", "when": {"modality": ["CT"]}, "tier": "city", "due_minutes": 30}
    return {"rules": [*FIRST_POLICY["rules"][:4], FIRST_POLICY["rules"][4] | ct, *UNSAMPLED["rules"][4:]]}


def test_a_trial_counts_what_would_be_otherwise(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ct = arrive(tx, clinic, "1.1", now, modality="CT")
        on_time = arrive(tx, clinic, "1.2", now)
        late = arrive(tx, clinic, "1.3", now - timedelta(hours=3))
        read(tx, clinic, clinic.ada, on_time.id, now + timedelta(minutes=10))
        ctx = Context(tx, clinic.audit, now + timedelta(minutes=45), SYSTEM)
        made = trial.run(ctx, read_rules(_city_reads_ct()), since=now - DAY, until=now + DAY, version=2)

    assert (made.cases, made.stopped, made.other_rule) == (3, False, 1)
    assert made.moved["ct", "ct-at-the-city"].behind[0].case_id == ct.id
    assert [one.case_id for one in made.other_tier.behind] == [ct.id]
    assert (made.readers_before, made.readers_after) == ({"oak": 3}, {"oak": 2, "city": 1})
    assert (made.tiers_before[Tier.CITY], made.tiers_after[Tier.CITY]) == (0, 1)
    assert [one.case_id for one in made.newly_late.behind] == [ct.id]
    assert (made.before.late, made.after.late, made.rules_before["plain-xray"].late) == (1, 2, 1)
    assert late.id not in {one.case_id for one in made.newly_late.behind}
    assert (made.sooner.count, made.later.count) == (1, 0)
    assert (made.before.reviews_before, made.after.reviews_before) == (1, 1)


def test_a_trial_is_bounded_and_says_so(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number in range(5):
            arrive(tx, clinic, f"1.{number}", now + timedelta(minutes=number))
        ctx = Context(tx, clinic.audit, now + DAY, SYSTEM)
        rules = read_rules(UNSAMPLED)
        some = trial.run(ctx, rules, since=now, until=now + DAY, most=3)
        every = trial.run(ctx, rules, since=now, until=now + DAY, most=5)
        none = trial.run(ctx, rules, since=now + timedelta(minutes=5), until=now + DAY)

        assert [(one.cases, one.stopped) for one in (some, every, none)] == [(3, True), (5, False), (0, False)]
        with pytest.raises(Invalid):
            trial.run(ctx, rules, since=now, until=now)
        with trial.TURN, pytest.raises(Busy):
            trial.run(ctx, rules, since=now, until=now + DAY)
        assert trial.run(ctx, rules, since=now, until=now + DAY).cases == 5


def test_the_installed_version_changes_nothing_of_its_own_cases(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number, modality in enumerate(("CT", "DX", "MR", "CR")):
            arrive(tx, clinic, f"1.{number}", now, modality=modality)
        made = trial.run(
            Context(tx, clinic.audit, now, SYSTEM), read_rules(UNSAMPLED), since=now - DAY, until=now + DAY
        )

    assert (made.cases, made.moved, made.before, made.tiers_before) == (4, {}, made.after, made.tiers_after)
