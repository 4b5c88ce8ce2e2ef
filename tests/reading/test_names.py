"""What may be one person's name, and what is another's."""

from __future__ import annotations

import pytest

from reading.names import may_be_one


@pytest.mark.parametrize(
    ("dicom", "name"),
    [
        ("Wang^Xiaoming=王^小明", "王小明"),
        ("WANG^XIAOMING", "王小明"),
        ("XIAOMING^WANG", "王小明"),
        ("王小明", "王小明"),
        ("Ouyang^Xue", "欧阳雪"),
        ("Pia^Patient", "Patient Pia"),
        ("", "王小明"),
        ("^^^", "王小明"),
    ],
)
def test_one_name_in_several_writings(dicom: str, name: str) -> None:
    assert may_be_one(dicom, name)


@pytest.mark.parametrize(
    ("dicom", "name"),
    [("Li^Na=李^娜", "王小明"), ("LI^NA", "王小明"), ("Paul^Pan", "Pia"), ("王^小红", "王小明")],
)
def test_another_persons_name(dicom: str, name: str) -> None:
    assert not may_be_one(dicom, name)
