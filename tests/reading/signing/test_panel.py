"""A rule may ask for the opinions of colleagues before a report is signed; what is urgent waits for none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.cases import cases
from reading.cases.moves import State
from reading.consultation import asking, opinions
from reading.consultation.asking import Question
from reading.context import Context
from reading.desk import desk
from reading.errors import NotAllowed
from reading.kinds import Priority, Role
from reading.roster import skills
from reading.roster.skills import SkillKind
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.rules_document import InvalidDocument, read_rules, rule_part
from reading.signing.panel import Met
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, Clinic, arrive, open_clinic, read, state
from tests.reading.region import hire

EMERGENCY = FIRST_POLICY["rules"][-1] | {"name": "emergencies", "when": {"priority": ["emergency"]}}
STROKE = replace(PNEUMONIA, critical_class="stroke")


def rules(panel: dict[str, object], **said: object) -> dict[str, object]:
    last = FIRST_POLICY["rules"][-1] | {"needs_verifier": False, "exempt_titles": [], "review": None}
    return {"rules": [EMERGENCY | {"review": None}, last | {"panel": panel} | said]}


def consult(tx: Connection, clinic: Clinic, case_id: str, now: datetime, *asked: Staff, conclude: bool = True) -> None:
    """Ada asks them, they answer, and she concludes."""
    ctx = Context(tx, clinic.audit, now, clinic.ada)
    question = Question(words="请会诊", people=[one.person_id for one in asked], until=now + timedelta(days=1))
    made = asking.ask(ctx, case_id, question)
    for one in asked:
        made = opinions.speak(Context(tx, clinic.audit, now, one), made.id, words="考虑炎症", key_images=[])
    if conclude:
        asking.conclude(ctx, made.id, conclusion="炎症", seen=made.revision)


def refused(tx: Connection, clinic: Clinic, case_id: str, now: datetime) -> bool:
    """Whether Ada's signature is refused for the panel; nothing of the attempt stays."""
    rule = ""
    with tx.begin_nested() as tried:
        try:
            read(tx, clinic, clinic.ada, case_id, now)
        except NotAllowed as wrong:
            rule = wrong.rule
        tried.rollback()
    return rule == "panel_has_not_met"


def met(tx: Connection, clinic: Clinic, case_id: str, now: datetime) -> Met | None:
    return desk.detail(Context(tx, clinic.audit, now, clinic.ada), case_id).panel


def test_nobody_signs_before_as_many_others_gave_an_opinion_that_was_concluded(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rules({"opinions": 2}))
        case = arrive(tx, clinic, "1.1", now)
        before = refused(tx, clinic, case.id, now), met(tx, clinic, case.id, now)
        consult(tx, clinic, case.id, now, clinic.ben)
        one = refused(tx, clinic, case.id, now), met(tx, clinic, case.id, now)
        consult(tx, clinic, case.id, now, clinic.bea, conclude=False)
        said = refused(tx, clinic, case.id, now), met(tx, clinic, case.id, now)
        consult(tx, clinic, case.id, now, clinic.bea)
        signed = read(tx, clinic, clinic.ada, case.id, now)

        assert before == (True, Met(asked=2, given=0, concluded=0))
        assert one == (True, Met(asked=2, given=1, concluded=1))
        assert said == (True, Met(asked=2, given=2, concluded=1))
        assert state(tx, case.id) is State.FINAL
        assert [one["conclusion"] for one in signed.consultations] == ["炎症", "炎症"]
        assert met(tx, clinic, case.id, now) is None


def test_only_those_count_who_have_the_skills(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rules({"opinions": 1, "skills": ["MG"]}))
        case = arrive(tx, clinic, "1.1", now)
        boss = hire(tx, "boss", now, (Role.QUALITY_MANAGER, clinic.region.city))
        consult(tx, clinic, case.id, now, clinic.ben)
        before = refused(tx, clinic, case.id, now)
        skills.add(Context(tx, clinic.audit, now, boss), username="ben", code="mg", kind=SkillKind.MODALITY)

        assert before
        assert not refused(tx, clinic, case.id, now)


@pytest.mark.parametrize(
    ("priority", "critical", "content"), list(product(Priority, (False, True), (PNEUMONIA, STROKE)))
)
def test_what_is_urgent_waits_for_no_panel(
    engine: Engine, now: datetime, priority: Priority, critical: bool, content: object
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rules({"opinions": 2}))
        case = cases.change(tx, arrive(tx, clinic, "1.1", now), priority=priority, critical=critical)
        waits = priority is not Priority.EMERGENCY and not critical and content is PNEUMONIA
        if waits:
            with pytest.raises(NotAllowed):
                read(tx, clinic, clinic.ada, case.id, now, PNEUMONIA)
        else:
            read(tx, clinic, clinic.ada, case.id, now, STROKE if content is STROKE else PNEUMONIA)
            assert state(tx, case.id) is State.FINAL


def test_a_panel_is_a_part_of_the_document(now: datetime) -> None:
    document = rules({"opinions": 3, "skills": ["mg", "CT"]})
    [_, rule] = read_rules(document)

    assert rule_part(rule)["panel"] == {"opinions": 3, "skills": ["CT", "MG"]}
    assert read_rules({"rules": [rule_part(one) for one in read_rules(document)]}) == read_rules(document)


@pytest.mark.parametrize(
    ("wrong", "path", "problem"),
    [
        ({"opinions": 0}, "rules[1].panel.opinions", "too_small"),
        ({"opinions": 11}, "rules[1].panel.opinions", "too_large"),
        ({}, "rules[1].panel.opinions", "required"),
        ({"opinions": 1, "people": []}, "rules[1].panel.people", "unknown_field"),
    ],
)
def test_errors_of_a_panel_have_their_place(wrong: dict[str, object], path: str, problem: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        read_rules(rules(wrong))
    assert [(one.path, one.problem) for one in refused.value.problems] == [(path, problem)]


def test_emergencies_wait_for_no_panel_and_two_blind_readers_have_none() -> None:
    found = rules({"opinions": 1})
    last: dict[str, object] = found["rules"][-1]  # type: ignore[index]
    for document, problem in (
        ({"rules": [last]}, "emergency_waits_for_panel"),
        (rules({"opinions": 1}, double_reading={}), "double_reading_has_no_panel"),
    ):
        with pytest.raises(InvalidDocument) as refused:
            read_rules(document)
        assert [one.problem for one in refused.value.problems] == [problem]
