"""Retention: which images may be erased by decision, and which are older than they must be kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.cases import cases
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere
from reading.retention import reading_over
from storage import tables
from storage.decisions import erasure
from storage.decisions.erasure import Erasure
from storage.index import queries
from storage.index.queries import Study

REASON_MOST: Final = 500
_STUDY: Final = tables.study.c


@dataclass(frozen=True, kw_only=True)
class Expired:
    """A study whose images are older than they must be kept."""

    study: Study
    held: bool
    """A hold forbids erasing it."""
    open: bool
    """Its reading is not over (`reading_over`)."""

    @property
    def erasable(self) -> bool:
        return not self.held and not self.open


def studies_named(tx: Connection, name: str) -> list[Study]:
    """The studies of a case, by its id; or one by its Study Instance UID.

    Raises:
        NotThere: no case and no study has this name.

    """
    uids: Collection[str] = cases.study_uids(tx, name) or (name,)
    found = queries.studies_of(tx, uids)
    if not found:
        raise NotThere("case or study")
    return found


def check(tx: Connection, studies: Collection[Study], *, open_too: bool) -> None:
    """Make sure that the images of studies may be erased.

    Raises:
        NotAllowed: a hold forbids it, or a reading is not over and ``open_too`` is False.

    """
    if any(one.hold for one in studies):
        raise NotAllowed("under_a_hold")
    if not open_too and reading_over.open_among(tx, [one.study_uid for one in studies]):
        raise NotAllowed("case_is_open")


@without_door("The worker or the operator does what was decided in a request.")
def erase(ctx: Context[Actor], study: Study, reason: str, *, request_id: str) -> Erasure:
    """Take a study's images out of the index for good; the caller removes their bytes after the transaction."""
    erased = erasure.erase(ctx.tx, study.study_uid, made_by=request_id, reason=reason, now=ctx.now)
    details = {"instances": erased.instances, "request_id": request_id}
    ctx.record(action=Action.STUDY_ERASE, subject_kind="study", subject_id=study.study_uid, details=details)
    return erased


def reason(text: str) -> str:
    """The reason for an erasure without the spaces around it.

    Raises:
        Invalid: it is empty, or longer than `REASON_MOST` characters.

    """
    said = text.strip()
    if not said:
        raise Invalid("reason", "missing")
    if len(said) > REASON_MOST:
        raise Invalid("reason", "too_long")
    return said


def expired(tx: Connection, before: datetime, limit: int, sites: Collection[str] | None = None) -> list[Expired]:
    """Studies with images that received nothing since ``before``, the oldest first; ``sites``: of these alone."""
    asked = sa.select(_STUDY.study_uid).where(_STUDY.last_received_at < before, _STUDY.instances > 0)
    if sites is not None:
        asked = asked.where(_STUDY.site_id.in_(sorted(sites)))
    uids = list(tx.scalars(asked.order_by(_STUDY.last_received_at).limit(limit)))
    unread = reading_over.open_among(tx, uids)
    found = queries.studies_of(tx, uids)
    return [
        Expired(study=one, held=bool(one.hold), open=one.study_uid in unread)
        for one in sorted(found, key=lambda one: one.last_received_at)
    ]
