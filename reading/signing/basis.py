"""The basis of a signature: the images and the identity that were on the screen of the person who signs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.checks.finding import Check
from reading.completeness import image_set, ledger
from reading.completeness.image_set import ImageSet
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, Stale
from reading.reports import quoted
from reading.reports.not_shown import EVERYTHING_SHOWN, FailedSeries, Fault, NotShown
from reading.rules import case_rule
from reading.texts import storable
from reading.viewers import Staff
from storage.tables import study


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What the desk had on its screen when somebody signed."""

    image_set: str
    """The digest of the images that the desk knew of."""
    series: Mapping[str, int]
    """Series UID to how many of its pictures were drawn complete, at full resolution, and of its documents opened."""
    incomplete_reason: str = ""
    """Why it is signed although images are missing."""
    cannot_show: Mapping[str, FailedSeries] = field(default_factory=dict[str, FailedSeries])
    """Series UIDs that the desk tried and could not show, whole or in part, and those that the reader did not need."""
    not_shown_reason: str = ""
    """Why it is signed although these were not shown."""
    confirmed: Collection[Check] = ()
    """The checks of the text that whoever signs has confirmed by name."""


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a signature stands on: images and identity, as they were compared with the screen."""

    images: ImageSet
    identity: Mapping[str, Any]
    incomplete_reason: str
    not_shown: NotShown
    consultations: Sequence[Mapping[str, Any]]
    """What consultations about the case concluded."""


def basis_of(tx: Connection, case: Case, screen: Screen) -> Basis:
    """The images and the identity of a case, after a check that the screen showed just these.

    Raises:
        Stale: images came since.
        NotAllowed: a picture was never on the screen, and the desk does not say that it cannot show it; or a series was
            left out as not needed, and the rule of the case wants every one looked at.
        Invalid: images are missing and no reason is given; what the desk cannot show is no series with images of
            this case, was shown all the same, is more than the series has, or stands there without a reason.

    """
    study_uids = cases.study_uids(tx, case.id)
    found = image_set.image_set(tx, study_uids)
    if found.digest != screen.image_set:
        raise Stale(None)
    not_shown = _not_shown(found, screen)
    if not case_rule.rule_of(tx, case).may_leave_series and _not_needed(not_shown):
        raise NotAllowed("every_series_is_looked_at")
    reason = _reason("incomplete_reason", screen.incomplete_reason)
    complete = ledger.progress(tx, study_uids, arriving=case.arriving).complete
    if not complete and not reason:
        raise Invalid("incomplete_reason", "required")
    return Basis(
        images=found,
        identity=identity(tx, case),
        incomplete_reason="" if complete else reason,
        not_shown=not_shown,
        consultations=quoted.conclusions(tx, case.id),
    )


@without_door("A part of the act that signs or confirms, which has opened the case.")
def record_not_shown(ctx: Context[Staff], case_id: str, not_shown: NotShown) -> None:
    """Put on record what somebody answers for without having seen it: an event a series."""
    for uid, one in sorted(not_shown.series.items()):
        ctx.record(
            action=Action.REPORT_NOT_SHOWN,
            subject_kind="case",
            subject_id=case_id,
            details={"series": uid, "fault": one.fault, "pictures": one.pictures},
        )


def _not_shown(found: ImageSet, screen: Screen) -> NotShown:
    """What the screen could not show; what no signature accounts for is never asked for, and cannot be named here."""
    failed = screen.cannot_show
    if failed.keys() - found.to_see.keys():
        raise Invalid("cannot_show", "unknown_series")
    for uid, number in found.to_see.items():
        seen = screen.series.get(uid, 0)
        lacking = _lacking(failed[uid], number) if uid in failed else 0
        if lacking and seen >= number:
            raise Invalid("cannot_show", "shown_as_well")
        if seen + lacking < number:
            raise NotAllowed("series_not_shown")
    reason = _reason("not_shown_reason", screen.not_shown_reason)
    if not failed:
        return EVERYTHING_SHOWN
    if not reason:
        raise Invalid("not_shown_reason", "required")
    failures = {uid: _whole(one, found.to_see[uid]) for uid, one in failed.items()}
    return NotShown(series=failures, reason=reason)


def _lacking(failed: FailedSeries, number: int) -> int:
    """How many of a series' pictures are said not to have been shown; more than it has were never asked for."""
    lacking = number if failed.pictures is None else failed.pictures
    if lacking > number:
        raise Invalid("cannot_show", "too_many_pictures")
    return lacking


def _whole(failed: FailedSeries, number: int) -> FailedSeries:
    """All pictures of a series are the whole series."""
    return replace(failed, pictures=None) if failed.pictures == number else failed


def _not_needed(not_shown: NotShown) -> bool:
    return any(one.fault is Fault.NOT_NEEDED for one in not_shown.series.values())


def _reason(name: str, said: str) -> str:
    reason = storable(name, said.strip())
    if len(reason) > 500:
        raise Invalid(name, "too_long")
    return reason


def identity(tx: Connection, case: Case) -> dict[str, Any]:
    """The identity that a report is signed for: patient, site, body part and each study as attributed now."""
    joined = tables.case_study
    rows = tx.execute(
        sa.select(study)
        .join(joined, joined.c.study_uid == study.c.study_uid)
        .where(joined.c.case_id == case.id)
        .order_by(joined.c.joined_at, joined.c.study_uid)
    )
    return {
        "patient_id": case.patient_id,
        "site_id": case.site_id,
        "modality": case.modality,
        "body_part": case.body_part,
        "laterality": case.laterality,
        "studies": [
            {
                "study_uid": row.study_uid,
                "patient_id": row.patient_id,
                "issuer": row.issuer,
                "patient_name": row.patient_name,
                "birth_date": row.birth_date,
                "sex": row.sex,
                "study_date": row.study_date,
                "accession_number": row.accession_number,
                "attribution_revision": row.attribution_revision,
            }
            for row in rows
        ],
    }
