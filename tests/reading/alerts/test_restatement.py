"""A report says what was read back by naming it: silence of the finding, its side or its measure corrects nothing."""

from __future__ import annotations

from itertools import product
from typing import Final

import pytest

from reading.alerts.read_back import is_restated

NAMES = ("张力性气胸", "Tension pneumothorax")
PLACES: Final = {
    "额叶出血": "frontal haemorrhage",
    "颞叶出血": "temporal lobe haemorrhage",
    "顶叶出血": "parietal haemorrhage",
    "枕叶出血": "occipital haemorrhage",
    "脑出血": "cerebral haemorrhage",
    "小脑出血": "cerebellar haemorrhage",
    "脑干出血": "brainstem haemorrhage",
    "丘脑出血": "thalamic haemorrhage",
    "基底节区出血": "basal ganglia haemorrhage",
    "硬膜下血肿": "subdural haematoma",
    "硬膜外血肿": "epidural haematoma",
    "上肺栓塞": "upper lobe pulmonary embolism",
    "肺下叶栓塞": "lower lobe pulmonary embolism",
    "肺血栓": "pulmonary thrombosis",
    "第3肋骨骨折": "third rib fracture",
    "第9肋骨骨折": "9th rib fracture",
    "第3、9肋骨骨折": "3rd and 9th rib fractures",
    "肾破裂": "renal rupture",
    "肾裂伤": "renal laceration",
    "股骨骨折": "femoral fracture",
    "胸腔积液": "pleural effusion",
}
"""What is said the same in both languages, and nothing else is."""
CLASS = (
    "出血、血肿、栓塞、血栓、骨折、破裂、裂伤、积液",
    "haemorrhage haematoma embolism thrombosis fracture rupture laceration effusion",
)
OPEN: Final = {
    "zh": (
        "左侧气胸可能性不大。", "左侧气胸待排。", "左侧气胸待除外", "前报告左侧气胸有误。", "左侧气胸系笔误。",
        "左侧气胸，系笔误。", "左侧气胸。以上系笔误。", "不能除外左侧气胸", "左侧气胸？", "左侧皮肤皱褶，误认为气胸。",
        "左侧气胸，右侧气胸待排",
    ),
    "en": (
        "Left pneumothorax unlikely.", "Left pneumothorax is unlikely.", "Left pneumothorax is no longer seen.",
        "Left pneumothorax cannot be excluded.", "Possible left pneumothorax, repeat film.", "Left pneumothorax?",
        "Left skin fold mimicking pneumothorax.", "Left pneumothorax on yesterday's film, not today.",
        "The referring doctor was told of a left pneumothorax, in error.",
        "Left pneumothorax. This was reported in error.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("told", "said", "report", "expected"),
    [
        ("右侧张力性气胸", "左侧张力性气胸，已告知值班医生", "左侧张力性气胸", True),
        ("右侧张力性气胸", "左侧张力性气胸", "1. 张力性气胸，左侧\n2. 右侧肋骨骨折", True),
        ("右侧张力性气胸", "左侧张力性气胸", "左侧张力性气胸，右侧未见气胸", True),
        ("右侧张力性气胸", "左侧张力性气胸", "左侧张力性气胸，右侧气胸", False),
        ("右侧张力性气胸", "左侧张力性气胸", "左侧胸腔积液，张力性气胸", False),
        ("右侧张力性气胸", "左侧张力性气胸", "未见左侧张力性气胸", False),
        ("右侧张力性气胸", "左侧张力性气胸", "未见胸腔积液、左侧张力性气胸", False),
        ("右侧张力性气胸", "左侧张力性气胸", "既往左侧张力性气胸", False),
        ("右侧张力性气胸", "左侧张力性气胸", "双侧张力性气胸", False),
        ("右侧张力性气胸", "双侧张力性气胸", "左侧张力性气胸，右侧张力性气胸", True),
        ("右侧肋骨骨折", "左侧肋骨骨折", "左侧股骨骨折", False),
        ("左侧气胸", "左侧气胸，右侧肋骨骨折", "左侧气胸", False),
        ("Right pneumothorax", "left pneumothorax", "Left pneumothorax.", True),
        ("Right pneumothorax", "left pneumothorax", "Left pneumonia. Pneumothorax.", False),
        ("Right pneumothorax", "left pneumothorax", "Correlate clinically.", False),
        ("左侧气胸，压缩约 60%", "左侧气胸，压缩约 30%", "左侧气胸，肺压缩 30%", True),
        ("左侧气胸，压缩约 60%", "左侧气胸，约 30%", "左侧气胸，压缩 30%，右下肺结节 8 mm", True),
        ("左侧气胸，压缩约 60%", "左侧气胸，压缩约 30%", "左侧气胸", False),
        ("左侧气胸，压缩约 60%", "左侧气胸，压缩约 30%", "左侧气胸，压缩 30%，后压缩 60%", False),
        ("右侧张力性气胸", "未见气胸，已告知", "未见气胸", True),
        ("右侧张力性气胸", "未见气胸，已告知", "未见明显异常", False),
        ("右侧张力性气胸", "未见气胸，已告知", "左侧气胸", False),
        # Read back in one language, reported in the other: by all that the vocabulary knows of it.
        ("右侧张力性气胸", "左侧张力性气胸，已告知值班医生", "Left tension pneumothorax.", True),
        ("右侧张力性气胸", "左侧张力性气胸", "Left pneumothorax.", False),
        ("右侧张力性气胸", "左侧张力性气胸", "Right tension pneumothorax.", False),
        ("右侧张力性气胸", "左侧张力性气胸", "No left tension pneumothorax.", False),
        ("右侧张力性气胸", "左侧张力性气胸", "Left tension pneumothorax. Right tension pneumothorax.", False),
        ("右侧张力性气胸", "未见气胸，已告知", "No pneumothorax.", True),
        ("右侧张力性气胸", "双侧张力性气胸", "Bilateral tension pneumothorax.", True),
        ("Right pneumothorax", "left pneumothorax", "左侧气胸。右侧肋骨骨折。", True),
        ("Right pneumothorax", "left pneumothorax", "左侧胸腔积液。", False),
        ("Right pneumothorax, 60 %", "left pneumothorax, 30 %", "左侧气胸，肺压缩 60%", False),
        ("右侧气胸，皮下气肿", "左侧气胸伴皮下气肿", "Left pneumothorax.", False),
        # In another language it names the same and nothing besides.
        ("Right effusion", "left effusion", "左膝积液", False),
        ("Right effusion", "left effusion", "左侧心包积液", False),
        ("Right embolism", "left embolism", "左下肢静脉血栓", False),
        ("Right renal rupture", "left renal rupture", "左肾囊肿破裂。", False),
        ("Splenic rupture, 2 cm", "Splenic rupture", "肝破裂累及脾窝", False),
        ("Right mass", "left mass", "左侧脾占位", False),
        ("右侧股骨骨折", "左侧股骨骨折", "Fracture of the left femoral prosthesis", False),
        ("右侧气胸", "左侧气胸", "Left pneumothorax. Known pneumothorax from outside.", False),
        ("右侧气胸", "未见气胸", "No pneumothorax on the left.", False),
        ("右侧气胸", "未见气胸", "左侧未见气胸", False),
        ("右侧气胸", "未见气胸", "双侧未见气胸", True),
        ("右侧张力性气胸", "未见气胸", "No tension pneumothorax.", False),
        # The number of a rib or a vertebra is a measure; a site that was read back is the report's.
        ("右侧第3肋骨骨折", "左侧第3肋骨骨折", "左侧第3肋骨骨折", True),
        ("右侧第3肋骨骨折", "左侧第3肋骨骨折", "左侧第9肋骨骨折", False),
        ("第3肋骨骨折", "第9肋骨骨折", "未见第9肋骨骨折", False),
        ("L1压缩性骨折", "L2压缩性骨折", "L2椎体压缩性骨折", True),
        ("L1压缩性骨折", "L2压缩性骨折", "L3椎体压缩性骨折", False),
        ("Right wrist fracture", "左腕骨折", "左膝骨折", False),
        # What was doubted may be said again with the same doubt, and what is behind may speak of something else.
        ("右侧气胸待排", "左侧气胸待排", "左侧气胸待排", True),
        ("右侧气胸", "左侧气胸", "左侧气胸。心影可能增大。", True),
        ("右侧气胸", "左侧气胸", "更正：左侧气胸。", True),
    ],
)
def test_a_report_states_the_side_and_the_measure_beside_the_finding(
    told: str, said: str, report: str, *, expected: bool
) -> None:
    assert is_restated(said, report, told=(*NAMES, told)) is expected


@pytest.mark.parametrize("side", ["left", "right"])
def test_two_languages_name_the_same_place(side: str) -> None:
    """By each pair of all that is said the same in both, read back in either."""
    rows = list(product(PLACES.items(), PLACES.items()))
    other = {"left": "右侧", "right": "左侧"}[side]
    han = {"left": "左侧", "right": "右侧"}[side]
    wrong = [
        (zh, en)
        for (zh, _), (of, en) in rows
        for said, report in ((f"{han}{zh}", f"{side.title()} {en}."), (f"{side} {en}", f"{han}{zh}。"))
        if is_restated(said, report, told=(*CLASS, f"{other}{zh}")) is not (zh == of)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("told", "said"), [("右侧气胸", "左侧气胸"), ("Right pneumothorax", "left pneumothorax")], ids=["zh", "en"]
)
def test_what_is_left_open_or_taken_back_settles_in_no_language(told: str, said: str) -> None:
    assert [one for one in (*OPEN["zh"], *OPEN["en"]) if is_restated(said, one, told=(*NAMES, told))] == []
    assert is_restated(said, "左侧气胸。", told=(*NAMES, told))
    assert is_restated(said, "Left pneumothorax.", told=(*NAMES, told))
