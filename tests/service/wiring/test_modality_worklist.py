"""What a device is told of an answer before the examination, in the words that it can read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pacs.dataset.answer_charset import answer_charset
from reading.protocolling.standing import Standing
from service.wiring.modality_worklist import protocol

AGAINST = Standing(words="孕 12 周", against=True, asked_again=False)
APRON = Standing(words="铅衣遮挡", against=False, asked_again=True)


@pytest.mark.parametrize(
    ("terms", "stands", "told"),
    [
        ("ISO_IR 192", AGAINST, "不建议做此检查：孕 12 周"),
        ("GB18030", replace(AGAINST, asked_again=True), "[已再次咨询，待答复] 不建议做此检查：孕 12 周"),
        ("ISO_IR 100", AGAINST, "EXAMINATION ADVISED AGAINST: see the slip"),
        ("ISO_IR 6", replace(AGAINST, words="12 weeks"), "EXAMINATION ADVISED AGAINST: 12 weeks"),
        ("ISO 2022 IR 58", APRON, "[已再次咨询，待答复] 铅衣遮挡"),
        ("ISO_IR 6", APRON, "[asked again, answer open] Protocol: see the slip"),
        ("ISO_IR 6", replace(APRON, words="lead apron"), "[asked again, answer open] lead apron"),
        ("ISO_IR 6", replace(APRON, words="lead apron", asked_again=False), "lead apron"),
        ("ISO_IR 192", None, ""),
    ],
)
def test_a_device_is_told_the_protocol_or_the_advice_against(terms: str, stands: Standing | None, told: str) -> None:
    assert answer_charset(terms, ()).first(protocol(stands)) == told
