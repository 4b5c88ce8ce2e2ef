"""Each check on sentences that departments write: those that it must find, and those that it must leave alone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from reading.alerts.class_list import SHIPPED
from reading.checks import critical_words
from reading.checks.checks import findings, settled
from reading.checks.critical_words import WORDS
from reading.checks.finding import SEVERITY, Check, Facts, Severity
from reading.errors import ChecksOpen
from reading.kinds import Sex
from reading.reports.content import Content

RIGHT_HAND: Final = Facts(order_sides=frozenset({"R"}), body_part="HAND", image_side="R", has_priors=True)
CORRECTED: Final = replace(RIGHT_HAND, order_sides=frozenset({"L"}), side_corrected=True)
"""A left hand was ordered; somebody looked, and it is the right one."""
LEFT_KNEE: Final = Facts(image_side="L", body_part="KNEE", has_priors=True)
PLAIN: Final = Facts(body_part="CHEST", has_priors=True)
MAN: Final = Facts(body_part="PELVIS", sex=Sex.MALE, has_priors=True)
WOMAN: Final = Facts(body_part="PELVIS", sex=Sex.FEMALE, has_priors=True)
SPINE_OF_A_MAN: Final = Facts(body_part="LSPINE", sex=Sex.MALE, has_priors=True)
UNKNOWN_PRIORS: Final = Facts(body_part="CHEST")
FLAGGED: Final = Facts(body_part="CHEST", flagged=frozenset(WORDS), has_priors=True)


def names(facts: Facts, findings_: str, impression: str, *, positive: bool | None = None) -> set[str]:
    content = Content(findings=findings_, impression=impression, positive=positive)
    return {str(one.check) for one in findings(content, facts)}


FOUND: Final = [
    # -- side_against_order: the other side alone
    (RIGHT_HAND, "左手诸骨骨质完整。", "左手未见骨折。", "side_against_order"),
    (RIGHT_HAND, "右手第3掌骨骨皮质不连续。", "左手第3掌骨骨折。", "side_against_order"),
    (RIGHT_HAND, "The left hand shows a fracture.", "Fracture of the third metacarpal.", "side_against_order"),
    (LEFT_KNEE, "右膝关节间隙变窄。", "骨性关节炎。", "side_against_images"),
    (LEFT_KNEE, "Left knee: narrow joint space.", "Osteoarthritis of the right knee.", "side_against_images"),
    (
        Facts(order_sides=frozenset({"R"}), body_part="RIB", has_priors=True),
        "左第5肋骨骨皮质不连续。",
        "左侧第5肋骨骨折。",
        "side_against_order",
    ),
    # -- side_besides_order: the other side as well
    (RIGHT_HAND, "右手第3掌骨骨折。左手未见异常。", "右手骨折。", "side_besides_order"),
    (RIGHT_HAND, "申请为右手，图像为左手，左手第2指骨骨折。", "左手第2指骨骨折（申请为右手）。", "side_besides_order"),
    # -- side_against_images, side_besides_images: nobody ordered a side, or somebody corrected that of the images
    (CORRECTED, "左手诸骨骨质完整。", "左手未见骨折。", "side_against_images"),
    (CORRECTED, "右手骨折。", "右手骨折（申请为左手）。", "side_besides_images"),
    (CORRECTED, "右手骨折。", "骨折。", "side_of_images_differs"),
    # -- read_back_differs
    (replace(FLAGGED, read_back_otherwise=("左侧气胸",)), "右侧气胸。", "右侧气胸。", "read_back_differs"),
    # -- person_of_images_differs
    (replace(PLAIN, differing_person=("name", "sex")), "两肺清晰。", "未见异常。", "person_of_images_differs"),
    # -- side_differs_in_report
    (PLAIN, "左下肺见片状高密度影。", "右下肺炎。", "side_differs_in_report"),
    (PLAIN, "Opacity in the right lower lobe.", "Left lower lobe pneumonia.", "side_differs_in_report"),
    # -- side_of_images_differs
    (
        Facts(order_sides=frozenset({"R"}), image_side="L", has_priors=True),
        "骨质完整。",
        "正常。",
        "side_of_images_differs",
    ),
    # -- organ_against_sex
    (MAN, "子宫大小正常。", "未见异常。", "organ_against_sex"),
    (MAN, "双侧附件区未见占位。", "未见异常。", "organ_against_sex"),
    (MAN, "The uterus is normal.", "Normal.", "organ_against_sex"),
    (WOMAN, "前列腺体积增大。", "前列腺增生。", "organ_against_sex"),
    (WOMAN, "Enlarged prostate.", "Benign hyperplasia.", "organ_against_sex"),
    # -- impression_without_findings
    (PLAIN, " ", "右下肺炎。", "impression_without_findings"),
    # -- number_without_unit
    (PLAIN, "右上肺见结节，大小约12×8。", "结节。", "number_without_unit"),
    (PLAIN, "结节直径约 5，边缘光整。", "结节。", "number_without_unit"),
    (PLAIN, "平扫CT值约45。", "囊肿。", "number_without_unit"),
    (PLAIN, "中线结构左移，移位约6。", "出血。", "number_without_unit"),
    (PLAIN, "胸膜增厚，厚约0.5。", "胸膜增厚。", "number_without_unit"),
    (PLAIN, "A nodule measuring 12 x 8.", "Nodule.", "number_without_unit"),
    (PLAIN, "Midline shift of 6.", "Haemorrhage.", "number_without_unit"),
    (PLAIN, "病灶长径为2.5、宽约1.8cm。", "病灶。", "number_without_unit"),
    # -- priors_unknown
    (UNKNOWN_PRIORS, "与前片比较，病灶缩小。", "肺炎吸收期。", "priors_unknown"),
    (UNKNOWN_PRIORS, "结节较前明显增大。", "结节。", "priors_unknown"),
    (UNKNOWN_PRIORS, "对比2024-03-02旧片，无明显变化。", "结节。", "priors_unknown"),
    (UNKNOWN_PRIORS, "与上次CT对比，积液较前吸收。", "积液。", "priors_unknown"),
    (UNKNOWN_PRIORS, "Compared with the prior study the nodule has grown.", "Nodule.", "priors_unknown"),
    (UNKNOWN_PRIORS, "No interval change.", "Stable nodule.", "priors_unknown"),
]

FLAGS: Final = [
    (True, "未见明显异常。", "normal_words_under_positive"),
    (True, "1.心肺未见明显异常；2.建议随访。", "normal_words_under_positive"),
    (True, "未见骨折、脱位。", "normal_words_under_positive"),
    (True, "No acute abnormality. No fracture, dislocation or effusion.", "normal_words_under_positive"),
    (False, "右下肺炎。", "abnormal_words_under_negative"),
    (False, "未见骨折，左膝关节积液。", "abnormal_words_under_negative"),
    (False, "右桡骨远端无移位骨折。", "abnormal_words_under_negative"),
    (False, "不除外肋骨骨折。", "abnormal_words_under_negative"),
    (False, "No fracture. Small pleural effusion.", "abnormal_words_under_negative"),
    (False, "Pneumonia cannot be excluded.", "abnormal_words_under_negative"),
]

CRITICAL: Final = [
    "左侧张力性气胸。",
    "右侧气胸，肺组织压缩约30%。",
    "左侧液气胸。",
    "未见骨折，右侧气胸。",
    "不除外气胸。",
    "左侧基底节区脑出血。",
    "蛛网膜下腔出血。",
    "右额颞部急性硬膜下血肿。",
    "左侧大脑中动脉供血区急性脑梗死。",
    "大面积脑梗死。",
    "脑疝形成。",
    "主动脉夹层（Stanford A型）。",
    "右肺动脉主干栓塞。",
    "膈下游离气体，考虑消化道穿孔。",
    "小肠梗阻。",
    "脾破裂。",
    "L1椎体爆裂性骨折，腰椎爆裂骨折。",
    "颈5椎体骨折。",
    "左主支气管异物。",
    "Large right pneumothorax.",
    "Acute subdural haematoma.",
    "Free intraperitoneal air.",
    "Acute left middle cerebral artery infarct.",
    "Aortic dissection, type B.",
    "Bilateral pulmonary embolism.",
    "Pneumothorax cannot be excluded.",
]

LEFT_ALONE: Final = [
    # -- sides
    (RIGHT_HAND, "右手诸骨骨质完整，关节间隙正常。", "右手未见骨折。"),
    (RIGHT_HAND, "诸骨骨质完整。", "未见骨折。"),
    (RIGHT_HAND, "双手诸骨骨质完整。", "双手未见骨折。"),
    (RIGHT_HAND, "右手掌骨骨折，断端向左移位，骨片宽5mm左右。", "右手掌骨骨折。"),
    (RIGHT_HAND, "右手第2指骨骨折，与左侧对比骨质疏松。", "右手第2指骨骨折。"),
    (RIGHT_HAND, "右手正位、左侧位及右前斜位片：骨质完整。", "未见骨折。"),
    (RIGHT_HAND, "The right hand; left lateral view. Patient is left-handed.", "No fracture of the right hand."),
    (RIGHT_HAND, "Compared with the left hand, the right carpus is osteopenic.", "Normal right hand."),
    (Facts(order_sides=frozenset({"B"}), has_priors=True), "左膝骨折。右膝正常。", "左膝骨折。"),
    (Facts(order_sides=frozenset({"L", "R"}), has_priors=True), "左手骨折，右膝正常。", "左手骨折。"),
    (Facts(order_sides=frozenset({"R"}), body_part="CHEST", has_priors=True), "左肺清晰。", "左肺清晰。"),
    (
        Facts(order_sides=frozenset({"R"}), body_part="RIB", has_priors=True),
        "右第5肋骨骨折。左肺清晰，左侧胸膜光整。",
        "右侧第5肋骨骨折。",
    ),
    (PLAIN, "左右对称。左心缘饱满，右侧胸腔少量积液。", "右侧胸腔积液。"),
    (PLAIN, "左肺清晰，右下肺片状影。", "右下肺炎。"),
    (PLAIN, "两肺纹理清晰。", "左下肺炎待排。"),
    (Facts(order_sides=frozenset({""}), image_side="L", has_priors=True), "左手正常。", "左手正常。"),
    # -- sex
    (SPINE_OF_A_MAN, "腰椎椎体及附件骨质完整，双侧附件未见骨折。", "未见骨折。"),
    (MAN, "前列腺大小正常，精囊腺对称。", "未见异常。"),
    (WOMAN, "子宫及双侧附件区未见异常。", "未见异常。"),
    (WOMAN, "前列腺特异性抗原不适用；颈椎 cervical spine 正常，卵圆孔未闭。", "未见异常。"),
    (Facts(body_part="PELVIS", has_priors=True), "子宫大小正常。", "未见异常。"),
    # -- numbers
    (PLAIN, "右上肺见结节，大小约12×8mm，CT值约35HU。", "结节。"),
    (PLAIN, "大小约1.2cm×0.8cm，直径约 5 毫米，体积约30 ml。", "结节。"),
    (PLAIN, "椎体高度约为1/3，厚约0.5-0.8cm，分别为3、5mm。", "压缩性骨折。"),
    (PLAIN, "心影大小、形态正常，体积不大，第5肋骨，L4/5椎间隙，直径3倍于对侧。", "未见异常。"),
    (PLAIN, "扫描层厚5，于2024年3月2日检查，长约3天。", "未见异常。"),
    (PLAIN, "A nodule measuring 12 x 8 mm, attenuation of 35 HU, diameter 1.2 cm.", "Nodule."),
    (PLAIN, "长度正常，宽度正常，移位约2个椎体。", "未见异常。"),
    # -- priors
    (UNKNOWN_PRIORS, "建议与前片比较。", "未见异常。"),
    (UNKNOWN_PRIORS, "无前片对比。", "未见异常。"),
    (UNKNOWN_PRIORS, "右肺前片状影，较前壁厚，前后径正常，注药前后比较。", "未见异常。"),
    (UNKNOWN_PRIORS, "请结合前片对比。", "建议3个月后复查对比。"),
    (UNKNOWN_PRIORS, "No prior studies for comparison.", "Normal."),
    (PLAIN, "与前片比较，病灶缩小。", "吸收。"),
    # -- blanks
    (PLAIN, "【检查所见】两肺清晰（平扫），大小约3×2cm。", "【诊断】未见异常。"),
    # -- critical words
    (FLAGGED, "右侧气胸。", "右侧气胸。"),
]

NOT_CRITICAL: Final = [
    "未见气胸。",
    "未见骨折、气胸及胸腔积液。",
    "两侧胸腔未见积液及积气，未见明确气胸征象。",
    "气胸未见。",
    "气胸：无。",
    "右侧气胸引流术后改变。",
    "脑出血术后。",
    "陈旧性脑梗死。",
    "亚急性脑梗死。",
    "慢性硬膜下血肿。",
    "双侧脑室旁微出血灶。",
    "排除脑出血。",
    "建议CT除外主动脉夹层。",
    "肺气肿。",
    "膈下未见游离气体。",
    "未见肠梗阻征象。",
    "急性心肌梗死病史。",
    "肺动脉未见栓塞。",
    "颈椎退行性变，未见骨折。",
    "No pneumothorax.",
    "No pleural effusion, consolidation or pneumothorax.",
    "There is no evidence of intracranial haemorrhage.",
    "Pneumothorax is not seen.",
    "The pneumothorax has resolved.",
    "History of subdural haematoma.",
    "Subdural haematoma was excluded.",
    "肺栓塞可能性不大。",
    "Pulmonary embolism is unlikely.",
    "The pneumothorax is no longer seen.",
    "Without free air.",
]

RIGHT_FLAGS: Final = [
    (True, "右下肺炎。"),
    (True, "右侧第5肋骨骨折，未见气胸。"),
    (True, "与前片比较，未见明显变化。"),
    (True, "右桡骨远端无移位骨折。"),
    (True, "左股骨头无菌性坏死。"),
    (True, "肺纹理增多。"),
    (True, "No change in the right pneumothorax."),
    (False, "心肺未见明显异常。"),
    (False, "未见骨折、脱位及关节积液。"),
    (False, "未见明显骨折征象，建议CT检查除外隐匿性骨折。"),
    (False, "右肺上叶钙化结节。"),
    (False, "骨折术后，内固定在位。"),
    (False, "盆腔少量生理性积液。"),
    (False, "No fracture, dislocation or effusion."),
    (False, "No evidence of pneumonia. Recommend CT to exclude a nodule."),
    (None, "右下肺炎。"),
    (None, "未见异常。"),
]

BLANK: Final = ["大小约____mm。", "侧别：＿＿", "结节【 】", "见（ ）结节", "大小约XX×XXmm", "size [ ] mm"]


@pytest.mark.parametrize(("facts", "said", "impression", "name"), FOUND)
def test_it_is_found(facts: Facts, said: str, impression: str, name: str) -> None:
    assert name in names(facts, said, impression)


@pytest.mark.parametrize(("facts", "said", "impression"), LEFT_ALONE)
def test_it_is_left_alone(facts: Facts, said: str, impression: str) -> None:
    assert names(facts, said, impression) == set()


@pytest.mark.parametrize(("positive", "impression", "name"), FLAGS)
def test_a_flag_that_contradicts_the_impression_is_found(positive: bool, impression: str, name: str) -> None:
    assert name in names(FLAGGED, "所见。", impression, positive=positive)


@pytest.mark.parametrize(("positive", "impression"), RIGHT_FLAGS)
def test_a_flag_that_fits_is_left_alone(positive: bool | None, impression: str) -> None:
    assert names(FLAGGED, "所见。", impression, positive=positive) == set()


@pytest.mark.parametrize("said", CRITICAL)
def test_critical_words_ask_for_the_flag(said: str) -> None:
    assert names(PLAIN, "所见。", said) == {"critical_words_without_flag"}
    assert names(PLAIN, said, "见所见。") == {"critical_words_without_flag"}
    assert names(FLAGGED, said, said) == set()


@pytest.mark.parametrize("said", NOT_CRITICAL)
def test_denied_and_old_critical_words_are_left_alone(said: str) -> None:
    assert names(PLAIN, said, said) == set()


@pytest.mark.parametrize("said", BLANK)
def test_blanks_of_a_template_stop(said: str) -> None:
    assert "template_blank" in names(PLAIN, said, "结节。")
    assert "template_blank" in names(PLAIN, "所见。", said)


def test_the_place_is_where_the_words_stand() -> None:
    text = "\U00020000两肺清晰。\n右侧气胸。"
    (one,) = findings(Content(findings="所见。", impression=text), PLAIN)

    assert text[one.start : one.end] == one.words == "气胸"
    assert one.part == "impression"


def test_what_stops_comes_first_and_only_warnings_are_confirmed() -> None:
    found = findings(Content(findings="____左手骨折，大小约5。", impression="骨折。", positive=False), RIGHT_HAND)
    stops = [one.check for one in found if one.severity is Severity.STOPS]

    assert stops == [one.check for one in found][: len(stops)]
    with pytest.raises(ChecksOpen) as refused:
        settled(found, set(Check))
    assert refused.value.stops == ("side_against_order", "template_blank")
    assert refused.value.unconfirmed == ()

    warns = [one for one in found if one.severity is Severity.WARNS]
    with pytest.raises(ChecksOpen) as refused:
        settled(warns, {Check.NUMBER_WITHOUT_UNIT})
    assert refused.value.unconfirmed == ("abnormal_words_under_negative",)
    assert settled(warns, set(Check)) == ("abnormal_words_under_negative", "number_without_unit")
    assert settled([], set(Check)) == ()


def test_a_class_of_the_sites_own_list_is_found_by_its_name_and_each_words_name_their_class() -> None:
    """The dialog of the desk proposes it."""
    listed = replace(PLAIN, class_names={"ectopic": ("宫外孕破裂", "Ruptured ectopic pregnancy"), "other": ("", "")})

    def classes(said: str) -> list[str]:
        return [
            one.critical_class
            for one in findings(Content(findings=said, impression=said), listed)
            if one.critical_class
        ]

    assert classes("宫外孕破裂可能，右侧气胸") == ["ectopic", "pneumothorax"]
    assert classes("ruptured ectopic pregnancy") == ["ectopic"]
    assert classes("未见宫外孕破裂") == classes("左侧张力性气胸引流术后") == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("No change, which is typical; type A. Mild specific stenosis.", set()),
        ("Minimal atelectasis.", set()),
        ("脑膜强化", set()),
        ("Acute PE.", {"pe"}),
        ("考虑PE可能", {"pe"}),
        ("MI; ich suspected", {"mi", "ich"}),
        ("心梗可能", {"mi"}),
    ],
)
def test_the_name_of_a_class_is_no_part_of_a_word(said: str, expected: set[str]) -> None:
    own = {"pe": ("肺栓塞症", "PE"), "ich": ("脑", "ICH"), "mi": ("心梗", "MI")}
    found = findings(Content(findings="所见。", impression=said), replace(PLAIN, class_names=own))

    assert {one.critical_class for one in found} - {""} == expected


def test_every_check_has_a_severity_and_every_class_of_words_is_known() -> None:
    assert set(SEVERITY) == set(Check)
    assert {one.code for one in SHIPPED} == {*critical_words.WORDS, "other"}


def test_the_page_explains_every_check_with_its_severity() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reports.md").read_text("utf-8")
    explained = dict(re.findall(r"^\| `([a-z_]+)` \| (stops|warns) \|", page, re.MULTILINE))

    assert explained == {str(check): str(severity) for check, severity in SEVERITY.items()}


SIDED: Final = ("左侧气胸", "左侧气胸，", "气胸（左侧）", "pneumothorax on the left ")
DENIED: Final = ("气胸:阴性 ", "肠梗阻:阴性 ", "ileus: none ", "骨折:阴性 ")
"""So many words in one clause, each denied behind it, took minutes."""


def test_a_text_without_end_costs_no_more_than_its_length() -> None:
    """Each pattern is bounded: whoever pastes a page does not hold the server up."""
    for piece in ("大小约1、", "左", "无", "较前", "肺动脉", "no ", "12 x ", "_ ", "compared ", *DENIED, *SIDED):
        findings(Content(findings=piece * 4000, impression=piece * 2000, positive=False), Facts(image_side="R"))


def test_each_word_of_a_long_clause_is_denied_by_what_stands_behind_it() -> None:
    assert names(PLAIN, "气胸:阴性 " * 3000, "肠梗阻:阴性 " * 1000) == set()
    assert names(PLAIN, "气胸:阴性 " * 3000 + "气胸", "") >= {"critical_words_without_flag"}


@pytest.mark.parametrize(
    ("flagged", "said", "warns"),
    [
        ("", "左侧气胸", True),
        ("pneumothorax", "左侧气胸", False),
        ("tension_pneumothorax", "左侧气胸", False),
        ("pneumothorax", "左侧张力性气胸", True),
        ("foreign_body", "左侧气胸", True),
        ("other", "左侧气胸（大量）", True),
    ],
)
def test_a_flag_of_another_class_tells_nobody_of_this_one(flagged: str, said: str, warns: bool) -> None:
    stands = Facts(body_part="CHEST", has_priors=True, flagged=frozenset({flagged} - {""}))
    written = Content(findings=said, impression=said, positive=True, critical_class=flagged or None)

    assert ("critical_words_without_flag" in names(stands, said, said, positive=True)) is warns
    assert ("critical_words_without_flag" in {one.check for one in findings(written, PLAIN)}) is warns
