"""The form of a policy loses nothing of a document."""

from __future__ import annotations

from typing import Any

import pytest

from reading.rules.rules_document import InvalidDocument, read_rules
from reading.rules.shipped_policies import NAMES, shipped
from viewer.pages.policy_form import FLAGS, Rows, after_act, document_of, fields_of

BOXES = ("priority", "sex")


def _typed(fields: list[dict[str, Any]]) -> Rows:
    """What a browser sends of a form with these fields."""
    columns = {key: [str(rule[key]) for rule in fields] for key in fields[0] if key not in BOXES}
    boxes = {key: [f"{number}:{code}" for number, rule in enumerate(fields) for code in rule[key]] for key in BOXES}
    return Rows(columns=columns, **boxes)


@pytest.mark.parametrize("name", NAMES)
def test_a_document_goes_through_the_form_as_it_is(name: str) -> None:
    fields = fields_of(shipped(name))
    assert fields is not None

    assert read_rules(document_of(_typed(fields))) == read_rules(shipped(name))


def test_every_condition_goes_through_the_form() -> None:
    when: dict[str, Any] = {
        "modality": ["CT"],
        "body_part": ["HEAD"],
        "site": ["hills"],
        "department": ["急诊科", "内科"],
        "words": ["胸痛"],
        "priority": ["urgent"],
        "sex": ["F"],
        "min_age_years": 0,
        "max_age_years": 13,
        "hours": {"from": "22:00", "to": "06:00"},
        **dict.fromkeys(FLAGS, False),
    }
    document = {"rules": [shipped("first")["rules"][-1] | {"name": "all", "when": when}, shipped("first")["rules"][-1]]}
    fields = fields_of(document)
    assert fields is not None
    fields[0]["department"] = "急诊科，内科"

    assert read_rules(document_of(_typed(fields))) == read_rules(document)


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
        read_rules(document_of(_typed(fields)))
    assert [(one.path, one.problem) for one in refused.value.problems] == [
        ("rules[0].due_minutes", "not_a_whole_number")
    ]


@pytest.mark.parametrize("document", [None, [], {}, {"rules": 1}, {"rules": [1]}, {"rules": [{"when": 7}]}])
def test_what_is_no_document_is_not_shown_as_a_form(document: Any) -> None:
    assert fields_of(document) is None
