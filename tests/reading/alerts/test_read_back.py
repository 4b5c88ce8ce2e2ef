"""What counts as a read-back, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.alerts.class_list import SHIPPED
from reading.alerts.polite_words import POLITE_EN, POLITE_ZH
from reading.alerts.read_back import FILLER_EN, FILLER_ZH, problem

PNEUMOTHORAX = ("张力性气胸", "Tension pneumothorax", "左侧气胸，纵隔右移")
STROKE = ("急性脑卒中", "Acute stroke", "!")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("左侧气胸，已告知值班医生", PNEUMOTHORAX),
        ("张力性气胸，马上处理", PNEUMOTHORAX),
        ("患者左侧气胸", PNEUMOTHORAX),
        ("left tension pneumothorax", PNEUMOTHORAX),
        ("Received: PNEUMOTHORAX on the left", PNEUMOTHORAX),
        ("收到，急性脑卒中", STROKE),
        ("acute stroke, will call", STROKE),
        ("ａｃｕｔｅ　ｓｔｒｏｋｅ", STROKE),
        ("头颅 CT 未见出血", ("卒中 CT 正常须电话告知", "Normal stroke CT", "未见出血")),
        ("perforated, free air", ("消化道穿孔", "Bowel perforation", "free air under the diaphragm")),
    ],
)
def test_a_sentence_that_repeats_the_finding_is_one(said: str, told: tuple[str, ...]) -> None:
    assert problem(said, told=told) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("收到", "only_polite"),
        ("好的，收到，谢谢医生", "only_polite"),
        ("已通知临床医生，马上处理，谢谢", "only_polite"),
        ("ok, got it, thanks doctor", "only_polite"),
        ("气胸", "only_polite"),
        ("", "only_polite"),
        ("。。。！！！……", "only_polite"),
        ("患者情况我们都清楚", "not_the_finding"),
        ("we know about this patient", "not_the_finding"),
        ("右股骨颈骨折", "not_the_finding"),
        ("aaaaaaaaaa", "not_the_finding"),
    ],
)
def test_politeness_and_another_finding_are_none(said: str, expected: str) -> None:
    assert problem(said, told=PNEUMOTHORAX) == expected


@pytest.mark.parametrize(
    ("said", "finding"),
    [
        ("患者家属在这里等着", "患者左侧气胸"),
        ("左侧左侧左侧左侧", "左侧气胸"),
        ("which other one please", "Other threat to life"),
        ("there on the left side", "pneumothorax there on the left"),
        ("其他情况我们都清楚", "其他情况"),
    ],
)
def test_what_is_said_of_anybody_repeats_no_finding(said: str, finding: str) -> None:
    told = ("其他危及生命的情况", "Other threat to life", finding)

    assert problem(said, told=told) == "not_the_finding"


def test_no_filler_is_a_match() -> None:
    found = {
        filler: problem(f"{filler} " * 8, told=(f"{filler} 肺栓塞", f"{filler} embolism", filler))
        for filler in (*FILLER_ZH, *sorted(FILLER_EN))
    }

    assert {filler: said for filler, said in found.items() if said not in {"not_the_finding", "only_polite"}} == {}


@given(st.lists(st.sampled_from([*POLITE_ZH, *POLITE_EN, "，", "!", " "]), max_size=12))
def test_no_number_of_polite_words_makes_one(words: list[str]) -> None:
    assert problem(" ".join(words), told=PNEUMOTHORAX) == "only_polite"


@given(st.sampled_from(SHIPPED), st.sampled_from(["zh", "en"]), st.text(alphabet="，。 ,.", max_size=3))
def test_naming_the_class_in_full_with_the_side_always_makes_one(shipped: object, language: str, around: str) -> None:
    name = shipped.name_zh if language == "zh" else shipped.name_en  # type: ignore[attr-defined]
    told = (shipped.name_zh, shipped.name_en, "!")  # type: ignore[attr-defined]

    assert problem(f"{around}左侧 left {name}{around}", told=told) is None
