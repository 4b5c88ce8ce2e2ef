"""The images of a case under one digest, so that nobody signs for images that were not on their screen."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.completeness.documents import is_document, is_slide, lies_over_images
from storage.tables import instance

KEY_OBJECTS: Final = "1.2.840.10008.5.1.4.1.1.88.59"
"""Key Object Selection Document: a rejection note stays visible in the study whose images it hides."""


@dataclass(frozen=True, kw_only=True)
class ImageSet:
    digest: str
    """Hex SHA-256 over the lines ``<SOP Instance UID> <hex SHA-256 of the bytes received>``, sorted."""
    instances: Mapping[str, str]
    """SOP Instance UID to the hex SHA-256 of the bytes received."""
    series: Mapping[str, str]
    """Series Instance UID to the digest of its own lines, which tells a series that grew or was replaced."""
    to_see: Mapping[str, int]
    """Series Instance UID to the number of its pictures (frames) and documents, all of which a signature accounts for.
    The levels and tiles of a slide are one picture. A series of presentation states, segmentations or doses alone is
    not in it."""
    documents: frozenset[str]
    """UIDs of the instances that are read like a letter (`reading.completeness.documents`)."""
    pictures: frozenset[str]
    """UIDs of the instances that have frames."""

    def to_json(self) -> dict[str, Any]:
        return {"set": self.digest, "instances": dict(self.instances)}


def image_set(tx: Connection, study_uids: Sequence[str]) -> ImageSet:
    """The arrived images of these studies that are not hidden; what was made here of a report is none of them."""
    rows = tx.execute(
        sa.select(
            instance.c.sop_instance_uid,
            instance.c.sop_class_uid,
            instance.c.series_uid,
            instance.c.received_digest,
            instance.c.frames,
        ).where(instance.c.study_uid.in_(study_uids), instance.c.hidden.is_(False), instance.c.made_here.is_(False))
    ).all()
    instances = {row.sop_instance_uid: bytes(row.received_digest).hex() for row in rows}
    of_series: dict[str, dict[str, str]] = defaultdict(dict)
    to_see: Counter[str] = Counter()
    documents = frozenset(row.sop_instance_uid for row in rows if not row.frames and is_document(row.sop_class_uid))
    for row in rows:
        of_series[row.series_uid][row.sop_instance_uid] = instances[row.sop_instance_uid]
        own = 0 if lies_over_images(row.sop_class_uid) or is_slide(row.sop_class_uid) else row.frames
        to_see[row.series_uid] += 1 if row.sop_instance_uid in documents else own
    to_see.update({row.series_uid for row in rows if is_slide(row.sop_class_uid)})
    return ImageSet(
        digest=_digest(instances),
        instances=instances,
        series={uid: _digest(held) for uid, held in of_series.items()},
        to_see=+to_see,
        documents=documents,
        pictures=frozenset(row.sop_instance_uid for row in rows if row.frames),
    )


def _digest(instances: Mapping[str, str]) -> str:
    lines = "".join(f"{uid} {digest}\n" for uid, digest in sorted(instances.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def counts(tx: Connection, study_uids: Sequence[str]) -> tuple[int, int]:
    """How many instances these studies received, and how many are not hidden; Key Object documents do not count."""
    inside = instance.c.study_uid.in_(study_uids) & (instance.c.sop_class_uid != KEY_OBJECTS)
    inside &= instance.c.made_here.is_(False)
    shown = sa.func.count().filter(instance.c.hidden.is_(False))
    row = tx.execute(sa.select(sa.func.count(), shown).select_from(instance).where(inside)).one()
    return row[0], row[1]
