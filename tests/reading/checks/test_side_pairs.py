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
        "R, unknown both": "双肺见透亮影。右侧气胸。",
        "R, both as a whole": "双肺纹理增多。右侧气胸。",
        "R, both elsewhere": "双膝退行性改变。右侧气胸。",
        "R, past L": "右侧气胸。左侧气胸引流术后，左肺复张。",
        "R, L that is less": "右侧气胸大于左侧。",
        "R, none L": "右侧气胸，左侧未见。",
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
        "R, unknown both": "Lucencies in both lungs. Right pneumothorax.",
        "R, both as a whole": "The lungs are hyperinflated bilaterally. Right pneumothorax.",
        "R, both elsewhere": "Degenerative change of both knees. Right pneumothorax.",
        "R, past L": "Right pneumothorax. Old left pneumothorax.",
        "R, L that is less": "Right pneumothorax, similar on the left.",
        "R, none L": "Right pneumothorax, none on the left.",
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
CONTRADICTED: Final = {
    ("L", "R"),
    *((one, "L") for one in ("R", "no L, R", "R, both as a whole", "R, both elsewhere", "R, past L", "R, none L")),
}
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
        ("双肺支气管血管束增粗。右侧胸腔积液。", "左侧胸腔积液", "左侧胸腔积液"),
        ("双侧乳腺呈致密型。右乳肿块。", "左乳肿块", "左乳肿块"),
        ("双膝关节退行性改变。右膝半月板撕裂。", "左膝半月板撕裂", "左膝半月板撕裂"),
        ("左侧基底节急性脑梗死。右侧额叶陈旧性梗死灶。", "右侧基底节区急性脑梗死。", "右侧基底节区急性脑梗"),
        ("Acute left MCA infarct. Old right occipital infarct.", "Acute right MCA infarct.", "right MCA infarct"),
        ("左侧锁骨、右侧肩胛骨骨折", "右侧锁骨骨折", "右侧锁骨骨折"),
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
        ("双膝退行性改变。右膝骨质增生。", "左膝骨质增生"),
        ("右侧胸腔积液、左侧更明显。", "左侧胸腔积液"),
        ("右侧胸腔积液多于左侧", "左侧胸腔积液"),
        ("右侧胸腔积液较左侧多", "双侧胸腔积液，左侧胸腔积液量少"),
        ("右侧结节较左侧大", "左侧结节"),
        ("Small effusion on the right, larger on the left.", "Left pleural effusion."),
        ("右侧气胸。复查左侧气胸较前减少。", "左侧气胸"),
        ("右侧胸腔积液；左侧胸腔积液引流术后，仍见少量积液。", "左侧胸腔积液"),
    ],
)
def test_what_is_left_alone(findings: str, impression: str) -> None:
    assert side_pairs.contradicted(findings, impression) is None


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("左侧锁骨、右侧肩胛骨骨折", "{}锁骨骨折"),
        ("左侧股骨颈、右侧胫骨平台骨折", "{}股骨颈骨折"),
        ("左肾及右侧输尿管结石", "{}肾结石"),
        ("左肾及右侧输尿管结石伴扩张", "{}肾结石"),
        ("左侧锁骨及右侧第3、4肋骨骨折", "{}锁骨骨折"),
        ("Fractures of the left clavicle and right third rib.", "{} clavicle fracture."),
        ("Left clavicle and right 3rd rib fractures.", "{} clavicle fracture."),
        ("Left tibial and right femoral fractures", "{} tibial fracture"),
        ("Calculi in the left kidney and right ureter.", "{} renal calculi"),
        ("Calculi in the left kidney and right ureter with stenosis.", "{} renal calculi"),
    ],
)
def test_a_noun_behind_two_sides_is_of_each_with_its_site(findings: str, impression: str) -> None:
    left, right = ("左侧", "右侧") if "左" in findings else ("Left", "Right")

    assert side_pairs.contradicted(findings, impression.format(left)) is None
    assert side_pairs.contradicted(findings, impression.format(right)) is not None


@pytest.mark.parametrize(
    ("findings", "left", "right"),
    [
        ("右肺下叶及左肺上叶见斑片状影。", "左肺上叶炎症", "右肺下叶炎症"),
        ("左侧额叶、右侧顶叶出血灶", "左侧额叶出血", "右侧顶叶出血"),
        ("左侧第3、右侧第5肋骨骨折", "左侧第3肋骨骨折", "右侧第5肋骨骨折"),
        ("左肾、右肾结石及囊肿", "左肾囊肿", "右肾囊肿"),
        ("Nodules in the right upper lobe and left lower lobe.", "Left lower lobe nodule.", "Right upper lobe nodule."),
    ],
)
def test_what_is_at_one_site_on_both_sides_is_left_alone(findings: str, left: str, right: str) -> None:
    for impression in (left, right, f"{left}；{right}", f"{right}；{left}"):
        assert side_pairs.contradicted(findings, impression) is None
