"""What the shown images of studies say of their persons: each says what its bytes name, whatever was corrected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.tables import instance, study


@dataclass(frozen=True, kw_only=True)
class Named:
    """A person as bytes name them, in DICOM's form."""

    patient_name: str = field(repr=False)
    birth_date: str = field(repr=False)
    sex: str


@dataclass(frozen=True, kw_only=True)
class StudyPersons:
    first: Named
    """What the study came with."""
    others: frozenset[Named]
    """What other images in it say, where that differs in any letter."""
    odd: int
    """How many of its shown images say something else than the first one of the study that they name."""


def persons_in(tx: Connection, study_uids: Collection[str]) -> Mapping[str, StudyPersons]:
    """The persons whom the shown images of each study name."""
    shown = instance.c.study_uid.in_(study_uids) & instance.c.hidden.is_(False)
    odd = tx.execute(
        sa.select(instance.c.study_uid, instance.c.other_person).where(shown, instance.c.other_person.is_not(None))
    ).all()
    moved = tx.execute(
        sa.select(instance.c.study_uid, instance.c.received_study_uid)
        .where(shown, instance.c.received_study_uid.is_not(None), instance.c.other_person.is_(None))
        .distinct()
    ).all()
    named = {*study_uids, *(row.received_study_uid for row in moved)}
    rows = tx.execute(sa.select(study.c.study_uid, study.c.received).where(study.c.study_uid.in_(named)))
    received = {row.study_uid: _named(row.received) for row in rows}
    found: dict[str, StudyPersons] = {}
    for uid in study_uids:
        if uid not in received:
            continue
        others = {_named(row.other_person) for row in odd if row.study_uid == uid}
        others |= {
            received[row.received_study_uid]
            for row in moved
            if row.study_uid == uid and row.received_study_uid in received
        }
        found[uid] = StudyPersons(
            first=received[uid],
            others=frozenset(others - {received[uid]}),
            odd=sum(1 for row in odd if row.study_uid == uid),
        )
    return found


def odd_persons(tx: Connection, study_uids: Collection[str]) -> Mapping[str, frozenset[Named]]:
    """The persons whom single shown images of studies name otherwise than their study came with; in one statement."""
    came, here = study.alias("came"), study.alias("here")
    rows = tx.execute(
        sa.select(instance.c.study_uid, instance.c.other_person, came.c.received, here.c.received.label("here"))
        .join(here, here.c.study_uid == instance.c.study_uid)
        .outerjoin(came, came.c.study_uid == instance.c.received_study_uid)
        .where(
            instance.c.study_uid.in_(study_uids),
            instance.c.hidden.is_(False),
            instance.c.other_person.is_not(None) | came.c.study_uid.is_not(None),
        )
    )
    found: dict[str, set[Named]] = {}
    for row in rows:
        named = _named(row.received if row.other_person is None else row.other_person)
        if named != _named(row.here):
            found.setdefault(row.study_uid, set()).add(named)
    return {uid: frozenset(named) for uid, named in found.items()}


def odd_images(tx: Connection, study_uid: str) -> Mapping[str, Named]:
    """The shown images of a study that say something else than it came with, by SOP Instance UID."""
    shown = (instance.c.study_uid == study_uid) & instance.c.hidden.is_(False)
    odd = instance.c.other_person.is_not(None)
    asked = sa.select(instance.c.sop_instance_uid, instance.c.other_person)
    found = {row.sop_instance_uid: _named(row.other_person) for row in tx.execute(asked.where(shown, odd))}
    # An image that was moved here, and says what the study said that it came with.
    came = study.alias("came")
    moved = (
        sa.select(instance.c.sop_instance_uid, came.c.received, study.c.received.label("here"))
        .join(came, came.c.study_uid == instance.c.received_study_uid)
        .join(study, study.c.study_uid == instance.c.study_uid)
        .where(shown, ~odd)
    )
    said = {row.sop_instance_uid: (_named(row.received), _named(row.here)) for row in tx.execute(moved)}
    return found | {uid: named for uid, (named, here) in said.items() if named != here}


def _named(said: Mapping[str, str]) -> Named:
    return Named(
        patient_name=said.get("patient_name", ""), birth_date=said.get("birth_date", ""), sex=said.get("sex", "")
    )
