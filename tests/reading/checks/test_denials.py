"""Denials, sentence by sentence: what an impression affirms that the findings deny, and what only looks so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from reading.checks import denials
from reading.checks.finding import Facts
from reading.reports.content import Content
from reading.templates import shipped_templates

CHEST: Final = "胸廓对称，气管居中。双肺纹理清晰，肺野内未见明确实变及结节影。双侧肺门影不大，纵隔不宽。"
CONTRADICTED: Final = [
    (CHEST, "多发结节、转移瘤。", "结节"),
    (CHEST, "双肺多发结节。", "结节"),
    (CHEST, "右肺结节，考虑肺癌可能。", "结节"),
    (CHEST, "双肺转移瘤。", "转移"),
    (CHEST, "右肺中叶肺癌。", "癌"),
    (CHEST, "右下肺实变。", "实变"),
    (CHEST, "右下肺炎。", "肺炎"),
    ("未见明确结节。", "结节。", "结节"),
    ("未见气胸。", "左侧气胸。", "气胸"),
    ("双侧胸腔未见积液及积气。", "右侧胸腔积液。", "积液"),
    ("双侧胸腔未见积液，未见气胸。", "气胸。", "气胸"),
    ("骨质完整，未见骨折及脱位。", "左桡骨远端骨折。", "骨折"),
    ("骨质完整，未见骨折及脱位。", "未见骨折，肩关节脱位。", "脱位"),
    ("右肾未见结石及积水。", "右肾结石。", "结石"),
    ("肝脏大小正常，未见占位。", "肝占位。", "占位"),
    ("脑实质未见出血及梗死。", "左侧基底节区脑出血。", "出血"),
    ("外周带及移行带未见可疑病灶。", "前列腺癌。", "癌"),
    ("外周带及移行带未见可疑病灶。", "前列腺外周带病灶，PI-RADS 4。", "病灶"),
    ("脑实质未见异常密度影，中线结构居中。", "多发腔隙性梗死。", "梗死"),
    ("No consolidation or nodule.", "Multiple nodules, metastases.", "nodules"),
    ("Lung markings are normal. No consolidation or nodule.", "Pulmonary nodule.", "nodule"),
    ("No pneumothorax.", "Small right apical pneumothorax.", "pneumothorax"),
    ("No fracture or dislocation.", "Fracture of the distal radius.", "Fracture"),
    ("No pleural effusion.", "Left pleural effusion.", "effusion"),
    ("No suspicious lesion of the peripheral and transition zones.", "Carcinoma of the prostate.", "Carcinoma"),
    ("肺野内未见明确实变及结节影。", "Multiple nodules.", "nodules"),
    ("No nodule in the lungs.", "双肺结节。", "结节"),
]
IN_FINDINGS: Final = [
    ("外周带见局灶低信号。外周带及移行带未见可疑病灶。", "前列腺未见可疑病灶（PI-RADS 1–2分）。", "局灶低信号"),
    ("双肺见多发结节。双肺纹理清晰，肺野内未见明确实变及结节影。", "双肺结节。", "结节"),
    ("There are nodules in the lungs. No nodule in the lungs.", "Nodules.", "nodules"),
]
PASSES: Final = [
    ("未见气胸。", "右侧胸腔积液。"),
    ("双肺纹理清晰。", "右侧气胸。"),
    (CHEST, "心肺膈未见明显异常。"),
    (CHEST, "甲状腺结节。"),
    (CHEST, "肝转移瘤。"),
    (CHEST, "结节待排。"),
    (CHEST, "建议CT除外结节。"),
    (CHEST, "肺结核术后。"),
    (CHEST + "右下肺见斑片影。", "右下肺炎。"),
    ("右肺上叶见结节，余肺野未见结节。", "右肺上叶结节。"),
    ("右肺上叶见结节。左肺未见结节。", "右肺上叶结节。"),
    ("右肺上叶见肿块，纵隔淋巴结未见转移。", "右肺上叶肺癌。"),
    ("右肺门软组织影增大，肺野内未见结节。", "右肺中央型肺癌。"),
    ("左侧胸腔未见积液。", "右侧胸腔积液。"),
    ("双侧胸腔未见积液。", "心包积液。"),
    ("双侧胸腔未见积液。", "膝关节积液。"),
    ("双侧胸腔未见积液。", "鞘膜积液。"),
    ("腹腔未见积液。盆腔少量积液。", "盆腔积液。"),
    ("椎管未见狭窄。", "L4/5椎间孔狭窄。"),
    ("骨质完整，未见明确骨折线。", "左桡骨远端骨折？"),
    ("左乳见肿块，边缘毛刺。右乳未见明确肿块。", "左乳癌可能。"),
    ("肝内外胆管未见扩张，胆囊未见结石。右肾见结石。", "右肾结石。"),
    ("肝脏大小正常，未见占位。右肾见低密度影。", "右肾肿瘤。"),
    ("右肾未见结石。", "左侧输尿管结石。"),
    ("双肾未见囊肿。", "肝囊肿。"),
    ("骨质完整，未见骨折。", "未见骨折。"),
    ("未见明确骨折线。", "不除外隐匿性骨折。"),
    ("未见新鲜骨折。", "胸12椎体骨折。"),
    ("腰1椎体陈旧性骨折，未见新鲜骨折。", "腰1椎体陈旧性骨折。"),
    ("桡骨远端骨折，断端未见移位。", "桡骨远端骨折。"),
    ("桡骨远端无移位骨折。", "桡骨远端骨折。"),
    ("右侧第5肋骨骨折。其余肋骨未见骨折。", "右侧第5肋骨骨折。"),
    ("未见急性脑梗死。", "腔隙性脑梗死。"),
    ("外周带T2WI呈高信号，未见可疑病灶。", "前列腺未见可疑病灶（PI-RADS 1–2分）。"),
    ("右肺见结节，未见转移。", "右肺结节。"),
    ("双肺结节。肝内未见转移。", "双肺转移瘤。"),
    ("No pneumothorax.", "Pleural effusion."),
    ("No pleural effusion.", "Pericardial effusion."),
    ("No acute fracture.", "Healed fracture of the rib."),
    ("No other nodule. Nodule in the right upper lobe.", "Nodule in the right upper lobe."),
    ("No fracture.", "Fracture cannot be excluded."),
    ("No consolidation or nodule.", "No nodule."),
    ("No renal stone.", "Gallbladder stone."),
    ("Lungs are clear.", "Pneumothorax."),
    ("No nodule in the lungs.", "Thyroid nodule."),
]


def found(findings: str, impression: str) -> list[tuple[str, str]]:
    content = Content(findings=findings, impression=impression)
    told = list(denials.check(content, Facts()))
    for one in told:
        assert getattr(content, str(one.part))[one.start : one.end] == one.words
    return [(str(one.part), one.words) for one in told]


@pytest.mark.parametrize(("findings", "impression", "words"), CONTRADICTED)
def test_an_impression_that_affirms_what_the_findings_deny_is_found(findings: str, impression: str, words: str) -> None:
    assert found(findings, impression) == [("impression", words)]


@pytest.mark.parametrize(("findings", "impression", "words"), IN_FINDINGS)
def test_findings_that_affirm_and_deny_at_one_place_are_found(findings: str, impression: str, words: str) -> None:
    assert found(findings, impression) == [("findings", words)]


@pytest.mark.parametrize(("findings", "impression"), PASSES)
def test_another_finding_another_place_and_what_is_only_asked_pass(findings: str, impression: str) -> None:
    assert found(findings, impression) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_shipped_template_contradicts_itself(language: str) -> None:
    for path in sorted((Path(shipped_templates.__file__).parent / "shipped").glob("*.json")):
        sentences = json.loads(path.read_text("utf-8"))["document"]["sentences"]
        normal = [one for one in sentences if not one.get("given") and "{" not in one["words"][language]]
        said = {
            part: "".join(one["words"][language] for one in normal if one["part"] == part)
            for part in ("findings", "impression")
        }
        assert found(said["findings"], said["impression"]) == [], path.name
