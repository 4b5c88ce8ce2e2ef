"""Which images answer a returned case by themselves, and which wait for a person to say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.moves import Move, State
from reading.context import Context
from reading.errors import MoveNotAllowed
from reading.intake import intake, retake_answer, retakes
from reading.intake.retakes import Unproven
from reading.queue import leases
from reading.register.organisations import Organisation
from storage.database import transaction
from storage.index import queries
from storage.index.entry_batch import Batch
from storage.index.known_studies import Known
from storage.records import Study
from storage.segments.members import Entry
from tests.reading.clinic import arrive, state, take
from tests.reading.intake.chens_images import AGREEING, Scene, by, scene
from tests.reading.region import KEYS
from tests.storage.instances import place, provenance, row

NAMELESS: Final = {"patient_name": "", "sex": "", "birth_date": ""}
OTHER: Final = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
"""Another device of the same site."""
ACCESSION, DEVICE = Unproven.NO_ACCESSION, Unproven.OTHER_DEVICE

# What the retake carries besides our patient number, whether it has the order's accession number, whether it comes from
# the device of the returned images; and what lacks for it to join by itself: nothing, else it waits.
ROWS: Final = (
    ("the name", AGREEING, False, False, ()),
    ("the name and the accession number", AGREEING, True, True, ()),
    ("no name, accession number, same device", NAMELESS, True, True, ()),
    ("no name, accession number, another device", NAMELESS, True, False, (DEVICE,)),
    ("no name, no accession number, same device", NAMELESS, False, True, (ACCESSION,)),
    ("no name, no accession number, another device", NAMELESS, False, False, (ACCESSION, DEVICE)),
    ("no name, sex and birth date agree", NAMELESS | {"sex": "M", "birth_date": "19610402"}, False, True, (ACCESSION,)),
    ("a placeholder for a name", NAMELESS | {"patient_name": "TEST"}, False, True, (ACCESSION,)),
)


@pytest.mark.parametrize(
    ("said", "ordered", "same_device", "lacks"), [one[1:] for one in ROWS], ids=[r[0] for r in ROWS]
)
def test_a_retake_under_our_number_joins_by_name_or_by_what_was_asked_for(
    engine: Engine,
    now: datetime,
    said: dict[str, str],
    lacks: tuple[Unproven, ...],
    *,
    ordered: bool,
    same_device: bool,
) -> None:
    with transaction(engine) as tx:
        made, returned = _returned(tx, now)
        retake = _come(tx, made, now, said, ordered=ordered, same_device=same_device)
        proposed = retakes.proposed(tx, made.clinic.tang, retake, now)
        waiting = retakes.waiting_for(tx, made.clinic.tang, cases.by_id(tx, returned.id), now)

        assert (retake.id == returned.id) is (not lacks)
        assert state(tx, returned.id) is (State.RETURNED if lacks else State.WAITING_READ)
        assert [(one.case.id, one.unproven) for one in proposed] == ([(returned.id, lacks)] if lacks else [])
        assert [one.id for one in waiting] == ([retake.id] if lacks else [])


def test_images_that_contradict_answer_nothing_with_accession_number_and_device(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made, returned = _returned(tx, now)
        retake = _come(tx, made, now, NAMELESS | {"sex": "F"}, ordered=True, same_device=True)

        assert retake.id != returned.id
        assert retakes.proposed(tx, made.clinic.tang, retake, now) == []


def test_a_person_says_that_it_is_the_retake_and_the_returned_case_is_read_on(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made, returned = _returned(tx, now)
        retake = _come(tx, made, now, NAMELESS, ordered=False, same_device=True)
        retake_answer.answer(
            by(made, made.clinic.tang, tx, now), KEYS, retake.id, returned=returned.id, why="本人重拍，当面核对"
        )
        last = history.moves_of(tx, returned.id)[-1]

        assert state(tx, returned.id) is State.WAITING_READ
        assert (last.move, last.person_name, last.why) == (Move.RESUBMIT, "Tang", "本人重拍，当面核对")
        assert state(tx, retake.id) is State.EMPTIED
        assert retakes.proposed(tx, made.clinic.tang, cases.by_id(tx, retake.id), now) == []


def test_a_case_that_was_not_returned_takes_no_retake(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made, returned = _returned(tx, now)
        retake = _come(tx, made, now, NAMELESS, ordered=False, same_device=True)
        ctx = by(made, made.clinic.tang, tx, now)
        intake.resubmit(ctx, returned.id, why="不重拍")

        with pytest.raises(MoveNotAllowed):
            retake_answer.answer(ctx, KEYS, retake.id, returned=returned.id, why="本人重拍")


def test_nobody_of_another_site_is_shown_what_may_be_the_retake(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made, returned = _returned(tx, now)
        retake = _come(tx, made, now, NAMELESS, ordered=False, same_device=True)
        quinn = made.clinic.quinn

        assert retakes.proposed(tx, quinn, retake, now) == []
        assert retakes.waiting_for(tx, quinn, cases.by_id(tx, returned.id), now) == []


def _returned(tx: Connection, now: datetime) -> tuple[Scene, Case]:
    """Chen's ordered examination, returned for a retake."""
    made = scene(tx, now)
    case = arrive(tx, made.clinic, "1.5", now, accession_number=made.order.accession_number, **AGREEING)
    lease = take(tx, made.clinic, made.clinic.ada, case.id, now)
    leases.return_to_site(by(made, made.clinic.ada, tx, now), case.id, revision=lease, why="运动伪影")
    return made, case


def _come(
    tx: Connection, made: Scene, now: datetime, said: dict[str, str], *, ordered: bool, same_device: bool
) -> Case:
    """The case of a retake under our number that says this of its person."""
    known: dict[str, Any] = {"modality": "DX", "body_part": "CHEST", "frames": 1, **said}
    known |= {"patient_id": made.chen.number, "accession_number": made.order.accession_number if ordered else ""}
    later = now + timedelta(minutes=20)
    study = _received(tx, made.clinic.region.hills, later, device_id=None if same_device else OTHER, **known)
    return intake.take_in(Context(tx, made.clinic.audit, later, SYSTEM), KEYS, study)


def _received(tx: Connection, site: Organisation, at: datetime, *, device_id: str | None, **known: Any) -> Study:
    instance = row(study_uid="1.6", series_uid="1.6.1", sop_instance_uid="1.6.1.1", issuer="TIERREAD")
    came = provenance(site_id=site.id, received_at=at)
    came = came if device_id is None else replace(came, device_id=device_id)
    Batch(tx, [Entry(row=replace(instance, **known), place=place(), provenance=came)], Known()).enter()
    study = queries.study_of(tx, "1.6")
    assert study is not None
    return study
