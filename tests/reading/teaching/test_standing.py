"""An entry is shown only while what it was made of stands, and its keepers are told why it rests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.context import Context
from reading.errors import Invalid, NotThere
from reading.kinds import Role, Sex
from reading.patients import patients
from reading.patients.merge_moves import Move
from reading.patients.patients import Patient
from reading.registration import corrections, merging
from reading.registration.corrections import Facts
from reading.reports.versions import ReportVersion
from reading.review import discrepancies
from reading.review.discrepancy_moves import Reason
from reading.signing import signatures, withhold
from reading.tables import case
from reading.teaching import entries, library
from reading.teaching.library import Query
from reading.teaching.standing import Rests
from reading.teaching.words import StillNamed
from reading.viewers import Staff
from storage.database import transaction
from storage.tables import instance
from tests.reading.clinic import Clinic, open_clinic, shown
from tests.reading.region import KEYS, hire, pia
from tests.reading.teaching.scenes import WORDS, added, collection, final

LATER = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Scene:
    tx: Connection
    clinic: Clinic
    now: datetime
    pia: Patient
    version: ReportVersion
    entry: str

    def ctx(self, who: Staff) -> Context[Staff]:
        return Context(self.tx, self.clinic.audit, self.now + LATER, who, self.clinic.seal.public_key)

    def found(self) -> int:
        """How many entries a county reader of another county finds."""
        return len(library.find(self.ctx(self.clinic.quinn), Query(), limit=9).entries)


def set_up(tx: Connection, now: datetime) -> Scene:
    clinic = open_clinic(tx, now)
    one = pia(tx, now)
    _, version = final(tx, clinic, now)
    into = collection(tx, clinic, clinic.mona, clinic.region.oak, now)
    made = added(tx, clinic, clinic.mona, version, into, now)
    return Scene(tx=tx, clinic=clinic, now=now, pia=one, version=version, entry=made)


def _withheld(scene: Scene) -> None:
    withhold.withhold(scene.ctx(scene.clinic.mona), scene.version.case_id, why="错人")


def _corrected(scene: Scene) -> None:
    facts = Facts(name="皮娅", birth_date=date(1990, 3, 7), sex=Sex.FEMALE, telephone="")
    tang = scene.ctx(scene.clinic.tang)
    corrections.correct(tang, KEYS, scene.pia.id, facts, revision=1, reason="录入错误")


def _another_record(scene: Scene) -> None:
    scene.tx.execute(sa.update(case).where(case.c.id == scene.version.case_id).values(patient_id=None))


def _hidden(scene: Scene) -> None:
    scene.tx.execute(sa.update(instance).values(hidden=True))


def _moved(scene: Scene) -> None:
    scene.tx.execute(sa.update(instance).values(study_uid="9.9"))


def _added_to(scene: Scene) -> None:
    signatures.addendum(
        scene.ctx(scene.clinic.ada),
        scene.clinic.seal,
        scene.version.id,
        content=replace(scene.version.content, impression="补充：支气管肺炎"),
        screen=shown(scene.tx, scene.version.case_id),
    )


def _merged(scene: Scene) -> None:
    again = patients.register(
        scene.tx,
        KEYS,
        name="皮亚",
        birth_date=scene.pia.birth_date,
        sex=Sex.FEMALE,
        identifiers=[],
        now=scene.now,
        site_id=scene.clinic.region.hills.id,
    )
    claim = merging.propose(scene.ctx(scene.clinic.tang), KEYS, again.id, scene.pia.id, reason="同一人")
    mona = scene.ctx(scene.clinic.mona)
    merging.decide(mona, KEYS, claim.id, Move.MERGE, revision=claim.revision, reason="已核对")


def _doubted(scene: Scene) -> None:
    cleo = hire(scene.tx, "cleo", scene.now, (Role.CLINICIAN, scene.clinic.region.hills))
    version = scene.version
    discrepancies.raise_discrepancy(
        scene.ctx(cleo), version.case_id, reason=Reason.COURSE, words="不符", seen=version.id
    )


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (_withheld, Rests.WITHHELD),
        (_corrected, Rests.PERSON),
        (_merged, Rests.PERSON),
        (_another_record, Rests.PERSON),
        (_hidden, Rests.PICTURES),
        (_moved, Rests.PICTURES),
        (_added_to, Rests.REPORT),
        (_doubted, Rests.OPEN),
    ],
)
def test_it_rests_and_only_its_keepers_see_it(
    engine: Engine, now: datetime, happens: Callable[[Scene], None], why: Rests
) -> None:
    with transaction(engine) as tx:
        scene = set_up(tx, now)
        before = scene.found()
        happens(scene)
        after = scene.found()

        for who in (scene.clinic.quinn, scene.clinic.ada):
            with pytest.raises(NotThere):
                library.open_entry(scene.ctx(who), scene.entry)
            with pytest.raises(NotThere):
                library.picture(scene.ctx(who), scene.entry, 1)
        mona = scene.ctx(scene.clinic.mona)
        _, kept = library.open_entry(mona, scene.entry)
        listed = [reason for _, reason in library.resting(mona, KEYS)]

    assert (before, after) == (1, 0)
    assert kept is not None
    assert kept.rests is why
    assert listed == [why]


def test_who_keeps_it_looks_through_it_again_and_it_is_shown(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        scene = set_up(tx, now)
        _corrected(scene)
        mona = scene.ctx(scene.clinic.mona)

        with pytest.raises(StillNamed):
            entries.change(mona, KEYS, scene.entry, replace(WORDS, point="皮娅 的片"), (1,), seen=1)
        entries.change(mona, KEYS, scene.entry, WORDS, (1,), seen=1)
        again = scene.found()
        _hidden(scene)
        with pytest.raises(Invalid, match="not_of_the_case"):
            entries.change(mona, KEYS, scene.entry, WORDS, (1,), seen=2)
        entries.change(mona, KEYS, scene.entry, WORDS, (), seen=2)

        assert (again, scene.found()) == (1, 1)


def test_a_withheld_report_that_is_restored_brings_its_entry_back(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        scene = set_up(tx, now)
        _withheld(scene)
        away = scene.found()
        mona = scene.ctx(scene.clinic.mona)
        withhold.restore(mona, scene.clinic.seal, scene.version.case_id, why="已核对")

        assert (away, scene.found()) == (0, 1)


def test_case_and_person_are_told_to_nobody_who_may_not_see_them(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        scene = set_up(tx, now)

        seen = {
            who.username: library.open_entry(scene.ctx(who), scene.entry)[1]
            for who in (scene.clinic.mona, scene.clinic.ada, scene.clinic.ben, scene.clinic.quinn)
        }

    assert {name for name, kept in seen.items() if kept is not None} == {"mona"}
    assert seen["mona"] is not None
    assert seen["mona"].case_id == scene.version.case_id
