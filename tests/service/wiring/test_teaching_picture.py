"""A picture for a teaching entry: the frame without overlays and without a header, for who may see it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image
from pydicom.dataset import Dataset

from reading.errors import NotThere
from reading.kinds import Level, Role
from reading.register import organisations
from reading.tables import audit_event
from reading.teaching.pictures import Burned
from reading.viewers import Staff
from service.wiring.teaching_picture import teaching_picture
from storage.database import snapshot, transaction
from storage.nodes.reader import Bytes
from tests.builders import image, thing
from tests.reading.region import hire
from tests.service.steps.test_compact import STUDY, Here, here

__all__ = ["here"]


def _taken(here: Here, **said: Any) -> str:
    """An image of one grey (128) with an overlay that is white all over."""
    shown: Dataset = image(rows=64, columns=64, PixelData=bytes(64 * 64 * 2), **said)
    shown.StudyInstanceUID, shown.SeriesInstanceUID = STUDY, f"{STUDY}.1"
    for element, vr, value in ((0x10, "US", 64), (0x11, "US", 64), (0x50, "SS", [1, 1]), (0x3000, "OW", b"\xff" * 512)):
        shown.add_new((0x6000, element), vr, value)
    return here.archive.take(thing(shown), here.sender).sop_instance_uid


@pytest.fixture
def mona(here: Here) -> Staff:
    with transaction(here.house.engine) as tx:
        site = organisations.by_code(tx, "TOWN")
        assert site is not None
        return hire(tx, "mona", here.clock.now, (Role.QUALITY_MANAGER, site))


def test_it_is_bare_and_says_what_may_be_burned_in(here: Here, mona: Staff) -> None:
    plain, screen, named = _taken(here), _taken(here, Modality="US"), _taken(here, BurnedInAnnotation="YES")
    bytes_ = Bytes(here.archive.directory, here.house.object_store, here.house.engine)

    made = [teaching_picture(here.house, bytes_, mona, uid, 1) for uid in (plain, screen, named)]
    with pytest.raises(NotThere):
        teaching_picture(here.house, bytes_, mona, plain, 2)
    with pytest.raises(NotThere):
        teaching_picture(here.house, bytes_, mona, "1.2.3.999", 1)
    with snapshot(here.house.engine) as tx:
        looks = tx.scalars(sa.select(audit_event.c.action).where(audit_event.c.actor_id == mona.person_id)).all()

    assert [one.burned for one in made] == [Burned.NO, Burned.POSSIBLE, Burned.YES]
    picture = Image.open(BytesIO(made[0].jpeg))
    assert (picture.format, picture.size, np.asarray(picture).max()) == ("JPEG", (1024, 1024), 128)
    assert not picture.getexif()
    assert set(looks) == {"study.picture"}


def test_who_does_not_see_the_study_gets_no_picture(here: Here) -> None:
    uid = _taken(here)
    bytes_ = Bytes(here.archive.directory, here.house.object_store, here.house.engine)
    with transaction(here.house.engine) as tx:
        other = organisations.add(tx, code="OTHER", name="外院", level=Level.TOWNSHIP, now=here.clock.now)
        quinn = hire(tx, "quinn", here.clock.now, (Role.QUALITY_MANAGER, other))

    with pytest.raises(NotThere):
        teaching_picture(here.house, bytes_, quinn, uid, 1)
