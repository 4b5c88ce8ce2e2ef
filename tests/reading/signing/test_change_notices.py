"""A notice of a changed report is for the site that asked for it, and is acknowledged once."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import tables
from reading.audit import events_about
from reading.context import Context
from reading.desk import township
from reading.errors import NotThere
from reading.rules.first_policy import FIRST_POLICY
from reading.signing import change_notices, withhold
from reading.signing.change_notices import NoticeKind
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, UNSAMPLED, arrive, open_clinic, read, verify


def test_a_notice_is_acknowledged_once_by_its_own_site(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.rosa, case.id, now)
        verify(tx, clinic, clinic.vera, case.id, now, PNEUMONIA)
        notice = tx.scalar(sa.select(tables.change_notice.c.id))
        assert notice is not None

        for other in (clinic.quinn, clinic.ada):
            with pytest.raises(NotThere):
                change_notices.acknowledge(Context(tx, clinic.audit, now, other), notice)
        change_notices.acknowledge(Context(tx, clinic.audit, now, clinic.tang), notice)
        with pytest.raises(NotThere):
            change_notices.acknowledge(Context(tx, clinic.audit, now, clinic.tang), notice)

        assert tx.scalar(sa.select(tables.change_notice.c.acknowledged_by)) == clinic.tang.person_id
        assert "change.acknowledge" in [event.action for event in events_about(tx, "case", case.id)]


def test_a_notice_of_a_version_that_was_withheld_since_can_still_be_acknowledged(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.rosa, case.id, now)
        verify(tx, clinic, clinic.vera, case.id, now, PNEUMONIA)
        notice = tx.scalar(sa.select(tables.change_notice.c.id))
        assert notice is not None
        manager = Context(tx, clinic.audit, now, clinic.mona)
        withhold.withhold(manager, case.id, why="拍错人")
        withhold.read_again(manager, case.id, why="重新阅片")

        change_notices.acknowledge(Context(tx, clinic.audit, now, clinic.tang), notice)

        assert tx.scalar(sa.select(tables.change_notice.c.acknowledged_by)) == clinic.tang.person_id


def test_a_rule_may_ask_that_the_release_is_passed_on_whatever_it_says(engine: Engine, now: datetime) -> None:
    told = FIRST_POLICY["rules"][-1] | {"name": "told", "when": {"modality": ["CT"]}, "tell_site": True, "review": None}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, {"rules": [told, *UNSAMPLED["rules"]]})
        for uid, modality in (("1.1", "CT"), ("1.2", "DX")):
            read(tx, clinic, clinic.ada, arrive(tx, clinic, uid, now, modality=modality).id, now)
        notices = tx.execute(sa.select(tables.change_notice.c.id, tables.change_notice.c.kind)).all()
        pending = township.pending(Context(tx, clinic.audit, now, clinic.tang)).changes
        change_notices.acknowledge(Context(tx, clinic.audit, now, clinic.tang), notices[0].id)
        left = township.pending(Context(tx, clinic.audit, now, clinic.tang)).changes

    assert [row.kind for row in notices] == [NoticeKind.RELEASED]
    assert [(one.kind, one.entry.case.modality) for one in pending] == [(NoticeKind.RELEASED, "CT")]
    assert left == ()
