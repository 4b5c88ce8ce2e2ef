"""The pictures of the patient's page: instances of a study, windowed and scaled for a browser."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from pacs.pixels.memory import Busy, TooLarge
from pacs.pixels.opened import Bytes, NoSuchFrame, StoredInstance, Unreadable
from pacs.pixels.rendered import render
from pacs.pixels.rendering import Picture, Rendering, Viewport
from pacs.pixels.transcode import NotDecodable
from reading.access import act_transaction, door, visibility
from reading.actions import Action
from reading.errors import NotThere
from reading.viewers import Viewer
from service.installation.house import House
from storage.database import snapshot
from storage.index import queries
from viewer.http.errors import Unavailable

LARGEST: Final = Viewport(width=1600, height=1600)
"""Enough to see the finding on a phone, a tenth of the bytes of the original."""


def picture(house: House, bytes_: Bytes, viewer: Viewer, study_uid: str, number: int) -> tuple[bytes, str]:
    """Picture ``number`` (from 1) of a study and its media type.

    Raises:
        NotThere: no such study or not theirs, no such picture, or nothing that can be shown.
        Unavailable: other pictures take all the memory at this moment.

    """
    now = house.clock()
    with snapshot(house.engine) as tx:
        study = door.open_study_again(tx, viewer, study_uid, Action.STUDY_PICTURE, now)
    if study is None:
        with act_transaction.acting(house.engine, house.audit, now, viewer) as ctx:
            door.open_study(ctx, study_uid, Action.STUDY_PICTURE)
    with snapshot(house.engine) as tx:
        instances = queries.instances_in(tx, visibility.scope(tx, viewer, now, Action.STUDY_PICTURE), study_uid)
    if not 1 <= number <= len(instances):
        raise NotThere
    with refused_as_answers():
        shown = for_phone(StoredInstance(bytes_, instances[number - 1]))
    return shown, Picture.JPEG.value


@contextmanager
def refused_as_answers() -> Generator[None]:
    """Say of a picture that cannot be made what its page answers.

    Raises:
        NotThere: there is nothing that can be shown.
        Unavailable: other pictures take all the memory at this moment.

    """
    try:
        yield
    except (NotDecodable, NoSuchFrame, Unreadable, TooLarge) as nothing:
        raise NotThere from nothing
    except Busy as busy:
        raise Unavailable from busy


def for_phone(opened: StoredInstance) -> bytes:
    """The first frame of an instance as the patient's page shows it, a JPEG.

    Raises:
        NotDecodable, NoSuchFrame, Unreadable, TooLarge, Busy: as `pacs.pixels.rendered.render`.

    """
    return render(opened, opened.header(), 1, Rendering(viewport=LARGEST), Picture.JPEG)
