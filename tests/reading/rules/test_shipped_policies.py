"""What the shipped documents say of cases that they were written for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given

from reading.errors import NotThere
from reading.kinds import Priority
from reading.rules.facts import Facts
from reading.rules.policy import Policy
from reading.rules.rules_document import read_rules
from reading.rules.shipped_policies import NAMES, shipped
from tests.reading.rules.some_facts import ANY_FACTS, TUESDAY_MORNING, facts

POLICIES = {
    name: Policy(id=name, version=number, rules=read_rules(shipped(name))) for number, name in enumerate(NAMES, start=1)
}
EMERGENCY, URGENT = {"priority": Priority.EMERGENCY}, {"priority": Priority.URGENT}
CT, MR, MG = {"modality": "CT"}, {"modality": "MR"}, {"modality": "MG"}


def _at(hour: int) -> dict[str, datetime]:
    return {"received_at": TUESDAY_MORNING.replace(hour=hour)}


@pytest.mark.parametrize(
    ("names", "known", "rule", "tier", "minutes"),
    [
        ("emergency", EMERGENCY | CT | {"body_part": "HEAD"}, "emergency-head-ct", "county", 30),
        ("emergency", EMERGENCY | CT, "emergency-ct", "county", 60),
        ("green-channel", EMERGENCY | CT | {"request": "突发左侧偏瘫"}, "green-stroke", "city", 20),
        ("green-channel", URGENT | MR | {"request": "? stroke"}, "green-stroke", "city", 20),
        ("green-channel", EMERGENCY | CT | {"request": "胸痛1小时"}, "green-chest-pain", "city", 30),
        ("green-channel", EMERGENCY | {"request": "车祸，多发伤"}, "green-trauma", "city", 30),
        ("green-channel", {"request": "胸痛1年"}, "plain-xray", "county", 120),
        ("dr", {"age_years": 80}, "chest-xray-of-the-aged", "county", 120),
        ("dr", {"body_part": "HAND"}, "limb-xray", "county", 120),
        ("ct-mr", CT | {"contrast": True}, "ct-with-contrast", "county", 240),
        ("ct-mr", CT | {"contrast": False}, "ct", "county", 240),
        ("ct-mr", MR, "mr", "county", 480),
        ("screening", MG | {"department": "体检中心"}, "screening-mammography", "county", 2880),
        ("screening", {"department": "体检中心"}, "screening", "county", 2880),
        ("mammography", MG, "mammography", "county", 1440),
        ("children", {"age_years": 1}, "infant", "city", 120),
        ("children", CT | {"age_years": 13}, "child-ct", "city", 240),
        ("children", CT | {"age_years": 14}, "ct", "county", 240),
        ("children", {"age_years": 10}, "child-xray", "county", 120),
        ("night-duty", CT | _at(20), "at-night", "city", 120),
        ("night-duty", CT | _at(10), "ct", "county", 240),
        ("night-duty", CT | _at(10) | {"working_day": False}, "on-days-off", "city", 120),
        ("night-duty", EMERGENCY | CT | _at(3), "emergency-at-night", "city", 60),
        ("night-duty", EMERGENCY | CT | _at(12), "emergency-ct", "county", 60),
    ],
)
def test_a_shipped_document_gives_each_case_its_rule(
    names: str, known: dict[str, Any], rule: str, tier: str, minutes: int
) -> None:
    for name in (names, "whole-region"):
        found = POLICIES[name].match(facts(**known))

        assert (found.name, found.tier, found.due_minutes) == (rule, tier, minutes)


@given(ANY_FACTS)
def test_in_none_an_emergency_waits_for_review_or_longer_than_an_hour(some: Facts) -> None:
    for policy in POLICIES.values():
        rule = policy.match(some)

        if some.priority is Priority.EMERGENCY:
            assert not rule.reviewed_before_release
            assert rule.due_minutes <= 60
            assert rule.arriving_minutes <= 10


def test_there_is_no_other() -> None:
    with pytest.raises(NotThere):
        shipped("../first_policy")
