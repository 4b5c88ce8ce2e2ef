"""The security administrator judges each emergency access without learning of whom, and sees what hangs together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import Engine

from reading.access import door
from reading.actions import Action
from reading.administrators import emergencies
from reading.administrators.emergencies import Opening, together
from reading.context import Acts
from reading.emergency_access.rules import FoundBy, Reason, Verdict
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import Role
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.emergency_access.test_opening import STUDY, opens, stage, wanted
from tests.reading.region import PIA_CARD, hire

ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = datetime(2026, 3, 2, 16, tzinfo=UTC)
"""Midnight in China."""


def of(*openings: tuple[str, str, float]) -> list[tuple[str, str, int, int, int]]:
    """Patterns of (person, patient, hours): kind, person, different ones, times, at night."""
    rows = [
        Opening(person_id=person, subject=("patient", patient), at=NIGHT + timedelta(hours=hours))
        for person, patient, hours in openings
    ]
    return [(one.kind, one.person_id, one.different, one.times, one.at_night) for one in together(rows, ZONE)]


@pytest.mark.parametrize(
    ("openings", "found"),
    [
        ([], []),
        ([("chen", "a", 0), ("chen", "b", 1)], []),
        ([("chen", "a", 0), ("chen", "b", 1), ("chen", "b", 9)], [("emergencies", "chen", 2, 3, 2)]),
        ([("chen", "a", 0), ("chen", "b", 12), ("chen", "c", 24)], []),
        (
            [("chen", "a", 0), ("chen", "b", 20), ("chen", "c", 30), ("chen", "d", 31)],
            [("emergencies", "chen", 3, 3, 0)],
        ),
        ([("chen", "a", 8), ("quinn", "a", 9), ("ben", "a", 10)], [("emergency-patient", "", 3, 3, 0)]),
        ([("chen", "a", 8), ("quinn", "a", 9), ("quinn", "a", 10)], []),
    ],
)
def test_three_within_a_day_make_a_pattern(
    openings: list[tuple[str, str, float]], found: list[tuple[str, str, int, int, int]]
) -> None:
    assert of(*openings) == found


def test_an_access_is_judged_once_by_the_security_administrator_alone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)
        sid = hire(tx, "sid", now, (Role.SECURITY_ADMINISTRATOR, at.clinic.region.city))
        (made,) = opens(at, at.chen, wanted(FoundBy.IDENTITY_CARD, PIA_CARD))
        opens(at, at.clinic.quinn, wanted(FoundBy.NUMBER, at.patient.number))
        at.now += timedelta(minutes=1)
        door.open_study(at.ctx(at.chen), STUDY, Action.STUDY_FRAMES)
        door.open_report(at.ctx(at.chen), at.version_id, Action.REPORT_READ)

    def acts(who: Staff) -> Acts[Staff]:
        return Acts(engine, at.clinic.audit, lambda: at.now, who)

    for other in (at.chen, at.clinic.mona):
        with pytest.raises(NotAllowed):
            emergencies.listed(acts(other))
    before = emergencies.listed(acts(sid))
    with transaction(engine) as tx:
        at.tx = tx
        ctx = at.ctx(sid)
        by_chen = {one.person.username: one for one in before}["chen"]

        assert (by_chen.role, by_chen.place, by_chen.sites) == (Role.CLINICIAN, "Moor", ("Hills",))
        assert (by_chen.examinations, by_chen.others) == (2, 1)
        assert (by_chen.cases_seen, by_chen.reports_seen, by_chen.studies_seen) == (0, 1, 1)
        assert by_chen.emergency.reason is Reason.LIFE
        assert emergencies.unjudged(ctx) == 2
        for other in (at.chen, at.clinic.mona):
            for act in (
                emergencies.unjudged,
                lambda ctx: emergencies.patterns(ctx, ZONE),
                lambda ctx: emergencies.judge(ctx, made.id, Verdict.JUSTIFIED, "x"),
            ):
                with pytest.raises(NotAllowed):
                    act(at.ctx(other))
        own = replace(sid, person_id=at.chen.person_id)  # of somebody who became security administrator since
        with pytest.raises(NotAllowed):
            emergencies.judge(at.ctx(own), made.id, Verdict.JUSTIFIED, "x")
        with pytest.raises(Invalid):
            emergencies.judge(ctx, made.id, Verdict.JUSTIFIED, " ")
        with pytest.raises(NotThere):
            emergencies.judge(ctx, at.case.id, Verdict.JUSTIFIED, "x")
        emergencies.judge(ctx, made.id, Verdict.JUSTIFIED, "急诊记录相符")
        with pytest.raises(Stale):
            emergencies.judge(ctx, made.id, Verdict.MISUSE, "x")
        assert emergencies.unjudged(ctx) == 1

    assert [one.emergency.verdict for one in emergencies.listed(acts(sid))] == [None, Verdict.JUSTIFIED]
