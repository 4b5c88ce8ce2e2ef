"""A refused act takes its rows back, and never what was looked at in its course."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import errors
from reading.access import door
from reading.access.act_transaction import WORDS, acting
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.context import Context, Look
from reading.errors import Invalid, NotAllowed, NotDone, NotThere
from reading.kinds import IdentifierKind, Sex
from reading.orders.registration import CardHolder, find_or_register
from reading.tables import audit_event
from reading.viewers import Staff
from storage.database import snapshot, transaction
from tests.reading.access.test_visibility import STUDY, pias_case
from tests.reading.clinic import Clinic, open_clinic
from tests.reading.region import KEYS, PIA_CARD


def events(engine: Engine) -> list[tuple[str, str, str, str | None]]:
    """Action, subject, outcome and reason of what people did."""
    with snapshot(engine) as tx:
        rows = tx.execute(sa.select(audit_event).where(audit_event.c.actor_kind != "system").order_by(audit_event.c.at))
        return [(row.action, row.subject_id, row.outcome, row.details.get("why")) for row in rows]


@pytest.fixture
def opened(engine: Engine, now: datetime) -> tuple[Clinic, str, str]:
    """A clinic with Pia's case: (clinic, case, patient)."""
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient, case = pias_case(tx, clinic, now)
    return clinic, case.id, patient.id


def test_quinn_with_a_strangers_card_and_a_wrong_name_is_on_record(
    engine: Engine, now: datetime, opened: tuple[Clinic, str, str]
) -> None:
    clinic, _, patient_id = opened
    holder = CardHolder(kind=IdentifierKind.IDENTITY_CARD, card=PIA_CARD, name="Paul", sex=Sex.UNKNOWN, birth_date=None)

    for _ in range(2):
        with pytest.raises(Invalid), acting(engine, clinic.audit, now, clinic.quinn, naming=KEYS) as ctx:
            find_or_register(ctx, KEYS, holder, clinic.region.moor.id)

    assert events(engine) == [("patient.find", patient_id, "refused", "invalid")] * 2


def test_a_look_before_a_refusal_stays_and_the_rows_do_not(
    engine: Engine, now: datetime, opened: tuple[Clinic, str, str]
) -> None:
    clinic, case_id, _ = opened

    def act(ctx: Context[Staff]) -> None:
        cases.change(ctx.tx, door.open_case(ctx, case_id, Action.CASE_OPEN), patient_id=None)
        raise NotAllowed("no_role_for_this_step")

    with pytest.raises(NotAllowed), acting(engine, clinic.audit, now, clinic.ada) as ctx:
        act(ctx)

    with snapshot(engine) as tx:
        assert cases.by_id(tx, case_id).patient_id is not None
    assert events(engine) == [("case.open", case_id, "refused", "not_allowed")]


def test_a_denied_look_has_the_word_of_the_door_or_of_whoever_asked(
    engine: Engine, now: datetime, opened: tuple[Clinic, str, str]
) -> None:
    clinic, case_id, _ = opened
    about = Look(action=Action.CASE_MATCH, subject_kind="case", subject_id=case_id)
    for asked in (None, about):
        with pytest.raises(NotThere), acting(engine, clinic.audit, now, clinic.quinn, about=asked) as ctx:
            door.open_case(ctx, case_id, Action.CASE_OPEN)

    refused = [(action, case_id, "refused", "not_there") for action in ("case.open", "case.match")]
    assert sorted(events(engine)) == sorted(refused)


def test_what_goes_wrong_unforeseen_and_what_is_done_record_no_refusal(
    engine: Engine, now: datetime, opened: tuple[Clinic, str, str]
) -> None:
    clinic, _, _ = opened

    def act(ctx: Context[Staff]) -> None:
        door.open_study(ctx, STUDY, Action.STUDY_METADATA)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), acting(engine, clinic.audit, now, clinic.ada) as ctx:
        act(ctx)
    with acting(engine, clinic.audit, now, clinic.ada) as ctx:
        door.open_study(ctx, STUDY, Action.STUDY_METADATA)

    assert events(engine) == [("study.metadata", STUDY, "done", None)]


def test_a_look_in_anothers_name_belongs_to_the_same_act(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        ctx = Context(tx, open_clinic(tx, now).audit, now, SYSTEM)

        assert ctx.by(SYSTEM).looks is ctx.looks


def test_every_refusal_has_its_word() -> None:
    refusals = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, NotDone)}

    assert set(WORDS) == refusals - {NotDone}
