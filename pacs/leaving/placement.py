"""Instances that are shown in another study or series than their bytes name go out as of where they are shown."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection, Engine

from pacs.leaving.corrections import Correction
from pacs.leaving.visible_study import VisibleStudy
from storage.database import snapshot
from storage.decisions.placement import differences
from storage.index.queries import Instance, Study


def corrections(
    tx: Connection, study: Study, correction: Correction | None, instances: Sequence[Instance]
) -> list[Correction | None]:
    """What goes out otherwise than it came, for each of these instances of ``study``.

    ``correction`` is the study's attribution. One that was moved also takes the UIDs of its place, and what this
    study says of patient and study otherwise than the one that it names: a study is of one patient.
    """
    moved = [one for one in instances if one.moved]
    if not moved:
        return [correction] * len(instances)
    said = differences(tx, study, {one.named[0] for one in moved})
    return [_placed(one, correction, said.get(one.named[0], {})) if one.moved else correction for one in instances]


def correction_of(engine: Engine, shown: VisibleStudy, instance: Instance) -> Correction | None:
    """What goes out otherwise than it came, for one instance of a study that somebody sees."""
    if not instance.moved:
        return shown.correction
    with snapshot(engine) as tx:
        return corrections(tx, shown.study, shown.correction, [instance])[0]


def _placed(instance: Instance, correction: Correction | None, said: dict[str, str]) -> Correction:
    placed_at = instance.placed_at or instance.received_at
    return Correction(
        attributes={
            **said,
            **(correction.attributes if correction else {}),
            "StudyInstanceUID": instance.study_uid,
            "SeriesInstanceUID": instance.series_uid,
        },
        revision=correction.revision if correction else 0,
        reason=correction.reason if correction else "",
        made_at=max(correction.made_at, placed_at) if correction else placed_at,
    )


def validator_parts(instance: Instance, correction: Correction | None) -> tuple[str | bytes, ...]:
    """What an egress of it is made from, beside the revision of its study: parts of a validator."""
    stored = (instance.sop_instance_uid, instance.stored_digest)
    if correction is None or not instance.moved:
        return stored
    return (*stored, repr(sorted(correction.attributes.items())), correction.made_at.isoformat())
