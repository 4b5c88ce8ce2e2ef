"""The rows of consultations: one as a value, with whom it asks and what they said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.consultation.moves import InvitationState, State
from reading.errors import NotThere, Stale
from reading.tables import (
    consultation,
    consultation_invitation,
    consultation_opinion,
    consultation_prior,
    organisation,
    person,
    role_grant,
)


@dataclass(frozen=True, kw_only=True)
class Consultation:
    """A question about one case."""

    id: str
    case_id: str
    question: str = field(repr=False)
    asked_by: str
    asked_at: datetime
    until: datetime
    state: State
    ended_at: datetime | None
    ended_why: str = field(repr=False)
    conclusion: str = field(repr=False)
    took_part: Sequence[Mapping[str, Any]]
    """Name, title and organisation of whoever gave an opinion, as they stood at the conclusion."""
    revision: int

    def shows_the_case(self, now: datetime) -> bool:
        """Whether those who are asked see the case."""
        return self.ended_at is None and self.until > now


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """A person where they work, by the words that stand under what they say."""

    person_id: str
    name: str
    title: str
    organisation: str


@dataclass(frozen=True, kw_only=True)
class Invitation:
    id: str
    colleague: Colleague
    organisation_id: str
    state: InvitationState
    invited_at: datetime
    ended_at: datetime | None
    ended_why: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class KeyImage:
    """A frame of an image of the case; ``frame`` counts from 1."""

    study_uid: str
    series_uid: str
    sop_instance_uid: str
    frame: int

    def to_json(self) -> dict[str, Any]:
        return {
            "study_uid": self.study_uid,
            "series_uid": self.series_uid,
            "sop_instance_uid": self.sop_instance_uid,
            "frame": self.frame,
        }


@dataclass(frozen=True, kw_only=True)
class Opinion:
    id: str
    colleague: Colleague
    words: str = field(repr=False)
    key_images: tuple[KeyImage, ...]
    at: datetime


def lock(tx: Connection, consultation_id: str, *, seen: int | None) -> Consultation:
    """A consultation, locked until the transaction ends; ``seen`` is the revision on somebody's screen.

    Raises:
        NotThere: there is none.
        Stale: it has changed since.

    """
    row = tx.execute(
        sa.select(consultation).where(consultation.c.id == consultation_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotThere
    if seen is not None and row.revision != seen:
        raise Stale(row.revision)
    return from_row(row)


def asker(tx: Connection, consultation_id: str) -> Colleague:
    rows = sa.select(person, organisation.c.name.label("organisation")).select_from(
        consultation.join(person, person.c.id == consultation.c.asked_by)
        .join(role_grant, role_grant.c.id == consultation.c.grant_id)
        .join(organisation, organisation.c.id == role_grant.c.organisation_id)
    )
    return _colleague(tx.execute(rows.where(consultation.c.id == consultation_id)).one())


def invitations(tx: Connection, consultation_id: str) -> list[Invitation]:
    """Whom it asks, in the order in which they were asked."""
    table = consultation_invitation
    rows = tx.execute(
        sa.select(table, person.c.name, person.c.title, organisation.c.name.label("organisation"))
        .join(person, person.c.id == table.c.person_id)
        .join(organisation, organisation.c.id == table.c.organisation_id)
        .where(table.c.consultation_id == consultation_id)
        .order_by(table.c.invited_at, table.c.id)
    )
    return [
        Invitation(
            id=row.id,
            colleague=Colleague(person_id=row.person_id, name=row.name, title=row.title, organisation=row.organisation),
            organisation_id=row.organisation_id,
            state=InvitationState(row.state),
            invited_at=row.invited_at,
            ended_at=row.ended_at,
            ended_why=row.ended_why,
        )
        for row in rows
    ]


def opinions(tx: Connection, consultation_id: str) -> list[Opinion]:
    """What was said, the oldest first."""
    table = consultation_opinion
    rows = tx.execute(
        sa.select(table, person.c.name, person.c.title, organisation.c.name.label("organisation"))
        .join(person, person.c.id == table.c.person_id)
        .join(organisation, organisation.c.id == table.c.organisation_id)
        .where(table.c.consultation_id == consultation_id)
        .order_by(table.c.at, table.c.id)
    )
    return [
        Opinion(
            id=row.id,
            colleague=Colleague(person_id=row.person_id, name=row.name, title=row.title, organisation=row.organisation),
            words=row.words,
            key_images=tuple(KeyImage(**one) for one in row.key_images),
            at=row.at,
        )
        for row in rows
    ]


def priors(tx: Connection, consultation_id: str) -> list[str]:
    """The ids of the earlier cases that it names."""
    named = sa.select(consultation_prior.c.case_id).where(consultation_prior.c.consultation_id == consultation_id)
    return list(tx.scalars(named.order_by(consultation_prior.c.case_id)))


def from_row(row: sa.Row[Any]) -> Consultation:
    return Consultation(
        id=row.id,
        case_id=row.case_id,
        question=row.question,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        until=row.until,
        state=State(row.state),
        ended_at=row.ended_at,
        ended_why=row.ended_why,
        conclusion=row.conclusion,
        took_part=tuple(row.took_part),
        revision=row.revision,
    )


def _colleague(row: sa.Row[Any]) -> Colleague:
    return Colleague(person_id=row.id, name=row.name, title=row.title, organisation=row.organisation)
