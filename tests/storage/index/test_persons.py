"""Whom the images of a study name: each image for itself, wherever it is shown."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from storage.database import transaction
from storage.decisions import placement
from storage.decisions.placement_changes import Hidden, SeriesMoved
from storage.index.entry_batch import Batch
from storage.index.known_studies import Known
from storage.index.persons import Named, persons_in
from storage.segments.members import Entry
from tests.storage.instances import NOON, place, provenance, row

CHEN = Named(patient_name="CHEN^DAHAI", birth_date="19610402", sex="M")
WU = Named(patient_name="WU^JUN", birth_date="", sex="F")


def enter(engine: Engine, number: int, named: Named, study_uid: str = "1.2.3") -> None:
    series_uid = f"{study_uid}.{number}"
    said = row(number, study_uid=study_uid, series_uid=series_uid, data=bytes([number]), **vars(named))
    with transaction(engine) as tx:
        Batch(tx, [Entry(row=said, place=place(number), provenance=provenance())], Known()).enter()


def test_an_image_that_names_another_than_the_first_is_noted_and_a_silent_one_is_not(engine: Engine) -> None:
    enter(engine, 1, CHEN)
    enter(engine, 2, WU)
    enter(engine, 3, Named(patient_name="", birth_date="", sex="M"))
    with transaction(engine) as tx:
        found = persons_in(tx, ["1.2.3"])["1.2.3"]

    assert (found.first, found.others, found.odd) == (CHEN, {WU}, 1)


def test_what_is_hidden_says_nothing_and_what_was_moved_says_what_it_said(engine: Engine) -> None:
    enter(engine, 1, CHEN)
    enter(engine, 2, WU)
    enter(engine, 3, WU, "1.2.4")
    enter(engine, 4, CHEN, "1.2.4")
    with transaction(engine) as tx:
        placement.apply(tx, [Hidden(sop_instance_uids=("1.2.3.2",))], NOON)
        hidden = persons_in(tx, ["1.2.3"])["1.2.3"]
        moved = SeriesMoved(series_uid="1.2.4.3", from_study="1.2.4", to_study="1.2.3")
        placement.apply(tx, [moved], NOON)
        found = persons_in(tx, ["1.2.3", "1.2.4", "1.2.5"])

    assert (hidden.others, hidden.odd) == (frozenset(), 0)
    assert (found["1.2.3"].others, found["1.2.3"].odd) == ({WU}, 0)
    assert (found["1.2.4"].first, found["1.2.4"].others, found["1.2.4"].odd) == (WU, {CHEN}, 1)
    assert "1.2.5" not in found
