"""A second finding of a class is told: it joins the alert that nobody has answered, or has an alert of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.alerts import alert_rows, classes, critical, disposal, notices
from reading.alerts.class_list import When
from reading.alerts.disposal import Disposal
from reading.alerts.findings import same_words
from reading.alerts.moves import State
from reading.alerts.read_back import Means
from reading.context import Context
from reading.desk import alert_bar, alert_board
from reading.desk.alert_board import Row
from reading.reports import versions
from reading.review.review import Outcome
from reading.signing import signatures
from reading.tables import critical_alert
from storage.database import transaction
from tests.reading.clinic import NORMAL, PNEUMONIA, acknowledge, arrive, open_clinic, read, review_as, shown

MINUTE = timedelta(minutes=1)
STROKE = replace(PNEUMONIA, impression="大脑中动脉梗死", critical_class="stroke")
FLAGGED = "右侧基底节新发梗死"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("左侧气胸", "左侧气胸。", True),
        ("左侧气胸", " 左侧\n气胸", True),
        ("Stroke, left", "stroke,left.", True),
        ("压缩６０％", "压缩60%", True),
        ("左侧气胸", "右侧气胸", False),
        ("下移 1.5 cm", "下移 15 cm", False),
        ("气胸", "左侧气胸", False),
    ],
)
def test_words_are_the_same_to_the_letter(one: str, other: str, *, same: bool) -> None:
    assert same_words(one, other) is same


def test_what_else_is_found_joins_an_unanswered_alert_and_those_who_were_told_hear_of_it(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada, vera = Context(tx, clinic.audit, now, clinic.ada), Context(tx, clinic.audit, now + MINUTE, clinic.vera)
        first = critical.raise_alert(ada, case.id, critical_class="other", finding="气管明显受压变窄")
        second = critical.raise_alert(vera, case.id, critical_class="other", finding="大量心包积液")
        critical.raise_alert(vera, case.id, critical_class="other", finding="大量心包积液。")
        [logged] = alert_board.of_case(ada, case.id)
        told = [(row.row, row.by, row.to, row.content) for row in alert_board.rows_of(logged)]
        tang = Context(tx, clinic.audit, now + MINUTE, clinic.tang)
        answered = critical.acknowledge(
            tang, first.id, said="心包积液，马上转诊", spoken_with="Vera", means=Means.TELEPHONE
        )

    assert (second.id, second.due_at, answered.state) == (first.id, first.due_at, State.ACKNOWLEDGED)
    assert logged.findings == ("气管明显受压变窄", "大量心包积液")
    assert told == [
        (Row.NOTIFIED, "Ada", "Tang", "气管明显受压变窄"),
        (Row.ADDED, "Vera", "Tang", "大量心包积液"),
    ]


@pytest.mark.parametrize("disposed", [True, False])
def test_what_is_found_after_the_answer_has_an_alert_of_its_own(
    engine: Engine, now: datetime, *, disposed: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now, STROKE)
        review_as(tx, clinic, clinic.ben, case.id, now)
        [first] = alert_rows.standing_on_each(tx, [case.id])[case.id]
        acknowledge(tx, clinic, clinic.tang, first.id, now)
        if disposed:
            tang = Context(tx, clinic.audit, now, clinic.tang)
            disposal.dispose(tang, first.id, disposal=Disposal.TREATED, text="")
        ada, screen = Context(tx, clinic.audit, now + MINUTE, clinic.ada), shown(tx, case.id)
        again = replace(STROKE, findings="同前")
        newer = signatures.addendum(ada, clinic.seal, version.id, content=again, screen=screen)
        after_the_same_words = len(alert_bar.waiting(tx, clinic.tang, now))
        review_as(tx, clinic, clinic.ben, case.id, now + MINUTE)
        other = replace(STROKE, impression="小脑半球梗死")
        signatures.addendum(ada, clinic.seal, newer.id, content=other, screen=screen)
        pressed = critical.raise_alert(ada, case.id, critical_class="stroke", finding=FLAGGED)
        _, second = alert_rows.standing_on_each(tx, [case.id])[case.id]
        told = [one.kind for one in notices.of_alerts(tx, [second.id])[second.id]]

    assert after_the_same_words == 0
    assert (second.finding, second.state, pressed.id) == ("小脑半球梗死", State.RAISED, second.id)
    assert told == [notices.Kind.TOLD, notices.Kind.ADDED]


@pytest.mark.parametrize("joins", [True, False])
def test_a_flag_apart_from_the_report_stands_when_a_correction_never_named_it(
    engine: Engine, now: datetime, *, joins: bool
) -> None:
    corrected = replace(PNEUMONIA, impression="脑白质变性")
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now, STROKE)
        vera = Context(tx, clinic.audit, now, clinic.vera)
        if joins:
            critical.raise_alert(vera, case.id, critical_class="stroke", finding=FLAGGED)
            review_as(tx, clinic, clinic.ben, case.id, now)
        else:
            review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.AMEND, content=corrected, comment="x")
            critical.raise_alert(vera, case.id, critical_class="stroke", finding=FLAGGED)
            [version] = [one for one in [versions.current(tx, case.id)] if one is not None]
        ada, screen = Context(tx, clinic.audit, now, clinic.ada), shown(tx, case.id)
        words = replace(corrected, findings="未见梗死")
        signatures.addendum(ada, clinic.seal, version.id, content=words, screen=screen)
        review_as(tx, clinic, clinic.bea, case.id, now)
        flagged = alert_rows.select(tx, critical_alert.c.case_id == case.id)[-1]

    assert flagged.state is State.RAISED


def test_a_rule_that_tells_every_report_tells_a_corrected_one(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        mona = Context(tx, clinic.audit, now, clinic.mona)
        classes.add(
            mona,
            "check_up",
            organisation_code="hills",
            minutes=20,
            name_zh="体检须告知",
            name_en="Check-up, to be told",
            when=When.SIGNED,
        )
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now, NORMAL)
        [told] = alert_rows.standing_on_each(tx, [case.id])[case.id]
        tang = Context(tx, clinic.audit, now, clinic.tang)
        critical.acknowledge(tang, told.id, said=NORMAL.impression, spoken_with="Ada", means=Means.TELEPHONE)
        ada, screen = Context(tx, clinic.audit, now, clinic.ada), shown(tx, case.id)
        signatures.addendum(ada, clinic.seal, version.id, content=PNEUMONIA, screen=screen)
        stands = alert_rows.standing_on_each(tx, [case.id])[case.id]

    assert [one.finding for one in stands] == [NORMAL.impression, PNEUMONIA.impression]
