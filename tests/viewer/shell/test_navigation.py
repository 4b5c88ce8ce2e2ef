"""Which ways each role has, alone and together with others, and on which of them a page lies."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from reading.kinds import Role
from viewer.shell import navigation
from viewer.shell.navigation import ENTRIES, SEARCHES, Group, area_of, entries_of, groups_of, home_of, search_of
from viewer.words.catalogue import Language, catalogue

R = Role


@pytest.mark.parametrize(
    ("role", "home", "search"),
    [
        (R.TECHNICIAN, "/t", "/t"),
        (R.CLINICIAN, "/t", "/t"),
        (R.READER, "/", "/reports"),
        (R.VERIFIER, "/", "/reports"),
        (R.REVIEWER, "/", "/reports"),
        (R.QUALITY_MANAGER, "/", "/reports"),
    ],
)
def test_those_who_work_with_patients_begin_at_their_list_and_search_what_is_theirs(
    role: Role, home: str, search: str
) -> None:
    found = search_of({role})

    assert home_of({role}) == home
    assert found is not None
    assert found.address == search


@pytest.mark.parametrize(
    "role", [R.SYSTEM_ADMINISTRATOR, R.SECURITY_ADMINISTRATOR, R.AUDIT_ADMINISTRATOR], ids=lambda role: role.value
)
def test_an_administrator_has_no_way_to_a_patient(role: Role) -> None:
    assert {one.group for one in entries_of({role})} <= {Group.QUALITY, Group.OFFICE}
    assert not [one for one in entries_of({role}) if one.address.startswith(("/t", "/reports", "/alerts"))]
    assert search_of({role}) is None


def test_whoever_holds_several_roles_has_the_ways_of_each_in_the_order_of_the_table() -> None:
    for size in range(len(Role) + 1):
        for held in combinations(Role, size):
            expected = {one for role in held for one in entries_of({role})}

            assert entries_of(held) == tuple(one for one in ENTRIES if one in expected)


def test_every_entry_stands_once_has_its_words_and_is_somebodys() -> None:
    words = {one.word for one in ENTRIES} | {one.word for one in SEARCHES} | {f"rail.group.{one}" for one in Group}

    assert Counter(one.address for one in ENTRIES).most_common(1)[0][1] == 1
    assert Counter(one.word for one in ENTRIES).most_common(1)[0][1] == 1
    assert all(one.roles for one in ENTRIES)
    for language in Language:
        assert words <= catalogue(language).keys()
        named = Counter(catalogue(language)[one.word] for one in ENTRIES)
        assert named.most_common(1)[0][1] == 1  # two ways of one name cannot be told apart


def test_the_rail_has_no_empty_part() -> None:
    assert groups_of([]) == []
    assert [group for group, _ in groups_of(entries_of({R.SYSTEM_ADMINISTRATOR}))] == [Group.OFFICE]
    assert [one for _, inside in groups_of(ENTRIES) for one in inside] == sorted(
        ENTRIES, key=lambda one: list(Group).index(one.group)
    )


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("/", "/"),
        ("/t", "/t"),
        ("/t/case/01KZ", "/t"),
        ("/t/order", "/t/order"),
        ("/t/patients/01KZ", "/t/patients"),
        ("/alerts/log", "/alerts"),
        ("/office/policy/version/2", "/office/policy"),
        ("/office/policy/calendar", "/office/policy/calendar"),
        ("/learning", "/learning"),
        ("/learning/agreement", "/learning/agreement"),
        ("/tables", None),
        ("/sign-in", None),
    ],
)
def test_a_page_lies_on_the_longest_way_that_its_address_begins_with(path: str, area: str | None) -> None:
    assert area_of(path) == area


def test_whoever_has_no_way_begins_at_their_account() -> None:
    assert home_of(set()) == navigation.ACCOUNT
