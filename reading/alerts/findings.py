"""What else was found of a class while nobody had answered: words that an alert takes on beside its first ones."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.alerts.alert_rows import Alert
from reading.tables import critical_finding
from storage.ids import new_id

LONGEST: Final = 1000
_AROUND: Final = "。．.，,；;！!、 "
"""What a sentence begins or ends with, and does not say."""


def add(tx: Connection, alert: Alert, *, words: str, said_by: str, now: datetime) -> str:
    """Keep other words beside those of an alert; answers their id."""
    made = new_id()
    tx.execute(
        sa.insert(critical_finding),
        {"id": made, "alert_id": alert.id, "words": words, "said_by": said_by, "said_at": now},
    )
    return made


def of_alerts(tx: Connection, alerts: Collection[Alert]) -> Mapping[str, tuple[str, ...]]:
    """For each alert its words, the first ones first."""
    more = critical_finding.c
    rows = tx.execute(
        sa.select(more.alert_id, more.words)
        .where(more.alert_id.in_([one.id for one in alerts]))
        .order_by(more.said_at, more.id)
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row.alert_id].append(row.words)
    return {one.id: (one.finding, *found[one.id]) for one in alerts}


def said_by(tx: Connection, alert: Alert) -> frozenset[str]:
    """Everybody whose finding it tells."""
    more = tx.scalars(sa.select(critical_finding.c.said_by).where(critical_finding.c.alert_id == alert.id))
    return frozenset({alert.raised_by, *more})


def same_words(one: str, other: str) -> bool:
    """Whether two findings say the same to the letter; width, case, spaces and the end of the sentence do not count."""
    return _plain(one) == _plain(other)


def _plain(words: str) -> str:
    return "".join(unicodedata.normalize("NFKC", words).casefold().split()).strip(_AROUND)
