"""/api/cases/{id}/images and what a person decides about them: split, merge, hide, and each taken back."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from reading.access import door
from reading.actions import Action
from reading.intake import rejections, surgery
from reading.intake.case_images import images_of
from viewer.api import bodies
from viewer.http.callers import Acting, Looking
from viewer.http.office import office_of
from viewer.http.on_record import going_in

router = APIRouter(prefix="/api/cases")


@router.get("/{case_id}/images")
def images(request: Request, staff: Looking, case_id: str) -> dict[str, Any]:
    """All images, those that are hidden with the reason, and the steps that were taken."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_IMAGES, "case", case_id) as ctx:
        door.open_case(ctx, case_id, Action.CASE_IMAGES)
        found = images_of(ctx.tx, case_id)
    return {
        "series": [
            {
                "study_uid": one.study_uid,
                "series_uid": one.series_uid,
                "modality": one.modality,
                "number": one.series_number,
                "description": one.series_description,
                "instances": [
                    {
                        "uid": each.sop_instance_uid,
                        "number": each.instance_number,
                        "hidden": each.hidden,
                        "moved": each.moved,
                    }
                    for each in inside
                ],
            }
            for one, inside in found.series
        ],
        "steps": [
            {
                "id": one.id,
                "kind": one.kind,
                "case_id": one.case_id,
                "other_case_id": one.other_case_id,
                "instances": one.instances,
                "reason": one.reason,
                "by": one.made_by,
                "at": one.made_at.isoformat(),
                "undone_at": None if one.undone_at is None else one.undone_at.isoformat(),
            }
            for one in found.steps
        ],
        "rejections": [
            {
                "id": one.id,
                "title": one.title,
                "reason": one.why,
                "by": one.made_by,
                "at": one.made_at.isoformat(),
                "lifted_at": None if one.lifted_at is None else one.lifted_at.isoformat(),
                "instances": one.instances,
            }
            for one in found.rejections
        ],
    }


@router.post("/{case_id}/split")
def split(request: Request, staff: Acting, case_id: str, body: bodies.Split) -> dict[str, Any]:
    """Images get a study of their own, or go to another examination of the site."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_SURGERY, "case", case_id) as ctx:
        made = surgery.split(
            ctx,
            office.keys,
            case_id,
            sop_instance_uids=body.instances,
            into_case=body.into_case,
            why=body.why,
            seen=body.revision,
        )
    return {"other_case_id": made.other_case_id}


@router.post("/{case_id}/merge")
def merge(request: Request, staff: Acting, case_id: str, body: bodies.Merge) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_SURGERY, "case", case_id) as ctx:
        made = surgery.merge(ctx, office.keys, case_id, into_case=body.into_case, why=body.why, seen=body.revision)
    return {"other_case_id": made.other_case_id}


@router.post("/{case_id}/hide-images")
def hide(request: Request, staff: Acting, case_id: str, body: bodies.HideImages) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_HIDE_IMAGES, "case", case_id) as ctx:
        rejections.hide(ctx, office.keys, case_id, sop_instance_uids=body.instances, why=body.why, seen=body.revision)
    return {"other_case_id": None}


@router.post("/{case_id}/steps/{surgery_id}/undo")
def undo(request: Request, staff: Acting, case_id: str, surgery_id: str, body: bodies.SeenWhy) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_SURGERY, "case", case_id) as ctx:
        surgery.undo(ctx, office.keys, case_id, surgery_id, why=body.why, seen=body.revision)
    return {"other_case_id": None}


@router.post("/{case_id}/rejections/{rejection_id}/lift")
def lift(request: Request, staff: Acting, case_id: str, rejection_id: str, body: bodies.SeenWhy) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_SURGERY, "case", case_id) as ctx:
        rejections.lift(ctx, office.keys, case_id, rejection_id, why=body.why, seen=body.revision)
    return {"other_case_id": None}
