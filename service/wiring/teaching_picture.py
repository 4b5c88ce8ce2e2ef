"""The pictures of teaching entries: a frame without overlays and without a header, and whether a name may be in it."""

from __future__ import annotations

from typing import Final

from pacs.pixels.burned_in import names_burned_in
from pacs.pixels.opened import Bytes, StoredInstance
from pacs.pixels.rendered import render
from pacs.pixels.rendering import Picture, Rendering, Viewport
from reading.access import act_transaction, door, visibility
from reading.actions import Action
from reading.errors import NotThere
from reading.teaching.pictures import Burned, Rendered
from reading.viewers import Viewer
from service.installation.house import House
from service.wiring.picture import refused_as_answers
from storage.database import snapshot
from storage.index import queries

HOW: Final = Rendering(viewport=Viewport(width=1024, height=1024), quality=85, overlays=False)
_BURNED: Final = {True: Burned.YES, False: Burned.NO, None: Burned.POSSIBLE}


def teaching_picture(house: House, bytes_: Bytes, viewer: Viewer, sop_instance_uid: str, frame: int) -> Rendered:
    """Frame ``frame`` (from 1) of an image that somebody may see; the look at its study is on record.

    Raises:
        NotThere: no such image or not theirs, no such frame, or nothing that can be shown.
        Unavailable: other pictures take all the memory at this moment.

    """
    now = house.clock()
    with snapshot(house.engine) as tx:
        found = queries.instance_of(tx, sop_instance_uid)
    if found is None:
        raise NotThere
    with act_transaction.acting(house.engine, house.audit, now, viewer) as ctx:
        door.open_study(ctx, found.study_uid, Action.STUDY_PICTURE)
        scope = visibility.scope(ctx.tx, viewer, now, Action.STUDY_PICTURE)
        seen = queries.instances_in(ctx.tx, scope, found.study_uid, found.series_uid)
    if sop_instance_uid not in {one.sop_instance_uid for one in seen}:
        raise NotThere
    opened = StoredInstance(bytes_, found)
    with refused_as_answers():
        header = opened.header()
        jpeg = render(opened, header, frame, HOW, Picture.JPEG)
    return Rendered(jpeg=jpeg, burned=_BURNED[names_burned_in(header)])
