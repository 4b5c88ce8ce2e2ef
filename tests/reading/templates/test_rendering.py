"""Templates render to the same text for the same values, and what breaks a field's form is refused with its path."""

from __future__ import annotations

import copy
from typing import Any, Final

import pytest

from reading.checks.checks import findings
from reading.checks.finding import Check, Facts
from reading.errors import Invalid
from reading.kinds import Sex
from reading.reports.content import Content
from reading.templates.document import ChoiceField, Document, NumberField, SideField, TableField, read_document
from reading.templates.matching import FITS, Examined, fitness
from reading.templates.rendering import Language, blank_fields, checked, rendered
from reading.templates.shipped_templates import shipped

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
BY_KEY: Final = {one.key: one.read for one in shipped()}


def value_of(field: Any, option: int) -> Any:
    if isinstance(field, NumberField):
        return (field.low + field.high) / 2
    if isinstance(field, SideField):
        return "LRB"[option % 3]
    if isinstance(field, ChoiceField):
        code = field.options[option % len(field.options)].code
        return [code] if field.many else code
    if isinstance(field, TableField):
        return [{column.name: value_of(column, option) for column in field.columns}]
    return "文字"


def mandatory(document: Document) -> dict[str, Any]:
    return {field.name: value_of(field, 0) for field in document.fields if field.mandatory}


@pytest.mark.parametrize("key", BY_KEY)
def test_every_shipped_template_says_all_that_is_filled_in_and_leaves_no_blank(key: str) -> None:
    document = BY_KEY[key]
    for language in LANGUAGES:
        for option in range(9):
            values = checked(document, {field.name: value_of(field, option) for field in document.fields})
            text = rendered(document, values, language)

            assert text == rendered(document, copy.deepcopy(values), language)
            assert "____" not in "".join(text.values())
            assert "{" not in "".join(text.values())
            assert blank_fields(document, values, language) == ()


@pytest.mark.parametrize("key", BY_KEY)
def test_a_normal_report_of_a_shipped_template_passes_the_checks(key: str) -> None:
    document = BY_KEY[key]
    sex = document.scope.sex or Sex.FEMALE
    for language in LANGUAGES:
        text = rendered(document, mandatory(document), language)
        assert text["findings"]
        assert text["impression"]
        if key in {"generic", "mammography", "bone-age"}:
            continue  # their impression is no sentence of a normal result
        facts = Facts(sex=sex, body_part=next(iter(document.scope.body_parts), ""), image_side="L")
        assert findings(Content(**text, positive=False), facts) == []
        # Blank mandatory fields stop, in the text and by their name.
        blank = rendered(document, {}, language)
        names = blank_fields(document, {}, language)
        stops = findings(Content(**blank), Facts(blank_fields=names))
        assert {one.check for one in stops} <= {Check.TEMPLATE_BLANK}
        assert bool(stops) is any(field.mandatory for field in document.fields)


def test_a_haemorrhage_is_said_in_findings_and_impression() -> None:
    document = BY_KEY["head-ct"]
    values = checked(
        document,
        {
            "bleeds": [{"side": "R", "place": "basal_ganglia", "length": 42, "width": 28, "volume": 24.7}],
            "shift": 6,
            "shift_to": "left",
            "aspects": None,
            "bone": "右侧颧弓骨折",
        },
    )
    text = rendered(document, values, "zh")

    assert text["findings"] == (
        "右侧基底节区见高密度影，大小约42 mm×28 mm，体积约24.7 ml。脑室、脑池及脑沟大小、形态正常。"
        "中线结构向左移位约6 mm。右侧颧弓骨折。"
    )
    assert text["impression"] == "右侧基底节区脑出血，体积约24.7 ml。"
    assert rendered(document, values, "en")["impression"] == (
        "Intracerebral haemorrhage, right basal ganglia, about 24.7 ml."
    )


def test_a_row_without_a_mandatory_cell_shows_the_blank_and_names_it() -> None:
    document = BY_KEY["chest-ct"]
    values = checked(document, {"nodules": [{"lobe": "rul", "long": 8.2, "type": "solid"}, {}]})
    text = rendered(document, values, "zh")

    assert text["findings"].startswith("右肺上叶见实性结节，大小约8.2 mm×____。")
    assert blank_fields(document, values, "zh") == ("肺结节 1 短径",)
    assert blank_fields(document, values, "en") == ("Nodules 1 Short diameter",)


WRONG_VALUES: Final = [
    ({"nowhere": 1}, "form.nowhere", "unknown_field"),
    ({"shift": 400}, "form.shift", "range"),
    ({"shift": True}, "form.shift", "not_a_number"),
    ({"shift": "6"}, "form.shift", "not_a_number"),
    ({"shift_to": "up"}, "form.shift_to", "unknown"),
    ({"aspects_side": 1}, "form.aspects_side", "not_a_text"),
    ({"aspects_side": "X"}, "form.aspects_side", "unknown"),
    ({"brain": "长" * 501}, "form.brain", "too_long"),
    ({"bleeds": {}}, "form.bleeds", "not_a_list"),
    ({"bleeds": [[]]}, "form.bleeds[0]", "not_an_object"),
    ({"bleeds": [{"place": "frontal"}, {"colour": 1}]}, "form.bleeds[1].colour", "unknown_field"),
    ({"bleeds": [{"volume": -1}]}, "form.bleeds[0].volume", "range"),
    ({"bleeds": [{"volume": 1}] * 31}, "form.bleeds", "too_long"),
]


@pytest.mark.parametrize(("values", "field", "problem"), WRONG_VALUES)
def test_a_value_that_breaks_its_fields_form_is_refused(values: dict[str, Any], field: str, problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(BY_KEY["head-ct"], values)
    assert (refused.value.field, refused.value.problem) == (field, problem)


WORDS: Final = {"zh": "见", "en": "seen"}
FIELD: Final = {"kind": "text", "name": "a", "label": WORDS}
SENTENCE: Final = {"part": "findings", "words": WORDS}
WRONG_DOCUMENTS: Final = [
    ({}, "title"),
    ({"sentences": []}, "sentences"),
    ({"fields": [FIELD, FIELD]}, "document"),
    ({"fields": [{**FIELD, "kind": "colour"}]}, "fields.0"),
    ({"fields": [{**FIELD, "name": "A b"}]}, "fields.0.text.name"),
    ({"fields": [{**FIELD, "kind": "number", "low": 3, "high": 3}]}, "fields.0.number"),
    ({"sentences": [{**SENTENCE, "words": {"zh": "{b}", "en": "{b}"}}]}, "document"),
    ({"sentences": [{**SENTENCE, "words": {"zh": "{a}", "en": "a"}}]}, "document"),
    ({"sentences": [{**SENTENCE, "words": {"zh": "{a.b}", "en": "{a.b}"}}]}, "document"),
    ({"sentences": [{**SENTENCE, "each": "a"}]}, "document"),
    ({"sentences": [{**SENTENCE, "given": ["b"]}]}, "document"),
    ({"sentences": [{**SENTENCE, "chosen": {"a": ["x"]}}]}, "document"),
    ({"scope": {"modalities": ["ct"]}}, "scope.modalities.0"),
    ({"more": 1}, "more"),
]


@pytest.mark.parametrize(("change", "place"), WRONG_DOCUMENTS)
def test_a_document_with_an_error_is_refused_with_its_path(change: dict[str, Any], place: str) -> None:
    base: dict[str, Any] = {"title": WORDS, "fields": [FIELD], "sentences": [SENTENCE]} if change else {}

    with pytest.raises(Invalid) as refused:
        read_document({**base, **change})
    assert refused.value.field == place


BEST: Final = [
    ("DX", "CHEST", Sex.MALE, 40, "chest-dr"),
    ("CR", "RIB", Sex.MALE, 40, "ribs-dr"),
    ("DX", "HAND", Sex.FEMALE, 8, "limb-dr"),
    ("DX", "LSPINE", Sex.FEMALE, 70, "spine-dr"),
    ("DX", "HIP", Sex.FEMALE, 70, "pelvis-hip-dr"),
    ("DX", "ABDOMEN", Sex.MALE, None, "abdomen-dr"),
    ("CT", "HEAD", Sex.MALE, 60, "head-ct"),
    ("CT", "CHEST", Sex.MALE, 60, "chest-ct"),
    ("CT", "ABDOMEN", Sex.MALE, 60, "abdomen-ct"),
    ("CT", "KIDNEY", Sex.MALE, 60, "urinary-ct"),
    ("CT", "CSPINE", Sex.MALE, 60, "spine-ct"),
    ("MR", "LSPINE", Sex.MALE, 60, "spine-mr"),
    ("MR", "KNEE", Sex.MALE, 30, "knee-mr"),
    ("MR", "HEAD", Sex.FEMALE, 30, "brain-mr"),
    ("MR", "PROSTATE", Sex.MALE, 70, "prostate-mr"),
    ("MG", "BREAST", Sex.FEMALE, 50, "mammography"),
    ("US", "THYROID", Sex.FEMALE, 50, "generic"),
]


@pytest.mark.parametrize(("modality", "body_part", "sex", "age_years", "best"), BEST)
def test_the_best_template_comes_first(
    modality: str, body_part: str, sex: Sex, age_years: int | None, best: str
) -> None:
    examined = Examined(modality=modality, body_part=body_part, sex=sex, age_years=age_years)
    scores = {key: fitness(one.scope, examined) for key, one in BY_KEY.items()}
    offered = sorted((-score, key) for key, score in scores.items() if score is not None)

    assert offered[0][1] == best
    assert (-offered[0][0] >= FITS) is (best != "generic")


def test_what_is_for_others_is_not_offered() -> None:
    woman = Examined(modality="MR", body_part="PROSTATE", sex=Sex.FEMALE, age_years=30)
    grown = Examined(modality="DX", body_part="HAND", sex=Sex.MALE, age_years=19)

    assert fitness(BY_KEY["prostate-mr"].scope, woman) is None
    assert fitness(BY_KEY["bone-age"].scope, grown) is None
