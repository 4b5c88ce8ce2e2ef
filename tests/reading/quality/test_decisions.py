"""What may be decided about a concern is a table; each decision has its reason, its right, and its way back."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, Stale
from reading.kinds import Role
from reading.quality import concerns, decisions
from reading.quality.concerns import Concern
from reading.quality.decisions import Decision
from reading.quality.kinds import Aspect, Kind
from reading.quality.moves import Move
from reading.viewers import Staff
from storage.database import transaction
from storage.decisions.quarantine import replay
from storage.index.queries import instance_of, study_of
from tests.journalled import journalled
from tests.reading.clinic import Clinic, arrive, open_clinic
from tests.reading.quality.test_concerns import conflict
from tests.reading.region import hire


def opened(tx: Connection, clinic: Clinic, staff: Staff, subject_id: str, now: datetime, aspect: Aspect) -> Concern:  # noqa: PLR0917
    return concerns.open_concern(Context(tx, clinic.audit, now, staff), aspect, subject_id, "concern.open")


def decide(  # noqa: PLR0917
    tx: Connection,
    clinic: Clinic,
    staff: Staff,
    subject_id: str,
    move: Move,
    now: datetime,
    *,
    seen: int,
    reason: str = "核对过",
    aspect: Aspect = Aspect.BYTES,
) -> Decision:
    return decisions.decide(
        lambda _action: nullcontext(Context(tx, clinic.audit, now, staff)),
        lambda _held: None,
        aspect,
        subject_id,
        move,
        reason=reason,
        seen=seen,
    )


def digest(tx: Connection) -> bytes:
    one = instance_of(tx, "1.2.8.1.1")
    assert one is not None
    return one.received_digest


def test_a_decision_is_kept_with_its_reason_and_taken_back(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        newcomer = conflict(tx, clinic.region.hills, now)
        first = digest(tx)
        decide(tx, clinic, clinic.mona, newcomer, Move.SHOW, now, seen=0, reason=" 新的清晰 ")
        instead = digest(tx)
        decide(tx, clinic, clinic.mona, newcomer, Move.UNDO, now, seen=1)
        decide(tx, clinic, clinic.mona, newcomer, Move.KEEP, now, seen=2)
        made = decisions.history(tx, Aspect.BYTES, newcomer)
        possible = decisions.possible(
            tx, clinic.mona, opened(tx, clinic, clinic.mona, newcomer, now, Aspect.BYTES), now
        )

        assert (instead != first, digest(tx) == first) == (True, True)
        assert [(one.number, one.move, one.person_name) for one in made] == [
            (1, Move.SHOW, "Mona"),
            (2, Move.UNDO, "Mona"),
            (3, Move.KEEP, "Mona"),
        ]
        assert made[0].reason == "新的清晰"
        assert possible == (Move.UNDO,)


def test_the_journal_makes_the_decision_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        newcomer = conflict(tx, clinic.region.hills, now)
        decide(tx, clinic, clinic.mona, newcomer, Move.SHOW, now, seen=0)
        decide(tx, clinic, clinic.mona, newcomer, Move.UNDO, now, seen=1)
        made = [payload for kind, payload in journalled(tx) if kind == "quarantine"]
        before = digest(tx)
        shown: list[bytes] = []
        for journal in made:  # in an index in which nothing was decided yet
            replay(tx, journal, now)
            shown.append(digest(tx))

        assert shown[0] == b"2" * 32
        assert shown[1] == before


@pytest.mark.parametrize(
    ("who", "move", "seen", "reason", "error"),
    [
        ("tang", Move.KEEP, 0, "no", NotAllowed),
        ("mona", Move.KEEP, 0, "  ", Invalid),
        ("mona", Move.KEEP, 1, "no", Stale),
        ("mona", Move.ADMIT, 0, "no", MoveNotAllowed),
        ("mona", Move.UNDO, 0, "no", MoveNotAllowed),
        ("mona", Move.AGAIN, 0, "no", MoveNotAllowed),
    ],
)
def test_what_is_not_allowed_changes_nothing(  # noqa: PLR0917
    who: str, move: Move, seen: int, reason: str, error: type[Exception], engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        newcomer = conflict(tx, clinic.region.hills, now)
        with pytest.raises(error):
            decide(tx, clinic, getattr(clinic, who), newcomer, move, now, seen=seen, reason=reason)

        assert decisions.history(tx, Aspect.BYTES, newcomer) == []
        assert digest(tx) != b"2" * 32


def test_another_sites_image_enters_only_by_who_is_in_charge_of_both(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        region = clinic.region
        boss = hire(tx, "boss", now, (Role.QUALITY_MANAGER, region.city))
        arrive(tx, clinic, "1.2.8", now, sop_instance_uid="1.2.8.1.7")
        newcomer = conflict(tx, region.moor, now, sop_instance_uid="1.2.8.1.9")
        concern = opened(tx, clinic, clinic.quinn, newcomer, now, Aspect.BYTES)
        mine = decisions.possible(tx, clinic.quinn, concern, now)
        with pytest.raises(NotAllowed):
            decide(tx, clinic, clinic.quinn, newcomer, Move.ADMIT, now, seen=0)
        decide(tx, clinic, boss, newcomer, Move.ADMIT, now, seen=0)
        study = study_of(tx, "1.2.8")

        assert (concern.kind, mine) == (Kind.OTHER_PATIENT, (Move.KEEP,))
        assert study is not None
        assert (study.site_id, study.instances) == (region.hills.id, 2)


def test_a_case_that_was_seen_to_is_asked_about_again_when_that_is_taken_back(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.2.840.1", now, patient_id="TEST", study_date="20991231")
        for aspect in (Aspect.CLOCK, Aspect.PATIENT):
            decide(tx, clinic, clinic.mona, case.id, Move.NOTED, now, seen=0, aspect=aspect)
        waiting = concerns.list_concerns(tx, clinic.mona, None, now, decided=False, limit=9, offset=0).total
        decide(tx, clinic, clinic.mona, case.id, Move.UNDO, now, seen=1, aspect=Aspect.CLOCK)
        again = concerns.list_concerns(tx, clinic.mona, None, now, decided=False, limit=9, offset=0).concerns

        assert waiting == 0
        assert [one.kind for one in again] == [Kind.CLOCK_WRONG]
        assert journalled(tx) == []
