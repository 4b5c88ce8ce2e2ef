"""Holding a case for earlier images: whom a rule lets wait, how a wait ends, and what a document says of it."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from reading.cases.moves import Move
from reading.kinds import Priority
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.hold import LONGEST, ends_by, may_wait
from reading.rules.rule import HoldForPriors
from reading.rules.rules_document import InvalidDocument, read_rules, rule_part

SINCE = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
HOLD = HoldForPriors(minutes=30)
TOO = HoldForPriors(minutes=30, urgent_too=True)


def test_an_emergency_never_waits_and_what_is_urgent_or_critical_only_where_the_rule_says_so() -> None:
    every = product((None, HOLD, TOO), Priority, (False, True))
    waits = [one for one in every if may_wait(one[0], one[1], critical=one[2])]

    assert waits == [
        (HOLD, Priority.ROUTINE, False),
        (TOO, Priority.URGENT, False),
        (TOO, Priority.URGENT, True),
        (TOO, Priority.ROUTINE, False),
        (TOO, Priority.ROUTINE, True),
    ]


def test_a_wait_ends_when_it_may_not_be_when_the_images_are_there_and_when_its_minutes_are_over() -> None:
    every = product((None, HOLD, TOO), Priority, (False, True), (False, True), (0, 29, 30, 31))
    for hold, priority, critical, expected, minutes in every:
        now = SINCE + timedelta(minutes=minutes)
        made = ends_by(hold, priority, critical=critical, expected=expected, since=SINCE, now=now)

        which = (hold, priority, critical, expected, minutes)
        if not may_wait(hold, priority, critical=critical):
            assert made is Move.END_HOLD, which
        elif not expected:
            assert made is Move.PRIORS_CAME, which
        else:
            assert made is (Move.PRIORS_LATE if minutes >= 30 else None), which


@pytest.mark.parametrize("said", [None, {"minutes": 60}, {"minutes": LONGEST, "urgent_too": True}])
def test_a_document_says_it_and_comes_back_as_it_was(said: dict[str, Any] | None) -> None:
    document = copy.deepcopy(FIRST_POLICY)
    if said is not None:
        document["rules"][-1]["hold_for_priors"] = said
    rule = read_rules(document)[-1]

    assert rule_part(rule).get("hold_for_priors") == said


@pytest.mark.parametrize("said", [{}, {"minutes": 0}, {"minutes": LONGEST + 1}, {"minutes": 5, "also": True}, 30])
def test_a_document_says_nothing_else(said: Any) -> None:
    document = copy.deepcopy(FIRST_POLICY)
    document["rules"][-1]["hold_for_priors"] = said

    with pytest.raises(InvalidDocument):
        read_rules(document)
