"""A corrected report resets or lifts the alert of the version that it corrects."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.alerts import alert_rows, classes, climbing, corrections, critical, notices
from reading.alerts.class_list import When
from reading.alerts.corrections import Said
from reading.alerts.moves import State
from reading.alerts.read_back import Means
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import State as CaseState
from reading.context import Context
from reading.errors import NotThere
from reading.reports.content import Content
from reading.signing import signatures, withhold
from reading.tables import critical_alert
from storage.database import transaction
from tests.reading.clinic import (
    NORMAL,
    PNEUMONIA,
    Clinic,
    acknowledge,
    arrive,
    messages,
    open_clinic,
    read,
    review_as,
    shown,
    state,
)

STROKE = replace(PNEUMONIA, critical_class="stroke")
OTHER = replace(PNEUMONIA, critical_class="other")
MINUTE = timedelta(minutes=1)


def passes(tx: Connection, clinic: Clinic, case_id: str, now: datetime) -> None:
    """Whoever else has to sign a critical report before its release does."""
    if state(tx, case_id) is CaseState.WAITING_REVIEW:
        review_as(tx, clinic, clinic.ben, case_id, now)


@pytest.mark.parametrize("answered", [True, False])
def test_a_correction_that_names_none_lifts_it_and_whoever_was_told_hears_so(
    engine: Engine, now: datetime, *, answered: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now, STROKE)
        passes(tx, clinic, case.id, now)
        alert = alert_rows.newest_standing(tx, case.id)
        assert alert is not None
        if answered:
            acknowledge(tx, clinic, clinic.tang, alert.id, now)
        ada, screen = Context(tx, clinic.audit, now, clinic.ada), shown(tx, case.id)
        signatures.addendum(ada, clinic.seal, version.id, content=PNEUMONIA, screen=screen)
        between = alert_rows.by_id(tx, alert.id).ended_at
        passes(tx, clinic, case.id, now)
        found = alert_rows.by_id(tx, alert.id)
        told = [one.person_id for one in notices.of_alerts(tx, [alert.id])[alert.id] if one.kind is notices.Kind.LIFTED]

        assert between is None  # the correction has not its signatures yet
        assert (found.state, cases.by_id(tx, case.id).critical) == (State.LIFTED, False)
        assert told == [clinic.tang.person_id, clinic.ada.person_id]
        assert [one.kind for one in messages(tx)].count("critical.lifted") == len(told)
        assert climbing.climb(Context(tx, clinic.audit, now + MINUTE * 60, SYSTEM)) == 0


def test_a_correction_of_the_class_resets_it_and_lengthens_no_clock(engine: Engine, now: datetime) -> None:
    later = now + MINUTE * 12
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        first = critical.raise_alert(
            Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!"
        )
        climbing.climb(Context(tx, clinic.audit, now + MINUTE * 10, SYSTEM))
        corrections.raise_of(Context(tx, clinic.audit, later, clinic.ada), case.id, Said(2, OTHER), Said(1, STROKE))
        old, new = alert_rows.select(tx, critical_alert.c.case_id == case.id)

    assert (old.id, old.state, old.replaced_by) == (first.id, State.RESET, new.id)
    assert (new.critical_class, new.state, new.due_at) == ("other", State.CLIMBING, now + MINUTE * 10)
    assert new.climbs_at == now + MINUTE * 20


def test_a_class_that_was_flagged_apart_from_the_report_keeps_its_alert(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
        corrections.raise_of(ada, case.id, Said(1, OTHER), None)
        corrections.lift(ada, case.id, Said(3, PNEUMONIA), [Said(2, PNEUMONIA)])
        stands = alert_rows.standing_on_each(tx, [case.id])[case.id]

    assert [one.critical_class for one in stands] == ["stroke", "other"]


@pytest.mark.parametrize(("signer", "number", "alerts"), [("ada", 1, 1), ("vera", 1, 2), ("ada", 2, 2)])
def test_whoever_flagged_it_and_signs_it_in_other_words_tells_nobody_again(
    engine: Engine, now: datetime, signer: str, number: int, alerts: int
) -> None:
    """Flagged, answered, signed is the usual way; other people's words, and those of later versions, are news."""
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        flagged = critical.raise_alert(ada, case.id, critical_class="stroke", finding="左侧大面积")
        acknowledge(tx, clinic, clinic.tang, flagged.id, now)
        signs = Context(tx, clinic.audit, now, getattr(clinic, signer))
        said = Said(number, replace(STROKE, impression="左侧大脑中动脉供血区急性脑梗死"))
        corrections.raise_of(signs, case.id, said, None)

        assert len(alert_rows.standing_on_each(tx, [case.id])[case.id]) == alerts


def test_a_case_that_was_entered_in_error_climbs_no_more(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada, mona = (Context(tx, clinic.audit, now, staff) for staff in (clinic.ada, clinic.mona))
        alert = critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
        withhold.withhold(ada, case.id, why="wrong person")
        while_withheld = climbing.climb(Context(tx, clinic.audit, now + MINUTE * 10, SYSTEM))
        told = [one.organisation_id for one in notices.of_alerts(tx, [alert.id])[alert.id]]
        closed = withhold.enter_in_error(mona, case.id, why="wrong person")
        found = alert_rows.by_id(tx, alert.id)

        assert while_withheld == 1
        # Hills does not see the case and cannot answer: the county is told as it is withheld, and then as it climbs.
        assert told == [clinic.region.hills.id, clinic.region.oak.id, clinic.region.oak.id]
        assert (found.state, found.ended_by, closed.critical) == (State.LIFTED, clinic.mona.person_id, False)
        assert climbing.climb(Context(tx, clinic.audit, now + MINUTE * 60, SYSTEM)) == 0


def tells_normal_chests(tx: Connection, clinic: Clinic, now: datetime) -> None:
    classes.add(
        Context(tx, clinic.audit, now, clinic.mona),
        "normal_chest",
        organisation_code="hills",
        minutes=20,
        name_zh="胸片正常须告知",
        name_en="Normal chest, to be told",
        when=When.NEGATIVE,
        modalities="DX",
        body_parts="CHEST",
    )


@pytest.mark.parametrize(("content", "ends"), [(NORMAL, None), (PNEUMONIA, State.LIFTED), (STROKE, State.RESET)])
def test_a_normal_result_that_was_told_is_taken_back_as_soon_as_a_signed_report_is_not_normal(
    engine: Engine, now: datetime, content: Content, ends: State | None
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        tells_normal_chests(tx, clinic, now)
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now, NORMAL)
        [told] = alert_rows.standing_on_each(tx, [case.id])[case.id]
        tang = Context(tx, clinic.audit, now, clinic.tang)
        critical.acknowledge(tang, told.id, said=NORMAL.impression, spoken_with="Ada", means=Means.TELEPHONE)
        corrected = replace(content, findings="两肺重看")
        ada, screen = Context(tx, clinic.audit, now, clinic.ada), shown(tx, case.id)
        signatures.addendum(ada, clinic.seal, version.id, content=corrected, screen=screen)
        found, newest = alert_rows.by_id(tx, told.id), alert_rows.newest_standing(tx, case.id)
        hears = [one.kind for one in notices.of_alerts(tx, [told.id])[told.id] if one.person_id is not None][1:]

        assert found.ended_as == ends
        assert found.replaced_by == (newest.id if newest else None)
        assert hears == ([ends] if ends else [])


def test_a_normal_result_that_was_told_is_withdrawn_by_naming_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        tells_normal_chests(tx, clinic, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now, NORMAL)
        [told] = alert_rows.standing_on_each(tx, [case.id])[case.id]
        ada = Context(tx, clinic.audit, now, clinic.ada)
        with pytest.raises(NotThere):
            critical.withdraw(ada, case.id, why="误选")
        critical.withdraw(ada, case.id, seen=told.id, why="误选")

        assert alert_rows.by_id(tx, told.id).state is State.WITHDRAWN


def test_a_case_that_is_read_again_as_another_class_keeps_the_alert_of_that_one_only(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada, mona = (Context(tx, clinic.audit, now, staff) for staff in (clinic.ada, clinic.mona))
        for content in (STROKE, OTHER):
            read(tx, clinic, clinic.ada, case.id, now, content)
            passes(tx, clinic, case.id, now)
            if content is STROKE:
                withhold.withhold(ada, case.id, why="wrong side")
                withhold.read_again(mona, case.id, why="wrong side")
        stroke, other = alert_rows.select(tx, critical_alert.c.case_id == case.id)

    assert (stroke.state, stroke.replaced_by, other.state) == (State.RESET, other.id, State.RAISED)


def test_a_class_between_whose_versions_one_named_none_is_reset_by_the_released_one(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        corrections.raise_of(ada, case.id, Said(1, STROKE), None)
        corrections.raise_of(ada, case.id, Said(2, PNEUMONIA), Said(1, STROKE))
        corrections.raise_of(ada, case.id, Said(3, OTHER), Said(2, PNEUMONIA))
        corrections.lift(ada, case.id, Said(3, OTHER), [Said(1, STROKE), Said(2, PNEUMONIA)])
        stroke, other = alert_rows.select(tx, critical_alert.c.case_id == case.id)

    assert (stroke.state, stroke.replaced_by, other.state) == (State.RESET, other.id, State.RAISED)
