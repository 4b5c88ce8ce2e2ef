"""A case's images to take along: opened through the one door, corrected, as a zip with a DICOMDIR."""

from __future__ import annotations

from collections.abc import Iterator

from pacs.dicomweb.needs import VisibleStudy
from pacs.leaving.placement import corrections
from pacs.leaving.zip_export import Item, TooLarge, zip_stream
from reading.access import access
from reading.actions import Action
from reading.audit import actor_of
from reading.cases import cases
from reading.context import Context
from reading.errors import NotAllowed
from reading.intake.surgery import new_uid
from reading.patients import attribution
from reading.viewers import Viewer
from service.installation.house import House
from storage.database import transaction
from storage.index import queries
from storage.nodes.reader import Bytes


def export(house: House, bytes_: Bytes, viewer: Viewer, case_id: str) -> Iterator[bytes]:
    """The zip, in pieces.

    Raises:
        NotThere: no such case, or not one that they may see; nothing is shown of it.
        NotAllowed: there is more of it than is exported at once.

    """
    now = house.clock()
    items: list[Item] = []
    with transaction(house.engine) as tx:
        access.open_case(Context(tx, house.audit, now, viewer), case_id, Action.CASE_EXPORT)
        for study_uid in cases.study_uids(tx, case_id):
            instances = queries.instances_in(tx, study_uid)
            if not instances:
                continue
            study = access.open_study(Context(tx, house.audit, now, viewer), study_uid, Action.STUDY_EXPORT)
            current = attribution.current(tx, study_uid)
            shown = VisibleStudy(study=study) if current is None else _shown(study, current)
            made = corrections(tx, study, shown.correction, instances)
            items += [Item(instance=one, correction=each) for one, each in zip(instances, made, strict=True)]
        house.audit.record(
            tx,
            actor=actor_of(viewer),
            action=Action.CASE_EXPORTED,
            subject_kind="case",
            subject_id=case_id,
            details={"instances": len(items)},
            now=now,
        )
    try:
        return zip_stream(bytes_, items, new_uid)
    except TooLarge:
        raise NotAllowed("too_much_to_export") from None


def _shown(study: queries.Study, current: attribution.Revision) -> VisibleStudy:
    return VisibleStudy(
        study=study,
        attributes=current.attributes,
        revision=current.revision,
        reason=current.reason,
        made_at=current.made_at,
    )
