"""Messages about performed procedure steps (MPPS, PS3.4 F): each is written down, and moves orders and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading.completeness import announcements
from reading.completeness.announcements import Named
from reading.errors import ReadingError
from reading.orders import orders, performed, progress
from reading.orders.orders import Order
from reading.orders.performed import MOVE_OF, State
from reading.patients import patients, persons, same_name
from reading.patients.same_person import Said, compare
from reading.tables import performed_change, performed_reference, performed_step
from storage.ids import new_id
from storage.index import queries
from storage.tables import series as series_table

SOURCE: Final = "mpps"
"""The ledger's name for what a device announces with it (`reading.completeness.ledger`)."""


class FixedValue(ReadingError):
    """A message changes attribute ``tag``, which stays as the step began (PS3.4 Table F.7.2-1)."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


class Answer(StrEnum):
    """What becomes of a message."""

    DONE = "done"
    DUPLICATE = "duplicate"
    """There is such a step already, and its message said something else."""
    UNKNOWN = "unknown"
    """There is no such step, or it is another site's."""
    FINAL = "final"
    """The step is over and changes no more."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The study, order and scheduled step that a performed step answers."""

    study_uid: str = field(repr=False)
    accession_number: str = field(repr=False)
    step_id: str
    """Empty for a step that nobody scheduled."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """An N-CREATE or N-SET: its attributes as DICOM JSON, and what was read from them; None: it does not say."""

    attributes: Mapping[str, Any] = field(repr=False)
    state: State | None
    modality: str = ""
    references: Sequence[Reference] = ()
    instances: Sequence[Named] | None = field(default=None, repr=False)
    """All instances that were made so far, in all series."""
    reason: Mapping[str, str] | None = None
    """Why it was broken off: value, scheme, meaning."""
    person: Said | None = None
    """Of whom the device made it."""
    patient_id: str = field(default="", repr=False)
    """The number under which the device made it."""
    repeated: Sequence[str] = ()
    """Tags among the attributes that stay as the step began."""


def create(  # noqa: PLR0917 -- a message and whose it is
    tx: Connection, device_id: str, site_id: str, sop_instance_uid: str, message: Message, now: datetime
) -> Answer:
    """A device begins a step. The same message again from the same site changes nothing: its answer was lost."""
    made = new_id()
    try:
        with tx.begin_nested():
            tx.execute(
                sa.insert(performed_step),
                {
                    "id": made,
                    "sop_instance_uid": sop_instance_uid,
                    "site_id": site_id,
                    "device_id": device_id,
                    "modality": message.modality,
                    "state": State.IN_PROGRESS,
                    "series": _listed(message.instances),
                    "reason": message.reason,
                    "attributes": dict(message.attributes),
                    "created_at": now,
                    "changed_at": now,
                },
            )
    except IntegrityError:
        return _said_before(tx, site_id, sop_instance_uid, message)
    _keep(tx, made, 1, device_id, State.IN_PROGRESS, message, now)
    for place, reference in enumerate(message.references, start=1):
        tx.execute(
            sa.insert(performed_reference),
            {
                "performed_id": made,
                "place": place,
                "study_uid": reference.study_uid,
                "accession_number": reference.accession_number,
                "procedure_id": _procedure_of(tx, site_id, reference, message),
            },
        )
    _advance_orders(tx, made, State.IN_PROGRESS)
    return Answer.DONE


def change(  # noqa: PLR0917
    tx: Connection, device_id: str, site_id: str, sop_instance_uid: str, message: Message, now: datetime
) -> Answer:
    """A device continues the step or ends it; what it listed is then what the ledger expects.

    Only devices of the site that began the step may; the last message again changes nothing.

    Raises:
        FixedValue: it gives another value to what stays as it began.

    """
    asked = sa.select(performed_step).where(performed_step.c.sop_instance_uid == sop_instance_uid).with_for_update()
    row = tx.execute(asked).one_or_none()
    if row is None or row.site_id != site_id:
        return Answer.UNKNOWN
    number, last = _last(tx, row.id)
    if number > 1 and last == dict(message.attributes):
        return Answer.DONE
    if row.state != State.IN_PROGRESS:
        return Answer.FINAL
    for tag in message.repeated:
        if not _repeats(message.attributes[tag], row.attributes.get(tag, {})):
            raise FixedValue(tag)
    changes = {tag: element for tag, element in message.attributes.items() if tag not in message.repeated}
    state = message.state or State.IN_PROGRESS
    tx.execute(
        sa.update(performed_step)
        .where(performed_step.c.id == row.id)
        .values(
            state=state,
            series=row.series if message.instances is None else _listed(message.instances),
            reason=message.reason or row.reason,
            attributes={**row.attributes, **changes},
            changed_at=now,
            revision=row.revision + 1,
        )
    )
    _keep(tx, row.id, number + 1, device_id, state, message, now)
    _advance_orders(tx, row.id, state)
    if state is not State.IN_PROGRESS:
        _announce(tx, row.id, now)
    return Answer.DONE


def _repeats(said: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether an element (DICOM JSON) says what is known, or less; a step that began without it keeps that."""
    ours, theirs = _values(known), _values(said)
    if not ours or not theirs:
        return True
    return len(ours) == len(theirs) and all(map(_is_part, theirs, ours))


def _is_part(said: Any, known: Any) -> bool:
    if not isinstance(said, Mapping) or not isinstance(known, Mapping):
        return said == known
    return all(
        _repeats(value, known.get(name, {})) if isinstance(value, Mapping) else value == known.get(name)
        for name, value in said.items()
    )


def _values(element: Mapping[str, Any]) -> list[Any]:
    values = [one.strip() if isinstance(one, str) else one for one in element.get("Value") or ()]
    return [one for one in values if one not in (None, "", {})]


def _said_before(tx: Connection, site_id: str, sop_instance_uid: str, message: Message) -> Answer:
    row = tx.execute(
        sa.select(performed_step.c.id, performed_step.c.site_id).where(
            performed_step.c.sop_instance_uid == sop_instance_uid
        )
    ).one_or_none()
    if row is None or row.site_id != site_id:
        return Answer.DUPLICATE
    first = tx.scalar(
        sa.select(performed_change.c.attributes).where(
            performed_change.c.performed_id == row.id, performed_change.c.number == 1
        )
    )
    return Answer.DONE if first == dict(message.attributes) else Answer.DUPLICATE


def _keep(  # noqa: PLR0917
    tx: Connection, performed_id: str, number: int, device_id: str, state: State, message: Message, now: datetime
) -> None:
    tx.execute(
        sa.insert(performed_change),
        {
            "performed_id": performed_id,
            "number": number,
            "device_id": device_id,
            "state": state,
            "attributes": dict(message.attributes),
            "at": now,
        },
    )


def _last(tx: Connection, performed_id: str) -> tuple[int, Any]:
    row = tx.execute(
        sa.select(performed_change.c.number, performed_change.c.attributes)
        .where(performed_change.c.performed_id == performed_id)
        .order_by(performed_change.c.number.desc())
        .limit(1)
    ).one()
    return row.number, row.attributes


def _procedure_of(tx: Connection, site_id: str, reference: Reference, message: Message) -> str | None:
    """Our procedure by the Study Instance UID that the worklist gave, else by accession number and step number.

    None where the device made it of another person than the one who was ordered for.
    """
    order = orders.by_study(tx, reference.study_uid)
    if order is not None and order.site_id == site_id:
        if _of_another_person(tx, order, message):
            return None
        return next(one.id for one in order.procedures if one.study_uid == reference.study_uid)
    if not reference.accession_number:
        return None
    order = orders.by_accession(tx, site_id, reference.accession_number)
    if order is None or _of_another_person(tx, order, message):
        return None
    named = [one.id for one in order.procedures if one.step_id == reference.step_id]
    alone = [one.id for one in order.procedures if len(order.procedures) == 1]
    return next(iter(named or alone), None)


def _of_another_person(tx: Connection, order: Order, message: Message) -> bool:
    patient, numbered = patients.by_id(tx, order.patient_id), patients.by_number(tx, message.patient_id)
    if numbered is not None and not persons.one_person(tx, numbered.id, order.patient_id):
        return True
    said = message.person
    return said is not None and patient is not None and compare(said, patient).verdict is same_name.Answer.DIFFERS


def _advance_orders(tx: Connection, performed_id: str, state: State) -> None:
    reference = performed_reference
    ids = tx.scalars(
        sa.select(reference.c.procedure_id).where(
            reference.c.performed_id == performed_id, reference.c.procedure_id.is_not(None)
        )
    )
    for order_id, procedure_ids in orders.of_procedures(tx, list(ids)).items():
        progress.move(tx, order_id, procedure_ids, MOVE_OF[state])


def _announce(tx: Connection, performed_id: str, now: datetime) -> None:
    """Announce what the site's devices listed for a study in all its steps: the newest word of a source counts."""
    reference = performed_reference
    site_id = tx.execute(sa.select(performed_step.c.site_id).where(performed_step.c.id == performed_id)).scalar_one()
    asked = sa.select(reference.c.study_uid).where(reference.c.performed_id == performed_id)
    named = [uid for uid in tx.scalars(asked.order_by(reference.c.place)) if not _is_of_another_site(tx, uid, site_id)]
    steps = performed.of_studies(tx, named, site_id)
    if not named or all(step.instances is None for step in steps):
        return  # nobody said what there is
    made = [one for step in steps for one in step.instances or ()]
    announcements.announce_named(tx, _study_of(tx, list(dict.fromkeys(named)), made), SOURCE, made, now)


def _is_of_another_site(tx: Connection, study_uid: str, site_id: str) -> bool:
    """A device does not say what another site's study will have."""
    order, stored = orders.by_study(tx, study_uid), queries.study_of(tx, study_uid)
    return any(one is not None and one.site_id != site_id for one in (order, stored))


def _study_of(tx: Connection, named: Sequence[str], made: Iterable[Named]) -> str:
    """With several candidates, the study in which the series arrived; until then the first."""
    if len(named) > 1:
        uids = {one.series_uid for one in made}
        there = tx.scalar(
            sa.select(series_table.c.study_uid)
            .where(series_table.c.series_uid.in_(uids), series_table.c.study_uid.in_(named))
            .limit(1)
        )
        return there or named[0]
    return named[0]


def _listed(instances: Sequence[Named] | None) -> list[list[str]] | None:
    return None if instances is None else [[one.series_uid, one.sop_instance_uid] for one in instances]
