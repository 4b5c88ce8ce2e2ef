"""A generated day through the real queue, its clock stepped, and through the model: both hand it out alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import WAITING, Step
from reading.context import Context
from reading.kinds import Priority
from reading.overdue import rerouting
from reading.queue import assigning, claiming, leases
from reading.review import review
from reading.review.review import Outcome
from reading.review.scores import Score
from reading.roster import skills, slots, weights
from reading.roster.skills import SkillKind
from reading.rules.calendar import Calendar
from reading.rules.policy import Policy
from reading.rules.rules_document import read_rules
from reading.signing import signatures
from reading.simulation.arrivals import Arrival, arrivals_of
from reading.simulation.model import Premises, play
from reading.simulation.region import region_of
from reading.simulation.scenario import Scenario
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import ATTENDING, NORMAL, Clinic, arrive, open_clinic, shown
from tests.reading.roster.test_at_work import sign_in
from tests.reading.simulation.scenes import NOTHING_FOUND, scenario

MINUTE = timedelta(minutes=1)
HOURS = 4
MINUTES = {"DX": 5, "CT": 15, "CR": 5}
"""To read one; verifying and reviewing take as long."""
RULES: dict[str, Any] = {
    "rules": [
        rule | {"tier": "county", "indicator_minutes": 240, "arriving_minutes": 60, "park_minutes": 0}
        for rule in (
            {"name": "emergency", "when": {"priority": ["emergency"]}, "needs_verifier": False, "due_minutes": 30},
            {"name": "quick", "when": {"modality": ["CR"]}, "needs_verifier": False, "due_minutes": 30},
            {
                "name": "ct",
                "when": {"modality": ["CT"]},
                "needs_verifier": True,
                "exempt_titles": [ATTENDING],
                "review": {"when": "before_release"},
                "due_minutes": 120,
                "skills": ["CT"],
            },
            {
                "name": "other",
                "when": {},
                "needs_verifier": True,
                "exempt_titles": [ATTENDING],
                "due_minutes": 16,
                "overdue": {"to": ["next_tier"], "open_per_reader": 3},
            },
        )
    ]
}
Took = tuple[int, Step, str, int, int]
"""Number of the case, step, who took it, and the minutes at which they took and ended it."""


def test_the_queue_and_the_model_hand_out_a_day_alike(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        day = _Day(tx, open_clinic(tx, now, RULES), now)
        made, arrivals = day.scene()
        region = region_of(made)
        region = replace(
            region,
            starts=now,
            ends=now + timedelta(hours=HOURS),
            workers=tuple(replace(one, slots=((now, now + day.slots[one.staff] * MINUTE),)) for one in region.workers),
        )
        on = Premises(
            rules=Policy(id="one", version=1, rules=read_rules(RULES)),
            weights=weights.in_force(tx, now),
            days=Calendar({}),
        )
        played = play(made, region, on, arrivals, 0)
        expected = sorted(
            (
                case.arrival.number,
                one.step,
                made.staff[int(one.worker[:3])].name,
                round((one.taken_at - now) / MINUTE),
                round((one.done_at - now) / MINUTE),
            )
            for case in played.cases
            for one in case.done
        )

        assert sorted(day.played(arrivals)) == expected
        assert {step for _, step, *_ in expected} == {Step.READ, Step.VERIFY, Step.REVIEW}
        assert any(case.rerouted for case in played.cases)
        assert len(expected) > 30


@dataclass
class _Day:
    tx: Connection
    clinic: Clinic
    now: datetime
    slots: tuple[int, ...] = (100, 240, 150, 240, 240)
    """Minutes from the beginning to the end of the slot of each of the people."""

    def __post_init__(self) -> None:
        clinic, system = self.clinic, self.context(self.now)
        self.people: list[tuple[Staff, Step]] = [
            (clinic.ada, Step.READ),
            (clinic.rosa, Step.READ),
            (clinic.vera, Step.VERIFY),
            (clinic.ben, Step.REVIEW),
            (clinic.bea, Step.READ),
        ]
        for number, (one, step) in enumerate(self.people):
            code = "city" if one in (clinic.ben, clinic.bea) else "oak"
            until = self.now + self.slots[number] * MINUTE
            slots.add(system, organisation_code=code, username=one.username, step=step, since=self.now, until=until)
            sign_in(self.tx, one, self.now)
        skills.add(system, username="ada", code="CT", kind=SkillKind.MODALITY)
        for modality, minutes in MINUTES.items():
            weights.say(system, modality=modality, hundredths=minutes * 10)

    def scene(self) -> tuple[Scenario, list[Arrival]]:
        """The same people and rates as a scenario, and what arrives: at whole minutes, so that both clocks can step."""

        def staff(name: str, place: str, roles: list[str], step: str, title: str, *has: str) -> dict[str, Any]:
            slot = [{"from": "00:00", "to": "00:00"}]
            one = {"name": name, "organisation": place, "roles": roles, "step": step, "title": title}
            return one | {"skills": list(has), "slots": slot}

        made = scenario(
            staff("ada", "oak", ["reader"], "read", ATTENDING, "CT"),
            staff("rosa", "oak", ["reader"], "read", ""),
            staff("vera", "oak", ["reader", "verifier"], "verify", ATTENDING),
            staff("ben", "city", ["reviewer"], "review", ATTENDING),
            staff("bea", "city", ["reviewer"], "read", ATTENDING),
            kinds=[
                {"modality": "DX", "body_part": "HAND", "per_day": 340, "hours": "even", "to_hour": 2},
                {"modality": "CT", "body_part": "NECK", "per_day": 60, "hours": "even", "to_hour": 2},
                {
                    "modality": "CR",
                    "body_part": "HAND",
                    "per_day": 20,
                    "hours": "even",
                    "to_hour": 3,
                    "priority": "emergency",
                },
            ],
            times={"minutes": 10, "spread": 0, "verify": 1, "review": 1},
            outcomes=NOTHING_FOUND,
            seed=3,
        )
        region = replace(region_of(made), starts=self.now)
        arrivals: list[Arrival] = []
        for one in arrivals_of(made, region, 0):
            minute = self.now + round((one.received_at - self.now) / MINUTE) * MINUTE
            arrivals.append(replace(one, received_at=minute, examined_at=minute))
        numbered = sorted(arrivals, key=lambda one: (one.received_at, one.number))
        return made, [replace(one, number=number) for number, one in enumerate(numbered)]

    def played(self, arrivals: list[Arrival]) -> Iterator[Took]:
        """The day by the acts themselves, at every minute at which something can happen."""
        coming, numbers = list(arrivals), dict[str, int]()
        busy: dict[str, tuple[Case, int, int]] = {}
        minute = 0
        while minute < HOURS * 60:
            at = self.now + minute * MINUTE
            self.tx.execute(sa.update(tables.staff_session).values(active_at=at))
            for one, _ in self.people:
                if one.person_id in busy and busy[one.person_id][2] == minute:
                    case, taken, _ = busy.pop(one.person_id)
                    self._signs(one, case, at)
                    yield numbers[case.id], case.step, one.username, taken, minute
            while coming and coming[0].received_at == at:
                arrival = coming.pop(0)
                numbers[self._arrives(arrival, at)] = arrival.number
            self._hands_out(at)
            if rerouting.reroute(self.context(at)):
                self._hands_out(at)
            for number, (one, _) in enumerate(self.people):
                if one.person_id not in busy and minute < self.slots[number]:
                    claimed = claiming.claim_next(self.context(at, one), None)
                    if claimed is not None:
                        busy[one.person_id] = claimed, minute, minute + MINUTES[claimed.modality]
            self._hands_out(at)
            ends = [self.now + each * MINUTE for each in (*self.slots, *(ends for _, _, ends in busy.values()))]
            minute = self._next(at, [*ends, *(one.received_at for one in coming[:1])])

    def context(self, at: datetime, who: Any = SYSTEM) -> Context[Any]:
        return Context(self.tx, self.clinic.audit, at, who)

    def _next(self, at: datetime, known: list[datetime]) -> int:
        """The next minute at which something can happen: what is known, or what waits for a time."""
        case, assignment = tables.case, tables.assignment
        asked = sa.union_all(
            sa.select(assignment.c.take_by).where(assignment.c.ended_at.is_(None)),
            sa.select(case.c.look_at).where(case.c.state.in_(WAITING), case.c.look_at.is_not(None)),
            sa.select(case.c.skills_until).where(case.c.state.in_(WAITING), case.c.skills != ""),
        )
        moments = [*known, *self.tx.scalars(asked)]
        return min((round((one - self.now) / MINUTE) for one in moments if one > at), default=HOURS * 60)

    def _hands_out(self, at: datetime) -> None:
        while assigning.assign(self.context(at)):
            pass

    def _arrives(self, one: Arrival, at: datetime) -> str:
        modality, body_part = (("DX", "HAND"), ("CT", "NECK"), ("CR", "HAND"))[one.kind]
        site = self.clinic.region.hills if one.site_id == "hills" else self.clinic.region.lake
        case = arrive(self.tx, self.clinic, f"1.{one.number}", at, site=site, modality=modality, body_part=body_part)
        if modality == "CR":
            cases.change(self.tx, case, priority=Priority.EMERGENCY)
        return case.id

    def _signs(self, who: Staff, case: Case, at: datetime) -> None:
        ctx, seal, screen = self.context(at, who), self.clinic.seal, shown(self.tx, case.id)
        lease = leases.lease_of(self.tx, case.id)
        assert lease is not None
        revision = lease.revision
        if case.step is Step.READ:
            signatures.sign(
                ctx, seal, case.id, content=NORMAL, screen=screen, draft_revision=0, lease_revision=revision
            )
        elif case.step is Step.VERIFY:
            signatures.verify(ctx, seal, case.id, content=None, screen=screen, lease_revision=revision)
        else:
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
