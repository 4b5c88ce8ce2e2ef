"""Performed procedure steps: what devices say that they are making and have made (MPPS, PS3.4 F)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading.completeness import ledger
from reading.completeness.ledger import Named
from reading.orders import orders
from reading.orders.order_state import OrderState
from reading.tables import performed_change, performed_reference, performed_step
from storage.ids import new_id
from storage.index import queries
from storage.tables import series as series_table

SOURCE: Final = "mpps"
"""Of what a device announces with it (`reading.completeness.ledger`)."""


class State(StrEnum):
    """How far a performed step has come; the last two are final (PS3.4 F.7.2.1)."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    DISCONTINUED = "discontinued"


ORDER_STATE: Final = {
    State.IN_PROGRESS: OrderState.IN_PROGRESS,
    State.COMPLETED: OrderState.COMPLETED,
    State.DISCONTINUED: OrderState.DISCONTINUED,
}


class Said(StrEnum):
    """What became of a message."""

    DONE = "done"
    DUPLICATE = "duplicate"
    """There is one already, and this one says something else."""
    UNKNOWN = "unknown"
    """There is none, or it is another site's."""
    FINAL = "final"
    """It is over and changes no more."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What the step answers."""

    study_uid: str = field(repr=False)
    accession_number: str = field(repr=False)
    step_id: str
    """Of the scheduled step, empty for a step that nobody scheduled."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """An N-CREATE or N-SET: its attributes as DICOM JSON, and what we read out of them; None: it does not say."""

    attributes: Mapping[str, Any] = field(repr=False)
    state: State | None
    modality: str = ""
    references: Sequence[Reference] = ()
    instances: Sequence[Named] | None = field(default=None, repr=False)
    """Everything that was made so far, in all series."""
    reason: Mapping[str, str] | None = None
    """Why it was broken off: value, scheme, meaning."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A performed step as it stands."""

    id: str
    sop_instance_uid: str = field(repr=False)
    site_id: str
    device_id: str
    modality: str
    state: State
    instances: Sequence[Named] | None = field(repr=False)
    reason: Mapping[str, str] | None
    attributes: Mapping[str, Any] = field(repr=False)
    created_at: datetime
    changed_at: datetime
    revision: int


def create(  # noqa: PLR0917 -- a message and whose it is
    tx: Connection, device_id: str, site_id: str, sop_instance_uid: str, message: Message, now: datetime
) -> Said:
    """A device begins. The same message again, of the same site, changes nothing: its answer was lost."""
    made = new_id()
    try:
        with tx.begin_nested():
            tx.execute(
                sa.insert(performed_step).values(
                    id=made,
                    sop_instance_uid=sop_instance_uid,
                    site_id=site_id,
                    device_id=device_id,
                    modality=message.modality,
                    state=State.IN_PROGRESS,
                    series=_listed(message.instances),
                    reason=message.reason,
                    attributes=dict(message.attributes),
                    created_at=now,
                    changed_at=now,
                )
            )
    except IntegrityError:
        return _said_before(tx, site_id, sop_instance_uid, message)
    _keep(tx, made, 1, device_id, State.IN_PROGRESS, message, now)
    for place, reference in enumerate(message.references, start=1):
        tx.execute(
            sa.insert(performed_reference).values(
                performed_id=made,
                place=place,
                study_uid=reference.study_uid,
                accession_number=reference.accession_number,
                procedure_id=_procedure_of(tx, site_id, reference),
            )
        )
    _advance_orders(tx, made, State.IN_PROGRESS)
    return Said.DONE


def change(  # noqa: PLR0917
    tx: Connection, device_id: str, site_id: str, sop_instance_uid: str, message: Message, now: datetime
) -> Said:
    """A device goes on, or ends it; what it listed is then what the ledger expects.

    Only devices of the site that began it; the last message again changes nothing.
    """
    asked = sa.select(performed_step).where(performed_step.c.sop_instance_uid == sop_instance_uid).with_for_update()
    row = tx.execute(asked).one_or_none()
    if row is None or row.site_id != site_id:
        return Said.UNKNOWN
    number, last = _last(tx, row.id)
    if number > 1 and last == dict(message.attributes):
        return Said.DONE
    if row.state != State.IN_PROGRESS:
        return Said.FINAL
    state = message.state or State.IN_PROGRESS
    tx.execute(
        sa.update(performed_step)
        .where(performed_step.c.id == row.id)
        .values(
            state=state,
            series=row.series if message.instances is None else _listed(message.instances),
            reason=message.reason or row.reason,
            attributes={**row.attributes, **message.attributes},
            changed_at=now,
            revision=row.revision + 1,
        )
    )
    _keep(tx, row.id, number + 1, device_id, state, message, now)
    _advance_orders(tx, row.id, state)
    if state is not State.IN_PROGRESS:
        _announce(tx, row.id, now)
    return Said.DONE


def by_uid(tx: Connection, sop_instance_uid: str) -> Step | None:
    row = tx.execute(
        sa.select(performed_step).where(performed_step.c.sop_instance_uid == sop_instance_uid)
    ).one_or_none()
    return None if row is None else _step(row)


def of_procedures(tx: Connection, procedure_ids: Sequence[str]) -> dict[str, Step]:
    """To each procedure that a device has begun, the newest step."""
    reference = performed_reference
    rows = tx.execute(
        sa.select(performed_step, reference.c.procedure_id.label("answered"))
        .join(reference, reference.c.performed_id == performed_step.c.id)
        .where(reference.c.procedure_id.in_(procedure_ids))
        .order_by(performed_step.c.created_at, performed_step.c.id)
    )
    return {row.answered: _step(row) for row in rows}


def of_studies(tx: Connection, study_uids: Sequence[str], site_id: str) -> list[Step]:
    """The steps that name these studies, by devices of the site, the first one first."""
    reference = performed_reference
    named = sa.select(reference.c.performed_id).where(reference.c.study_uid.in_(study_uids))
    rows = tx.execute(
        sa.select(performed_step)
        .where(performed_step.c.id.in_(named), performed_step.c.site_id == site_id)
        .order_by(performed_step.c.created_at, performed_step.c.id)
    )
    return [_step(row) for row in rows]


def history(tx: Connection, performed_id: str) -> list[tuple[State, Mapping[str, Any]]]:
    """Each message of a step with the state that it led to, the first one first."""
    rows = tx.execute(
        sa.select(performed_change.c.state, performed_change.c.attributes)
        .where(performed_change.c.performed_id == performed_id)
        .order_by(performed_change.c.number)
    )
    return [(State(row.state), row.attributes) for row in rows]


def _said_before(tx: Connection, site_id: str, sop_instance_uid: str, message: Message) -> Said:
    row = tx.execute(
        sa.select(performed_step.c.id, performed_step.c.site_id).where(
            performed_step.c.sop_instance_uid == sop_instance_uid
        )
    ).one_or_none()
    if row is None or row.site_id != site_id:
        return Said.DUPLICATE
    first = tx.scalar(
        sa.select(performed_change.c.attributes).where(
            performed_change.c.performed_id == row.id, performed_change.c.number == 1
        )
    )
    return Said.DONE if first == dict(message.attributes) else Said.DUPLICATE


def _keep(  # noqa: PLR0917
    tx: Connection, performed_id: str, number: int, device_id: str, state: State, message: Message, now: datetime
) -> None:
    tx.execute(
        sa.insert(performed_change).values(
            performed_id=performed_id,
            number=number,
            device_id=device_id,
            state=state,
            attributes=dict(message.attributes),
            at=now,
        )
    )


def _last(tx: Connection, performed_id: str) -> tuple[int, Any]:
    row = tx.execute(
        sa.select(performed_change.c.number, performed_change.c.attributes)
        .where(performed_change.c.performed_id == performed_id)
        .order_by(performed_change.c.number.desc())
        .limit(1)
    ).one()
    return row.number, row.attributes


def _procedure_of(tx: Connection, site_id: str, reference: Reference) -> str | None:
    """The procedure of ours: by the Study Instance UID that the worklist gave, else by accession and step number."""
    order = orders.by_study(tx, reference.study_uid)
    if order is not None and order.site_id == site_id:
        return next(one.id for one in order.procedures if one.study_uid == reference.study_uid)
    if not reference.accession_number:
        return None
    order = orders.by_accession(tx, site_id, reference.accession_number)
    if order is None:
        return None
    named = [one.id for one in order.procedures if one.step_id == reference.step_id]
    alone = [one.id for one in order.procedures if len(order.procedures) == 1]
    return next(iter(named or alone), None)


def _advance_orders(tx: Connection, performed_id: str, state: State) -> None:
    reference = performed_reference
    ids = tx.scalars(
        sa.select(reference.c.procedure_id).where(
            reference.c.performed_id == performed_id, reference.c.procedure_id.is_not(None)
        )
    )
    for order_id, procedure_ids in orders.of_procedures(tx, list(ids)).items():
        orders.advance(tx, order_id, procedure_ids, ORDER_STATE[state])


def _announce(tx: Connection, performed_id: str, now: datetime) -> None:
    """What the devices of a site listed for a study, over all its steps: the newest word of a source counts."""
    reference = performed_reference
    site_id = tx.execute(sa.select(performed_step.c.site_id).where(performed_step.c.id == performed_id)).scalar_one()
    asked = sa.select(reference.c.study_uid).where(reference.c.performed_id == performed_id)
    named = [uid for uid in tx.scalars(asked.order_by(reference.c.place)) if not _is_of_another_site(tx, uid, site_id)]
    steps = of_studies(tx, named, site_id)
    if not named or all(step.instances is None for step in steps):
        return  # nobody said what there is
    made = [one for step in steps for one in step.instances or ()]
    ledger.announce_named(tx, _study_of(tx, list(dict.fromkeys(named)), made), SOURCE, made, now)


def _is_of_another_site(tx: Connection, study_uid: str, site_id: str) -> bool:
    """Nobody's device says what another site's study will have."""
    order, stored = orders.by_study(tx, study_uid), queries.study_of(tx, study_uid)
    return any(one is not None and one.site_id != site_id for one in (order, stored))


def _study_of(tx: Connection, named: Sequence[str], made: Iterable[Named]) -> str:
    """Of several studies that one step answers, the one that its series came in; the first one until they have."""
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


def _step(row: sa.Row[Any]) -> Step:
    return Step(
        id=row.id,
        sop_instance_uid=row.sop_instance_uid,
        site_id=row.site_id,
        device_id=row.device_id,
        modality=row.modality,
        state=State(row.state),
        instances=None
        if row.series is None
        else [Named(series_uid=series, sop_instance_uid=uid) for series, uid in row.series],
        reason=row.reason,
        attributes=row.attributes,
        created_at=row.created_at,
        changed_at=row.changed_at,
        revision=row.revision,
    )
