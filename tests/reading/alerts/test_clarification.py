"""A read-back that differs stays before whoever reads until somebody answers it, whatever was done with the patient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.alerts import alert_rows, clarification, climbing, critical, disposal, duty, notices
from reading.alerts.alert_rows import Alert
from reading.alerts.clarification import Clarified
from reading.alerts.disposal import Disposal
from reading.alerts.moves import State
from reading.alerts.read_back import Means
from reading.audit import SYSTEM
from reading.cases import cases
from reading.checks.finding import Check
from reading.context import Context
from reading.desk import acts, alert_bar, alert_board, correspondence
from reading.desk.acts import Act
from reading.desk.alert_board import Row
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere
from reading.kinds import Role
from reading.messages import receivers
from reading.messages.receivers import Event
from reading.messages.routes import Audience, Template, routes_of
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, Clinic, arrive, messages, open_clinic, read
from tests.reading.region import KEYS
from tests.reading.roster.test_at_work import sign_in
from viewer.views.township_banners import banners
from viewer.words.catalogue import Language

LEFT = "左侧张力性气胸"
RIGHT = "右侧张力性气胸"


@dataclass
class Scene:
    tx: Connection
    clinic: Clinic
    case_id: str
    alert: Alert
    now: datetime

    def by(self, who: Staff, *, after: int = 0) -> Context[Staff]:
        return Context(self.tx, self.clinic.audit, self.now + timedelta(minutes=after), who)

    def bar(self, who: Staff) -> list[bool]:
        return [one.differs for one in alert_bar.waiting(self.tx, who, self.now)]

    @property
    def state(self) -> State:
        return alert_rows.by_id(self.tx, self.alert.id).state

    def dispose(self) -> None:
        disposal.dispose(self.by(self.clinic.tang), self.alert.id, disposal=Disposal.TREATED, text="")


def otherwise(tx: Connection, now: datetime, made: Clinic | None = None, *, signed_in: bool = False) -> Scene:
    """Ada told of the right side, and Tang wrote down that the left was read back."""
    clinic = made or open_clinic(tx, now)
    if signed_in:
        sign_in(tx, clinic.ada, now)
    case = arrive(tx, clinic, "1.1", now)
    alert = critical.raise_alert(
        Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="tension_pneumothorax", finding=RIGHT
    )
    scene = Scene(tx, clinic, case.id, alert, now)
    critical.acknowledge(
        scene.by(clinic.tang), alert.id, said=LEFT, spoken_with="Ada", means=Means.TELEPHONE, said_so=LEFT
    )
    return scene


def test_it_stays_in_the_bar_of_whoever_found_it_after_the_disposal_until_they_answer(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        at = otherwise(tx, now, signed_in=True)
        first = at.state
        at.dispose()
        disposed, before = at.state, [at.bar(who) for who in (at.clinic.ada, at.clinic.vera, at.clinic.tang)]
        board = [one.alert.id for one in alert_board.board(at.by(at.clinic.ada))]
        done = clarification.clarify(
            at.by(at.clinic.ada), at.alert.id, spoken_with="Tang", agreed="对方确认为右侧，已更正记录"
        )
        [logged] = alert_board.of_case(at.by(at.clinic.ada), at.case_id)
        rows = [(row.row, row.by, row.to, row.content, row.code) for row in alert_board.rows_of(logged)]
        thread = correspondence.of_case(
            at.by(at.clinic.ada),
            cases.by_id(tx, at.case_id),
            reviews=(),
            confirmations=(),
            consultations=(),
            changes=(),
        )
        recorded = [
            one.details for one in audit.events_about(tx, "case", at.case_id) if one.action == "critical.clarify"
        ]
        with pytest.raises(MoveNotAllowed):
            clarification.clarify(at.by(at.clinic.ada), at.alert.id, spoken_with="Tang", agreed="again")

        assert (first, disposed, done.state) == (State.DIFFERING, State.UNCLEAR, State.DISPOSED)
        assert (before, at.bar(at.clinic.ada)) == ([[True], [], []], [])
        assert (board, alert_board.board(at.by(at.clinic.ada))) == ([at.alert.id], ())
        assert (Row.CLARIFIED, at.clinic.ada.name, "Tang", "对方确认为右侧，已更正记录", "spoken") in rows
        assert [(one.what, one.who) for one in thread][1:] == [("clarified", at.clinic.ada.name)]
        assert [one["clarified"] for one in recorded] == ["spoken"]


def test_whoever_is_off_shift_is_stood_in_for_by_those_where_they_read(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = otherwise(tx, now)
        told = notices.of_alerts(tx, [at.alert.id])[at.alert.id]
        bars = {who.name: at.bar(who) for who in (at.clinic.ada, at.clinic.vera, at.clinic.ben, at.clinic.tang)}
        offered = set(
            acts.allowed(tx, at.clinic.vera, cases.by_id(tx, at.case_id), None, visible=(), reviews=(), now=now)
        )
        done = clarification.clarify(at.by(at.clinic.vera), at.alert.id, spoken_with="Tang", agreed="右侧")
        [card] = banners(at.by(at.clinic.tang), Language.ZH).alerts

        oak = at.clinic.region.oak.id
        assert [(one.person_id, one.organisation_id) for one in told if one.kind is notices.Kind.DIFFERS] == [
            (at.clinic.ada.person_id, oak),
            (None, oak),
        ]
        assert bars == {
            at.clinic.ada.name: [True],
            at.clinic.vera.name: [True],
            at.clinic.ben.name: [],
            at.clinic.tang.name: [],
        }
        assert Act.CLARIFY in offered
        assert card.agreed.endswith("：右侧")  # the site still sees that it was otherwise, and what is so
        assert (done.clarified_by, done.state) == (at.clinic.vera.person_id, State.ACKNOWLEDGED)


def test_only_whoever_reads_answers_and_nobody_both_sides(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = otherwise(tx, now)
        with pytest.raises(NotAllowed, match="no_role_for_this_step"):
            clarification.clarify(at.by(at.clinic.tang), at.alert.id, spoken_with="Ada", agreed="!")
        with pytest.raises(NotThere):
            clarification.clarify(at.by(at.clinic.quinn), at.alert.id, spoken_with="Ada", agreed="!")
        for spoken_with, agreed, problem in (
            ("", "!", "empty"),
            ("Tang", " ", "empty"),
            (at.clinic.ada.name, "!", "own_name"),
            ("Tang", "!", "only_polite"),
            ("Tang", "收到", "only_polite"),
            ("Tang", "OK, thanks", "only_polite"),
            ("Tang", "已与值班医生核对气胸", "no_side"),
        ):
            with pytest.raises(Invalid, match=problem):
                clarification.clarify(at.by(at.clinic.ada), at.alert.id, spoken_with=spoken_with, agreed=agreed)
        other = critical.raise_alert(at.by(at.clinic.ada), at.case_id, critical_class="stroke", finding="右侧脑梗死")
        said = "左侧脑梗死"
        critical.acknowledge(
            at.by(at.clinic.ben), other.id, said=said, spoken_with="Ada", means=Means.TELEPHONE, said_so=said
        )
        with pytest.raises(NotAllowed, match="read_back_themselves"):
            clarification.clarify(at.by(at.clinic.ben), other.id, spoken_with="Tang", agreed="!")

        assert at.state is State.DIFFERING


def test_while_nobody_answers_it_is_asked_again_further_up(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = otherwise(tx, now, signed_in=True)
        minutes = at.alert.minutes

        def ask(after: int) -> int:
            return climbing.ask(Context(tx, at.clinic.audit, now + timedelta(minutes=after), SYSTEM))

        asked = [ask(minutes - 1), ask(minutes), ask(minutes + 1), ask(3 * minutes), ask(7 * minutes)]
        found = notices.of_alerts(tx, [at.alert.id])[at.alert.id]
        told = [one.organisation_id for one in found if one.kind is notices.Kind.DIFFERS]
        clarification.clarify(at.by(at.clinic.ada), at.alert.id, spoken_with="Tang", agreed="右侧")

        region = at.clinic.region
        assert asked == [0, 1, 0, 1, 1]
        assert told == [region.oak.id, region.oak.id, region.city.id, region.city.id]
        assert ask(100 * minutes) == 0


def test_it_rings_those_on_duty_and_no_longer_once_it_is_answered(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        duty.add(
            Context(tx, clinic.audit, now, clinic.mona),
            organisation_code="oak",
            username="mona",
            role=Role.QUALITY_MANAGER,
            telephone="13800138000",
        )
        at = otherwise(tx, now, clinic)
        events = [
            Event(id=one.id, kind=one.kind, subject_id=one.subject_id, payload=one.payload, happened_at=now)
            for one in messages(tx)
            if one.kind == "critical.differs"
        ]
        staff = next(one for one in routes_of("critical.differs") if one.audience is Audience.STAFF)
        rung = [(one.number, one.template) for event in events for one in receivers.of(tx, KEYS, event, staff, now)]
        before = [receivers.is_needed(tx, event, staff, now) for event in events]
        said = [str(event.payload) for event in events]
        bar = at.bar(clinic.mona)
        clarification.clarify(at.by(clinic.mona), at.alert.id, spoken_with="Tang", agreed="右侧")

        assert rung == [("13800138000", Template.CRITICAL_DIFFERS)]
        assert (before, bar) == ([True, True], [True])
        assert [receivers.is_needed(tx, event, staff, now) for event in events] == [False, False]
        assert not any(word in one for one in said for word in ("气胸", "Ada"))


@pytest.mark.parametrize(
    ("impression", "answers"),
    [
        (LEFT, True),
        (f"{LEFT}。右侧第 5 肋骨骨折。", True),
        (RIGHT, False),
        ("右下肺炎", False),
        ("请结合临床", False),
        ("张力性气胸", False),
        ("未见明显异常", False),
        ("气胸较前吸收", False),
    ],
)
def test_a_report_that_says_what_was_read_back_answers_it(
    engine: Engine, now: datetime, impression: str, *, answers: bool
) -> None:
    with transaction(engine) as tx:
        at = otherwise(tx, now)
        words = {"findings": "胸腔内见无肺纹理区", "impression": impression}
        content = replace(PNEUMONIA, **words, critical_class="tension_pneumothorax")
        read(tx, at.clinic, at.clinic.ada, at.case_id, now + timedelta(minutes=1), content, confirmed=Check)
        found = alert_rows.by_id(tx, at.alert.id)

        assert (found.clarified_as, found.clarified_by) == (
            (Clarified.CORRECTED, at.clinic.ada.person_id) if answers else (None, None)
        )
        assert (found.state is State.DIFFERING) is not answers
