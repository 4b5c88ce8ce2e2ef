"""Drafts: the text of a report while it is typed, one for each case, so that a closed browser loses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Stale
from reading.reports.content import Content
from reading.tables import draft


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The unsigned text of a case's report and its author."""

    case_id: str
    person_id: str
    content: Content
    saved_at: datetime
    revision: int


def of_case(tx: Connection, case_id: str) -> Draft | None:
    row = tx.execute(sa.select(draft).where(draft.c.case_id == case_id)).one_or_none()
    if row is None:
        return None
    return Draft(
        case_id=row.case_id,
        person_id=row.person_id,
        content=Content.from_json(row.content),
        saved_at=row.saved_at,
        revision=row.revision,
    )


def save(tx: Connection, case_id: str, person_id: str, content: Content, *, revision: int, now: datetime) -> Draft:
    """Replace the draft of ``revision`` (0 where there is none yet); the caller holds the lease of the case.

    Raises:
        Stale: another revision stands.

    """
    unchanged(tx, case_id, revision)
    made = Draft(case_id=case_id, person_id=person_id, content=content, saved_at=now, revision=revision + 1)
    values = {"person_id": person_id, "content": content.to_json(), "saved_at": now, "revision": made.revision}
    if revision == 0:
        tx.execute(sa.insert(draft), {"case_id": case_id, **values})
    else:
        tx.execute(sa.update(draft).where(draft.c.case_id == case_id).values(**values))
    return made


def unchanged(tx: Connection, case_id: str, revision: int) -> None:
    """Make sure that the draft still has this revision.

    Raises:
        Stale: another revision stands.

    """
    standing = tx.scalar(sa.select(draft.c.revision).where(draft.c.case_id == case_id)) or 0
    if standing != revision:
        raise Stale(standing)


def drop_of_others(tx: Connection, case_id: str, person_id: str) -> None:
    """Delete a draft unless this person typed it."""
    tx.execute(sa.delete(draft).where(draft.c.case_id == case_id, draft.c.person_id != person_id))


def drop(tx: Connection, case_id: str) -> None:
    """Delete a draft: its text was signed, or the case was given up."""
    tx.execute(sa.delete(draft).where(draft.c.case_id == case_id))
