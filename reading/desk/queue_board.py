"""The board of the queue: what is late now, what will be, how much waits where, and how much is ordered as urgent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases.moves import HELD, HIDDEN, WAITING, State, Step
from reading.context import Context, without_door
from reading.desk.queue_rates import Key, rates_of
from reading.errors import NotThere
from reading.kinds import Priority, Role, Tier
from reading.overdue.forecast import Expected, Rates, Waiting, empty_at, expected
from reading.register.grants import reach
from reading.reports import releases
from reading.viewers import Staff

SEEN_BY: Final = (Role.QUALITY_MANAGER, Role.REVIEWER)
MOST: Final = 5000
"""Open cases that a forecast looks at, the most urgent ones."""
WEEK: Final = timedelta(days=7)
_OPEN: Final = WAITING | HELD | {State.PROVISIONAL, State.CONFERRING}
"""The states of which the board tells; a provisional reading waits for its second reader."""
HORIZONS: Final = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=12))


@dataclass(frozen=True, kw_only=True)
class OpenCase:
    """A case that waits or is in somebody's hands; nothing of its person."""

    id: str
    site_id: str
    site_code: str
    site: str
    state: State
    step: Step
    tier: Tier
    priority: Priority
    rank: int
    modality: str
    body_part: str
    due_at: datetime
    rerouted: bool
    released: bool
    """A final report stands: only the review is open, and nobody waits for it."""

    def late(self, at: datetime) -> bool:
        return not self.released and self.due_at < at


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """How many cases will be late by a time."""

    within: timedelta
    late: int


@dataclass(frozen=True, kw_only=True)
class Queue:
    """One step at one tier."""

    step: Step
    tier: Tier
    waiting: int
    held: int
    late: int
    came: int
    """In the last `LATELY`."""
    left: int
    ahead: tuple[Ahead, ...]
    empty_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class LateCase:
    case: OpenCase
    expected_at: datetime | None
    """None: not at the present rate."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Cases that lie in one state, which is no queue."""

    cases: int
    since: datetime | None
    """Since when the first of them does."""


@dataclass(frozen=True, kw_only=True)
class SiteLoad:
    """What of a site is open, by step, and what it ordered in the last week."""

    code: str
    name: str
    open: Mapping[Step, int]
    late: int
    ordered: int
    urgent: int
    """Of these, as urgent or as an emergency."""
    returned: Standing
    """Cases that were returned to it and that it has not sent again: no clock runs for them, and nobody is told."""
    awaiting: Standing
    """Cases that wait for earlier images: nobody reads them until these came, or the rule's time is over."""


@dataclass(frozen=True, kw_only=True)
class Board:
    at: datetime
    queues: tuple[Queue, ...]
    late: tuple[LateCase, ...]
    """Late now, the longest first."""
    soon: tuple[LateCase, ...]
    """Not late yet, and expected to be, the first ones first."""
    sites: tuple[SiteLoad, ...]
    cut: bool
    """Whether more than `MOST` are open."""


def may_see(staff: Staff) -> None:
    """Let quality managers and reviewers in.

    Raises:
        NotThere: they are neither.

    """
    if not any(staff.holds(role) for role in SEEN_BY):
        raise NotThere


@without_door(
    "The page records the look at the list; the rows name no person, and are of the sites that they work for."
)
def board(ctx: Context[Staff]) -> Board:
    """The queues of the sites that they manage or review.

    Raises:
        NotThere: they are neither quality manager nor reviewer.

    """
    may_see(ctx.who)
    reached = reach(ctx.tx, ctx.who, ctx.now)
    sites = reached.managed | reached.read
    found = list(_open_cases(ctx.tx, sites))
    cut = len(found) > MOST
    rates = rates_of(ctx.tx, sites, ctx.now)
    by_key: defaultdict[Key, list[OpenCase]] = defaultdict(list)
    for one in found[:MOST]:
        by_key[one.step, one.tier].append(one)
    foreseen = {key: expected([_waiting(one) for one in cases], rates[key], ctx.now) for key, cases in by_key.items()}
    known = {one.id: one for one in found}
    late = [one for one in found[:MOST] if one.late(ctx.now)]
    leaves = {one.waiting.case_id: one for each in foreseen.values() for one in each}
    soon = [
        one
        for one in leaves.values()
        if one.late and one.waiting.due_at >= ctx.now and not known[one.waiting.case_id].released
    ]
    return Board(
        at=ctx.now,
        queues=tuple(
            _queue(key, by_key[key], foreseen[key], rates[key], ctx.now) for key in sorted(by_key, key=_in_order)
        ),
        late=tuple(
            LateCase(case=one, expected_at=leaves[one.id].at) for one in sorted(late, key=lambda one: one.due_at)
        ),
        soon=tuple(
            LateCase(case=known[one.waiting.case_id], expected_at=one.at)
            for one in sorted(soon, key=lambda one: one.waiting.due_at)
        ),
        sites=tuple(_sites(ctx.tx, sites, found, ctx.now)),
        cut=cut,
    )


def _in_order(key: Key) -> tuple[int, int]:
    return list(Step).index(key[0]), list(Tier).index(key[1])


def _waiting(one: OpenCase) -> Waiting:
    return Waiting(case_id=one.id, rank=one.rank, due_at=one.due_at, held=one.state in HELD)


def _queue(key: Key, cases: Sequence[OpenCase], foreseen: Sequence[Expected], rates: Rates, now: datetime) -> Queue:
    held = sum(one.state in HELD for one in cases)
    released = {one.id for one in cases if one.released}
    return Queue(
        step=key[0],
        tier=key[1],
        waiting=len(cases) - held,
        held=held,
        late=sum(one.late(now) for one in cases),
        came=sum(rates.came.values()),
        left=rates.left,
        ahead=tuple(
            Ahead(
                within=within,
                late=sum(
                    one.late and one.waiting.due_at < now + within
                    for one in foreseen
                    if one.waiting.case_id not in released
                ),
            )
            for within in HORIZONS
        ),
        empty_at=empty_at([one.waiting for one in foreseen], rates, now),
    )


def _open_cases(tx: Connection, sites: frozenset[str]) -> Iterator[OpenCase]:
    """What waits or is held, the most urgent first; one more than `MOST` at most."""
    case, site = tables.case, tables.organisation
    released = releases.was_released(case.c.id)
    gone = sa.exists().where(tables.case_reroute.c.case_id == case.c.id)
    rows = tx.execute(
        sa.select(
            case,
            site.c.code.label("site_code"),
            site.c.name.label("site_name"),
            gone.label("rerouted"),
            released.label("released"),
        )
        .join(site, site.c.id == case.c.site_id)
        .where(case.c.site_id.in_(sites), case.c.state.in_(_OPEN))
        .order_by(case.c.rank, case.c.due_at, case.c.id)
        .limit(MOST + 1)
    )
    for row in rows:
        yield OpenCase(
            id=row.id,
            site_id=row.site_id,
            site_code=row.site_code,
            site=row.site_name,
            state=State(row.state),
            step=Step(row.step),
            tier=Tier(row.tier),
            priority=Priority(row.priority),
            rank=row.rank,
            modality=row.modality,
            body_part=row.body_part,
            due_at=row.due_at,
            rerouted=bool(row.rerouted),
            released=bool(row.released),
        )


def _sites(tx: Connection, sites: frozenset[str], found: Sequence[OpenCase], now: datetime) -> Iterator[SiteLoad]:
    """The sites of which something is open or was received in the last week, by their code."""
    case, place = tables.case, tables.organisation
    rows = tx.execute(
        sa.select(place.c.code, place.c.name, case.c.priority, sa.func.count().label("cases"))
        .join(place, place.c.id == case.c.site_id)
        .where(case.c.site_id.in_(sites), case.c.received_at > now - WEEK, case.c.state.not_in(HIDDEN))
        .group_by(place.c.code, place.c.name, case.c.priority)
    )
    returned, awaiting = (_since(tx, sites, state) for state in (State.RETURNED, State.AWAITING_PRIORS))
    names = {one.site_code: one.site for one in found} | dict(returned.keys()) | dict(awaiting.keys())
    ordered: defaultdict[str, Counter[Priority]] = defaultdict(Counter)
    for row in rows:
        names[row.code] = row.name
        ordered[row.code][Priority(row.priority)] += row.cases
    open_, late = defaultdict[str, Counter[Step]](Counter), Counter[str]()
    for one in found:
        open_[one.site_code][one.step] += 1
        late[one.site_code] += one.late(now)
    for code in sorted(names):
        total = sum(ordered[code].values())
        yield SiteLoad(
            code=code,
            name=names[code],
            open=dict(open_[code]),
            late=late[code],
            ordered=total,
            urgent=total - ordered[code][Priority.ROUTINE],
            returned=_standing(returned.get((code, names[code]), [])),
            awaiting=_standing(awaiting.get((code, names[code]), [])),
        )


def _standing(since: Sequence[datetime]) -> Standing:
    return Standing(cases=len(since), since=min(since, default=None))


def _since(tx: Connection, sites: frozenset[str], state: State) -> dict[tuple[str, str], list[datetime]]:
    """Since when each case of a state has been in it, by code and name of the site."""
    case, place, moved = tables.case, tables.organisation, tables.case_move
    at = sa.func.max(moved.c.at, type_=moved.c.at.type)
    rows = tx.execute(
        sa.select(place.c.code, place.c.name, at.label("since"))
        .select_from(case)
        .join(place, place.c.id == case.c.site_id)
        .join(moved, moved.c.case_id == case.c.id)
        .where(case.c.site_id.in_(sites), case.c.state == state, moved.c.to_state == state)
        .group_by(case.c.id, place.c.code, place.c.name)
    )
    found: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    for row in rows:
        found[row.code, row.name].append(row.since)
    return found
