"""All images of a case, hidden ones too, and what was decided about them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from reading.cases import cases
from reading.errors import Stale
from reading.intake import rejection_record, surgery_record
from reading.intake.rejection_record import Rejection
from reading.intake.surgery_record import Surgery
from storage.index import queries
from storage.records import Instance, Series


@dataclass(frozen=True, kw_only=True)
class CaseImages:
    series: Sequence[tuple[Series, Sequence[Instance]]]
    steps: Sequence[Surgery]
    rejections: Sequence[Rejection]


def images_of(tx: Connection, case_id: str) -> CaseImages:
    """The images of a case that the caller has opened."""
    series: list[tuple[Series, Sequence[Instance]]] = []
    for study_uid in cases.study_uids(tx, case_id):
        inside: dict[str, list[Instance]] = {}
        for one in queries.all_instances_in(tx, study_uid):
            inside.setdefault(one.series_uid, []).append(one)
        series += [
            (one, inside[one.series_uid]) for one in queries.all_series_in(tx, study_uid) if one.series_uid in inside
        ]
    uids = [one.sop_instance_uid for _, instances in series for one in instances]
    return CaseImages(
        series=series, steps=surgery_record.of_case(tx, case_id), rejections=rejection_record.about(tx, uids)
    )


def everything(tx: Connection, case_id: str) -> str:
    """Hex SHA-256 over the UIDs of all images of a case, hidden ones too: whether it still has those of a page."""
    uids = (
        one.sop_instance_uid
        for study_uid in cases.study_uids(tx, case_id)
        for one in queries.all_instances_in(tx, study_uid)
    )
    return hashlib.sha256("\n".join(sorted(uids)).encode()).hexdigest()


def chosen(tx: Connection, case_id: str, images: Sequence[str], series: Sequence[str], *, seen: str) -> list[str]:
    """The images that were chosen, one by one or by their series, once each; ``seen`` is `everything` of the page.

    Raises:
        Stale: a series was chosen, and the case no longer has the images that were on the page.

    """
    if series and everything(tx, case_id) != seen:
        raise Stale
    found = dict.fromkeys(images)
    if series:
        for one, instances in images_of(tx, case_id).series:
            if one.series_uid in series:
                found |= dict.fromkeys(each.sop_instance_uid for each in instances)
    return list(found)
