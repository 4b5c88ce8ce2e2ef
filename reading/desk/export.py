"""The images of a case that somebody takes along: opened through the door, and put on record."""

from __future__ import annotations

from dataclasses import dataclass

from reading.access import door, visibility
from reading.actions import Action
from reading.cases import cases
from reading.context import Context
from reading.patients import attribution
from reading.patients.attribution import Revision
from reading.viewers import Viewer
from storage.index import queries
from storage.index.queries import Instance, Scope, Study


@dataclass(frozen=True, kw_only=True)
class ExportedStudy:
    """A study with the instances that the viewer may see, and the correction that holds for it."""

    study: Study
    scope: Scope
    correction: Revision | None
    instances: list[Instance]


def export_case(ctx: Context[Viewer], case_id: str) -> list[ExportedStudy]:
    """The studies of a case that have images, in the order in which they joined it.

    Raises:
        NotThere: no such case, or not one that they may see.

    """
    door.open_case(ctx, case_id, Action.CASE_EXPORT)
    scope = visibility.scope(ctx.tx, ctx.who, ctx.now, Action.STUDY_EXPORT)
    found: list[ExportedStudy] = []
    for study_uid in cases.study_uids(ctx.tx, case_id):
        instances = queries.instances_in(ctx.tx, scope, study_uid)
        if instances:
            study = door.open_study(ctx, study_uid, Action.STUDY_EXPORT)
            correction = attribution.current(ctx.tx, study_uid)
            found.append(ExportedStudy(study=study, scope=scope, correction=correction, instances=instances))
    details = {"instances": sum(len(one.instances) for one in found)}
    ctx.record(action=Action.CASE_EXPORTED, subject_kind="case", subject_id=case_id, details=details)
    return found
