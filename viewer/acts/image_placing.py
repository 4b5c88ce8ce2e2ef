"""Images moved, merged, hidden or shown again by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from reading.access import access
from reading.actions import Action
from reading.cases import cases
from reading.context import Context
from reading.errors import Invalid, NotThere
from reading.intake import rejections, surgery
from reading.intake.rejections import Rejection, Title
from reading.intake.surgery import Surgery
from reading.viewers import Staff
from storage.index import queries
from storage.records import Instance, Series
from viewer.http.office import Office


@dataclass(frozen=True, kw_only=True)
class Shown:
    """All images of a case, hidden ones too, and what was decided about them."""

    series: Sequence[tuple[Series, Sequence[Instance]]]
    steps: Sequence[Surgery]
    rejections: Sequence[Rejection]

    @property
    def hidden(self) -> int:
        return sum(one.hidden for _, inside in self.series for one in inside)


def images_of(tx: Connection, case_id: str) -> Shown:
    """For those who have passed `reading.access.access`."""
    series: list[tuple[Series, Sequence[Instance]]] = []
    for study_uid in cases.study_uids(tx, case_id):
        inside: dict[str, list[Instance]] = {}
        for one in queries.all_instances_in(tx, study_uid):
            inside.setdefault(one.series_uid, []).append(one)
        series += [
            (one, inside[one.series_uid]) for one in queries.all_series_in(tx, study_uid) if one.series_uid in inside
        ]
    uids = [one.sop_instance_uid for _, instances in series for one in instances]
    return Shown(series=series, steps=surgery.of_case(tx, case_id), rejections=rejections.about(tx, uids))


def chosen(tx: Connection, case_id: str, images: Sequence[str], series: Sequence[str]) -> list[str]:
    """The images that were ticked, one by one or by their series, once each."""
    found = dict.fromkeys(images)
    if series:
        for one, instances in images_of(tx, case_id).series:
            if one.series_uid in series:
                found |= dict.fromkeys(each.sop_instance_uid for each in instances)
    return list(found)


def split(  # noqa: PLR0917
    tx: Connection,
    office: Office,
    staff: Staff,
    case_id: str,
    uids: Sequence[str],
    into_case: str | None,
    why: str,
    now: datetime,
) -> str | None:
    """Answers the case in which the images are now. Raises: as `reading.intake.surgery.split`."""
    made = surgery.split(
        Context(tx, office.audit, now, staff),
        office.keys,
        case_id,
        sop_instance_uids=uids,
        into_case=into_case,
        why=why,
    )
    return made.other_case_id


def merge(  # noqa: PLR0917
    tx: Connection, office: Office, staff: Staff, case_id: str, into_case: str, why: str, now: datetime
) -> str | None:
    """Answers the case in which the images are now. Raises: as `reading.intake.surgery.merge`."""
    made = surgery.merge(Context(tx, office.audit, now, staff), office.keys, case_id, into_case=into_case, why=why)
    return made.other_case_id


def hide(  # noqa: PLR0917
    tx: Connection, office: Office, staff: Staff, case_id: str, uids: Sequence[str], why: str, now: datetime
) -> None:
    """Raises: as `reading.intake.rejections.hide`."""
    rejections.hide(Context(tx, office.audit, now, staff), office.keys, case_id, sop_instance_uids=uids, why=why)


def undo(  # noqa: PLR0917
    tx: Connection, office: Office, staff: Staff, case_id: str, surgery_id: str, why: str, now: datetime
) -> None:
    """Raises: as `reading.intake.surgery.undo`; NotThere where the step is none of this case's."""
    access.open_case(Context(tx, office.audit, now, staff), case_id, Action.CASE_SURGERY)
    if surgery_id not in {one.id for one in surgery.of_case(tx, case_id)}:
        raise NotThere
    surgery.undo(Context(tx, office.audit, now, staff), office.keys, surgery_id, why=why)


def show(  # noqa: PLR0917
    tx: Connection, office: Office, staff: Staff, case_id: str, rejection_id: str, why: str, now: datetime
) -> None:
    """Raises: as `reading.intake.rejections.lift`; NotThere where it names no image of this case."""
    access.open_case(Context(tx, office.audit, now, staff), case_id, Action.CASE_SURGERY)
    if rejection_id not in {one.id for one in images_of(tx, case_id).rejections}:
        raise NotThere
    rejections.lift(Context(tx, office.audit, now, staff), office.keys, rejection_id, why=why)


def by_a_device(rejection: Rejection) -> bool:
    return rejection.title is not Title.PERSON


def required(into_case: str) -> str:
    """Raises: Invalid, where no other examination was chosen."""
    if not into_case:
        raise Invalid("into_case", "required")
    return into_case
