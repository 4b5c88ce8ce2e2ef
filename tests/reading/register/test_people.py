"""People and their roles."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pytest
from sqlalchemy.engine import Engine

from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Role
from reading.register import people
from storage.database import snapshot, transaction
from tests.reading.region import hire, make_region


def test_a_person_holds_several_roles_at_several_places(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        ada = hire(tx, "ada", now, (Role.READER, region.oak), (Role.VERIFIER, region.oak), (Role.READER, region.elm))
        again = people.grant(tx, ada.person_id, region.oak.id, Role.READER, now)

    with snapshot(engine) as tx:
        held = people.grants_of(tx, ada.person_id, now)
        assert again == ada.grants[0]
        assert [(one.role, one.organisation_id) for one in held] == [
            (Role.READER, region.oak.id),
            (Role.VERIFIER, region.oak.id),
            (Role.READER, region.elm.id),
        ]


def test_a_role_ends_and_that_it_was_held_is_kept(engine: Engine, now: datetime) -> None:
    later = now + timedelta(days=1)
    with transaction(engine) as tx:
        region = make_region(tx, now)
        ada = hire(tx, "ada", now, (Role.READER, region.oak))
        people.end_grant(tx, ada.grants[0].id, later)

    with snapshot(engine) as tx:
        assert [one.role for one in people.grants_of(tx, ada.person_id, now)] == [Role.READER]
        assert people.grants_of(tx, ada.person_id, later) == []


def test_who_has_ended_holds_nothing_and_cannot_act(engine: Engine, now: datetime) -> None:
    later = now + timedelta(days=1)
    with transaction(engine) as tx:
        region = make_region(tx, now)
        ada = hire(tx, "ada", now, (Role.READER, region.oak))
        people.end(tx, ada.person_id, later)

    with transaction(engine) as tx:
        assert people.grants_of(tx, ada.person_id, later) == []
        with pytest.raises(NotThere):
            people.grant(tx, ada.person_id, region.oak.id, Role.READER, later)
        with pytest.raises(NotThere):
            people.grant(tx, "nobody", region.oak.id, Role.READER, later)


@pytest.mark.parametrize("second", [Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR])
def test_the_three_administrators_are_three_people(engine: Engine, now: datetime, second: Role) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        admin = hire(tx, "admin", now, (Role.SYSTEM_ADMINISTRATOR, region.city))
        people.grant(tx, admin.person_id, region.oak.id, Role.SYSTEM_ADMINISTRATOR, now)
        with pytest.raises(NotAllowed) as refused:
            people.grant(tx, admin.person_id, region.city.id, second, now)

    assert refused.value.rule == "administrators-are-different-people"


@pytest.mark.parametrize("role", sorted(people.ADMINISTRATORS))
def test_no_administrator_sees_a_picture(engine: Engine, now: datetime, role: Role) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        admin = hire(tx, "admin", now, (role, region.city))
        ada = hire(tx, "ada", now, (Role.READER, region.oak))
        for one, wanted in ((admin, Role.TECHNICIAN), (ada, role)):
            with pytest.raises(NotAllowed) as refused:
                people.grant(tx, one.person_id, region.oak.id, wanted, now)
            assert refused.value.rule == "administrators-see-no-picture"


@pytest.mark.parametrize("first", [Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR])
def test_nobody_audits_what_they_administered_themselves(engine: Engine, now: datetime, first: Role) -> None:
    ended, later = now + timedelta(days=1), now + timedelta(days=1) + people.OWN_DEEDS
    with transaction(engine) as tx:
        region = make_region(tx, now)
        admin = hire(tx, "admin", now, (first, region.city))
        people.end_grant(tx, people.grants_of(tx, admin.person_id, now)[0].id, ended)
        with pytest.raises(NotAllowed) as refused:
            people.grant(tx, admin.person_id, region.city.id, Role.AUDIT_ADMINISTRATOR, later - timedelta(hours=1))
        made = people.grant(tx, admin.person_id, region.city.id, Role.AUDIT_ADMINISTRATOR, later)

    assert refused.value.rule == "nobody-audits-themselves"
    assert made.role is Role.AUDIT_ADMINISTRATOR


def test_usernames_are_made_of_pinyin_and_never_given_twice(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        assert people.free_username(tx, "王芳") == "wangfang"
        hire(tx, "wangfang", now)
        assert people.free_username(tx, "王芳") == "wangfang2"
        hire(tx, "wangfang2", now)
        hire(tx, "wangfangfang", now)
        assert people.free_username(tx, "王 芳") == "wangfang3"
        assert people.free_username(tx, "Ada Öz") == "adaz"
        assert people.free_username(tx, "%") == "person"


WRONG: Final = [
    ({"username": "ada"}, "username", "taken"),
    ({"username": "Ben"}, "username", "characters"),
    ({"username": "b"}, "username", "length"),
    ({"username": "b" * 65}, "username", "length"),
    ({"name": "  "}, "name", "empty"),
]


def test_what_is_wrong_with_a_person_is_told(engine: Engine, now: datetime) -> None:
    told: list[tuple[str, str]] = []
    with transaction(engine) as tx:
        hire(tx, "ada", now)
        known = {"username": "ben", "name": "Ben", "title": "", "password_hash": "!", "now": now}
        for wrong, *_ in WRONG:
            with pytest.raises(Invalid) as refused:
                people.add(tx, **(known | wrong))  # type: ignore[arg-type]
            told.append((refused.value.field, refused.value.problem))

    assert told == [(field, problem) for *_, field, problem in WRONG]


def test_people_and_viewers_do_not_show_who_they_are(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        ada = hire(tx, "ada", now)
        found = people.by_username(tx, "ada")

    assert "ada" not in repr(ada).lower().replace("reading", "")
    assert "ada" not in repr(found).lower().replace("reading", "")
