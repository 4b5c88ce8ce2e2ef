"""A patient's link: what it opens, how long, and that every way in which it does not open is one answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.access import door, visibility
from reading.actions import Action
from reading.audit import ActorKind, Outcome, stranger
from reading.context import Context
from reading.errors import Invalid, NotThere, WrongCredentials
from reading.sessions.attempts import Caller
from reading.sharing import links
from reading.sharing.links import LinkSession, Made, PasscodeRefused
from reading.signing import withhold
from reading.viewers import LinkViewer, PatientViewer
from storage.database import transaction
from tests.reading.clinic import Clinic, arrive, open_clinic, read
from tests.reading.region import KEYS, pia

DOCTOR = Caller(address="192.0.2.9")


class Shared:
    """Pia's two examinations with final reports, and what she makes of them."""

    def __init__(self, tx: Connection, now: datetime) -> None:
        self.tx, self.now = tx, now
        self.clinic: Clinic = open_clinic(tx, now)
        self.pia = pia(tx, now)
        self.cases = [
            arrive(tx, self.clinic, uid, now, patient_id="P1", patient_name="Pia").id for uid in ("1.1", "1.2")
        ]
        self.versions = [read(tx, self.clinic, self.clinic.ada, case_id, now).id for case_id in self.cases]

    def ctx(self, who: Any) -> Context[Any]:
        return Context(self.tx, self.clinic.audit, self.now, who, self.clinic.seal.public_key)

    def patient(self, case_id: str | None = None) -> Context[PatientViewer]:
        return self.ctx(PatientViewer(patient_id=self.pia.id, case_id=case_id))

    def make(self, case_id: str | None, **how: Any) -> Made:
        asked: dict[str, Any] = {"days": 7, "with_passcode": False, "label": "Dr Wang", **how}
        return links.make(self.patient(case_id), KEYS, case_id=case_id, **asked)

    def open(self, token: str, passcode: str = "") -> Any:
        return links.open_session(
            self.ctx(stranger(DOCTOR.address)), KEYS, token=token, passcode=passcode, caller=DOCTOR
        )

    def viewer(self, made: Made) -> LinkViewer:
        opened = self.open(made.token, made.passcode)
        assert isinstance(opened, LinkSession)
        return opened.viewer


def test_a_link_reaches_one_case_and_the_patient_sees_who_came(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shared = Shared(tx, now)
        one, all_ = shared.make(shared.cases[0]), shared.make(None)
        viewer, everything = shared.viewer(one), shared.viewer(all_)
        seen, whole = (
            {each.version.id for each in door.open_own_reports(shared.ctx(who), limit=9)}
            for who in (viewer, everything)
        )
        door.open_report(shared.ctx(viewer), shared.versions[0], Action.REPORT_READ)
        with pytest.raises(NotThere):
            door.open_report(shared.ctx(viewer), shared.versions[1], Action.REPORT_READ)
        scope = visibility.scope(tx, viewer, now, Action.STUDY_EXPORT)
        listed = links.links_of(shared.patient(shared.cases[0]))
        events = audit.events_about(tx, "report", shared.versions[0])

        assert seen == {shared.versions[0]}
        assert whole == set(shared.versions)
        assert scope.study_uids == {"1.1"}
        assert [(each.id, each.views, each.label) for each in listed] == [(one.link_id, 1, "Dr Wang")]
        assert len(links.links_of(shared.patient())) == 2
        by_link = {event.actor.id for event in events if event.actor.kind is ActorKind.LINK}
        assert by_link == {one.link_id, all_.link_id}


def test_every_link_that_does_not_open_is_one_answer(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shared = Shared(tx, now)
        case_id = shared.cases[0]
        ended, over, hidden = shared.make(case_id), shared.make(case_id, days=1), shared.make(shared.cases[1])
        locked = shared.make(case_id, with_passcode=True)
        links.end(shared.patient(), ended.link_id)
        withhold.withhold(shared.ctx(shared.clinic.ada), shared.cases[1], why="wrong person")
        shared.now = now + timedelta(days=1)
        wrong = "000000" if locked.passcode != "000000" else "111111"
        answers = [
            shared.open("x" * 43),
            shared.open(""),
            shared.open(ended.token),
            shared.open(over.token),
            shared.open(hidden.token),
        ]
        asked, refused = shared.open(locked.token), shared.open(locked.token, wrong)
        events = [event for event in audit.events_about(tx, "link", locked.link_id) if event.action == "link.open"]

        assert [type(each) for each in answers] == [WrongCredentials] * 5
        # Who has the secret learns that a passcode lacks, and how often it may be tried.
        assert asked == PasscodeRefused(left=links.MOST_WRONG, typed=False)
        assert refused == PasscodeRefused(left=links.MOST_WRONG - 1, typed=True)
        assert [event.outcome for event in events] == [Outcome.REFUSED] * 2
        assert isinstance(shared.open(locked.token, f"{locked.passcode[:3]} {locked.passcode[3:]}"), LinkSession)
        full_width = locked.passcode.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
        assert isinstance(shared.open(locked.token, full_width), LinkSession)


def test_ten_wrong_passcodes_end_a_link_for_good(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shared = Shared(tx, now)
        made = shared.make(shared.cases[0], with_passcode=True)
        left = [shared.open(made.token, f"x{number}").left for number in range(links.MOST_WRONG)]
        right = shared.open(made.token, made.passcode)
        (listed,) = links.links_of(shared.patient())

        assert left == list(reversed(range(links.MOST_WRONG)))
        assert isinstance(right, WrongCredentials)
        assert (listed.in_force(now), listed.end_reason, listed.views) == (False, "passcodes", 0)


def test_a_session_ends_with_its_link_at_the_next_request(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shared = Shared(tx, now)
        made, other = shared.make(shared.cases[0]), shared.make(shared.cases[0], days=30)
        first, second = shared.open(made.token), shared.open(other.token)
    assert isinstance(first, LinkSession)
    assert isinstance(second, LinkSession)
    before = links.at_work(engine, first.token, now)
    with transaction(engine) as tx:
        shared.tx = tx
        links.end(shared.patient(shared.cases[0]), made.link_id)

    assert before is not None
    assert (before.link_id, before.case_id) == (made.link_id, shared.cases[0])
    assert links.at_work(engine, first.token, now) is None
    assert links.at_work(engine, second.token, now + timedelta(minutes=29)) is not None
    assert links.at_work(engine, second.token, now + timedelta(minutes=60)) is None
    assert links.at_work(engine, "x" * 43, now) is None


def test_nobody_makes_or_ends_a_link_of_what_is_not_theirs(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shared = Shared(tx, now)
        made = shared.make(shared.cases[0])
        viewer = shared.ctx(shared.viewer(made))
        of_other_case = shared.patient(shared.cases[1])
        how: dict[str, Any] = {"days": 7, "with_passcode": False, "label": ""}
        for ctx, case_id in (
            (viewer, shared.cases[0]),
            (viewer, None),
            (of_other_case, shared.cases[0]),
            (of_other_case, None),
            (shared.patient(), "01KZZZZZZZZZZZZZZZZZZZZZZZ"),
        ):
            with pytest.raises(NotThere):
                links.make(ctx, KEYS, case_id=case_id, **how)
        for ctx in (viewer, of_other_case):
            with pytest.raises(NotThere):
                links.end(ctx, made.link_id)
        for wrong in ({"days": 0}, {"days": 31}, {"label": "x" * 61}):
            with pytest.raises(Invalid):
                shared.make(shared.cases[0], **wrong)
        (listed,) = links.links_of(shared.patient(shared.cases[0]))

        assert listed.in_force(now)


def test_of_links_that_are_made_at_once_no_more_stand_than_may(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shared = Shared(tx, now)
        for _ in range(links.MOST_OPEN - 1):
            shared.make(None)
        who = shared.patient().who

    def made(_: int) -> bool:
        with transaction(engine) as tx:
            ctx = Context(tx, shared.clinic.audit, now, who)
            try:
                links.make(ctx, KEYS, case_id=None, days=7, with_passcode=False, label="")
            except Invalid as refused:
                return refused.problem != "too_many"
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(made, range(4))) == 1
