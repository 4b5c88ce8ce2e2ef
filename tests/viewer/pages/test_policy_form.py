"""The form of a policy loses nothing of a document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from reading.rules.rules_document import InvalidDocument, read_rules
from reading.rules.shipped_policies import NAMES, shipped
from storage.database import transaction
from tests.reading.clinic import open_clinic
from viewer.pages.policy_form import FLAGS, after_act, document_of, fields_of, typed_of
from viewer.pages.policy_names import names
from viewer.words.catalogue import Language


@pytest.mark.parametrize("name", NAMES)
def test_a_document_goes_through_the_form_as_it_is(name: str) -> None:
    fields = fields_of(shipped(name))
    assert fields is not None

    assert read_rules(document_of(typed_of(fields))) == read_rules(shipped(name))


def test_every_condition_goes_through_the_form() -> None:
    when: dict[str, Any] = {
        "modality": ["CT", ""],
        "body_part": [""],
        "site": ["hills"],
        "department": ["急诊科", "内科"],
        "words": ["胸痛"],
        "priority": ["urgent"],
        "sex": ["F", ""],
        "min_age_years": 0,
        "max_age_years": 13,
        "hours": {"from": "22:00", "to": "06:00"},
        **dict.fromkeys(FLAGS, False),
    }
    document = {"rules": [shipped("first")["rules"][-1] | {"name": "all", "when": when}, shipped("first")["rules"][-1]]}
    fields = fields_of(document)
    assert fields is not None
    fields[0]["department"] = "急诊科，内科"

    assert read_rules(document_of(typed_of(fields))) == read_rules(document)


def _with(rule: dict[str, Any]) -> dict[str, Any]:
    return {"rules": [shipped("first")["rules"][-1] | {"name": "one"} | rule, shipped("first")["rules"][-1]]}


@pytest.mark.parametrize(
    "rule",
    [
        {"when": {"words": ["头痛，呕吐"]}},
        {"when": {"words": ["two\nlines"]}},
        {"when": {"department": [" 急诊科"]}},
        {"when": {"site": [""]}},
        {"when": {"colour": ["red"]}},
        {"when": {"priority": ["soon"]}},
        {"when": {"sex": ["X"]}},
        {"when": {"critical": "no"}},
        {"when": {"hours": {"from": "25:00", "to": "25:30"}}},
        {"when": {"hours": {"from": "", "to": ""}}},
        {"when": {"min_age_years": "14"}},
        {"tier": "village"},
        {"review": {"when": "never"}},
        {"review": {"when": "before_release", "percent": 20}},
        {"exempt_titles": ["主任医师,教授"]},
        {"more": 1},
    ],
    ids=str,
)
def test_what_the_form_would_change_is_edited_as_a_document(rule: dict[str, Any]) -> None:
    assert fields_of(_with({})) is not None

    assert fields_of(_with(rule)) is None


TEXTS = st.lists(st.sampled_from(["", " ", "CT", "a,b", "胸、腹", "HEAD", "x "]), min_size=1, max_size=3)
WHEN = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("modality", "body_part", "site", "words"), TEXTS),
        "sex": st.lists(st.sampled_from(["M", "F", "O", "", "X"]), max_size=3),
        "priority": st.lists(st.sampled_from(["urgent", "routine", "soon"]), max_size=2),
        "critical": st.sampled_from([True, False, None, 1, "no"]),
        "min_age_years": st.sampled_from([0, 14, "14", 1.5, None]),
        "hours": st.sampled_from([None, {"from": "22:00", "to": "06:00"}, {"from": "24:00"}, {}]),
    },
)


@given(WHEN)
def test_no_condition_is_lost_on_the_way_through_the_form(when: dict[str, Any]) -> None:
    fields = fields_of(_with({"when": when}))
    if fields is None:
        return
    back = document_of(typed_of(fields))["rules"][0]["when"]

    asked = {key: value for key, value in when.items() if value is not None}
    assert {key: sorted(value) if isinstance(value, list) else value for key, value in back.items()} == {
        key: sorted(value) if isinstance(value, list) else value for key, value in asked.items()
    }


@pytest.mark.parametrize(
    ("act", "names"),
    [
        ("up:1", ["b", "a", "c"]),
        ("up:0", ["a", "b", "c"]),
        ("down:1", ["a", "c", "b"]),
        ("down:2", ["a", "b", "c"]),
        ("remove:1", ["a", "c"]),
        ("insert:1", ["a", "", "b", "c"]),
        ("up:9", ["a", "b", "c"]),
        ("up:x", ["a", "b", "c"]),
        ("explode:1", ["a", "b", "c"]),
    ],
)
def test_rules_are_moved_removed_and_added(act: str, names: list[str]) -> None:
    document = {"rules": [{"name": name, "when": {"modality": ["CT"]}} for name in "abc"]}

    assert [rule["name"] for rule in after_act(document, act)["rules"]] == names


def test_what_is_no_number_is_named_by_the_schema() -> None:
    fields = fields_of(shipped("first"))
    assert fields is not None
    fields[0]["due_minutes"] = "soon"

    with pytest.raises(InvalidDocument) as refused:
        read_rules(document_of(typed_of(fields)))
    assert [(one.path, one.problem) for one in refused.value.problems] == [
        ("rules[0].due_minutes", "not_a_whole_number")
    ]


@pytest.mark.parametrize("document", [None, [], {}, {"rules": 1}, {"rules": [1]}, {"rules": [{"when": 7}]}])
def test_what_is_no_document_is_not_shown_as_a_form(document: Any) -> None:
    assert fields_of(document) is None


def test_codes_stand_in_the_form_as_words_and_come_back_as_codes(engine: Engine, now: datetime) -> None:
    when = {"modality": ["DX", "CT"], "body_part": ["CHEST", "GIZZARD"], "site": ["hills"], "department": ["急诊科"]}
    document = {"rules": [shipped("first")["rules"][-1] | {"when": when}]}
    with transaction(engine) as tx:
        open_clinic(tx, now)
        chinese, english = (names(tx, language) for language in (Language.ZH, Language.EN))
    fields = fields_of(document)
    assert fields is not None

    shown = chinese.worded(fields)
    assert shown is not None
    assert [shown[0][name] for name in ("modality", "body_part", "site")] == ["DR, CT", "胸部, GIZZARD", "Hills"]
    for known in (chinese, english):  # somebody may have changed the language of the page meanwhile
        assert known.coded(document_of(typed_of(shown))) == document
    typed = typed_of([shown[0] | {"modality": "dr，CT", "body_part": "Chest"}])
    assert chinese.coded(document_of(typed))["rules"][0]["when"]["modality"] == ["DX", "CT"]
    assert chinese.coded(document_of(typed))["rules"][0]["when"]["body_part"] == ["CHEST"]


def test_what_a_device_writes_for_a_kind_is_no_other_kind(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        open_clinic(tx, now)
        known = names(tx, Language.ZH)
    fields = fields_of(shipped("first"))
    assert fields is not None
    shown = known.worded(fields)

    assert shown is not None
    assert any("DR, DR（旧写法）" in rule["modality"] for rule in shown)
    assert read_rules(known.coded(document_of(typed_of(shown)))) == read_rules(shipped("first"))
