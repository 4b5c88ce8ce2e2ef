"""A report says what was read back by naming it: silence of the finding, its side or its measure corrects nothing."""

from __future__ import annotations

import pytest

from reading.alerts.read_back import is_restated

NAMES = ("张力性气胸", "Tension pneumothorax")


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
    ],
)
def test_a_report_states_the_side_and_the_measure_beside_the_finding(
    told: str, said: str, report: str, *, expected: bool
) -> None:
    assert is_restated(said, report, told=(*NAMES, told)) is expected
