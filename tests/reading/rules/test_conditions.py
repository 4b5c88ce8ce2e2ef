"""Each condition of a rule, met and not met; the first that is not met is named."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.kinds import Priority, Sex
from reading.rules.conditions import CONDITIONS, Condition, Hours, When
from tests.reading.rules.some_facts import ANY_FACTS, TUESDAY_MORNING, facts

NIGHT = Hours(begins=time(17, 30), ends=time(8))

TABLE: list[tuple[Condition, Any, dict[str, Any], dict[str, Any]]] = [
    (Condition.PRIORITY, frozenset({Priority.URGENT}), {"priority": Priority.URGENT}, {"priority": Priority.ROUTINE}),
    (Condition.CRITICAL, True, {"critical": True}, {"critical": False}),
    (Condition.CRITICAL, False, {"critical": False}, {"critical": True}),
    (Condition.ESCALATED, True, {"escalated": True}, {"escalated": False}),
    (Condition.MODALITY, frozenset({"CT", "MR"}), {"modality": "MR"}, {"modality": "DX"}),
    (Condition.MODALITY, frozenset({""}), {"modality": ""}, {"modality": "DX"}),
    (Condition.BODY_PART, frozenset({"HEAD"}), {"body_part": "HEAD"}, {"body_part": ""}),
    (Condition.CONTRAST, True, {"contrast": True}, {"contrast": None}),
    (Condition.CONTRAST, False, {"contrast": False}, {"contrast": None}),
    (Condition.SITE, frozenset({"hills"}), {"site_code": "hills"}, {"site_code": "lake"}),
    (Condition.SITE, frozenset({"S"}), {"site_id": "S"}, {"site_id": "T"}),
    (Condition.DEPARTMENT, frozenset({"急诊科"}), {"department": " 急诊科"}, {"department": "内科"}),
    (Condition.DEPARTMENT, frozenset({"ER"}), {"department": "er"}, {"department": "er 2"}),
    (Condition.WORDS, frozenset({"胸痛", "stroke"}), {"request": "突发胸痛2小时"}, {"request": "咳嗽"}),
    (Condition.WORDS, frozenset({"stroke"}), {"request": "? Stroke, left"}, {"request": ""}),
    (Condition.WORDS, frozenset({".*"}), {"request": "a.*b"}, {"request": "anything"}),
    (Condition.WORDS, frozenset({" ", "stroke"}), {"request": "stroke"}, {"request": "a cough"}),
    (Condition.SEX, frozenset({Sex.FEMALE}), {"sex": Sex.FEMALE}, {"sex": Sex.UNKNOWN}),
    (Condition.MIN_AGE_YEARS, 75, {"age_years": 75}, {"age_years": 74}),
    (Condition.MIN_AGE_YEARS, 0, {"age_years": 0}, {"age_years": None}),
    (Condition.MAX_AGE_YEARS, 13, {"age_years": 13}, {"age_years": 14}),
    (Condition.MAX_AGE_YEARS, 13, {"age_years": 0}, {"age_years": None}),
    (
        Condition.HOURS,
        NIGHT,
        {"received_at": TUESDAY_MORNING.replace(hour=17, minute=30)},
        {"received_at": TUESDAY_MORNING.replace(hour=8)},
    ),
    (
        Condition.HOURS,
        NIGHT,
        {"received_at": TUESDAY_MORNING.replace(hour=7, minute=59)},
        {"received_at": TUESDAY_MORNING.replace(hour=17, minute=29)},
    ),
    (
        Condition.HOURS,
        Hours(begins=time(8), ends=time(17, 30)),
        {"received_at": TUESDAY_MORNING.replace(hour=8)},
        {"received_at": TUESDAY_MORNING.replace(hour=17, minute=30)},
    ),
    (Condition.WORKING_DAY, False, {"working_day": False}, {"working_day": True}),
]


@pytest.mark.parametrize(("condition", "asked", "met", "not_met"), TABLE)
def test_a_condition_is_met_or_it_is_named(
    condition: Condition, asked: Any, met: dict[str, Any], not_met: dict[str, Any]
) -> None:
    when = When(**{condition.value: asked})

    assert when.first_unmet(facts(**met)) is None
    assert when.first_unmet(facts(**not_met)) is condition


def test_every_condition_is_in_the_tables() -> None:
    fields = set(When.__dataclass_fields__)

    assert set(CONDITIONS) == set(Condition) == fields == {row[0] for row in TABLE}


@given(ANY_FACTS)
def test_a_rule_without_conditions_holds_for_every_case(some: Any) -> None:
    assert When().holds(some)
    assert When().asked() == {}


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 1439))
def test_two_parts_of_a_day_share_it(begins: int, ends: int, at: int) -> None:
    if begins != ends:
        clock = [time(minutes // 60, minutes % 60) for minutes in (begins, ends, at)]

        assert Hours(begins=clock[0], ends=clock[1]).hold(clock[2]) is not Hours(begins=clock[1], ends=clock[0]).hold(
            clock[2]
        )
