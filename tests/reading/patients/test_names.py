"""What may be one person's name, and what is another's."""

from __future__ import annotations

import pytest

from reading.patients.names import for_devices, may_be_one, person_name, says_a_name


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


@pytest.mark.parametrize(
    ("name", "alphabetic", "ideographic"),
    [
        ("王小丽", "WANG^XIAOLI", "王^小丽"),
        ("欧阳娜娜", "OUYANG^NANA", "欧阳^娜娜"),
        ("单雄信", "SHAN^XIONGXIN", "单^雄信"),
        ("吕布", "LYU^BU", "吕^布"),
        ("王", "WANG", "王"),
        ("阿卜杜·热合曼", "A BO DU RE HE MAN", "阿卜杜·热合曼"),
        ("Pia Pan", "Pia Pan", ""),
        ("A=B^C\\D", "A B C D", ""),
    ],
)
def test_a_name_for_devices_is_still_its_owners(name: str, alphabetic: str, ideographic: str) -> None:
    assert for_devices(name) == (alphabetic, ideographic)
    if "=" not in name:
        assert may_be_one(alphabetic, name)
        assert may_be_one(f"{alphabetic}={ideographic}", name)


def test_a_name_that_says_nothing() -> None:
    assert [says_a_name(name) for name in ("", "^^", "Pia", "=王")] == [False, False, True, True]


@pytest.mark.parametrize(
    ("dicom", "shown"),
    [
        ("Wang^Xiaoli=王^小丽", "王小丽"),
        ("王小丽", "王小丽"),
        ("Wang^Xiaoli", "Wang Xiaoli"),
        ("Wang^Xiaoli==", "Wang Xiaoli"),
        ("=王^小丽=", "王小丽"),
        ("^^^^", ""),
        ("", ""),
    ],
)
def test_a_name_is_shown_as_people_write_it(dicom: str, shown: str) -> None:
    assert person_name(dicom) == shown
