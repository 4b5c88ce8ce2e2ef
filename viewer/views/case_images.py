"""The images of a case by series, with what hides them and what was decided about them, for its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reading.intake.case_images import CaseImages
from reading.intake.rejection_record import Rejection, Standing
from reading.reports import versions
from storage.records import Instance
from viewer.words import words
from viewer.words.catalogue import Language, text


def series(found: CaseImages, language: Language) -> list[dict[str, Any]]:
    why = _hidden_because(found, language)
    rows: list[dict[str, Any]] = []
    for place, (one, inside) in enumerate(found.series, start=1):
        number = text(language, "case.series", n=one.series_number or place)
        rows.append(
            {
                "uid": one.series_uid,
                "title": " · ".join(part for part in (number, one.series_description) if part),
                "modality": words.coded(language, "modality", one.modality),
                "count": len(inside),
                "images": [_image(each, language, at, why) for at, each in enumerate(inside, start=1)],
            }
        )
    return rows


def _image(one: Instance, language: Language, at: int, why: Mapping[str, str]) -> dict[str, Any]:
    place = f"/dicomweb/studies/{one.study_uid}/series/{one.series_uid}/instances/{one.sop_instance_uid}"
    return {
        "uid": one.sop_instance_uid,
        "label": text(language, "images.image", n=one.instance_number or at),
        "thumbnail": f"{place}/thumbnail" if one.frames and not one.hidden else "",
        "hidden": why.get(one.sop_instance_uid, text(language, "images.hidden")) if one.hidden else "",
        "moved": one.moved,
    }


def _hidden_because(found: CaseImages, language: Language) -> dict[str, str]:
    return {
        uid: text(language, f"rejection.{rejection.title}")
        for rejection in reversed(found.rejections)
        for uid, standing in rejection.instances.items()
        if standing is Standing.HIDDEN
    }


def hidden_under_report(standing: versions.ReportVersion | None, found: CaseImages) -> int:
    """How many images are hidden now that the valid report was read from."""
    if standing is None:
        return 0
    read_from = standing.images["instances"]
    return sum(one.hidden and one.sop_instance_uid in read_from for _, inside in found.series for one in inside)


def decisions(found: CaseImages, case_id: str, language: Language, zone: str) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "what": text(
                language,
                f"images.step-{one.kind}" if one.case_id == case_id else f"images.step-{one.kind}-here",
                n=one.instances,
            ),
            "other": (one.other_case_id if one.case_id == case_id else one.case_id) or "",
            "who": one.made_by,
            "at": words.moment(one.made_at, zone),
            "why": one.reason,
            "undone": ""
            if one.undone_at is None
            else text(language, "images.undone", name=one.undone_by or "", at=words.moment(one.undone_at, zone)),
            "undone_why": one.undone_why,
        }
        for one in found.steps
    ]


def rejections(found: CaseImages, language: Language, zone: str, site_id: str) -> list[dict[str, Any]]:
    return [_rejection(one, language, zone, site_id) for one in found.rejections]


def _rejection(one: Rejection, language: Language, zone: str, site_id: str) -> dict[str, Any]:
    foreign = all(standing is Standing.FOREIGN for standing in one.instances.values())
    return {
        "id": one.id,
        "what": text(language, f"rejection.{one.title}"),
        "count": text(language, "images.names-n", n=len(one.instances)),
        "who": one.made_by or text(language, "images.by-a-device"),
        "at": words.moment(one.made_at, zone),
        "why": one.why,
        "foreign": foreign,
        "lifted": ""
        if one.lifted_at is None
        else text(language, "images.lifted", name=one.lifted_by or "", at=words.moment(one.lifted_at, zone)),
        "lifted_why": one.lifted_why,
        "can_be_lifted": one.lifted_at is None and not foreign and one.site_id == site_id,
    }
