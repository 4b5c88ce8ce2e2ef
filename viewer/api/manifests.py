"""/api/manifests: a gateway names the instances of a study, so that missing ones are known by name."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request

from reading.completeness import announcements
from reading.completeness.announcements import Named
from reading.errors import Invalid, NotAllowed
from reading.kinds import DeviceRight
from reading.register import device_rights
from storage.database import transaction
from storage.instance_row import is_new_uid
from viewer.api import bodies
from viewer.http.callers import Sending
from viewer.http.office import office_of

router = APIRouter(prefix="/api/manifests")

SOURCE: Final = "manifest"


@router.post("")
def announce(request: Request, machine: Sending, body: bodies.Manifest) -> dict[str, int]:
    """Enter a manifest; the newest of a device counts, and sending the same one again changes nothing.

    The answer does not reveal whether the study is known, or belongs to another site.
    """
    named = [
        Named(series_uid=series.series_uid, sop_instance_uid=uid) for series in body.series for uid in series.instances
    ]
    _checked(body.study_uid, named)
    office = office_of(request)
    with transaction(office.engine) as tx:
        if DeviceRight.STORE not in device_rights.of(tx, machine.device_id, office.clock()):
            raise NotAllowed("device_right")
        announcements.announce_named(
            tx,
            body.study_uid,
            SOURCE,
            named,
            office.clock(),
            device_id=machine.device_id,
            about=machine.device_id,
        )
    return {"instances": len(named)}


def _checked(study_uid: str, named: list[Named]) -> None:
    """Check that every UID is well-formed and that each instance is named once.

    Raises:
        Invalid: the first rule that is broken; the UID itself is not repeated.

    """
    if not is_new_uid(study_uid):
        raise Invalid("study_uid", "not_a_uid")
    if not all(is_new_uid(one.series_uid) for one in named):
        raise Invalid("series_uid", "not_a_uid")
    if not all(is_new_uid(one.sop_instance_uid) for one in named):
        raise Invalid("instances", "not_a_uid")
    if len({one.sop_instance_uid for one in named}) != len(named):
        raise Invalid("instances", "twice")
