"""A week of the reading room by its real acts, at random: nothing is lost, nobody holds what another one holds."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.moves import HELD, SIGNS_AS, WAITING, Move, SigningRole, State, Step, after
from reading.context import Context
from reading.double_reading import readings
from reading.overdue import rerouting
from reading.queue import assigning, claiming, leases, parking
from reading.queue.leases import Lease
from reading.queue.screen_state import ScreenState
from reading.review import review
from reading.review.review import Outcome
from reading.review.scores import Score
from reading.roster import slots
from reading.signing import signatures
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import NORMAL as CLEAR
from tests.reading.clinic import Clinic, open_clinic, shown
from tests.reading.double_reading import twice
from tests.reading.roster.test_at_work import sign_in

DAYS = 7
TICK = timedelta(hours=6)
A_DAY = 4
"""Cases that arrive on each."""


def rules() -> dict[str, Any]:
    overdue = {"to": ["next_tier", "duty"], "open_per_reader": 4}
    document = twice.rules(first_final="after_minutes", minutes=60)
    return {"rules": [rule | {"overdue": overdue, "park_minutes": 480} for rule in document["rules"]]}


def test_a_week_loses_no_case_and_gives_none_to_two(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        room = _Room(tx, open_clinic(tx, now, rules()), now, random.Random(5))
        for number in range(DAYS * 4):
            room.passes(now + number * TICK)
        found = [cases.by_id(tx, case_id) for case_id in room.arrived]

        assert len(found) == DAYS * A_DAY
        assert {one.state for one in found} <= WAITING | HELD | {State.FINAL, State.PROVISIONAL}
        assert sum(one.state is State.FINAL for one in found) > len(found) / 2
        moved = Counter(move for one in found for move in room.replayed(one))
        assert {Move.EXPIRE, Move.PARK, Move.RESUME, Move.REROUTE, Move.SIGN_PROVISIONALLY, Move.CONCUR} <= moved.keys()
        for one in found:
            room.is_right(one)


@dataclass
class _Room:
    tx: Connection
    clinic: Clinic
    now: datetime
    chance: random.Random

    def __post_init__(self) -> None:
        clinic = self.clinic
        self.people = [clinic.ada, clinic.rosa, clinic.vera, clinic.ben, clinic.bea]
        self.arrived: list[str] = []
        steps = {clinic.ada: Step.READ, clinic.rosa: Step.READ, clinic.ben: Step.REVIEW, clinic.bea: Step.READ}
        for one in self.people:
            sign_in(self.tx, one, self.now)
        for day in range(DAYS):
            since = self.now + timedelta(days=day)
            for one, step in steps.items():
                code = "oak" if one in (clinic.ada, clinic.rosa) else "city"
                until = since + timedelta(hours=12)
                slots.add(
                    self.context(self.now),
                    organisation_code=code,
                    username=one.username,
                    step=step,
                    since=since,
                    until=until,
                )

    def context(self, at: datetime, who: Any = SYSTEM) -> Context[Any]:
        return Context(self.tx, self.clinic.audit, at, who)

    def passes(self, at: datetime) -> None:
        """A tick: the worker's steps, half of a day's cases where it is their time, and whatever people feel like."""
        self.tx.execute(sa.update(tables.staff_session).values(active_at=at, created_at=at))
        leases.expire(self.context(at))
        readings.finalise_due(self.context(at))
        if (at - self.now) % timedelta(hours=12) == timedelta():
            for _ in range(A_DAY // 2):
                kind = self.chance.choice([("MG", "BREAST"), ("DX", "CHEST"), ("CT", "HEAD")])
                uid = f"1.{len(self.arrived)}"
                self.arrived.append(twice.arrive(self.tx, self.clinic, uid, at, modality=kind[0], body_part=kind[1]).id)
        while assigning.assign(self.context(at)):
            pass
        rerouting.reroute(self.context(at))
        for one in self.chance.sample(self.people, len(self.people)):
            for _ in range(2):
                self._acts(one, at)
        self._none_is_held_by_two()

    def _acts(self, who: Staff, at: datetime) -> None:
        """Somebody goes on with what they hold, or takes the next one; now and then they vanish from it."""
        row = self.tx.execute(
            sa.select(tables.lease)
            .where(tables.lease.c.person_id == who.person_id, tables.lease.c.expires_at > at)
            .order_by(tables.lease.c.case_id)
        ).first()
        ctx = self.context(at, who)
        if row is None:
            claiming.claim_next(ctx, None)
            return
        lease = leases.from_row(row)
        if lease.parked_at is not None:
            parking.resume(ctx, lease.case_id)
            return
        case = cases.by_id(self.tx, lease.case_id)
        does: Callable[[], object] = self.chance.choice(
            [
                lambda: self._signs(ctx, case, lease),
                lambda: self._signs(ctx, case, lease),
                lambda: leases.put_back(ctx, case.id, revision=lease.revision),
                lambda: self._parks(ctx, lease),
                lambda: None,
            ]
        )
        does()

    def _parks(self, ctx: Context[Staff], lease: Lease) -> None:
        if parking.aside_until(self.tx, cases.by_id(self.tx, lease.case_id), ctx.now) is not None:
            parking.park(ctx, lease.case_id, revision=lease.revision, screen=ScreenState())

    def _signs(self, ctx: Context[Staff], case: Case, lease: Lease) -> None:
        seal, screen, revision = self.clinic.seal, shown(self.tx, case.id), lease.revision
        match case.step:
            case Step.VERIFY:
                signatures.verify(ctx, seal, case.id, content=None, screen=screen, lease_revision=revision)
            case Step.REVIEW:
                review.review(
                    ctx,
                    seal,
                    case.id,
                    outcome=Outcome.AGREE,
                    score=Score.CONCUR,
                    comment="",
                    content=None,
                    screen=screen,
                    lease_revision=revision,
                )
            case _:
                blind = case.modality == "MG"
                readings.sign(
                    ctx,
                    seal,
                    case.id,
                    content=self.chance.choice([twice.NORMAL, twice.NORMAL, twice.RIGHT]) if blind else CLEAR,
                    screen=screen,
                    draft_revision=0,
                    lease_revision=revision,
                )

    def _none_is_held_by_two(self) -> None:
        held = set(self.tx.scalars(sa.select(tables.case.c.id).where(tables.case.c.state.in_(HELD))))
        leased = list(self.tx.scalars(sa.select(tables.lease.c.case_id)))
        assert sorted(leased) == sorted(held)

    def replayed(self, case: Case) -> list[Move]:
        """The moves of a case, played again by their table: each leads to the state that its row says."""
        moves = history.moves_of(self.tx, case.id)
        state = moves[0].to_state
        for one in moves[1:]:
            assert one.from_state is state
            state = after(state, one.move)
            assert one.to_state is state
        assert state is case.state
        return [one.move for one in moves]

    def is_right(self, case: Case) -> None:
        version, signature = tables.report_version, tables.signature
        rows = self.tx.execute(
            sa.select(signature.c.person_id, signature.c.role)
            .join(version, version.c.id == signature.c.version_id)
            .where(version.c.case_id == case.id)
        ).all()
        roles: dict[str, set[SigningRole]] = {}
        for row in rows:
            roles.setdefault(row.person_id, set()).add(SigningRole(row.role))
        assert all(len(theirs) == 1 for theirs in roles.values())
        assert {role for theirs in roles.values() for role in theirs} <= set(SIGNS_AS.values())
        gone = [one.step_number for one in rerouting.of_case(self.tx, case.id)]
        assert len(gone) == len(set(gone))
        rerouted = [one for one in history.moves_of(self.tx, case.id) if one.move is Move.REROUTE]
        assert len(rerouted) == len(gone)
        final = self.tx.scalar(
            sa.select(sa.func.count()).where(version.c.case_id == case.id, version.c.status == "final")
        )
        assert (final == 1) >= (case.state is State.FINAL)
