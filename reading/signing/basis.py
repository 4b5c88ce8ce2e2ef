"""The basis of a signature: the images and the identity that were on the screen of the person who signs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases import cases
from reading.cases.cases import Case
from reading.completeness import image_set, ledger
from reading.completeness.image_set import ImageSet
from reading.errors import Invalid, NotAllowed, Stale
from reading.texts import storable
from storage.tables import study


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What the desk had on its screen when somebody signed."""

    image_set: str
    """The digest of the images that the desk knew of."""
    series: Collection[str]
    """Series UIDs that were shown complete, at full resolution."""
    incomplete_reason: str = ""
    """Why it is signed although images are missing."""


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a signature stands on: images and identity, as they were compared with the screen."""

    images: ImageSet
    identity: Mapping[str, Any]
    incomplete_reason: str


def basis_of(tx: Connection, case: Case, screen: Screen) -> Basis:
    """The images and the identity of a case, after a check that the screen showed just these.

    Raises:
        Stale: images came since.
        NotAllowed: a series was never on the screen.
        Invalid: images are missing and no reason is given.

    """
    study_uids = cases.study_uids(tx, case.id)
    found = image_set.image_set(tx, study_uids)
    if found.digest != screen.image_set:
        raise Stale(None)
    if found.series_with_images - set(screen.series):
        raise NotAllowed("series_not_shown")
    reason = storable("incomplete_reason", screen.incomplete_reason.strip())
    if len(reason) > 500:
        raise Invalid("incomplete_reason", "too_long")
    complete = ledger.progress(tx, study_uids, arriving=case.arriving).complete
    if not complete and not reason:
        raise Invalid("incomplete_reason", "required")
    return Basis(images=found, identity=identity(tx, case), incomplete_reason="" if complete else reason)


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
