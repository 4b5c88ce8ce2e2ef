"""The images of a case that say they are of somebody else, for whoever looks at them."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.intake import identity
from reading.intake.identity_evidence import contradicting_images
from reading.patients.same_person import Said
from storage.tables import instance


@dataclass(frozen=True, kw_only=True)
class OtherPerson:
    """One image, and what it says of its person."""

    sop_instance_uid: str
    series_uid: str
    said: Said = field(repr=False)


def other_persons(tx: Connection, case: Case) -> tuple[OtherPerson, ...]:
    """The shown images by which a case contradicts its person or itself, while nobody has decided about it.

    A study that contradicts as a whole has none: the head of the case says that.
    """
    if case.identity is not Identity.DIFFERS:
        return ()
    _, studies = identity.compared(tx, case)
    odd = {uid: said for study in studies for uid, said in contradicting_images(tx, study).items()}
    rows = tx.execute(
        sa.select(instance.c.sop_instance_uid, instance.c.series_uid)
        .where(instance.c.sop_instance_uid.in_(odd))
        .order_by(instance.c.series_uid, instance.c.instance_number, instance.c.sop_instance_uid)
    )
    return tuple(
        OtherPerson(sop_instance_uid=row.sop_instance_uid, series_uid=row.series_uid, said=odd[row.sop_instance_uid])
        for row in rows
    )
