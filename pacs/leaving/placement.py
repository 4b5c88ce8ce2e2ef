"""The correction of each instance: what holds for its study, for its series and for itself, and where it was moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.engine import Connection, Engine

from pacs.leaving.corrections import Correction
from pacs.leaving.visible_study import VisibleStudy
from storage.database import snapshot
from storage.index.part_attributes import of_instance, uid_of
from storage.index.queries import Instance, Study, differences


def corrections(
    tx: Connection, study: Study, correction: Correction | None, instances: Sequence[Instance]
) -> list[Correction | None]:
    """The correction of each of these instances of ``study``; None where its bytes go out unchanged.

    ``correction`` is the study's attribution. A moved instance also takes its new UIDs, and the patient and study
    attributes in which this study differs from the one that its bytes name.
    """
    said = differences(tx, study, {one.named[0] for one in instances if one.moved})
    return [
        _placed(one, own, said.get(one.named[0], {})) if one.moved else own
        for one, own in ((one, own_correction(correction, one)) for one in instances)
    ]


def own_correction(correction: Correction | None, instance: Instance) -> Correction | None:
    """What of a study's correction holds for one of its instances; None where nothing does."""
    if correction is None or not any(uid_of(key) for key in correction.attributes):
        return correction
    own = of_instance(correction.attributes, instance.series_uid, instance.sop_instance_uid)
    return replace(correction, attributes=own) if own else None


def correction_of(engine: Engine, shown: VisibleStudy, instance: Instance) -> Correction | None:
    """The correction of one instance of a visible study; None where its bytes go out unchanged."""
    if not instance.moved:
        return own_correction(shown.correction, instance)
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
    """Parts of an HTTP validator for an outgoing instance; the study's revision is another part."""
    stored = (instance.sop_instance_uid, instance.stored_digest)
    if correction is None or not instance.moved:
        return stored
    return (*stored, repr(sorted(correction.attributes.items())), correction.made_at.isoformat())
