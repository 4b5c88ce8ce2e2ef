"""An alert that nobody answers in time climbs from level to level."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.alerts import alert_rows, climbing, critical, disposal, duty, notices
from reading.alerts.disposal import Disposal
from reading.alerts.moves import State
from reading.audit import SYSTEM
from reading.context import Context
from reading.desk import alert_bar, alert_board
from reading.desk.alert_board import Log
from reading.errors import Invalid, NotAllowed
from reading.kinds import Level, Role, Tier
from reading.register import organisations, people
from reading.signing import withhold
from storage.database import transaction
from tests.reading.alerts.test_critical import TEN
from tests.reading.clinic import acknowledge, arrive, open_clinic
from tests.reading.region import hire
from viewer.views import alert_log
from viewer.views.alerts import alert_banner
from viewer.words.catalogue import Language


def test_unanswered_it_climbs_from_the_site_to_the_county_to_the_city_and_stays_there(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        alert = critical.raise_alert(
            Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!"
        )
        climbed = [climbing.climb(Context(tx, clinic.audit, now + TEN * times, SYSTEM)) for times in range(5)]
        told = [one.organisation_id for one in notices.of_alerts(tx, [alert.id])[alert.id]]
        region = clinic.region
        found = alert_rows.by_id(tx, alert.id)

    assert climbed == [0, 1, 1, 1, 1]
    assert told == [
        region.hills.id,
        region.hills.id,
        region.oak.id,
        region.city.id,
        region.city.id,
        region.hills.id,  # the top is over, and the site hears again
    ]
    assert (found.level, found.due_at, found.climbs_at) == (4, now + TEN, now + TEN * 5)


def test_whoever_is_on_duty_is_told_by_name_and_telephone_at_each_level(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        region = clinic.region
        for username, site, role in (
            ("tang", "hills", Role.TECHNICIAN),
            ("mona", "oak", Role.QUALITY_MANAGER),
            ("ben", "city", Role.REVIEWER),
            ("bea", "city", Role.REVIEWER),
        ):
            duty.add(
                Context(tx, clinic.audit, now, SYSTEM),
                organisation_code=site,
                username=username,
                role=role,
                telephone=f"tel {username}",
                until=now + TEN * 2 if username == "bea" else None,
            )
        case = arrive(tx, clinic, "1.1", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        alert = critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
        for times in range(1, 4):
            climbing.climb(Context(tx, clinic.audit, now + TEN * times, SYSTEM))
        told = notices.of_alerts(tx, [alert.id])[alert.id]

    assert [(one.name, one.organisation_id, one.telephone, one.level) for one in told] == [
        ("Tang", region.hills.id, "tel tang", 0),
        ("", region.hills.id, "", 1),
        ("Mona", region.oak.id, "tel mona", 2),
        ("Ben", region.city.id, "tel ben", 3),
    ]


def test_above_the_site_those_are_told_who_can_answer_and_a_level_without_them_is_passed_over(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        region = clinic.region
        for username, site in (("oakdoc", region.oak), ("citydoc", region.city)):
            hire(tx, username, now, (Role.CLINICIAN, site))
        system = Context(tx, clinic.audit, now, SYSTEM)
        for username, site, role in (
            ("oakdoc", "oak", Role.CLINICIAN),
            ("citydoc", "city", Role.CLINICIAN),
            ("ben", "city", Role.REVIEWER),
        ):
            duty.add(system, organisation_code=site, username=username, role=role, telephone="1")
        people.end(tx, clinic.mona.person_id, now)
        case = arrive(tx, clinic, "1.1", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        alert = critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
        for times in range(1, 4):
            climbing.climb(Context(tx, clinic.audit, now + TEN * times, SYSTEM))
        told = [(one.kind, one.name or one.organisation) for one in notices.of_alerts(tx, [alert.id])[alert.id][1:]]

    assert told == [
        ("climbed", "Hills"),
        ("skipped", "Oak"),
        ("climbed", "Ben"),
        ("climbed", "Ben"),
    ]


def test_where_nobody_above_can_answer_the_site_is_told_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for agreement in organisations.agreements(tx, now):
            if agreement.tier is Tier.CITY:
                organisations.end_agreement(tx, agreement.id, now)
        people.end(tx, clinic.mona.person_id, now)
        case = arrive(tx, clinic, "1.1", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        alert = critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
        for times in range(1, 4):
            climbing.climb(Context(tx, clinic.audit, now + TEN * times, SYSTEM))
        told = [(one.kind, one.organisation) for one in notices.of_alerts(tx, [alert.id])[alert.id][1:]]

    assert told == [
        ("climbed", "Hills"),
        ("skipped", "Oak"),
        ("skipped", "City"),
        ("climbed", "Hills"),
        ("climbed", "Hills"),
    ]


@pytest.mark.parametrize("alone", [True, False])
def test_an_alert_of_a_withheld_case_is_on_the_bar_of_whoever_sees_it_at_once(
    engine: Engine, now: datetime, *, alone: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        site, reader, technician, manager = clinic.region.hills, clinic.ada, clinic.tang, clinic.mona
        if alone:
            site = organisations.add(tx, code="solo", name="Solo", level=Level.COUNTY, parent_code=None, now=now)
            organisations.agree(tx, site.id, site.id, Tier.COUNTY, now)
            reader = hire(tx, "sam", now, (Role.READER, site))
            technician = hire(tx, "tom", now, (Role.TECHNICIAN, site))
            manager = hire(tx, "max", now, (Role.QUALITY_MANAGER, site))
        case = arrive(tx, clinic, "1.9", now, site=site)
        ctx = Context(tx, clinic.audit, now, reader)
        alert = critical.raise_alert(ctx, case.id, critical_class="stroke", finding="!")
        withhold.withhold(Context(tx, clinic.audit, now, technician), case.id, why="x")
        bars = [len(alert_bar.waiting(tx, each, now)) for each in (technician, manager)]
        answered = acknowledge(tx, clinic, manager, alert.id, now)

    assert bars == [0, 1]
    assert answered.state is State.ACKNOWLEDGED


def test_what_was_done_is_asked_for_softly_until_the_township_answers(engine: Engine, now: datetime) -> None:
    hour = timedelta(hours=1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        alert = critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
        unanswered = climbing.remind(Context(tx, clinic.audit, now + hour, SYSTEM))
        acknowledge(tx, clinic, clinic.tang, alert.id, now)
        reminded = [climbing.remind(Context(tx, clinic.audit, now + hour * n, SYSTEM)) for n in range(1, 5)]
        told = notices.of_alerts(tx, [alert.id])[alert.id]
        tang = Context(tx, clinic.audit, now + hour * 4, clinic.tang)
        with pytest.raises(NotAllowed):
            disposal.dispose(ada, alert.id, disposal=Disposal.TREATED, text="")
        with pytest.raises(Invalid):
            disposal.dispose(tang, alert.id, disposal=Disposal.OTHER, text=" ")
        done = disposal.dispose(tang, alert.id, disposal=Disposal.TRANSFERRED, text="120 转县医院")
        after = climbing.remind(Context(tx, clinic.audit, now + hour * 9, SYSTEM))

    assert (unanswered, reminded, after) == (0, [1, 0, 1, 0], 0)
    assert [(one.kind, one.organisation_id) for one in told[1:]] == [
        ("reminded", clinic.region.hills.id),
        ("reminded", clinic.region.oak.id),
    ]
    assert (done.state, done.disposed_by, done.disposal_text) == (State.DISPOSED, clinic.tang.person_id, "120 转县医院")


def test_what_was_done_is_asked_for_ten_times_and_a_list_holds_the_newest_notices(
    engine: Engine, now: datetime
) -> None:
    day = timedelta(days=1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        alert = critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
        acknowledge(tx, clinic, clinic.tang, alert.id, now)
        asked = sum(climbing.remind(Context(tx, clinic.audit, now + day * n, SYSTEM)) for n in range(1, 15))
        told = [notices.of_alerts(tx, [alert.id], last=last)[alert.id] for last in (None, 3)]
        (shown,) = alert_board.board(Context(tx, clinic.audit, now + day * 15, clinic.mona))

    assert asked == climbing.MOST_REMINDERS
    assert told[1] == told[0][-3:]
    assert shown.alert.reminders == climbing.MOST_REMINDERS
    assert "已催问 10 次" in alert_banner(shown, Language.ZH, now).unanswered


def test_a_log_holds_the_newest_notices_and_those_by_which_it_was_raised(
    engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "IN_A_LOG", 2)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
        for times in range(1, 5):
            climbing.climb(Context(tx, clinic.audit, now + TEN * times, SYSTEM))
        [logged] = alert_board.of_case(ada, case.id)
        [line] = alert_log.logged([logged], Language.ZH)

    assert [one.level for one in logged.told] == [0, 4, 4]
    assert (logged.more_told, line.more) == (3, "另有 3 条较早的通知未列出。")
    assert alert_log.as_csv(Log(alerts=(logged,), cut=False, in_time=0, of=0), Language.ZH).count("另有 3 条") == 1


def test_from_one_reminder_to_the_next_it_is_twice_as_long_and_a_day_at_most() -> None:
    hours = [climbing.until_next(60, asked) / timedelta(hours=1) for asked in range(1, 7)]

    assert hours == [2, 4, 8, 16, 24, 24]
