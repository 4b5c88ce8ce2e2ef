"""How much waits for somebody beside each way: numbers, which name nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from reading.administrators import emergencies
from reading.context import Context
from reading.desk import alert_bar, withheld
from reading.messages import oversight
from reading.messages.moves import State
from reading.protocolling import lists
from reading.questions import questions
from reading.review import to_do
from reading.teaching import subscriptions
from reading.viewers import Staff
from viewer.shell.navigation import Entry, Waits


def _alerts(ctx: Context[Staff]) -> int:
    return alert_bar.theirs(ctx.tx, ctx.who, ctx.now)


COUNTS: Final[Mapping[Waits, Callable[[Context[Staff]], int]]] = {
    Waits.ALERTS: _alerts,
    Waits.QUESTIONS: lambda ctx: questions.count(ctx) + lists.count(ctx),
    Waits.PROTOCOLS: lists.count_unread,
    Waits.WITHHELD: withheld.to_decide,
    Waits.REVIEWS: to_do.count,
    Waits.EMERGENCIES: emergencies.unjudged,
    Waits.TEACHING: subscriptions.count,
    Waits.MESSAGES: lambda ctx: oversight.counts(ctx)[State.FAILED],
}


def counts(ctx: Context[Staff], entries: Iterable[Entry]) -> dict[Waits, int]:
    """What waits at these ways."""
    return {one.waits: COUNTS[one.waits](ctx) for one in entries if one.waits is not None}
