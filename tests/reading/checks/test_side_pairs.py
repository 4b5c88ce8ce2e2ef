"""Findings with their sides, table by table: which side the findings have, and which one the impression names."""

from __future__ import annotations

from itertools import product
from typing import Final

import pytest

from reading.checks import side_pairs

FINDINGS: Final = {
    "zh": {
        "none": "心影不大。",
        "unsided": "可见气胸。",
        "L": "左侧气胸。",
        "R": "右侧气胸。",
        "both": "双侧气胸。",
        "each": "左侧气胸，右侧气胸。",
        "no L, R": "左侧未见气胸，右侧气胸。",
        "R, unknown L": "右侧气胸，左侧少许透亮影。",
    },
    "en": {
        "none": "The heart is not enlarged.",
        "unsided": "A pneumothorax is seen.",
        "L": "Left pneumothorax.",
        "R": "Pneumothorax on the right.",
        "both": "Bilateral pneumothoraces.",
        "each": "Left pneumothorax, right pneumothorax.",
        "no L, R": "No left pneumothorax. Right pneumothorax.",
        "R, unknown L": "Right pneumothorax. Small lucency on the left.",
    },
}
BESIDE: Final = {
    "zh": {"": "", "L": "左侧胸腔积液。", "R": "右侧胸腔积液。", "both": "双侧胸腔积液。"},
    "en": {"": "", "L": "Left pleural effusion.", "R": "Right pleural effusion.", "both": "Bilateral effusions."},
}
IMPRESSIONS: Final = {
    "zh": {"none": "未见异常。", "unsided": "气胸。", "L": "左侧气胸。", "R": "右侧气胸。", "both": "双侧气胸。"},
    "en": {
        "none": "Normal.",
        "unsided": "Pneumothorax.",
        "L": "Left pneumothorax.",
        "R": "Right pneumothorax.",
        "both": "Bilateral pneumothoraces.",
    },
}
CONTRADICTED: Final = {("L", "R"), ("R", "L"), ("no L, R", "L")}
"""What the findings say, and what the impression."""


@pytest.mark.parametrize("described", FINDINGS["zh"])
def test_only_the_other_side_alone_contradicts_in_either_language(described: str) -> None:
    """Whatever side another finding has."""
    rows = list(product(BESIDE["zh"], IMPRESSIONS["zh"], FINDINGS, IMPRESSIONS))
    wrong = [
        (beside, concluded, of, to)
        for beside, concluded, of, to in rows
        if (_contradicted(of, to, described, beside, concluded) is not ((described, concluded) in CONTRADICTED))
    ]

    assert len(rows) == 80
    assert wrong == []


def _contradicted(of: str, to: str, described: str, beside: str, concluded: str) -> bool:
    findings = f"{FINDINGS[of][described]} {BESIDE[of][beside]}"
    return side_pairs.contradicted(findings, IMPRESSIONS[to][concluded]) is not None


@pytest.mark.parametrize(
    ("findings", "impression", "words"),
    [
        ("右侧气胸；左侧胸腔积液", "左侧气胸", "左侧气胸"),
        ("右侧气胸；左侧胸腔积液", "右侧气胸；右侧胸腔积液", "右侧胸腔积液"),
        ("右侧气胸、左侧胸腔积液", "1.右侧胸腔积液 2.右侧气胸", "右侧胸腔积液"),
        ("右肾结石；左侧输尿管结石", "左肾结石", "左肾结石"),
        ("左侧第3肋骨骨折；右侧锁骨骨折", "右侧肋骨骨折", "右侧肋骨骨折"),
        ("右下肺斑片影，左侧胸腔积液", "左下肺炎", "左下肺炎"),
        ("右肺上叶结节；左侧胸腔积液", "左肺癌可能", "左肺癌"),
        ("气胸（右侧），左侧胸腔积液", "左侧气胸", "左侧气胸"),
        ("Right pneumothorax and left pleural effusion.", "Right pleural effusion.", "Right pleural effusion"),
        ("Pneumothorax on the right and effusion on the left.", "Effusion on the right.", "Effusion on the right"),
        (
            "Fracture of the left femur. Dislocation of the right hip.",
            "Right femoral fracture.",
            "Right femoral fracture",
        ),
    ],
)
def test_the_place_of_what_contradicts(findings: str, impression: str, words: str) -> None:
    pair = side_pairs.contradicted(findings, impression)

    assert pair is not None
    assert impression[pair.start : pair.end] == words


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("右侧气胸；左侧胸腔积液", "右侧气胸；左侧胸腔积液"),
        ("左、右侧气胸；左侧胸腔积液", "左侧气胸"),
        ("左侧及右侧胸腔积液", "右侧胸腔积液"),
        ("右侧气胸，纵隔向左移位；左侧肋骨骨折", "右侧气胸，左侧肋骨骨折"),
        ("双肾囊肿，右肾结石", "左肾囊肿"),
        ("右侧胸腔积液，左侧亦见少量", "左侧胸腔积液"),
        ("右侧胸腔积液；左侧胸腔见少许液体密度影", "双侧胸腔积液，左侧胸腔积液少量"),
        ("右膝骨折", "左膝术后，骨折愈合"),
        ("右侧气胸，与左侧对比", "左侧未见气胸"),
        ("右侧气胸", "与左侧气胸前片比较"),
        ("右股骨骨折", "左膝积液"),
        ("Mediastinal shift to the left. Right tension pneumothorax.", "Right tension pneumothorax."),
        ("Right pneumothorax. The left lung is clear.", "Right pneumothorax."),
        ("Right rib fracture, left clavicle fracture.", "Left clavicular fracture and right rib fractures."),
    ],
)
def test_what_is_left_alone(findings: str, impression: str) -> None:
    assert side_pairs.contradicted(findings, impression) is None
