"""A system administrator sees what waits and failed of the own organisations, without whom it is for."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.context import Context
from reading.errors import MoveNotAllowed, NotAllowed, NotThere
from reading.kinds import Role
from reading.messages import addressing, oversight, queue
from reading.messages.moves import OPEN, State
from reading.messages.oversight import Listed
from reading.messages.routes import Audience
from storage.database import transaction
from tests.reading.clinic import Clinic
from tests.reading.messages.scene import patient_with, released
from tests.reading.region import KEYS, hire


def test_what_failed_is_listed_tried_again_and_given_up_by_those_who_keep_the_site(
    clinic: Clinic, engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        patient_with(tx, now)
        released(tx, clinic, now)
        addressing.address(tx, KEYS, [Audience.PATIENT], now)
        due = queue.claim(tx, KEYS, now)
        assert due is not None
        queue.failed(tx, due, "refused", now, for_good=True, away=False)
        olaf, elsa = (
            Context(tx, clinic.audit, now, hire(tx, name, now, (Role.SYSTEM_ADMINISTRATOR, place)))
            for name, place in (("olaf", clinic.region.oak), ("elsa", clinic.region.elm))
        )
        (listed,) = oversight.latest(olaf, states=OPEN, limit=10)
        counted = oversight.counts(olaf), oversight.counts(elsa)
        with pytest.raises(NotThere):
            oversight.retry(elsa, due.id)
        with pytest.raises(NotAllowed):
            oversight.counts(Context(tx, clinic.audit, now, clinic.mona))
        late = Context(tx, clinic.audit, now + timedelta(days=9), olaf.who)
        oversight.retry(late, due.id)
        again = queue.claim(tx, KEYS, late.now)
        with pytest.raises(MoveNotAllowed):  # it is being sent
            oversight.retry(late, due.id)
        oversight.give_up(late, due.id)
        over = oversight.latest(Context(tx, clinic.audit, now, SYSTEM), states=[State.GIVEN_UP], limit=10)
        with pytest.raises(MoveNotAllowed):
            oversight.retry(late, due.id)

    assert (listed.id, listed.failure, listed.state) == (due.id, "refused", State.FAILED)
    assert counted == ({State.FAILED: 1, State.WAITING: 0}, {State.FAILED: 0, State.WAITING: 0})
    assert (again is not None and again.id, [one.id for one in over]) == (due.id, [due.id])
    assert not {one.name for one in fields(Listed)} & {"number", "name", "patient_id", "person_id", "subject_id"}
