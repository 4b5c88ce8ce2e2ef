"""A region in which anything may happen, with a model of what is true beside it, compared after every step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Final, TypeVar

import sqlalchemy as sa
from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.access import visibility
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, Guess
from reading.errors import NotAllowed, NotDone
from reading.intake import intake
from reading.kinds import HeldAs, IdentifierKind, Role, Sex
from reading.orders import matching
from reading.orders.orders import Order
from reading.orders.registration import CardHolder, find_or_register
from reading.patients import patient_identifiers, patients
from reading.patients.merge_moves import Move
from reading.patients.merges import Merge
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.registration import cards, merging
from reading.reports import versions
from reading.sessions import receipts
from reading.viewers import PatientViewer, Staff, Viewer
from storage.index import queries
from storage.index.queries import Instance
from storage.tables import instance, study
from tests.reading.access.verified import (
    DEVICES_WRITE,
    FATHER,
    ONE_TWIN,
    OTHER_TWIN,
    PEOPLE,
    PIA,
    SAME_NAME,
    SAY_NOTHING,
    Facts,
    Image,
    Verified,
)
from tests.reading.clinic import arrive, compare_again, open_clinic, send
from tests.reading.region import KEYS, hire

NOW: Final = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
RECORDS: Final = (PIA, PIA, SAME_NAME, ONE_TWIN, OTHER_TWIN, FATHER, None)
"""Whom the register knows: Pia twice, a woman of her name, twins and their father, and somebody nameless."""
CARDS: Final = tuple(f"{number + 1:02}" * 32 for number in range(len(RECORDS) - 1))
"""The health card of each record but the nameless one's."""
FATHERS_CARD: Final = CARDS[5]
T = TypeVar("T")


class World(RuleBasedStateMachine):
    """Seven records, two townships that send, and one that must see nothing."""

    engine: ClassVar[Engine]

    def open(self) -> None:
        self.connection = self.engine.connect()
        self.outer = self.connection.begin()
        self.now, self.count, self.true = NOW, 0, Verified()
        self.sent: dict[str, Mapping[str, str]] = {}
        """The studies that came, each with its numbers."""
        self.site_of: dict[str, str] = {}
        self.waiting: set[str] = set()
        """Those that the worker has to look at."""
        self.cases, self.orders, self.codes = list[str](), list[Order](), list[str]()
        self.clinic = open_clinic(self.connection, NOW)
        region = self.clinic.region
        self.sites = {
            "hills": (region.hills, self.clinic.tang),
            "lake": (region.lake, hire(self.connection, "luke", NOW, (Role.TECHNICIAN, region.lake))),
            "moor": (region.moor, self.clinic.quinn),
        }
        self.records = [self._register(number, facts) for number, facts in enumerate(RECORDS)]
        for twin in (3, 4):
            self._guardian(twin)

    def teardown(self) -> None:
        if hasattr(self, "outer"):
            self.outer.rollback()
            self.connection.close()

    # -- acts

    def _ctx(self) -> Context[Staff]:
        return Context(self.connection, self.clinic.audit, self.now, self.clinic.mona, guess=Guess())

    def _act(self, act: Callable[[Connection], T]) -> T | None:
        """What an act answers; None where it is refused, and then nothing has changed."""
        self.now += timedelta(minutes=1)
        try:
            with self.connection.begin_nested():
                return act(self.connection)
        except NotDone:
            return None

    def _decide(self, number: int, act: Callable[[Case], bool]) -> None:
        """An act by which somebody says that all images of a case are of the person to whom it is linked then."""
        one = self._case(number)
        if one is None:
            return
        seen = self._said_in(one.id)
        if self._act(lambda _: act(one)):
            record = cases.by_id(self.connection, one.id).patient_id
            assert record is not None
            self.true.decide(one.id, record, seen)
            self._wrote(one.id, self.true.known(record))

    def _there_and_back(self, there: Callable[[], T | None], back: Callable[[T], object]) -> None:
        """An act and its undoing leave all as it was.

        A report that stands may forbid to undo, and what was withheld stays so where images came since it was signed.
        """
        self.the_worker_goes_on()
        before, waiting = self._picture(), self.connection.begin_nested()
        try:
            self.now += timedelta(minutes=1)
            done = there()
            self.the_worker_goes_on()
        except NotDone:
            waiting.rollback()
            return
        try:
            self.now += timedelta(minutes=1)
            back(done)  # type: ignore[arg-type]
        except NotAllowed as refused:
            waiting.rollback()
            if refused.rule not in {"withhold_first", "images_have_changed", "identity_differs"}:
                raise
            return
        waiting.commit()
        self.the_worker_goes_on()
        after = self._picture()
        assert {key: (was, after[key]) for key, was in before.items() if after[key] != was} == {}

    def _claim(self, of: int, into: int) -> Merge | None:
        return self._act(
            lambda _: merging.propose(self._ctx(), KEYS, self.records[of], self.records[into], reason="同一人")
        )

    def _merge(self, claim: Merge, move: Move) -> Merge | None:
        return self._act(
            lambda _: merging.decide(self._ctx(), KEYS, claim.id, move, revision=claim.revision, reason="核对")
        )

    def _guardian(self, number: int) -> None:
        """The father shows his card for whoever it is."""
        child = self._record(number)
        card = Identifier(
            kind=IdentifierKind.HEALTH_CARD, value=FATHERS_CARD, held_as=HeldAs.GUARDIAN, holder_name="王强"
        )
        if self._act(lambda _: cards.add(self._ctx(), KEYS, child.id, card, revision=child.revision, reason="父亲")):
            self.true.cards[FATHERS_CARD].add(child.id)

    def _register(self, number: int, facts: Facts | None) -> str:
        made = find_or_register(self._ctx(), KEYS, self._holder(number, facts), self.clinic.region.hills.id)
        device_id = Identifier(kind=IdentifierKind.DEVICE_ID, issuer="HILLS", value=f"P{number}")
        patient_identifiers.link(self.connection, KEYS, made.id, device_id, self.now)
        self.true.facts[made.id] = facts or (made.name, "F", "")
        if facts is not None:
            self.true.cards[CARDS[number]] = {made.id}
        return made.id

    def _arrives(self, study_uid: str, uid: str, said: Facts, site: str) -> Case:
        self.true.images[uid] = Image(said=said, sites={site})
        known = {**self.sent[study_uid], **_as_row(said), "sop_instance_uid": uid}
        return arrive(self.connection, self.clinic, study_uid, self.now, site=self.sites[site][0], **known)

    def _sends(self, study_uid: str, uid: str, said: Facts, site: str) -> None:
        known = {**self.sent[study_uid], **_as_row(said), "sop_instance_uid": uid}
        send(self.connection, self.clinic, study_uid, self.now, site=self.sites[site][0], **known)
        self.true.images.setdefault(uid, Image(said=said, sites=set())).sites.add(site)

    def the_worker_goes_on(self) -> None:
        """Take in what came, and compare what has to be compared again."""
        ctx = Context(self.connection, self.clinic.audit, self.now, SYSTEM)
        for study_uid in sorted(self.waiting):
            found = queries.study_of(self.connection, study_uid)
            if found is not None and found.instances:
                case = intake.take_in(ctx, KEYS, found)
                self.cases = list(dict.fromkeys([*self.cases, case.id]))
        self.waiting.clear()
        compare_again(self.connection, self.clinic, self.now)

    # -- what there is

    def _case(self, number: int) -> Case | None:
        return cases.by_id(self.connection, self.cases[number % len(self.cases)]) if self.cases else None

    def _image(self, number: int) -> tuple[str, str, Case | None]:
        """An image, its study, and its case."""
        if not self.true.images:
            return "", "", None
        uid = list(self.true.images)[number % len(self.true.images)]
        there = queries.instance_of(self.connection, uid)
        return ("", "", None) if there is None else (uid, there.study_uid, self._case_of(there.study_uid))

    def _case_of(self, study_uid: str) -> Case | None:
        return cases.of_study(self.connection, study_uid)

    def _record(self, number: int) -> Patient:
        """The record that stands for the person of one."""
        found = patients.by_id(self.connection, self.true.standing(self.records[number]))
        assert found is not None
        return found

    def _number(self, record: str) -> str:
        return self.connection.scalars(sa.select(tables.patient.c.number).where(tables.patient.c.id == record)).one()

    def _holder(self, number: int, facts: Facts | None) -> CardHolder:
        if facts is None:
            return CardHolder(kind=None, card="", name="", sex=Sex.FEMALE, birth_date=None)
        return CardHolder(
            kind=IdentifierKind.HEALTH_CARD,
            card=CARDS[number],
            name=facts[0],
            sex=Sex(facts[1]),
            birth_date=date.fromisoformat(facts[2]) if facts[2] else None,
        )

    def _revision(self, case_id: str) -> int:
        return cases.by_id(self.connection, case_id).revision

    def _wrote(self, case_id: str, facts: Facts) -> None:
        for study_uid in cases.study_uids(self.connection, case_id):
            self.true.written.setdefault(study_uid, set()).add(facts)

    def _said_in(self, case_id: str) -> set[Facts]:
        """What the images that a case shows say."""
        return {said for study_uid in cases.study_uids(self.connection, case_id) for said in self._said_by(study_uid)}

    def _said_by(self, study_uid: str, uids: Iterable[str] | None = None) -> set[Facts]:
        there = queries.all_instances_in(self.connection, study_uid)
        meant = {one.sop_instance_uid for one in there if not one.hidden} if uids is None else set(uids)
        shown = self._shown(study_uid)
        assert not meant or self.true.shown_rightly(study_uid, shown)
        return {self.true.says(uid, study_uid, shown) for uid in meant}

    def _shown(self, study_uid: str) -> Facts:
        found = queries.study_of(self.connection, study_uid)
        assert found is not None
        return found.patient_name, found.sex, found.birth_date

    def _picture(self) -> dict[tuple[str, ...], object]:
        """All that undoing has to restore."""
        tx, found = self.connection, dict[tuple[str, ...], object]()
        for one in tx.execute(sa.select(tables.case)):
            order = matching.order_of(tx, one.id)
            found["case", one.id] = (one.patient_id, one.identity, one.state, order.id if order else None)
        for one in tx.execute(sa.select(study)):
            found["study", one.study_uid] = (self._shown(one.study_uid), one.accession_number, one.hidden)
        for one in tx.execute(sa.select(instance)):
            found["image", one.sop_instance_uid] = (one.study_uid, one.hidden)
        for one in tx.execute(sa.select(tables.procedure)):
            found["procedure", one.id] = one.state
        for viewer in map(_themselves, self.records):
            found["seen", viewer.patient_id] = frozenset(one.id for one in self._cases_for(viewer))
        return found

    # -- what must hold

    @invariant()
    def nobody_is_shown_what_is_not_theirs(self) -> None:
        for record in self.records:
            self._only_theirs(_themselves(record), {record})
        for card, stand_for in self.true.cards.items():
            shown = Identifier(kind=IdentifierKind.HEALTH_CARD, value=card)
            theirs = [one.id for one in patients.of_card(self.connection, KEYS, shown, self.now)]
            for code in self.codes:
                paper = receipts.by_code(self.connection, KEYS, theirs, code, self.now)
                if paper is not None:
                    self._only_theirs(PatientViewer(patient_id=paper.patient_id, case_id=paper.case_id), stand_for)

    @invariant()
    def a_site_sees_what_it_sent(self) -> None:
        for name, (site, staff) in self.sites.items():
            assert all(name in self.true.images[one.sop_instance_uid].sites for one in self._images_for(staff))
            assert all(one.site_id == site.id for one in self._cases_for(staff))
            assert {one.case_id for one in self._reports_for(staff)} <= {one.id for one in self._cases_for(staff)}

    def _only_theirs(self, viewer: PatientViewer, records: set[str]) -> None:
        def owned(case_id: str, said: set[Facts]) -> bool:
            return any(self.true.own(record, case_id, said) for record in records)

        for one in self._cases_for(viewer):
            assert owned(one.id, self._said_in(one.id)), "a case"
        for image in self._images_for(viewer):
            case = self._case_of(image.study_uid)
            assert case is not None
            assert owned(case.id, self._said_by(image.study_uid, [image.sop_instance_uid])), "a picture"
        for version in self._reports_for(viewer):
            for uid in version.images["instances"]:
                there = queries.instance_of(self.connection, uid)
                assert there is not None
                assert owned(version.case_id, self._said_by(there.study_uid, [uid])), "a report"

    def _cases_for(self, viewer: Viewer) -> list[Case]:
        visible = visibility.visible_cases(self.connection, viewer, self.now)
        return [cases.from_row(row) for row in self.connection.execute(sa.select(tables.case).where(visible))]

    def _images_for(self, viewer: Viewer) -> list[Instance]:
        scope = visibility.scope(self.connection, viewer, self.now, Action.STUDY_FRAMES)
        return queries.search_instances(self.connection, scope, [], limit=1000)

    def _reports_for(self, viewer: Viewer) -> list[versions.ReportVersion]:
        visible = visibility.visible_versions(self.connection, viewer, self.now)
        joined = sa.select(tables.report_version).join(tables.case, tables.case.c.id == tables.report_version.c.case_id)
        return [versions.from_row(row) for row in self.connection.execute(joined.where(visible))]


def says(who: int, writing: int, blanks: tuple[bool, bool]) -> Facts:
    """What a device writes of somebody: their name in some writing or none, sex and birth date unless left out."""
    name, sex, born = PEOPLE[who]
    written = (*DEVICES_WRITE[name], *SAY_NOTHING)
    return written[writing % len(written)], "" if blanks[0] else sex, "" if blanks[1] else born


def _as_row(said: Facts) -> dict[str, str]:
    return dict(zip(("patient_name", "sex", "birth_date"), said, strict=True))


def _themselves(record: str) -> PatientViewer:
    """Somebody whose card was proved, so that all that is theirs is open to them."""
    return PatientViewer(patient_id=record, case_id=None)
