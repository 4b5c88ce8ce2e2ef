"""The order of the queue as a function gives the case that the database gives, in situations made up by chance."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import SigningRole, State, Step
from reading.context import Context
from reading.kinds import Priority, Role, Tier
from reading.queue import claiming, order
from reading.queue.order import Taker
from reading.register import organisations
from reading.reports.versions import Status
from reading.roster import skills
from reading.roster.skills import SkillKind
from storage.database import transaction
from storage.ids import new_id
from tests.reading.clinic import UNSAMPLED, arrive, open_clinic
from tests.reading.region import hire

MINUTE = timedelta(minutes=1)
READS = {(Step.READ, Tier.COUNTY), (Step.SECOND, Tier.COUNTY), (Step.VERIFY, Tier.COUNTY)}
STEPS = {
    "ada": {Step.READ, Step.SECOND},
    "vera": {Step.READ, Step.SECOND, Step.VERIFY},
    "zoe": {Step.READ, Step.SECOND, Step.VERIFY},
    "sam": {Step.READ},
}
STATES = {State.WAITING_READ: Step.READ, State.WAITING_SECOND: Step.SECOND, State.WAITING_VERIFY: Step.VERIFY}


@dataclass(frozen=True)
class Waiting:
    """A case of the database, with what its row says beside the case."""

    case: Case
    assigned_to: str | None
    assigned_until: datetime | None
    roles: Mapping[str, frozenset[SigningRole]]
    attending: Mapping[str, list[str]]
    """By organisation: who countersigns there."""
    disputed: bool = False

    @property
    def id(self) -> str:
        return self.case.id

    @property
    def site_id(self) -> str:
        return self.case.site_id

    @property
    def step(self) -> Step:
        return self.case.step

    @property
    def tier(self) -> Tier:
        return self.case.tier

    @property
    def rank(self) -> int:
        return cases.queue_rank(self.case.priority, critical=self.case.critical)

    @property
    def due_at(self) -> datetime:
        return self.case.due_at

    @property
    def skills(self) -> str:
        return self.case.skills

    @property
    def by_two(self) -> bool:
        return self.case.by_two

    @property
    def countersign_at(self) -> str | None:
        place = self.case.countersign_at
        could = self.attending.get(place, []) if place is not None else []
        return place if any(not order.is_barred(self, one) for one in could) else None


def test_the_next_case_is_the_same_in_the_database_and_as_a_function(engine: Engine, now: datetime) -> None:
    skilled = {"rules": [rule | {"skills": ["CT"]} if rule["name"] == "ct" else rule for rule in UNSAMPLED["rules"]]}
    chance = random.Random(7)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, skilled)
        zoe = hire(tx, "zoe", now, (Role.READER, clinic.region.oak), (Role.VERIFIER, clinic.region.oak))
        sam = hire(tx, "sam", now, (Role.RESIDENT, clinic.region.oak))
        people = [clinic.ada, clinic.vera, zoe, sam]
        places = [None, None, clinic.region.oak.id, clinic.region.elm.id]
        ids = [one.person_id for one in people]
        skills.add(Context(tx, clinic.audit, now, clinic.mona), username="zoe", code="CT", kind=SkillKind.MODALITY)
        sites = [clinic.region.hills, clinic.region.lake]
        for site in sites:
            organisations.agree(tx, site.id, clinic.region.elm.id, Tier.COUNTY, now)
        oak, elm = clinic.region.oak.id, clinic.region.elm.id
        attending = {oak: [clinic.vera.person_id, zoe.person_id], elm: [clinic.quinn.person_id]}
        made = [arrive(tx, clinic, f"1.{number}", now, site=chance.choice(sites)) for number in range(16)]
        taken = 0
        for _ in range(30):
            for case in made:
                _shuffle(tx, case.id, now, chance, ids, places)
            waiting = _waiting(tx, ids, attending)
            one = chance.choice(people)
            steps = {step for step, _ in READS if STEPS[one.username] & {step}}
            taker = Taker(
                person_id=one.person_id,
                desks={(step, Tier.COUNTY): {site.id for site in sites} for step in steps},
                skill_sets={"", "CT"} if one is zoe else {""},
                in_training=one is sam,
                attends={clinic.region.oak.id} if one in {clinic.vera, zoe} else (),
            )
            expected = order.first(waiting, taker, now)
            with tx.begin_nested() as tried:
                claimed = claiming.claim_next(Context(tx, clinic.audit, now, one), None)
                tried.rollback()
            taken += claimed is not None

            assert (claimed.id if claimed else None) == (expected.id if expected else None)
        assert taken > 15


def _shuffle(  # noqa: PLR0917
    tx: Connection,
    case_id: str,
    now: datetime,
    chance: random.Random,
    people: list[str],
    places: list[str | None],
) -> None:
    """Another situation for a case: where it waits, for whom, how urgent it is, and who signed it."""
    state = chance.choice([*STATES, State.FINAL])
    step = STATES.get(state, Step.READ)
    assigned = chance.choice([None, None, *people])
    critical, priority = chance.random() < 0.1, chance.choice(list(Priority))
    tx.execute(
        sa.update(tables.case)
        .where(tables.case.c.id == case_id)
        .values(
            state=state,
            step=step,
            tier=chance.choice([Tier.COUNTY, Tier.COUNTY, Tier.COUNTY, Tier.CITY]),
            critical=critical,
            priority=priority,
            rank=cases.queue_rank(priority, critical=critical),
            due_at=now + chance.randrange(4) * MINUTE,
            skills=chance.choice(["", "", "CT"]),
            by_two=chance.random() < 0.3,
            countersign_at=chance.choice(places),
            assigned_to=assigned,
            assigned_until=None if assigned is None else now + chance.choice([-1, 0, 1]) * MINUTE,
        )
    )
    if chance.random() < 0.1:
        role = chance.choice([SigningRole.AUTHOR, SigningRole.VERIFIER, SigningRole.SECOND])
        _sign(tx, case_id, chance.choice(people), role, now)


def _sign(tx: Connection, case_id: str, person_id: str, role: SigningRole, now: datetime) -> None:
    """A signature as a row alone: who acted in which role is all that the order asks."""
    version, signature = tables.report_version, tables.signature
    grant_id = tx.scalar(sa.select(tables.role_grant.c.id).where(tables.role_grant.c.person_id == person_id).limit(1))
    number = tx.scalar(sa.select(sa.func.count()).where(version.c.case_id == case_id)) or 0
    made = new_id()
    tx.execute(
        sa.insert(version).values(
            id=made,
            case_id=case_id,
            number=number + 1,
            status=Status.WITHDRAWN,
            content={},
            identity={},
            images={},
            image_count=1,
            created_at=now,
        )
    )
    tx.execute(
        sa.insert(signature).values(
            id=new_id(),
            version_id=made,
            role=role,
            person_id=person_id,
            grant_id=grant_id,
            signed_at=now,
            algorithm="",
            key_id="",
            payload=b"",
            value=b"",
        )
    )


def _waiting(tx: Connection, people: list[str], attending: Mapping[str, list[str]]) -> list[Waiting]:
    rows = tx.execute(sa.select(tables.case).where(tables.case.c.state.in_(list(STATES)))).all()
    return [
        Waiting(
            case=cases.from_row(row),
            assigned_to=row.assigned_to,
            assigned_until=row.assigned_until,
            roles={one: cases.roles_of(tx, row.id, one) for one in people},
            attending=attending,
        )
        for row in rows
    ]
