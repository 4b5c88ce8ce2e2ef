"""Whatever people do in whatever order: one holder, one role for each person, no release without its signatures.

The steps call the real functions on a real database. Each runs in a transaction of its own, as at the
edge; one that is refused is rolled back, and refusing must leave everything as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.alerts import critical
from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.moves import HELD, MOVES, SigningRole, State
from reading.completeness import follow_ups
from reading.context import Context
from reading.errors import ReadingError
from reading.intake import correction, intake
from reading.kinds import Priority, Role
from reading.patients import attribution
from reading.queue import claiming, leases
from reading.register import people
from reading.reports import drafts, versions
from reading.reports.content import Content
from reading.reports.seal import holds, payload_of
from reading.reports.versions import Status
from reading.review import review
from reading.review.review import Outcome
from reading.review.scores import Score
from reading.rules import case_rule
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.required_signatures import missing_roles
from reading.signing import follow_up_answer, withhold
from reading.signing import signatures as reports
from reading.viewers import Staff
from storage.database import Durability, connect, metadata, snapshot, transaction
from storage.tables import study
from tests import postgresql
from tests.reading.clinic import NORMAL, PNEUMONIA, RESIDENT, Clinic, another_image, arrive, open_clinic, shown
from tests.reading.region import KEYS, staff_of

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NAMES = ("ada", "rosa", "vera", "ben", "bea", "mona", "tang", "quinn")
PEOPLE = st.sampled_from(NAMES)
HOLDER = "holder"
"""Whoever holds the case; three times of four, so that sequences get somewhere."""
MOSTLY_HOLDER = st.sampled_from(NAMES + (HOLDER,) * 3 * len(NAMES))
CASES = st.sampled_from([0, 1, 2])
CONTENTS = st.sampled_from([NORMAL, PNEUMONIA, replace(NORMAL, critical_class="stroke", positive=True)])


def _empty(tx: Connection) -> None:
    """Delete every row; the triggers that forbid it in some tables are put aside meanwhile."""
    triggers: list[tuple[str, str]] = []
    if tx.dialect.name == "sqlite":
        triggers = [(one.name, one.sql) for one in tx.execute(sa.text(_TRIGGERS))]
        for name, _ in triggers:
            tx.exec_driver_sql(f'DROP TRIGGER "{name}"')
    else:
        tx.exec_driver_sql("SET LOCAL session_replication_role = replica")
    for table in reversed(metadata.sorted_tables):
        if table.name != "alembic_version":
            tx.execute(sa.delete(table))
    for _, sql in triggers:
        tx.exec_driver_sql(sql)
    if tx.dialect.name != "sqlite":
        tx.exec_driver_sql("SET LOCAL session_replication_role = origin")


_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


class Reading(RuleBasedStateMachine):
    """Eight people and three cases: a radiograph, a CT and an emergency."""

    engine: ClassVar[Engine]

    @initialize()
    def open(self) -> None:
        self.now, self.changed = NOW, True
        self.released: dict[str, set[SigningRole]] = {}
        with transaction(self.engine) as tx:
            _empty(tx)
            self.clinic = _many_hats(tx, open_clinic(tx, NOW, FIRST_POLICY))
            self.cases = [
                arrive(tx, self.clinic, "1.1", NOW).id,
                arrive(tx, self.clinic, "1.2", NOW, modality="CT").id,
                arrive(tx, self.clinic, "1.3", NOW).id,
            ]
            emergency = cases.by_id(tx, self.cases[2])
            cases.change(tx, emergency, priority=Priority.EMERGENCY, rule="emergency")

    def _try(self, act: Callable[[Connection], object]) -> None:
        self.now += timedelta(seconds=1)
        try:
            with transaction(self.engine) as tx:
                act(tx)
        except ReadingError:
            return
        self.changed = True

    def _who(self, name: str, tx: Connection | None = None, case_id: str = "") -> Staff:
        if name != HOLDER or tx is None:
            return getattr(self.clinic, "ada" if name == HOLDER else name)
        lease = leases.lease_of(tx, case_id)
        everybody = [getattr(self.clinic, each) for each in NAMES]
        return next((each for each in everybody if lease and each.person_id == lease.person_id), self.clinic.ada)

    def _lease(self, tx: Connection, case_id: str) -> int:
        lease = leases.lease_of(tx, case_id)
        return lease.revision if lease else 1

    @rule(who=PEOPLE)
    def claim_next(self, who: str) -> None:
        self._try(lambda tx: claiming.claim_next(Context(tx, self.clinic.audit, self.now, self._who(who)), None))

    @rule(who=PEOPLE, case=CASES)
    def claim(self, who: str, case: int) -> None:
        self._try(lambda tx: claiming.claim(Context(tx, self.clinic.audit, self.now, self._who(who)), self.cases[case]))

    @rule(who=MOSTLY_HOLDER, case=CASES)
    def renew(self, who: str, case: int) -> None:
        case_id = self.cases[case]
        self._try(
            lambda tx: leases.renew(
                Context(tx, self.clinic.audit, self.now, self._who(who, tx, case_id)), case_id, self._lease(tx, case_id)
            )
        )

    @rule(who=MOSTLY_HOLDER, case=CASES)
    def put_back(self, who: str, case: int) -> None:
        case_id, audit = self.cases[case], self.clinic.audit
        self._try(
            lambda tx: leases.put_back(
                Context(tx, audit, self.now, self._who(who, tx, case_id)), case_id, revision=self._lease(tx, case_id)
            )
        )

    @rule(who=MOSTLY_HOLDER, case=CASES)
    def send_to_the_township(self, who: str, case: int) -> None:
        case_id, audit = self.cases[case], self.clinic.audit
        self._try(
            lambda tx: leases.return_to_site(
                Context(tx, audit, self.now, self._who(who, tx, case_id)),
                case_id,
                revision=self._lease(tx, case_id),
                why="?",
            )
        )

    @rule(case=CASES)
    def answer(self, case: int) -> None:
        self._try(
            lambda tx: intake.resubmit(
                Context(tx, self.clinic.audit, self.now, self.clinic.tang), self.cases[case], why="!"
            )
        )

    @rule(who=MOSTLY_HOLDER, case=CASES)
    def escalate(self, who: str, case: int) -> None:
        case_id, audit = self.cases[case], self.clinic.audit
        self._try(
            lambda tx: leases.escalate(
                Context(tx, audit, self.now, self._who(who, tx, case_id)),
                case_id,
                revision=self._lease(tx, case_id),
                why="?",
            )
        )

    @rule(minutes=st.sampled_from([1, 11]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self._try(lambda tx: leases.expire(Context(tx, self.clinic.audit, self.now, SYSTEM)))

    @rule(who=MOSTLY_HOLDER, case=CASES, content=CONTENTS)
    def sign(self, who: str, case: int, content: Content) -> None:
        case_id = self.cases[case]

        def act(tx: Connection) -> None:
            draft = drafts.of_case(tx, case_id)
            reports.sign(
                Context(tx, self.clinic.audit, self.now, self._who(who, tx, case_id)),
                self.clinic.seal,
                case_id,
                content=content,
                screen=shown(tx, case_id, "?"),
                draft_revision=draft.revision if draft else 0,
                lease_revision=self._lease(tx, case_id),
            )

        self._try(act)

    @rule(who=MOSTLY_HOLDER, case=CASES, content=st.none() | CONTENTS)
    def verify(self, who: str, case: int, content: Content | None) -> None:
        case_id = self.cases[case]
        self._try(
            lambda tx: reports.verify(
                Context(tx, self.clinic.audit, self.now, self._who(who, tx, case_id)),
                self.clinic.seal,
                case_id,
                content=content,
                screen=shown(tx, case_id, "?"),
                lease_revision=self._lease(tx, case_id),
            )
        )

    @rule(who=MOSTLY_HOLDER, case=CASES)
    def verifier_sends_back(self, who: str, case: int) -> None:
        case_id, audit = self.cases[case], self.clinic.audit
        self._try(
            lambda tx: reports.send_back(
                Context(tx, audit, self.now, self._who(who, tx, case_id)),
                case_id,
                lease_revision=self._lease(tx, case_id),
                why="?",
            )
        )

    @rule(who=MOSTLY_HOLDER, case=CASES, outcome=st.sampled_from(Outcome), content=st.none() | CONTENTS)
    def review(self, who: str, case: int, outcome: Outcome, content: Content | None) -> None:
        case_id = self.cases[case]
        self._try(
            lambda tx: review.review(
                Context(tx, self.clinic.audit, self.now, self._who(who, tx, case_id)),
                self.clinic.seal,
                case_id,
                outcome=outcome,
                score=Score.UNDERSTANDABLE_MISS,
                comment="?",
                content=content,
                screen=shown(tx, case_id, "?"),
                lease_revision=self._lease(tx, case_id),
            )
        )

    @rule(
        case=CASES,
        first=st.integers(0, 7),
        steps=st.integers(1, 4),
        contents=st.lists(CONTENTS, min_size=4, max_size=4),
    )
    def the_work_goes_on(self, case: int, first: int, steps: int, contents: list[Content]) -> None:
        """The first person who may takes the case and signs, several times over."""
        for content in contents[:steps]:
            for name in NAMES[first:] + NAMES[:first]:
                self.claim(name, case)
            self.sign(HOLDER, case, content)
            self.verify(HOLDER, case, content)
            self.review(HOLDER, case, Outcome.AGREE, None)
            self.review(HOLDER, case, Outcome.AMEND, content)

    @rule(who=PEOPLE, case=CASES, content=CONTENTS)
    def addendum(self, who: str, case: int, content: Content) -> None:
        case_id = self.cases[case]

        def act(tx: Connection) -> None:
            final = versions.final(tx, case_id)
            if final is not None:
                reports.addendum(
                    Context(tx, self.clinic.audit, self.now, self._who(who)),
                    self.clinic.seal,
                    final.id,
                    content=content,
                    screen=shown(tx, case_id, "?"),
                )

        self._try(act)

    @rule(who=PEOPLE, case=CASES)
    def dispute(self, who: str, case: int) -> None:
        case_id, audit = self.cases[case], self.clinic.audit
        self._try(lambda tx: review.dispute(Context(tx, audit, self.now, self._who(who)), case_id, why="?"))

    @rule(who=PEOPLE, case=CASES)
    def withhold(self, who: str, case: int) -> None:
        case_id, audit = self.cases[case], self.clinic.audit
        self._try(lambda tx: withhold.withhold(Context(tx, audit, self.now, self._who(who)), case_id, why="?"))

    @rule(who=PEOPLE, case=CASES, name=st.sampled_from(["Pia^Pan", "Paul^Pan"]))
    def correct_and_restore(self, who: str, case: int, name: str) -> None:
        case_id, audit, seal = self.cases[case], self.clinic.audit, self.clinic.seal

        def act(tx: Connection) -> None:
            study_uid = cases.study_uids(tx, case_id)[0]
            staff = self._who(who)
            attribution.correct(tx, study_uid, {"PatientName": name}, reason="?", made_by=staff.person_id, now=self.now)
            correction.follow_attribution(Context(tx, audit, self.now, staff), study_uid)
            withhold.restore(Context(tx, audit, self.now, staff), seal, case_id, why="?")

        self._try(act)

    @rule(who=PEOPLE, case=CASES)
    def read_again(self, who: str, case: int) -> None:
        case_id, audit = self.cases[case], self.clinic.audit
        self._try(lambda tx: withhold.read_again(Context(tx, audit, self.now, self._who(who)), case_id, why="?"))

    @rule(who=PEOPLE, case=CASES)
    def raise_alert(self, who: str, case: int) -> None:
        case_id, audit = self.cases[case], self.clinic.audit
        self._try(
            lambda tx: critical.raise_alert(
                Context(tx, audit, self.now, self._who(who)), case_id, critical_class="stroke", finding="!"
            )
        )

    @rule(who=PEOPLE, case=CASES)
    def withdraw_alert(self, who: str, case: int) -> None:
        case_id, audit = self.cases[case], self.clinic.audit
        self._try(lambda tx: critical.withdraw(Context(tx, audit, self.now, self._who(who)), case_id, why="?"))

    @rule(case=CASES, number=st.integers(2, 6))
    def another_image_comes(self, case: int, number: int) -> None:
        study_uid = f"1.{case + 1}"
        self._try(
            lambda tx: intake.take_in(
                Context(tx, self.clinic.audit, self.now, SYSTEM),
                KEYS,
                another_image(tx, self.clinic, study_uid, number, self.now),
            )
        )

    @rule(who=MOSTLY_HOLDER, case=CASES)
    def look_at_late_images(self, who: str, case: int) -> None:
        case_id = self.cases[case]
        self._try(lambda tx: follow_up_answer.claim(Context(tx, self.clinic.audit, self.now, self._who(who)), case_id))

    @rule(who=MOSTLY_HOLDER, case=CASES)
    def late_images_change_nothing(self, who: str, case: int) -> None:
        case_id = self.cases[case]

        def act(tx: Connection) -> None:
            found = follow_ups.open_of(tx, case_id)
            follow_up_answer.no_change(
                Context(tx, self.clinic.audit, self.now, self._who(who)),
                case_id,
                screen=shown(tx, case_id, "?"),
                comment="",
                revision=found.revision if found else 1,
            )

        self._try(act)

    @rule(case=CASES, number=st.integers(2, 6), who=PEOPLE, nothing=st.booleans())
    def late_images_are_answered_for(self, case: int, number: int, who: str, *, nothing: bool) -> None:
        """An image comes and somebody takes it up, so that sequences get to the end of a follow-up."""
        self.another_image_comes(case, number)
        self.look_at_late_images(who, case)
        if nothing:
            self.late_images_change_nothing(who, case)
        else:
            self.addendum(who, case, PNEUMONIA)

    # -- what holds after every step

    @invariant()
    def the_rules_hold(self) -> None:
        if not self.changed:  # as after the step before: what was refused is rolled back
            return
        self.changed = False
        with snapshot(self.engine) as tx:
            self._exactly_the_held_cases_have_one_holder(tx)
            self._every_state_is_where_its_moves_led(tx)
            self._nobody_acts_in_two_roles(tx)
            self._one_version_is_valid_and_every_signature_covers_its_own(tx)
            self._what_was_released_had_the_signatures_that_its_rule_asked(tx)
            self._what_is_withheld_is_hidden_and_what_is_final_is_not(tx)
            self._late_images_of_what_is_final_wait_for_one_answer(tx)

    def _exactly_the_held_cases_have_one_holder(self, tx: Connection) -> None:
        held = set(tx.scalars(sa.select(tables.case.c.id).where(tables.case.c.state.in_(HELD))))
        leases = list(tx.execute(sa.select(tables.lease.c.case_id, tables.lease.c.step)))
        steps = {row.id: row.step for row in tx.execute(sa.select(tables.case.c.id, tables.case.c.step))}

        assert sorted(held) == sorted(lease.case_id for lease in leases)
        assert all(steps[lease.case_id] == lease.step for lease in leases)

    def _every_state_is_where_its_moves_led(self, tx: Connection) -> None:
        for case_id in self.cases:
            moves = history.moves_of(tx, case_id)[1:]
            at = State.WAITING_READ
            for move in moves:
                assert move.from_state is at
                at = MOVES[at, move.move]
                assert move.to_state is at
            assert cases.by_id(tx, case_id).state is at

    def _nobody_acts_in_two_roles(self, tx: Connection) -> None:
        version, signature, review_ = tables.report_version, tables.signature, tables.review
        signed = sa.select(version.c.case_id, signature.c.person_id).join(
            signature, signature.c.version_id == version.c.id
        )
        acted = signed.union(sa.select(review_.c.case_id, review_.c.reviewer_id))
        for case_id, person_id in tx.execute(acted).all():
            assert len(cases.roles_of(tx, case_id, person_id)) == 1

    def _one_version_is_valid_and_every_signature_covers_its_own(self, tx: Connection) -> None:
        for case_id in self.cases:
            found = versions.of_case(tx, case_id)
            assert sum(one.status in (Status.PRELIMINARY, Status.FINAL) for one in found) <= 1
            assert sum(one.status is Status.PENDING for one in found) <= 1
            for one in found:
                signatures = versions.signatures_on(tx, [one.id])
                assert signatures
                assert all(holds(each, one, self.clinic.seal.public_key) for each in signatures)

    def _what_was_released_had_the_signatures_that_its_rule_asked(self, tx: Connection) -> None:
        for case_id in self.cases:
            case, final = cases.by_id(tx, case_id), versions.final(tx, case_id)
            if final is None or final.id in self.released:
                continue
            rule_ = case_rule.rule_of(tx, case)
            signatures = {each.role: each for each in versions.signatures_for(tx, final)}
            roles = set(signatures)
            assert final.released_at is not None
            assert not missing_roles(rule_, list(signatures.values()))
            assert SigningRole.AUTHOR in roles
            # Whoever signed before these words were written did not sign them.
            written_at = signatures[SigningRole.AUTHOR].signed_at
            assert all(each.signed_at >= written_at for each in signatures.values())
            if payload_of(signatures[SigningRole.AUTHOR]).get("in_training"):
                assert roles & {SigningRole.VERIFIER, SigningRole.REVIEWER}
            if payload_of(signatures[SigningRole.AUTHOR])["title"] == RESIDENT and rule_.name != "escalated":
                assert SigningRole.VERIFIER in roles
            if case.modality == "CT" or (case.critical and rule_.name == "critical"):
                assert SigningRole.REVIEWER in roles
            self.released[final.id] = roles

    def _what_is_withheld_is_hidden_and_what_is_final_is_not(self, tx: Connection) -> None:
        hidden = {row.study_uid: row.hidden for row in tx.execute(sa.select(study.c.study_uid, study.c.hidden))}
        for case_id in self.cases:
            case = cases.by_id(tx, case_id)
            is_hidden = case.state in (State.WITHHELD, State.WITHDRAWN)
            assert all(hidden[uid] is is_hidden for uid in cases.study_uids(tx, case_id))
            current = versions.current(tx, case_id)
            if case.state is State.FINAL:
                assert current is not None
                assert current.status is Status.FINAL
            if is_hidden:
                assert current is None

    def _late_images_of_what_is_final_wait_for_one_answer(self, tx: Connection) -> None:
        for case_id in self.cases:
            open_one = follow_ups.open_of(tx, case_id)
            state = cases.by_id(tx, case_id).state
            if versions.final(tx, case_id) is not None:
                assert (open_one is not None) is bool(follow_ups.late_pictures(tx, case_id))
            if state is State.WITHDRAWN:
                assert open_one is None


def _many_hats(tx: Connection, clinic: Clinic) -> Clinic:
    """Everybody of the county and the city may do everything there, so that only the rules keep them apart.

    Rosa is in training at the county, and somebody else there countersigns what she signs.
    """
    tx.execute(
        sa.update(tables.role_grant)
        .where(tables.role_grant.c.person_id == clinic.rosa.person_id)
        .values(role=Role.RESIDENT)
    )
    changed: dict[str, Any] = {}
    for name in ("ada", "rosa", "vera", "ben", "bea", "mona"):
        staff: Staff = getattr(clinic, name)
        for role, place in (
            (Role.READER, clinic.region.oak),
            (Role.VERIFIER, clinic.region.oak),
            (Role.REVIEWER, clinic.region.city),
            (Role.QUALITY_MANAGER, clinic.region.oak),
        ):
            if name == "rosa" and role in {Role.READER, Role.VERIFIER}:
                continue
            people.grant(tx, staff.person_id, place.id, role, NOW)
        changed[name] = replace(staff_of(tx, staff.person_id, NOW), title=staff.title or RESIDENT)
    return replace(clinic, **changed)


def _run(engine: Engine, *, examples: int, steps: int) -> None:
    Reading.engine = engine
    run_state_machine_as_test(
        Reading,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_sequence_breaks_the_rules_on_sqlite(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "moves.db")
    engine = connect(f"sqlite:///{tmp_path / 'moves.db'}", Durability.ASYNCHRONOUS)
    _run(engine, examples=15, steps=25)
    engine.dispose()


def test_no_sequence_breaks_the_rules_on_postgresql(cluster: postgresql.Cluster) -> None:
    url = cluster.new_database()
    engine = connect(url, Durability.ASYNCHRONOUS)
    _run(engine, examples=5, steps=20)
    engine.dispose()
    cluster.drop(url)
