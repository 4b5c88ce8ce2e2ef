"""Whatever comes and whatever people do, nobody is shown a report or a picture that verified facts do not own.

Devices may use anybody's number, and people decide wrongly; names in images are their owner's, in any writing. Each
step is checked by `tests.reading.access.world`; what is undone is exactly as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test
from sqlalchemy.engine import Connection

from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import State
from reading.context import Context
from reading.intake import (
    identity_decision,
    order_match,
    putting_right,
    rejection_record,
    rejections,
    surgery,
    surgery_record,
)
from reading.kinds import HeldAs, Priority, Sex
from reading.orders import orders
from reading.patients import merges, patient_identifiers
from reading.patients.merge_moves import MergeState, Move
from reading.registration import cards, corrections, merging
from reading.registration.corrections import Facts as Registered
from reading.sessions import receipts
from reading.signing import withhold
from storage.database import Durability, connect
from tests import postgresql
from tests.reading.access.verified import PEOPLE, written_by
from tests.reading.access.world import FATHERS_CARD, RECORDS, World, says
from tests.reading.clinic import read
from tests.reading.region import KEYS
from tests.storage.instances import DEVICE

WHO: Final = st.integers(0, len(PEOPLE) - 1)
ANY: Final = st.integers(0, 11)
WHICH: Final = st.integers(0, len(RECORDS) - 1)
BLANKS: Final = st.sampled_from(((False, False), (False, False), (True, False), (False, True), (True, True)))
"""Whether sex and birth date are left out."""
WAYS: Final = st.sampled_from(("number", "number", "ours", "order", "worklist", "nobody"))


class Register(World):
    """What happens, in any order, after reports of Pia and of a twin, and a picture under another's number."""

    @initialize()
    def works(self) -> None:
        self.open()
        for of in (0, 3):
            self.is_ordered(of)
        for who, writing, way, of in ((0, 1, "number", 0), (2, 2, "order", 3), (4, 0, "ours", 3), (0, 0, "number", 1)):
            self.comes(who, writing, (False, False), way, of, 1, "hills")
        for case in (0, 1):
            self.is_read(case)
            self.a_receipt_is_printed(case)

    # -- what comes

    @rule(who=WHO, writing=ANY, blanks=BLANKS, way=WAYS, of=WHICH, order=ANY, site=st.sampled_from(("hills", "lake")))
    def comes(  # noqa: PLR0917
        self, who: int, writing: int, blanks: tuple[bool, bool], way: str, of: int, order: int, site: str
    ) -> None:
        """A study of one image, under some number; an order's at Hills alone."""
        asked = self.orders[order % len(self.orders)] if self.orders and way in {"order", "worklist"} else None
        record, named = self.records[of], set[str]()
        self.count += 1
        study_uid, known = f"1.2.{self.count}", {"patient_id": f"X{self.count}"}
        if way == "number":
            known["patient_id"], named = f"P{of}", {record} if site == "hills" else set()
        if way in {"ours", "worklist"}:
            known, named = {"patient_id": self._number(record), "issuer": "TIERREAD"}, {record}
        if asked is not None:
            site, named = "hills", named | {asked.patient_id}
            known |= {"accession_number": asked.accession_number} if way == "order" else {}
            study_uid = asked.procedures[0].study_uid if way == "worklist" else study_uid
        if study_uid in self.sent:
            return
        self.sent[study_uid], self.site_of[study_uid] = known, site
        case = self._arrives(study_uid, f"{study_uid}.1.1", says(who, writing, blanks), site)
        self.true.came[study_uid] = self.true.images[f"{study_uid}.1.1"].said
        self.true.named.setdefault(case.id, set()).update(named)
        self.cases = list(dict.fromkeys([*self.cases, case.id]))

    @rule(study_number=ANY, who=WHO, writing=ANY, blanks=BLANKS, at_once=st.booleans())
    def more_comes(self, study_number: int, who: int, writing: int, blanks: tuple[bool, bool], at_once: bool) -> None:
        """One more image of a study; the worker looks at it at once or later."""
        if not self.sent:
            return
        study_uid = list(self.sent)[study_number % len(self.sent)]
        self.count += 1
        self._sends(study_uid, f"{study_uid}.1.{self.count}", says(who, writing, blanks), self.site_of[study_uid])
        self.waiting.add(study_uid)
        if at_once:
            self.the_worker_goes_on()

    @rule(image=ANY)
    def lake_sends_it_too(self, image: int) -> None:
        if self.true.images:
            uid = list(self.true.images)[image % len(self.true.images)]
            self._sends(uid.rpartition(".1.")[0], uid, self.true.images[uid].said, "lake")

    @rule()
    def the_worker_comes_by(self) -> None:
        self.the_worker_goes_on()

    # -- whose it is

    @rule(of=WHICH)
    def is_ordered(self, of: int) -> None:
        made = orders.place(
            self.connection,
            site_id=self.clinic.region.hills.id,
            patient_id=self.records[of],
            modality="DX",
            priority=Priority.ROUTINE,
            procedures=[orders.Asked(body_part="CHEST")],
            reason="",
            ordered_by=None,
            now=self.now,
        )
        self.orders.append(made)

    @rule(case=ANY, of=st.integers(0, 5), anyway=st.booleans())
    def is_linked_by_card(self, case: int, of: int, anyway: bool) -> None:
        holder = self._holder(of, self.true.known(self.records[of]))
        self._decide(
            case, lambda one: putting_right.link(self._ctx(), KEYS, one.id, holder, same_person=anyway) or True
        )

    @rule(case=ANY, order=ANY, anyway=st.booleans())
    def is_matched(self, case: int, order: int, anyway: bool) -> None:
        if self.orders:
            asked = self.orders[order % len(self.orders)].id
            self._decide(case, lambda one: order_match.match(self._ctx(), one.id, asked, same_person=anyway) or True)

    @rule(case=ANY)
    def is_confirmed(self, case: int) -> None:
        self._decide(
            case, lambda one: identity_decision.confirm(self._ctx(), one.id, why="本人", seen=one.revision) or True
        )

    @rule(case=ANY, how=st.sampled_from(("part", "undo", "order")))
    def is_parted_or_taken_back(self, case: int, how: str) -> None:
        one = self._case(case)
        if one is None:
            return
        acts: dict[str, Callable[[Connection], None]] = {
            "part": lambda _: identity_decision.part(self._ctx(), KEYS, one.id, why="不是", seen=one.revision),
            "undo": lambda _: identity_decision.undo(self._ctx(), one.id, why="看错", seen=one.revision),
            "order": lambda _: order_match.part(self._ctx(), KEYS, one.id),
        }
        if self._act(lambda tx: acts[how](tx) or True):
            self.true.decided.pop(one.id, None)

    @rule(case=ANY, of=WHICH)
    def is_attributed(self, case: int, of: int) -> None:
        one, number = self._case(case), self._number(self.records[of])
        if one is None:
            return
        for study_uid in cases.study_uids(self.connection, one.id):
            self._act(
                lambda _, uid=study_uid: putting_right.correct_study(
                    self._ctx(), uid, {}, patient_number=number, reason="归属"
                )
            )
        self.true.named[one.id].add(self.records[of])

    @rule(case=ANY, who=WHO)
    def is_corrected(self, case: int, who: int) -> None:
        one, facts = self._case(case), PEOPLE[who]
        if one is not None and self._act(
            lambda _: putting_right.correct_case(self._ctx(), one.id, written_by(facts), reason="更正") or True
        ):
            self._wrote(one.id, facts)

    # -- where it is shown

    @rule(image=ANY, into=ANY, new=st.booleans())
    def is_moved(self, image: int, into: int, new: bool) -> None:
        uid, origin, one = self._image(image)
        other = self._case(into)
        if one is None or other is None:
            return
        target = None if new else other.id
        step = self._act(
            lambda _: surgery.split(self._ctx(), KEYS, one.id, sop_instance_uids=[uid], into_case=target, why="移动")
        )
        if step is not None and step.other_case_id is not None and new:
            (made,) = cases.study_uids(self.connection, step.other_case_id)
            self.true.came[made], self.true.written[made] = self.true.came[origin], set(self.true.written[origin])
            self.true.named[step.other_case_id] = set(self.true.named[one.id])
            self.cases.append(step.other_case_id)

    @rule(case=ANY, into=ANY)
    def are_made_one(self, case: int, into: int) -> None:
        one, other = self._case(case), self._case(into)
        if one is not None and other is not None:
            self._act(lambda _: surgery.merge(self._ctx(), KEYS, one.id, into_case=other.id, why="同一次检查"))

    @rule(case=ANY)
    def is_moved_back(self, case: int) -> None:
        one = self._case(case)
        steps = surgery_record.of_case(self.connection, one.id) if one is not None else []
        if one is not None and steps:
            self._act(lambda _: surgery.undo(self._ctx(), KEYS, one.id, steps[0].id, why="弄错"))

    @rule(image=ANY)
    def is_hidden(self, image: int) -> None:
        uid, _, one = self._image(image)
        if one is not None:
            self._act(lambda _: rejections.hide(self._ctx(), KEYS, one.id, sop_instance_uids=[uid], why="体位"))

    @rule(image=ANY)
    def is_rejected_by_its_device(self, image: int) -> None:
        uid, _, one = self._image(image)
        if one is None:
            return
        self.count += 1
        note = rejections.Note(
            note_uid=f"1.9.{self.count}",
            title=rejections.Title.QUALITY,
            site_id=one.site_id,
            device_id=DEVICE,
            received_at=self.now,
            sop_instance_uids=(uid,),
        )
        system = Context(self.connection, self.clinic.audit, self.now, SYSTEM)
        self._act(lambda _: rejections.take(system, KEYS, note))

    @rule(image=ANY)
    def is_shown_again(self, image: int) -> None:
        uid, _, one = self._image(image)
        if one is not None:
            for each in rejection_record.about(self.connection, [uid]):
                self._act(lambda _, found=each: rejections.lift(self._ctx(), KEYS, one.id, found.id, why="可用"))

    # -- the register

    @rule(of=WHICH, who=WHO)
    def the_register_is_corrected(self, of: int, who: int) -> None:
        standing, facts = self._record(of), PEOPLE[who]
        now = Registered(
            name=facts[0], sex=Sex(facts[1]), birth_date=date.fromisoformat(facts[2]), telephone=standing.telephone
        )
        if self._act(
            lambda _: corrections.correct(
                self._ctx(), KEYS, standing.id, now, revision=standing.revision, reason="更正"
            )
        ):
            self.true.facts[standing.id] = facts
            if facts[2] < "2008":
                self.true.cards[FATHERS_CARD] -= self.true.person(standing.id)

    @rule(of=WHICH, into=WHICH)
    def records_are_merged(self, of: int, into: int) -> None:
        claim = self._act(
            lambda _: merging.propose(self._ctx(), KEYS, self.records[of], self.records[into], reason="是")
        )
        if claim is not None and self._merge(claim, Move.MERGE):
            self.true.into[claim.patient_id] = claim.into_id

    @rule(which=ANY)
    def records_are_parted(self, which: int) -> None:
        merged = [one for one in merges.of_records(self.connection, self.records) if one.state is MergeState.MERGED]
        if merged and self._merge(claim := merged[which % len(merged)], Move.UNDO):
            del self.true.into[claim.patient_id]

    @rule(of=WHICH)
    def a_guardian_is_named(self, of: int) -> None:
        self._guardian(of)

    @rule(of=WHICH)
    def a_guardian_is_ended(self, of: int) -> None:
        for record in sorted(self.true.person(self.records[of])):
            for held in patient_identifiers.of_patient(self.connection, KEYS, record, self.now):
                standing = self._record(of)
                if held.held_as is HeldAs.GUARDIAN and self._act(
                    lambda _, one=held, now=standing: cards.end(
                        self._ctx(), KEYS, now.id, one.id, revision=now.revision, reason="不是"
                    )
                ):
                    self.true.cards[FATHERS_CARD].discard(record)

    # -- reports

    @rule(case=ANY)
    def is_read(self, case: int) -> None:
        one = self._case(case)
        if one is not None:
            self._act(lambda tx: read(tx, self.clinic, self.clinic.ada, one.id, self.now))

    @rule(case=ANY, ends=st.sampled_from((withhold.read_again, withhold.enter_in_error)))
    def is_withheld_for_good(self, case: int, ends: Callable[..., object]) -> None:
        one = self._case(case)
        if one is not None:
            self._act(lambda _: withhold.withhold(self._ctx(), one.id, why="患者有误"))
            self._act(lambda _: ends(self._ctx(), one.id, why="核对"))

    @rule(case=ANY)
    def is_withheld(self, case: int) -> None:
        one = self._case(case)
        if one is not None:
            self._act(lambda _: withhold.withhold(self._ctx(), one.id, why="患者有误"))

    @rule(case=ANY)
    def is_restored(self, case: int) -> None:
        one = self._case(case)
        if one is not None:
            self._act(lambda _: withhold.restore(self._ctx(), self.clinic.seal, one.id, why="已核对"))

    @rule(case=ANY)
    def a_receipt_is_printed(self, case: int) -> None:
        one = self._case(case)
        if one is not None:
            paper = self._act(
                lambda tx: receipts.print_receipt(tx, KEYS, one.id, printed_by=self.clinic.mona.person_id, now=self.now)
            )
            self.codes += [paper.code] if paper is not None else []

    # -- there and back

    @rule(case=ANY)
    def a_confirmation_is_undone(self, case: int) -> None:
        if (one := self._case(case)) is not None:
            self._there_and_back(
                lambda: identity_decision.confirm(self._ctx(), one.id, why="本人", seen=one.revision),
                lambda _: identity_decision.undo(self._ctx(), one.id, why="看错", seen=self._revision(one.id)),
            )

    @rule(case=ANY)
    def a_parting_is_undone(self, case: int) -> None:
        if (one := self._case(case)) is not None:
            self._there_and_back(
                lambda: identity_decision.part(self._ctx(), KEYS, one.id, why="不是", seen=one.revision),
                lambda _: identity_decision.undo(self._ctx(), one.id, why="看错", seen=self._revision(one.id)),
            )

    @rule(image=ANY, into=ANY, new=st.booleans())
    def a_move_is_undone(self, image: int, into: int, new: bool) -> None:
        uid, _, one = self._image(image)
        other = self._case(into)
        if one is not None and other is not None:
            target = None if new else other.id
            self._there_and_back(
                lambda: surgery.split(self._ctx(), KEYS, one.id, sop_instance_uids=[uid], into_case=target, why="移动"),
                lambda step: surgery.undo(self._ctx(), KEYS, one.id, step.id, why="弄错"),
            )

    @rule(of=WHICH, into=WHICH)
    def a_merge_is_undone(self, of: int, into: int) -> None:
        claim = self._act(
            lambda _: merging.propose(self._ctx(), KEYS, self.records[of], self.records[into], reason="是")
        )
        if claim is not None:
            self.the_worker_goes_on()
            self._there_and_back(
                lambda: self._merge(claim, Move.MERGE),
                lambda merged: self._merge(merged, Move.UNDO),
            )

    @rule(case=ANY)
    def a_withheld_report_is_restored(self, case: int) -> None:
        if (one := self._case(case)) is not None and one.state is State.FINAL:
            self._there_and_back(
                lambda: withhold.withhold(self._ctx(), one.id, why="患者有误"),
                lambda _: withhold.restore(self._ctx(), self.clinic.seal, one.id, why="已核对"),
            )


def _run(url: str, *, examples: int, steps: int, at_length: bool) -> None:
    Register.engine = connect(url, Durability.ASYNCHRONOUS)
    run_state_machine_as_test(
        Register,
        settings=settings(
            max_examples=examples * (100 if at_length else 1),
            stateful_step_count=steps * (3 if at_length else 1),
            derandomize=not at_length,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    Register.engine.dispose()


def test_nobody_sees_what_is_not_theirs_on_sqlite(sqlite_template: Path, tmp_path: Path, at_length: bool) -> None:
    shutil.copy(sqlite_template, tmp_path / "identity.db")
    _run(f"sqlite:///{tmp_path / 'identity.db'}", examples=4, steps=12, at_length=at_length)


def test_nobody_sees_what_is_not_theirs_on_postgresql(cluster: postgresql.Cluster, at_length: bool) -> None:
    url = cluster.new_database()
    _run(url, examples=2, steps=10, at_length=at_length)
    cluster.drop(url)
