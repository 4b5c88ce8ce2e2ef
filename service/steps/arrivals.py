"""Studies that the intake has to look at: those with new images, and those without a case."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.engine import Connection

from reading.cases import cases
from storage.index import queries
from storage.index.queries import Study

RECENT: Final = timedelta(minutes=5)
"""Rows are committed a moment after they were received, and clocks of nodes differ: look back this far."""
SWEEP_EVERY: Final = timedelta(seconds=30)
"""Replay after a crash enters rows that were received long ago: these are found by having no case."""
AGAIN_AFTER: Final = timedelta(seconds=30)
"""Delay after which a study that could not be taken in is tried again."""
BATCH: Final = 200


class Arrivals:
    """Remembers the images and the last arrival of each recent study, so that only changed studies are looked at.

    A study without visible images is not taken in: all of them are rejected or were moved.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, datetime]] = {}
        self._postponed: dict[str, datetime] = {}
        self._swept_at: datetime | None = None

    def waiting(self, tx: Connection, now: datetime) -> list[Study]:
        """Studies to be taken in, the longest waiting first."""
        recent = queries.arrivals_since(tx, now - RECENT)
        found = [each for each in recent if each.instances and self._seen.get(each.study_uid) != _mark(each)]
        if self._swept_at is None or now - self._swept_at >= SWEEP_EVERY:
            known = {each.study_uid for each in found}
            found += [each for each in _without_case(tx) if each.study_uid not in known]
            self._swept_at = now
            self._forget(recent)
        return [each for each in found if self._postponed.get(each.study_uid, now) <= now]

    def taken_in(self, one: Study) -> None:
        self._seen[one.study_uid] = _mark(one)
        self._postponed.pop(one.study_uid, None)

    def postpone(self, one: Study, now: datetime) -> None:
        """Try a study again later, after the others."""
        self._postponed[one.study_uid] = now + AGAIN_AFTER

    def _forget(self, recent: list[Study]) -> None:
        uids = {each.study_uid for each in recent}
        self._seen = {uid: mark for uid, mark in self._seen.items() if uid in uids}


def _mark(one: Study) -> tuple[int, datetime]:
    # One may come while another is hidden: the count alone would not tell.
    return one.instances, one.last_received_at


def _without_case(tx: Connection) -> list[Study]:
    found = [queries.study_of(tx, uid) for uid in cases.studies_without(tx, BATCH)]
    return [each for each in found if each is not None]
