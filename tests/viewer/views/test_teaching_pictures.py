"""Pictures that a form of teaching offers: each that has marks, however many lie before it, and its page locks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Engine

from reading.reports.marks import Kind
from storage.database import transaction
from tests.reading.clinic import open_clinic
from tests.reading.region import received
from tests.reading.reports.measured import mark
from tests.reading.teaching.scenes import ctx_of, final
from viewer.http.locked_pages import locks
from viewer.views.teaching_pictures import MOST, offered
from viewer.words.catalogue import Language


def test_a_marked_picture_behind_very_many_is_offered(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now, frames=100)
        for number in range(2, 7):
            more = {"sop_instance_uid": f"1.1.1.{number}", "instance_number": number, "frames": 100}
            received(tx, clinic.region.hills, "1.1", now, **more)
        marked = mark(Kind.LENGTH, instance_uid="1.1.1.6", frame=100)
        marked_too = replace(version, content=replace(version.content, marks=(marked,)))
        [series] = offered(ctx_of(tx, clinic, clinic.ben, now), marked_too, Language.ZH)

    assert series["shown"][0]["value"] == "1.1.1.6_100"
    assert len(series["shown"]) + len(series["rest"]) == MOST + 1


def test_the_page_of_an_entry_locks() -> None:
    assert locks("/teaching/entries/01M8")
    assert not locks("/teaching")
