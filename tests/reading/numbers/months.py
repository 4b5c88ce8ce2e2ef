"""Months of raw rows: cases that walk through the table of moves by chance, with every awkward thing that happens."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.moves import AT_REST, MOVES, RESTORED_TO, SIGNS_AS, STEP_OF, Move, State
from reading.kinds import Priority
from reading.queue.assignment_end import End
from reading.queue.takings import How
from reading.reports.versions import Status
from reading.review.scores import ARBITRATED, GIVEN, Score
from reading.rules import policy
from reading.rules.first_policy import FIRST_POLICY
from reading.tables import (
    assignment,
    calendar_entry,
    case,
    case_move,
    case_procedure,
    critical_alert,
    draft,
    imaging_order,
    organisation,
    patient,
    procedure,
    report_search_code,
    report_version,
    review,
    score_arbitration,
    signature,
)
from storage.ids import new_id
from tests.reading.clinic import Clinic

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 31
ZONES = {"lake": "Europe/Berlin", "moor": "America/St_Johns"}
"""Both put their clocks forward in March 2026, and one is half an hour beside the others."""
STEPS = {"read": 90, "verify": 45, "review": 600}
WORKING = {"from": "08:00", "to": "17:30"}
RULES: dict[str, Any] = {
    "rules": [
        {
            "name": "screening",
            "when": {"modality": ["MG"], "priority": ["routine"]},
            "tier": "county",
            "needs_verifier": False,
            "due_minutes": 2880,
            "indicator_minutes": 4320,
            "arriving_minutes": 60,
            "double_reading": {},
        },
        *(
            rule | ({"working_hours": WORKING, "step_minutes": STEPS} if rule["name"] in {"ct", "other"} else {})
            for rule in FIRST_POLICY["rules"]
        ),
    ]
}
PICTURES = (("DX", "CHEST"), ("CT", ""), ("CT", "HEAD"), ("MR", "PROSTATE"), ("MG", "BREAST"), ("MG", "BREAST"))
WORDS = ("", " ", "两肺清晰", "PI-RADS 4", "bi-rads 3", "BIRADS2")
_SIGNS = frozenset({Move.SIGN, Move.SIGN_FOR_REVIEW, Move.SIGN_AS_FINAL, Move.SIGN_FIRST, Move.SIGN_PROVISIONALLY})
_CONFERS = frozenset({Move.TO_ARBITRATION, Move.CONFER, Move.PROPOSE, Move.ACCORD, Move.DISSENT})
_RARE = frozenset(
    {
        *(Move.WITHHOLD, Move.DISPUTE, Move.EMPTY, Move.ENTER_IN_ERROR, Move.RETURN, Move.REJECT, Move.DEFER),
        *(Move.PUT_BACK, Move.EXPIRE, Move.PARK, Move.RESUME, Move.REROUTE, Move.ESCALATE, Move.SEND_BACK),
        Move.AWAIT_PRIORS,
    }
)


_INTO = {
    table.name: sa.insert(table)
    for table in (
        *(assignment, case, case_move, case_procedure, critical_alert, draft, imaging_order, procedure),
        *(report_search_code, report_version, review, score_arbitration, signature),
    )
}


@dataclass
class Month:
    """What was written, by table, and by whom it was."""

    tx: Connection
    random: Random
    clinic: Clinic
    policy_id: str
    rows: defaultdict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))


def write(tx: Connection, clinic: Clinic, seed: int, cases: int) -> list[str]:
    """Write so many cases of a month; answers their ids."""
    month = Month(tx, Random(seed), clinic, policy.install(tx, RULES, None, FIRST, version=2).id)
    for code, zone in ZONES.items():
        tx.execute(sa.update(organisation).where(organisation.c.code == code).values(time_zone=zone))
    holiday = {"day": datetime(2026, 3, 9, tzinfo=UTC).date(), "kind": "holiday", "name": "", "made_at": FIRST}
    tx.execute(sa.insert(calendar_entry).values(id=new_id(), **holiday))
    number = month.random.randrange(10**9)
    patient_id = new_id()
    tx.execute(sa.insert(patient).values(id=patient_id, number=f"{number:010}", name="Pia", created_at=FIRST))
    return [_Case(month, patient_id).write() for _ in range(cases)]


class _Case:
    """One case on its way; versions are kept as the acts keep them."""

    def __init__(self, month: Month, patient_id: str) -> None:
        self._tx, self._random, clinic = month.tx, month.random, month.clinic
        self._readers = [clinic.ada, clinic.vera, clinic.rosa, clinic.quinn]
        self._reviewers = [clinic.ben, clinic.bea]
        region, draw = clinic.region, self._random
        self._site = draw.choice((region.hills, region.lake, region.moor))
        self._id = new_id()
        self._state = State.WAITING_READ
        # Midnight of somewhere is near as often as not.
        hour = draw.choice((None, 15.9, 22.9, 3.4))
        day = timedelta(days=draw.randrange(DAYS))
        self._received = (
            FIRST + day + timedelta(hours=draw.uniform(0, 24) if hour is None else hour + draw.random() / 5)
        )
        self._received = self._received.replace(microsecond=0)
        self._now = self._received
        self._moves = 0
        self._withheld_from: tuple[State, list[tuple[dict[str, Any], Status]]] | None = None
        """Where it stood, and what its versions were."""
        self._versions: list[dict[str, Any]] = []
        self._modality, self._body_part = draw.choice(PICTURES)
        self._priority = draw.choice(tuple(Priority))
        self._rule = draw.choice([rule["name"] for rule in RULES["rules"] if rule["name"] != "screening"])
        if (self._modality, self._priority) == ("MG", Priority.ROUTINE):
            self._rule = "screening"
        self._policy_id, self._patient_id = month.policy_id, patient_id

    def write(self) -> str:
        draw = self._random
        self._insert_case()
        self._move(Move.ARRIVE, State.WAITING_READ, None)
        for _ in range(draw.choice((0, 2, 4, 6, 9, 12, 20))):
            self._now += timedelta(seconds=round(draw.expovariate(1 / draw.choice((120, 1800, 14_400)))))
            self._step()
        self._around()
        self._tx.execute(sa.update(case).where(case.c.id == self._id).values(state=self._state))
        return self._id

    def _put(self, table: sa.Table, **row: Any) -> None:
        self._tx.execute(_INTO[table.name], row)

    def _insert_case(self) -> None:
        draw = self._random
        self._put(
            case,
            id=self._id,
            site_id=self._site.id,
            state=self._state,
            tier="county",
            step="read",
            arriving=False,
            priority=self._priority,
            rank=self._priority.rank,
            critical=False,
            modality=self._modality,
            body_part=self._body_part,
            policy_id=self._policy_id,
            rule=self._rule,
            examined_at=self._received - timedelta(minutes=draw.choice((0, 5, 3000))),
            received_at=self._received,
            due_at=self._received + timedelta(hours=1),
            clock_wrong=draw.random() < 0.1,
        )

    def _step(self) -> None:
        draw = self._random
        possible = [
            (move, to)
            for (state, move), to in MOVES.items()
            if state is self._state and self._may(move) and (move not in _RARE or draw.random() < 0.12)
        ]
        if not possible:
            return
        move, to = draw.choice(possible)
        who = None
        if move in _SIGNS | {Move.CLAIM, Move.CONCUR, Move.RECALL, Move.RETURN} | _CONFERS:
            who = draw.choice(self._readers)
        elif move not in {Move.DRAW, Move.FINALISE, Move.REJECT, Move.EXPIRE}:
            who = draw.choice(self._reviewers)
        self._version_of(move, who)
        self._move(move, to, who)
        if move is Move.CLAIM:
            self._take(who)

    def _may(self, move: Move) -> bool:
        """Moves of a double reading belong to its rule, and what a version cannot follow does not happen."""
        blind = self._rule == "screening"
        final = self._standing(Status.FINAL)
        pending = self._standing(Status.PENDING)
        if move in {Move.SIGN_FIRST, Move.SIGN_PROVISIONALLY}:
            return blind and final is None
        if self._state is State.READING and move in _SIGNS:
            return not blind and final is None
        if self._state is State.FINAL and move in _SIGNS:
            return final is not None and pending is None and not blind
        if move in RESTORED_TO.values():
            return self._withheld_from is not None and move is RESTORED_TO[self._withheld_from[0]]
        return True

    def _version_of(self, move: Move, who: Any) -> None:
        """The versions as a move leaves them."""
        step = STEP_OF.get(self._state)
        if move in _SIGNS:
            blind = move in {Move.SIGN_FIRST, Move.SIGN_PROVISIONALLY}
            status = Status.BLIND if blind else Status.PENDING if self._standing(Status.FINAL) else Status.PRELIMINARY
            if not blind:
                self._replace(Status.PRELIMINARY)
            self._add(status, who, "author")
        elif move in {Move.CONCUR, Move.RECALL, Move.TO_ARBITRATION, Move.CONFER}:
            self._add(Status.BLIND, who, "second")
        elif move is Move.ARBITRATE:
            self._add(Status.BLIND, who, "arbiter")
        elif move in {Move.AMEND, Move.VERIFY_AS_FINAL} and step is not None and self._random.random() < 0.6:
            newest = self._standing(Status.PENDING) or self._standing(Status.PRELIMINARY)
            if newest is not None:
                self._status(newest, Status.SUPERSEDED)
                self._add(
                    Status.PRELIMINARY if self._standing(Status.FINAL) is None else Status.PENDING, who, SIGNS_AS[step]
                )
        elif move in {Move.DEFER, Move.READ_AGAIN}:
            for one in self._versions:
                if one["status"] == Status.BLIND:
                    self._status(one, Status.WITHDRAWN)
        if move in {Move.AGREE, Move.AMEND, Move.SEND_BACK} and step is not None and step.value == "review":
            self._review(move, who)
        if move is Move.WITHHOLD:
            self._withheld_from = AT_REST.get(self._state, self._state), []
            for one in self._versions:
                if one["status"] in {Status.PENDING, Status.PRELIMINARY, Status.FINAL, Status.BLIND}:
                    self._withheld_from[1].append((one, one["status"]))
                    blind = one["status"] == Status.BLIND
                    self._status(one, Status.WITHDRAWN if blind else Status.WITHHELD)
        elif move is Move.ENTER_IN_ERROR or (move is Move.READ_AGAIN and self._random.random() < 0.5):
            for one in self._versions:
                if one["status"] == Status.WITHHELD:
                    self._status(one, Status.ENTERED_IN_ERROR)
        elif move in RESTORED_TO.values() and self._withheld_from is not None:
            for one, status in self._withheld_from[1]:
                self._status(one, status)
        if MOVES.get((self._state, move)) is State.FINAL and move is not Move.RESTORE:
            self._release()

    def _release(self) -> None:
        newest = next(
            (one for one in reversed(self._versions) if one["status"] in {"pending", "preliminary", "blind"}), None
        )
        if newest is None:
            return
        before = self._standing(Status.FINAL)
        if before is not None:
            self._status(before, Status.SUPERSEDED)
        for one in self._versions:
            if one is not newest and one["status"] in {Status.PENDING, Status.PRELIMINARY}:
                self._status(one, Status.SUPERSEDED)
        newest["released_at"] = self._now
        self._status(newest, Status.FINAL)

    def _replace(self, status: Status) -> None:
        for one in self._versions:
            if one["status"] in {status, Status.PENDING}:
                self._status(one, Status.SUPERSEDED)

    def _standing(self, status: Status) -> dict[str, Any] | None:
        return next((one for one in self._versions if one["status"] == status), None)

    def _status(self, one: dict[str, Any], status: Status) -> None:
        one["status"] = status
        values = {"status": status, "released_at": one["released_at"]}
        self._tx.execute(sa.update(report_version).where(report_version.c.id == one["id"]).values(**values))

    def _add(self, status: Status, who: Any, role: str) -> None:
        draw = self._random
        if self._versions and self._versions[-1]["created_at"] == self._now:
            self._now += timedelta(seconds=1)
        made = {"id": new_id(), "number": len(self._versions) + 1, "status": status, "released_at": None}
        content = {
            "findings": draw.choice(WORDS),
            "impression": draw.choice(WORDS),
            "critical_class": None,
            "positive": draw.choice((True, False, None)),
            "recommendation": "",
        }
        made |= {"created_at": self._now, "author": who.person_id if role == "author" else ""}
        self._versions.append(made)
        self._put(
            report_version,
            **{name: made[name] for name in ("id", "number", "status", "created_at", "released_at")},
            case_id=self._id,
            content=content,
            identity={},
            images={},
            image_count=1,
            incomplete_reason=draw.choice(("", "", "缺侧位")),
        )
        self._put(
            signature,
            id=new_id(),
            version_id=made["id"],
            role=role,
            person_id=who.person_id,
            grant_id=who.grants[0].id,
            signed_at=self._now,
            algorithm="x",
            key_id="x",
            payload=b"",
            value=b"",
        )

    def _review(self, move: Move, who: Any) -> None:
        draw = self._random
        authored = [one for one in self._versions if one["author"]]
        if not authored:
            return
        score = draw.choice((None, *sorted(GIVEN)))
        awaits = score in ARBITRATED
        made = new_id()
        self._put(
            review,
            id=made,
            case_id=self._id,
            reviewer_id=who.person_id,
            score=score,
            at=self._now,
            read_version_id=authored[-1]["id"],
            review_version_id=self._versions[-1]["id"] if move is Move.AMEND else None,
            author_id=authored[-1]["author"],
            outcome=move.value,
            awaits_arbitration=awaits and draw.random() < 0.5,
            difference={},
        )
        if awaits and draw.random() < 0.5:
            given = {"score": Score.CONCUR, "comment": "", "at": self._now}
            arbiter = self._reviewers[0].person_id
            self._put(score_arbitration, id=new_id(), review_id=made, arbiter_id=arbiter, **given)

    def _move(self, move: Move, to: State, who: Any) -> None:
        self._moves += 1
        self._put(
            case_move,
            id=new_id(),
            case_id=self._id,
            number=self._moves,
            move=move,
            to_state=to,
            from_state=self._state,
            person_id=who.person_id if who else None,
            grant_id=who.grants[0].id if who else None,
            at=self._now,
        )
        self._state = to

    def _take(self, who: Any) -> None:
        draw = self._random
        made = new_id()
        self._put(
            assignment,
            id=made,
            case_id=self._id,
            person_id=who.person_id,
            step="read",
            tier="county",
            organisation_id=who.grants[0].organisation_id,
            how=draw.choice(tuple(How)),
            urgent=False,
            at=self._now - timedelta(minutes=3),
            skipped=draw.choice((0, 0, 4)),
            ended_at=self._now,
            ended_as=draw.choice((End.TAKEN, End.TAKEN, End.NOT_TAKEN)),
        )
        if draw.random() < 0.8:
            weighed = sa.update(assignment).where(assignment.c.id == made)
            self._tx.execute(weighed.values(weight=draw.randrange(18, 223)))

    def _around(self) -> None:
        """What stands beside the case: alerts, an order of some department, a left-over draft, a chosen grade."""
        draw = self._random
        for _ in range(draw.choice((0, 0, 0, 1, 2))):
            raised = self._received + timedelta(minutes=draw.uniform(0, 600))
            told = draw.choice((None, raised + timedelta(seconds=draw.choice((599, 600, 601, 4000)))))
            self._put(
                critical_alert,
                id=new_id(),
                case_id=self._id,
                critical_class="stroke",
                finding="脑出血",
                raised_by=self._readers[0].person_id,
                raised_at=raised,
                due_at=raised,
                kind=draw.choice(("critical", "critical", "rule")),
                acknowledged_at=told,
                minutes=draw.choice((5, 10, 30)),
                disposed_at=told,
                ended_as=draw.choice((None, None, "withdrawn", "lifted")),
            )
        if draw.random() < 0.4:
            self._order()
        if draw.random() < 0.3:
            reader = draw.choice(self._readers).person_id
            left = {"person_id": reader, "content": {"findings": "x"}, "saved_at": self._now}
            self._put(draft, case_id=self._id, **left)
        if draw.random() < 0.2:
            self._put(report_search_code, case_id=self._id, code=draw.choice(("BI-RADS4A", "PI-RADS3")))

    def _order(self) -> None:
        order_id, procedure_id = new_id(), new_id()
        self._put(
            imaging_order,
            id=order_id,
            site_id=self._site.id,
            patient_id=self._patient_id,
            modality="DX",
            accession_number=order_id[-16:],
            priority="routine",
            state="placed",
            scheduled_at=self._received,
            created_at=self._received,
            department=self._random.choice(("急诊科", "骨科", "")),
        )
        self._put(procedure, id=procedure_id, order_id=order_id, body_part="CHEST", study_uid=procedure_id)
        joined = {"case_id": self._id, "procedure_id": procedure_id, "joined_at": self._received}
        self._put(case_procedure, **joined)
