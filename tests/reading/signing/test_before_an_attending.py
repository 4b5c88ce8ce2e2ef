"""What goes out of a resident's report before an attending signs: emergencies, critical results, what rules tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.alerts import alert_rows, critical
from reading.alerts.alert_rows import Kind
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import State
from reading.context import Context
from reading.errors import NotAllowed
from reading.kinds import Priority
from reading.reports import releases, versions
from reading.reports.content import Content
from reading.reports.temporary import goes_out_at_once, takes_the_place
from reading.reports.versions import Status
from reading.signing import order_join, signatures
from reading.tables import change_notice
from storage.database import transaction
from tests.reading.alerts.test_corrections import tells_normal_chests
from tests.reading.clinic import (
    NORMAL,
    PNEUMONIA,
    another_image,
    arrive,
    messages,
    open_clinic,
    read,
    shown,
    state,
    verify,
)
from tests.reading.signing.residents import STROKE, emergency, ordered, resident, rule, sees, send_back, statuses


@pytest.mark.parametrize("by_result", [False, True])
def test_in_an_emergency_it_is_temporary_and_its_readers_are_told_when_the_final_one_differs(
    engine: Engine, now: datetime, by_result: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        if not by_result:
            emergency(tx, case.id)
        written = read(tx, clinic, zoe, case.id, now, STROKE if by_result else NORMAL)
        before = versions.by_id(tx, written.id).status, sees(tx, clinic.tang, written, now), state(tx, case.id)
        signed = verify(tx, clinic, clinic.vera, case.id, now, PNEUMONIA)
        notices = tx.execute(sa.select(change_notice.c.version_id, change_notice.c.kind)).all()

        assert before == (Status.PRELIMINARY, True, State.WAITING_VERIFY)
        assert [one.status for one in versions.of_case(tx, case.id)] == [Status.SUPERSEDED, Status.FINAL]
        assert [tuple(one) for one in notices] == [(signed.id, "changed")]


def test_only_an_emergency_and_a_critical_result_go_out_before_an_attending_signs() -> None:
    out = {(one, result) for one in Priority for result in (False, True) if goes_out_at_once(one, critical=result)}

    assert out == {(Priority.EMERGENCY, False), *((one, True) for one in Priority)}


def test_what_takes_the_place_of_a_final_report_before_it_is_signed_by_all_is_critical_and_waits() -> None:
    every = [(waits, critical, final) for waits in Status for critical in (False, True) for final in (False, True)]

    assert [one for one in every if takes_the_place(one[0], critical=one[1], final_stands=one[2])] == [
        (Status.PENDING, True, True)
    ]


@pytest.mark.parametrize("in_training", [True, False])
def test_a_critical_addendum_takes_the_place_of_the_final_report_at_the_site_as_its_alert_goes_out(
    engine: Engine, now: datetime, in_training: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule(needs_verifier=not in_training))
        who, case = resident(tx, clinic, now) if in_training else clinic.rosa, arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        if not in_training:
            verify(tx, clinic, clinic.vera, case.id, now)
        final, due = versions.final(tx, case.id), cases.by_id(tx, case.id)
        assert final is not None
        ctx = Context(tx, clinic.audit, now, who)
        added = signatures.addendum(ctx, clinic.seal, final.id, content=STROKE, screen=shown(tx, case.id))
        out, waits = statuses(tx, case.id), cases.by_id(tx, case.id)
        told, released = alert_rows.newest_standing(tx, case.id), releases.newest(tx, case.id)
        seen = sees(tx, clinic.tang, added, now)
        send_back(tx, clinic, case.id, now)
        sent_back = statuses(tx, case.id)
        read(tx, clinic, who, case.id, now, STROKE)
        verify(tx, clinic, clinic.vera, case.id, now)
        message = messages(tx)[-1]
        notices = tx.scalars(sa.select(change_notice.c.kind)).all()

        assert out == sent_back == [Status.SUPERSEDED, Status.PRELIMINARY]
        assert (waits.state, waits.rule, waits.due_at) == (State.WAITING_VERIFY, due.rule, due.due_at)
        assert told is not None
        assert seen
        assert released is not None
        assert released.id == final.id
        assert statuses(tx, case.id) == [Status.SUPERSEDED, Status.SUPERSEDED, Status.FINAL]
        assert (message.kind, message.payload["replaces"]) == ("report.released", final.id)
        assert list(notices) == ["changed"]


@pytest.mark.parametrize("goes_out", ["countersigned", "more_images", "changed", "urgent", "critical", "addendum"])
def test_what_rules_tell_of_a_report_waits_until_the_site_sees_it(engine: Engine, now: datetime, goes_out: str) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        tells_normal_chests(tx, clinic, now)
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        as_zoe = Context(tx, clinic.audit, now, zoe)
        if goes_out == "addendum":
            final = read(tx, clinic, clinic.ada, case.id, now, PNEUMONIA)
            signatures.addendum(as_zoe, clinic.seal, final.id, content=NORMAL, screen=shown(tx, case.id))
        else:
            read(tx, clinic, zoe, case.id, now)
        before = alert_rows.standing_on_each(tx, [case.id])
        if goes_out == "urgent":
            order_join.join(as_zoe.by(SYSTEM), cases.by_id(tx, case.id), ordered(tx, clinic, now))
        elif goes_out == "critical":
            critical.raise_alert(as_zoe, case.id, critical_class="stroke", finding="左侧")
        else:
            if goes_out == "more_images":
                another_image(tx, clinic, "1.1", 2, now)
            changed = replace(NORMAL, findings="两肺重看") if goes_out == "changed" else None
            verify(tx, clinic, clinic.vera, case.id, now, changed)
        told = [one for one in alert_rows.standing_on_each(tx, [case.id])[case.id] if one.kind is Kind.NOTICE]

        assert before == {}
        by_vera = goes_out in {"countersigned", "more_images", "changed", "addendum"}
        assert [one.raised_by for one in told] == [(clinic.vera if by_vera else zoe).person_id]


def test_what_a_rule_told_stands_until_an_attending_says_otherwise(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        tells_normal_chests(tx, clinic, now)
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        final = read(tx, clinic, clinic.ada, case.id, now)
        ctx = Context(tx, clinic.audit, now, zoe)
        signatures.addendum(ctx, clinic.seal, final.id, content=PNEUMONIA, screen=shown(tx, case.id))
        waits = alert_rows.standing_on_each(tx, [case.id])
        verify(tx, clinic, clinic.vera, case.id, now)

        assert len(waits[case.id]) == 1
        assert alert_rows.standing_on_each(tx, [case.id]) == {}


def test_nobody_in_training_takes_a_critical_report_from_the_site_alone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        critically = read(tx, clinic, zoe, case.id, now, STROKE)
        send_back(tx, clinic, case.id, now)
        emergency(tx, case.id)
        read(tx, clinic, zoe, case.id, now, NORMAL)
        waits, valid = statuses(tx, case.id), versions.valid(tx, case.id)
        with pytest.raises(NotAllowed) as refused:
            critical.withdraw(Context(tx, clinic.audit, now, zoe), case.id, why="看错了")
        verify(tx, clinic, clinic.vera, case.id, now)
        notices = tx.execute(sa.select(change_notice.c.kind)).scalars().all()

        assert waits == [Status.PRELIMINARY, Status.PENDING]
        assert valid is not None
        assert valid.id == critically.id
        assert refused.value.rule == "report_names_it"
        assert statuses(tx, case.id) == [Status.SUPERSEDED, Status.FINAL]
        assert list(notices) == ["changed"]


@pytest.mark.parametrize("words", [None, PNEUMONIA])
def test_what_the_site_has_stays_until_an_attending_signs_what_comes_after_it(
    engine: Engine, now: datetime, words: Content | None
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now, modality="CT")
        first = read(tx, clinic, clinic.rosa, case.id, now, PNEUMONIA)
        for _ in range(2):
            send_back(tx, clinic, case.id, now)
            read(tx, clinic, zoe, case.id, now)
        waits, seen = statuses(tx, case.id), sees(tx, clinic.tang, first, now)
        verify(tx, clinic, clinic.vera, case.id, now, words)

        assert (waits, seen) == ([Status.PRELIMINARY, Status.REPLACED, Status.PENDING], True)
        ends = [Status.PRELIMINARY] if words is None else [Status.REPLACED, Status.PRELIMINARY]
        assert statuses(tx, case.id) == [Status.SUPERSEDED, Status.REPLACED, *ends]


@pytest.mark.parametrize("by_result", [False, True])
def test_what_becomes_an_emergency_or_critical_while_it_waits_goes_out_then(
    engine: Engine, now: datetime, by_result: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        written = read(tx, clinic, zoe, case.id, now)
        before = versions.by_id(tx, written.id).status
        if by_result:
            ctx = Context(tx, clinic.audit, now, zoe)
            critical.raise_alert(ctx, case.id, critical_class="stroke", finding="左侧")
        else:
            ctx = Context(tx, clinic.audit, now, SYSTEM)
            order_join.join(ctx, cases.by_id(tx, case.id), ordered(tx, clinic, now))

        assert before is Status.PENDING
        assert versions.by_id(tx, written.id).status is Status.PRELIMINARY
        assert sees(tx, clinic.tang, written, now)


def test_what_an_attending_sent_back_does_not_go_out(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        written = read(tx, clinic, zoe, case.id, now)
        send_back(tx, clinic, case.id, now)
        critical.raise_alert(Context(tx, clinic.audit, now, zoe), case.id, critical_class="stroke", finding="左侧")

        assert versions.by_id(tx, written.id).status is Status.PENDING


def test_what_an_attending_signed_goes_out_while_it_waits_for_the_city(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now, modality="CT")
        written = read(tx, clinic, zoe, case.id, now)
        verify(tx, clinic, clinic.vera, case.id, now)

        assert state(tx, case.id) is State.WAITING_REVIEW
        assert versions.by_id(tx, written.id).status is Status.PRELIMINARY
