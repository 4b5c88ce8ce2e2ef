"""The security administrator ends sessions and roles, and sees who holds what; nobody else does."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from reading.administrators import security
from reading.audit import Audit, events_about
from reading.context import Context
from reading.errors import NotAllowed, NotThere
from reading.kinds import Role
from reading.register import people, roles
from reading.sessions import session_token
from reading.tables import staff_session
from storage.database import transaction
from tests.reading.region import hire, make_region


def test_sessions_and_roles_are_ended_by_the_security_administrator_alone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        sid = hire(tx, "sid", now, (Role.SECURITY_ADMINISTRATOR, region.city))
        ada = hire(tx, "ada", now, (Role.READER, region.oak))
        sam = hire(tx, "sam", now, (Role.SYSTEM_ADMINISTRATOR, region.city))
        for number in range(2):
            tx.execute(
                staff_session.insert().values(
                    token_digest=session_token.digest(str(number)),
                    person_id=ada.person_id,
                    csrf_token="",
                    created_at=now,
                    active_at=now,
                    proved_at=now,
                )
            )
        by_sid = Context(tx, Audit("web"), now, sid)
        seen = {one.person.username: one for one in security.holders(by_sid)}
        ended = security.sign_out(by_sid, "ada")
        roles.revoke(by_sid, "ada", "oak", Role.READER)
        for other in (ada, sam):
            ctx = Context(tx, Audit("web"), now, other)
            for act in (
                security.holders,
                lambda ctx: roles.revoke(ctx, "sid", "city", Role.SECURITY_ADMINISTRATOR),
            ):
                with pytest.raises(NotAllowed) as refused:
                    act(ctx)
                assert refused.value.rule in {"security_administrators_only", "administrators_of_the_region"}
        with pytest.raises(NotAllowed):
            security.sign_out(Context(tx, Audit("web"), now, ada), "sid")
        with pytest.raises(NotThere):
            security.sign_out(by_sid, "nobody")

        assert (seen["ada"].sessions, [held.role for held in seen["ada"].roles]) == (2, [Role.READER])
        assert ended == 2
        assert security.sign_out(by_sid, "ada") == 0
        assert people.grants_of(tx, ada.person_id, now) == []
        by = {one.actor.id for one in events_about(tx, "person", ada.person_id)}
        words = [one.action for one in events_about(tx, "person", ada.person_id)]
    assert by == {sid.person_id}
    assert sorted(words) == ["role.revoke", "session.end", "session.end"]
