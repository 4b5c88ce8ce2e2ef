"""Two records of one person: proposed and decided by people, and parted again without a trace in either record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.access import visibility
from reading.access.priors import prior_cases
from reading.cases import cases
from reading.context import Context, Guess
from reading.desk.entries import entries_of
from reading.desk.worklist import Filters, list_cases
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.kinds import IdentifierKind, Sex
from reading.orders import offered
from reading.orders.registration import CardHolder, find_or_register
from reading.patients import patients
from reading.patients.merge_moves import Move
from reading.patients.merges import Merge
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.registration import merging, records
from reading.rules import case_rule
from reading.tables import case, patient
from reading.viewers import PatientViewer, Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, arrive, compare_again, open_clinic
from tests.reading.orders.test_offered import place
from tests.reading.region import KEYS, PIA_CARD

PIA = CardHolder(
    kind=IdentifierKind.IDENTITY_CARD, card=PIA_CARD, name="皮亚", sex=Sex.UNKNOWN, birth_date=date(1990, 3, 7)
)
AGAIN = replace(PIA, kind=IdentifierKind.HEALTH_CARD, card="0A1B" * 16, sex=Sex.FEMALE, telephone="13800138000")
NAMELESS = CardHolder(kind=None, card="", name="", sex=Sex.FEMALE, birth_date=None, estimated_age=40)


class Desk:
    """The register of Hills, for whoever acts."""

    def __init__(self, tx: Connection, now: datetime) -> None:
        self.tx, self.now = tx, now
        self.clinic: Clinic = open_clinic(tx, now)

    def ctx(self, who: Staff | None = None) -> Context[Staff]:
        return Context(self.tx, self.clinic.audit, self.now, who or self.clinic.tang, guess=Guess())

    def register(self, holder: CardHolder, site_id: str | None = None) -> Patient:
        return find_or_register(self.ctx(self.clinic.mona), KEYS, holder, site_id or self.clinic.region.hills.id)

    def propose(self, one: Patient, into: Patient) -> Merge:
        return merging.propose(self.ctx(), KEYS, one.id, into.id, reason="同一人")

    def merge(self, claim: Merge) -> Merge:
        return self.decide(claim, Move.MERGE)

    def decide(self, claim: Merge, move: Move, who: Staff | None = None) -> Merge:
        return merging.decide(
            self.ctx(who or self.clinic.mona), KEYS, claim.id, move, revision=claim.revision, reason="已核对"
        )

    def rows(self) -> list[tuple[object, ...]]:
        """All that the register says, but for when it was changed."""
        said = [column for column in patient.c if column.name != "facts_at"]
        return [tuple(row) for row in self.tx.execute(sa.select(*said).order_by(patient.c.id))]


def test_a_merged_record_shows_the_person_and_parting_restores_exactly(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        desk = Desk(tx, now)
        pia, unknown = desk.register(PIA), desk.register(NAMELESS)
        before = desk.rows()
        claim = desk.propose(unknown, pia)
        proposed = desk.rows()
        merged = desk.merge(claim)
        shown = patients.by_id(tx, unknown.id)
        found = records.open_record(desk.ctx(), KEYS, unknown.id)
        parted = desk.decide(merged, Move.UNDO)
        after = desk.rows()
        words = [event.action for event in audit.events_about(tx, "patient", unknown.id)]

    assert unknown.name == f"无名氏 {unknown.number[-4:]}"
    assert (unknown.temporary, unknown.estimated_age) == (True, 40)
    assert proposed == before == after
    assert shown is not None
    assert (shown.id, shown.number, shown.name, shown.temporary) == (unknown.id, unknown.number, "皮亚", False)
    assert (found.patient.id, [one.name for one in found.others]) == (pia.id, [unknown.name])
    assert parted.state == "undone"
    assert {"patient.merge_propose", "patient.merge", "patient.unmerge"} <= set(words)


def test_devices_the_desk_and_a_rule_know_a_merged_record_by_the_person(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        desk = Desk(tx, now)
        clinic, unknown, pia = desk.clinic, desk.register(NAMELESS), desk.register(PIA)
        order = place(tx, clinic.region, now, patient_id=unknown.id)
        arrived = arrive(tx, clinic, "1.2.840.1", now, patient_id="", patient_name="", birth_date="")
        arrived = cases.change(tx, cases.lock(tx, arrived.id), patient_id=unknown.id)

        def known() -> tuple[list[object], list[str], list[int], int | None]:
            people = [one.person for one in offered.worklist(tx, order.site_id, now).offered]
            (entry,) = entries_of(tx, clinic.ada, [arrived], now)
            found = [
                list_cases(tx, clinic.ada, Filters(text=text), limit=9, offset=0, now=now).total
                for text in ("皮亚", "无名氏", unknown.number)
            ]
            age = case_rule.facts_of_case(tx, cases.by_id(tx, arrived.id)).age_years
            return [(one.number, one.name, one.birth_date) for one in people], [entry.patient.registered], found, age

        before = known()
        merged = desk.merge(desk.propose(unknown, pia))
        together = known()
        desk.decide(merged, Move.UNDO)
        parted = known()

    born = date(1990, 3, 7)
    assert before == parted == ([(unknown.number, unknown.name, None)] * 2, [unknown.name], [0, 1, 1], 40)
    assert together == ([(unknown.number, "皮亚", born)] * 2, ["皮亚"], [1, 0, 1], 35)


def test_an_order_on_a_merged_records_card_goes_back_with_its_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        desk = Desk(tx, now)
        pia, again = desk.register(PIA), desk.register(AGAIN)
        merged = desk.merge(desk.propose(again, pia))
        ordered_for = desk.register(replace(AGAIN, telephone=""))
        desk.decide(merged, Move.UNDO)
        card = Identifier(kind=IdentifierKind.HEALTH_CARD, value=AGAIN.card)

        assert ordered_for.id == again.id
        assert patients.find(tx, KEYS, card, now) == again


def test_nobody_but_a_quality_manager_of_both_merges(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        desk = Desk(tx, now)
        clinic = desk.clinic
        pia, again = desk.register(PIA), desk.register(AGAIN)
        claim = desk.propose(again, pia)
        with pytest.raises(NotAllowed):
            desk.decide(claim, Move.MERGE, clinic.tang)
        for stranger in (clinic.quinn, clinic.ada):
            with pytest.raises(NotThere):
                desk.decide(claim, Move.MERGE, stranger)
            with pytest.raises(NotThere):
                merging.propose(desk.ctx(stranger), KEYS, pia.id, again.id, reason="x")
        with pytest.raises(Stale):
            desk.merge(replace(claim, revision=claim.revision + 1))
        with pytest.raises(MoveNotAllowed):
            desk.decide(claim, Move.UNDO)
        declined = desk.decide(claim, Move.DECLINE)
        with pytest.raises(MoveNotAllowed):
            desk.merge(declined)

        assert patients.by_id(tx, again.id) == again


def test_two_identity_cards_are_two_people(engine: Engine, now: datetime) -> None:
    # 11010519491231002X and its 15 digits of before are one number.
    old = replace(PIA, card="110105491231002", name="王璡", birth_date=None)
    with transaction(engine) as tx:
        desk = Desk(tx, now)
        pia, wang, legacy = (
            desk.register(PIA),
            desk.register(replace(old, card="11010519491231002X")),
            desk.register(old),
        )
        with pytest.raises(Invalid) as refused:
            desk.propose(wang, pia)
        merged = desk.merge(desk.propose(legacy, wang))

    assert (refused.value.field, refused.value.problem) == ("other", "two_identity_cards")
    assert merged.state == "merged"


def test_likely_records_are_proposed_and_twins_never(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        desk = Desk(tx, now)
        pia, again = desk.register(PIA), desk.register(AGAIN)
        twins = [
            desk.register(replace(AGAIN, card=f"{number}C1B" * 16, name=name, sex=Sex.UNKNOWN))
            for number, name in enumerate(("皮娅", "皮雅", "PI YA"))
        ]
        brother = desk.register(replace(AGAIN, card="9C1B" * 16, sex=Sex.MALE))
        desk.register(replace(AGAIN, card="8C1B" * 16), desk.clinic.region.hills.id)

        likely = records.open_record(desk.ctx(), KEYS, pia.id).likely
        of_twin = records.open_record(desk.ctx(), KEYS, twins[0].id).likely

    assert again.id in {one.id for one in likely}
    assert not {one.id for one in likely} & {one.id for one in (*twins, brother)}
    assert of_twin == []


def test_a_chain_of_merges_is_taken_back_link_by_link(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        desk = Desk(tx, now)
        pia, again, unknown = desk.register(PIA), desk.register(AGAIN), desk.register(NAMELESS)
        first = desk.merge(desk.propose(unknown, again))
        second = desk.merge(desk.propose(again, pia))
        all_one = [one.merged_into for one in (patients.by_id(tx, each.id) for each in (pia, again, unknown)) if one]
        desk.decide(second, Move.UNDO)
        two = [one.merged_into for one in (patients.by_id(tx, each.id) for each in (pia, again, unknown)) if one]
        desk.decide(first, Move.UNDO)

        assert all_one == [None, pia.id, pia.id]
        assert two == [None, None, again.id]
        assert patients.by_id(tx, unknown.id) == unknown


def test_the_cases_of_merged_records_are_priors_of_each_other_until_they_are_parted(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        desk = Desk(tx, now)
        clinic, pia, again = desk.clinic, desk.register(PIA), desk.register(AGAIN)
        first, second = (
            arrive(tx, clinic, f"1.2.840.{each}", now, patient_id="", patient_name="皮亚") for each in (1, 2)
        )
        first = cases.change(tx, cases.lock(tx, first.id), patient_id=pia.id)
        second = cases.change(tx, cases.lock(tx, second.id), patient_id=again.id)
        before = prior_cases(tx, clinic.ada, [second], now)[second.id]
        merged = desk.merge(desk.propose(again, pia))
        together = prior_cases(tx, clinic.ada, [second], now)[second.id]
        own = PatientViewer(patient_id=pia.id, case_id=None)
        closed = set(tx.scalars(sa.select(case.c.id).where(visibility.awaited_cases(own))))
        compare_again(tx, clinic, now)
        seen = set(tx.scalars(sa.select(case.c.id).where(visibility.awaited_cases(own))))
        desk.decide(merged, Move.UNDO)
        compare_again(tx, clinic, now)
        parted = prior_cases(tx, clinic.ada, [second], now)[second.id]
        seen_after = set(tx.scalars(sa.select(case.c.id).where(visibility.awaited_cases(own))))

    assert before == parted == []
    assert closed == set()
    assert [one.id for one in together] == [first.id]
    assert (seen, seen_after) == ({first.id, second.id}, {first.id})
