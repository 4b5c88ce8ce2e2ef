"""What is measured lies in pictures of the case and of its priors, from the draft to the version and its seal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.context import Context
from reading.reports import drafts, versions
from reading.reports.content import Content
from reading.reports.marks import InvalidMark, Kind
from reading.reports.seal import holds
from reading.review import review
from reading.signing import marked_pictures, signatures
from storage.database import transaction
from storage.tables import instance
from tests.reading.clinic import Clinic, arrive, open_clinic, read, shown, take, verify
from tests.reading.reports.measured import mark, measured

EARLIER = timedelta(days=90)


def with_a_prior(tx: Connection, clinic: Clinic, now: datetime) -> str:
    """The case of study 1.1, whose person was examined before (study 1.2); study 1.3 is of somebody else."""
    whole: dict[str, Any] = {"patient_id": "P1", "patient_name": "Pia", "sex": "F"}
    arrive(tx, clinic, "1.2", now - EARLIER, **whole)
    arrive(tx, clinic, "1.3", now, patient_id="P2", patient_name="Paul")
    return arrive(tx, clinic, "1.1", now, **whole).id


def test_marks_of_a_draft_stand_in_the_version_and_under_its_seal(engine: Engine, now: datetime) -> None:
    said = measured(mark(), mark(Kind.KEY, number=2), mark(Kind.ELLIPSE, "1.2", number=3))
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case_id = with_a_prior(tx, clinic, now)
        lease = take(tx, clinic, clinic.ada, case_id, now)
        ctx = Context(tx, clinic.audit, now, clinic.ada)
        signatures.save_draft(ctx, case_id, said, revision=0, lease_revision=lease)
        draft = drafts.of_case(tx, case_id)
        signed = signatures.sign(
            ctx,
            clinic.seal,
            case_id,
            content=said,
            screen=shown(tx, case_id),
            draft_revision=1,
            lease_revision=lease,
        )
        kept = versions.by_id(tx, signed.id)
        (signature,) = versions.signatures_on(tx, [signed.id])

    assert draft is not None
    assert draft.content == kept.content == said
    assert holds(signature, kept, clinic.seal.public_key)
    assert b"12.3" in signature.payload


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"study_uid": "1.3"}, "1.study_uid"),
        ({"instance_uid": "1.3.1.1"}, "1.instance_uid"),
        ({"instance_uid": "9.9"}, "1.instance_uid"),
        ({"series_uid": "1.1.2"}, "1.instance_uid"),
        ({"frame": 2}, "1.instance_uid"),
    ],
)
def test_nobody_signs_a_mark_in_a_picture_that_is_not_of_the_case(
    engine: Engine, now: datetime, wrong: dict[str, Any], path: str
) -> None:
    said = measured(mark(), mark(number=2, **wrong))
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case_id = with_a_prior(tx, clinic, now)
        with pytest.raises(InvalidMark) as refused:
            read(tx, clinic, clinic.ada, case_id, now, said)

    assert refused.value.path == path


def test_what_was_signed_stays_though_its_picture_is_hidden_and_nobody_measures_in_it_anew(
    engine: Engine, now: datetime
) -> None:
    said = measured(mark())
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.rosa, case.id, now, said)
        tx.execute(sa.update(instance).values(hidden=True))
        with pytest.raises(InvalidMark), tx.begin_nested():
            verify(tx, clinic, clinic.vera, case.id, now, measured(mark(), mark(number=2)))
        verified = verify(tx, clinic, clinic.vera, case.id, now)

        assert verified.content == said


def test_an_addendum_keeps_what_was_signed_though_its_picture_is_hidden(engine: Engine, now: datetime) -> None:
    said = measured(mark(Kind.KEY, "1.2"))
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case_id = with_a_prior(tx, clinic, now)
        final = read(tx, clinic, clinic.ada, case_id, now, said)
        tx.execute(sa.update(instance).where(instance.c.study_uid == "1.2").values(hidden=True))
        ctx = Context(tx, clinic.audit, now, clinic.ada)
        screen = shown(tx, case_id)
        more = measured(mark(Kind.KEY, "1.2"), mark(Kind.ARROW, "1.2", number=2))
        with pytest.raises(InvalidMark), tx.begin_nested():
            signatures.addendum(ctx, clinic.seal, final.id, content=more, screen=screen)
        added = signatures.addendum(
            ctx, clinic.seal, final.id, content=replace(said, recommendation="一年后复查"), screen=screen
        )

        assert added.content.marks == said.marks


def test_whoever_verifies_changes_a_mark_under_their_own_name(engine: Engine, now: datetime) -> None:
    before, after = measured(mark()), measured(mark(points=[[1, 2], [3, 4]]))
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        written = read(tx, clinic, clinic.rosa, case.id, now, before)
        verified = verify(tx, clinic, clinic.vera, case.id, now, after)

        assert verified.supersedes_id == written.id
        assert versions.by_id(tx, verified.id).content == after
        assert versions.by_id(tx, written.id).content == before
        assert review.difference(before, after).keys() == {"marks"}
        assert Content.from_json(after.to_json()) == after


def test_where_a_mark_lies_is_told_as_its_picture_is_shown_now(engine: Engine, now: datetime) -> None:
    marks = [mark(), mark(number=2, frame=2), mark(number=3, instance_uid="9.9"), mark(Kind.KEY, "1.2", number=4)]
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, series_number=3, instance_number=7)
        arrive(tx, clinic, "1.2", now)
        found = marked_pictures.places(tx, case.id, marks)
        tx.execute(sa.update(instance).where(instance.c.study_uid == "1.1").values(study_uid="1.2"))
        moved = marked_pictures.places(tx, case.id, marks)

    here = marked_pictures.Place(series=3, image=7)
    earlier = marked_pictures.Place(earlier=True)
    assert [found[one.id] for one in marks] == [here, None, None, earlier]
    assert [moved[one.id] for one in marks] == [None, None, None, earlier]
