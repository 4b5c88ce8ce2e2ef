"""The pictures of a case, numbered from 1 for the patient's page."""

from __future__ import annotations

from dataclasses import dataclass

from reading.access import visibility
from reading.actions import Action
from reading.cases import cases
from reading.context import Context
from reading.errors import NotThere
from reading.viewers import Viewer
from storage.index import queries


@dataclass(frozen=True, kw_only=True)
class Picture:
    study_uid: str
    number: int
    """From 1 in its study, as `viewer.http.office.Render` counts."""


def pictures_of(ctx: Context[Viewer], case_id: str) -> list[Picture]:
    """Every instance that the viewer sees and that has frames, study by study."""
    scope = visibility.scope(ctx.tx, ctx.who, ctx.now, Action.REPORT_READ)
    return [
        Picture(study_uid=study_uid, number=number)
        for study_uid in cases.study_uids(ctx.tx, case_id)
        for number, instance in enumerate(queries.instances_in(ctx.tx, scope, study_uid), start=1)
        if instance.frames
    ]


def picture_of(ctx: Context[Viewer], case_id: str, number: int) -> Picture:
    """Picture ``number`` of a case, counted from 1.

    Raises:
        NotThere: the case has no such picture.

    """
    found = pictures_of(ctx, case_id)
    if not 1 <= number <= len(found):
        raise NotThere
    return found[number - 1]
