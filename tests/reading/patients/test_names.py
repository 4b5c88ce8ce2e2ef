"""The form of a name for devices, and for people."""

from __future__ import annotations

import pytest

from reading.patients.names import as_typed, for_devices, in_groups, is_chinese, person_name
from reading.patients.same_name import Answer, compare_names


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
        assert compare_names(alphabetic, name) is Answer.AGREES
        assert compare_names(f"{alphabetic}={ideographic}", name) is Answer.AGREES


def test_a_wide_space_and_kana_are_no_chinese_characters() -> None:
    assert [is_chinese(text) for text in ("Pia\u3000Pan", "やまだ", "山田", "〇", "呂")] == [
        False,
        False,
        True,
        True,
        True,
    ]


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


@pytest.mark.parametrize(
    ("typed", "goes_out"),
    [
        ("李^娜", "LI^NA=李^娜"),
        ("李娜", "LI^NA=李^娜"),
        ("Li^Na=李^娜", "Li^Na=李^娜"),
        ("Li^Na=李^娜=リ^ナ", "Li^Na=李^娜"),
        ("Smith^John", "Smith^John"),
        ("=李^娜", "LI^NA=李^娜"),
        ("", ""),
    ],
)
def test_a_typed_name_goes_out_in_its_groups_and_without_the_earlier_reading(typed: str, goes_out: str) -> None:
    assert in_groups(typed) == goes_out
    assert in_groups(as_typed(goes_out)) == goes_out
