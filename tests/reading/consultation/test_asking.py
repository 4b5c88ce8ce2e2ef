"""Whom one asks, what is refused, and how the report quotes the conclusion under its seal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from reading import audit
from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.consultation import asking, colleagues, opinions, thread
from reading.consultation.asking import LONGEST, Question
from reading.consultation.moves import InvitationState, State
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, Stale
from reading.kinds import Role
from reading.register import people
from reading.reports.versions import SealFlaw
from reading.rules import case_rule
from reading.tables import report_version
from storage.database import transaction
from tests.reading.access.test_visibility import STUDY, pias_case
from tests.reading.anchors.anchored import tamper
from tests.reading.clinic import arrive, messages, open_clinic, read, verify
from tests.reading.consultation.asked import DAY, ask, conclude, speak
from tests.reading.double_reading.twice import RIGHT, open_screening, read_blind
from tests.reading.region import hire, staff_of


def test_the_report_quotes_the_conclusion_with_who_took_part_under_its_seal(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, case = pias_case(tx, clinic, now)
        first = read(tx, clinic, clinic.rosa, case.id, now)
        asked = ask(tx, clinic, case, now)
        speak(tx, clinic, asked, now)
        speak(tx, clinic, asked, now)
        concluded = conclude(tx, clinic, asked, now)
        verified = verify(tx, clinic, clinic.vera, case.id, now)
        ctx = Context(tx, clinic.audit, now, clinic.ada, clinic.seal.public_key)
        shown = {one.id: one for one in door.open_reports(ctx, case.id, Action.CASE_OPEN)}
    other = [{**verified.consultations[0], "conclusion": "恶性"}]
    change = sa.update(report_version).where(report_version.c.id == verified.id).values(consultations=other)
    with pytest.raises(DBAPIError, match="report_version keeps what it says"), transaction(engine) as tx:
        tx.execute(change)
    tamper(engine, change)
    with transaction(engine) as tx:
        ctx = Context(tx, clinic.audit, now, clinic.ada, clinic.seal.public_key)
        (altered,) = [one for one in door.open_reports(ctx, case.id, Action.CASE_OPEN) if one.id == verified.id]

    assert first.consultations == []
    assert verified.id != first.id  # the verifier signs for words that the author did not have
    assert [one["conclusion"] for one in verified.consultations] == ["会诊考虑炎性结节，建议随访"]
    assert [one["name"] for one in verified.consultations[0]["took_part"]] == ["Ada", "Quinn"]
    assert [one["organisation"] for one in verified.consultations[0]["took_part"]] == ["Oak", "Elm"]
    assert (concluded.state, shown[verified.id].flaws) == (State.CONCLUDED, frozenset())
    assert altered.flaws == {SealFlaw.SIGNATURE}


def test_a_blind_reading_quotes_no_conclusion_that_the_other_reader_may_know(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        _, case = pias_case(tx, clinic, now)
        asked = ask(tx, clinic, case, now)
        speak(tx, clinic, asked, now)
        conclude(tx, clinic, asked, now)
        case_rule.retriage(tx, cases.by_id(tx, case.id), modality="MG", body_part="BREAST")
        first = read_blind(tx, clinic, clinic.rosa, case.id, now, RIGHT)

    assert first.consultations == []


def test_whoever_asks_no_longer_ends_nothing_and_somebody_who_does_ends_it_for_them(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, case = pias_case(tx, clinic, now)
        asked = ask(tx, clinic, case, now)
        said = speak(tx, clinic, asked, now)
        vera = Context(tx, clinic.audit, now, clinic.vera)
        with pytest.raises(NotAllowed, match="only_who_asked"):
            asking.conclude(vera, asked.id, conclusion="随访", seen=said.revision)
        people.grant(tx, clinic.ada.person_id, clinic.region.hills.id, Role.TECHNICIAN, now)
        people.end_grant(tx, clinic.ada.grants[0].id, now)
        technician = staff_of(tx, clinic.ada.person_id, now)
        left = Context(tx, clinic.audit, now, technician)
        with pytest.raises(NotAllowed, match="no_role_for_this_step"):
            asking.conclude(left, asked.id, conclusion="随访", seen=said.revision)
        with pytest.raises(NotAllowed, match="no_role_for_this_step"):
            speak(tx, clinic, asked, now, technician)
        offered = [thread.thread(each, asked.id).asks for each in (left, vera)]
        ended = asking.conclude(vera, asked.id, conclusion="随访", seen=said.revision)

        assert offered == [False, True]
        assert ended.state is State.CONCLUDED
        assert [one["name"] for one in ended.took_part] == ["Ada", "Quinn", "Vera"]


def test_who_is_told_and_what_is_on_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, case = pias_case(tx, clinic, now)
        bea = clinic.bea
        asked = ask(tx, clinic, case, now, people=[clinic.quinn])
        asked = asking.invite(
            Context(tx, clinic.audit, now, clinic.ada), asked.id, [bea.person_id], seen=asked.revision
        )
        opinions.speak(Context(tx, clinic.audit, now, bea), asked.id, words="同意", key_images=[(f"{STUDY}.1.1", 1)])
        opinions.decline(Context(tx, clinic.audit, now, clinic.quinn), asked.id, why="休假")
        found = thread.thread(Context(tx, clinic.audit, now, clinic.ada), asked.id)
        conclude(tx, clinic, asked, now)
        told = [(one.kind, one.payload) for one in messages(tx) if one.kind.startswith("consultation.")]
        events = {(one.action, one.actor.id) for one in audit.events_about(tx, "case", case.id)}

    assert [(one.colleague.name, one.state) for one in found.invitations] == [
        ("Quinn", InvitationState.DECLINED),
        ("Bea", InvitationState.ANSWERED),
    ]
    assert [(one.sop_instance_uid, one.frame) for one in found.opinions[0].key_images] == [(f"{STUDY}.1.1", 1)]
    people = {"quinn": clinic.quinn.person_id, "bea": bea.person_id, "ada": clinic.ada.person_id}
    assert told == [
        (kind, {"case_id": case.id, "person_id": people[name]})
        for kind, name in (
            ("consultation.invited", "quinn"),
            ("consultation.invited", "bea"),
            ("consultation.opinion", "ada"),
            ("consultation.declined", "ada"),
            ("consultation.ended", "bea"),
        )
    ]
    assert {
        (Action.CONSULTATION_ASK, people["ada"]),
        (Action.CONSULTATION_SPEAK, people["bea"]),
        (Action.CONSULTATION_DECLINE, people["quinn"]),
        (Action.CONSULTATION_CONCLUDE, people["ada"]),
    } <= events


def test_what_is_refused(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, case = pias_case(tx, clinic, now)
        another = arrive(tx, clinic, "1.9", now, patient_id="P9")
        clerk = hire(tx, "clerk", now, (Role.SYSTEM_ADMINISTRATOR, clinic.region.elm))
        ada = Context(tx, clinic.audit, now, clinic.ada)
        plain = Question(words="?", people=[clinic.quinn.person_id], until=now + DAY)
        wrong = {
            ("question", "empty"): replace(plain, words=" "),
            ("until", "consultation_range"): replace(plain, until=now + LONGEST + DAY),
            ("people", "empty"): replace(plain, people=[]),
            ("people", "cannot_be_asked"): replace(plain, people=[clerk.person_id]),
            ("priors", "unknown"): replace(plain, priors=[another.id]),
        }
        for told, question in wrong.items():
            with pytest.raises(Invalid) as refused, tx.begin_nested():
                asking.ask(ada, case.id, question)
            assert (refused.value.field, refused.value.problem) == told
        for outside in (clinic.rosa, clinic.ada):  # of the same institution; oneself
            with pytest.raises(Invalid, match="cannot_be_asked"), tx.begin_nested():
                ask(tx, clinic, case, now, people=[outside])
        with pytest.raises(NotAllowed):
            ask(tx, clinic, case, now, by=clinic.tang)  # takes pictures, and asks nobody
        asked = ask(tx, clinic, case, now)
        with pytest.raises(NotAllowed, match="nobody_gave_an_opinion"):
            conclude(tx, clinic, asked, now)
        with pytest.raises(Invalid, match="key_images"), tx.begin_nested():
            opinions.speak(
                Context(tx, clinic.audit, now, clinic.quinn),
                asked.id,
                words="x",
                key_images=[(f"{STUDY}.1.1", 2)],
            )
        with pytest.raises(Invalid, match="key_images"), tx.begin_nested():
            opinions.speak(ada, asked.id, words="x", key_images=[("1.9.1.1", 1)])  # of another case that she sees
        with pytest.raises(NotAllowed, match="only_who_is_asked"):
            speak(tx, clinic, asked, now, clinic.vera)
        with pytest.raises(NotAllowed, match="only_who_asked"):
            asking.withdraw(Context(tx, clinic.audit, now, clinic.quinn), asked.id, why="x", seen=1)
        with pytest.raises(Stale):
            asking.withdraw(ada, asked.id, why="x", seen=7)
        ended = asking.withdraw(ada, asked.id, why="已明确", seen=1)
        with pytest.raises(MoveNotAllowed):
            speak(tx, clinic, ended, now, clinic.ada)

        found = {one.name for one in colleagues.candidates(ada, case.id)}
        assert found == {"Quinn", "Ben", "Bea"}
        assert cases.by_id(tx, case.id).revision == case.revision
