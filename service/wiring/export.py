"""A case's images to take along: opened through the one door, corrected, as a zip with a DICOMDIR."""

from __future__ import annotations

from collections.abc import Iterator

from pacs.dicomweb.needs import VisibleStudy
from pacs.leaving.placement import corrections
from pacs.leaving.zip_export import Item, TooLarge, zip_stream
from reading.context import Context
from reading.desk.export import ExportedStudy, export_case
from reading.errors import NotAllowed
from reading.intake.surgery import new_uid
from reading.viewers import Viewer
from service.installation.house import House
from storage.database import transaction
from storage.nodes.reader import Bytes


def export(house: House, bytes_: Bytes, viewer: Viewer, case_id: str) -> Iterator[bytes]:
    """The zip, in pieces.

    Raises:
        NotThere: no such case, or not one that they may see; nothing is shown of it.
        NotAllowed: there is more of it than is exported at once.

    """
    items: list[Item] = []
    with transaction(house.engine) as tx:
        for one in export_case(Context(tx, house.audit, house.clock(), viewer), case_id):
            shown = _shown(one)
            made = corrections(tx, one.study, shown.correction, one.instances)
            items += [Item(instance=each, correction=how) for each, how in zip(one.instances, made, strict=True)]
    try:
        return zip_stream(bytes_, items, new_uid)
    except TooLarge:
        raise NotAllowed("too_much_to_export") from None


def _shown(one: ExportedStudy) -> VisibleStudy:
    current = one.correction
    if current is None:
        return VisibleStudy(study=one.study, scope=one.scope)
    return VisibleStudy(
        study=one.study,
        scope=one.scope,
        attributes=current.attributes,
        revision=current.revision,
        reason=current.reason,
        made_at=current.made_at,
    )
