"""The form of a name for devices, and for people."""

from __future__ import annotations

import pytest

from reading.patients.names import Written, as_written, for_devices, from_written, in_groups, is_chinese, person_name
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


@pytest.mark.parametrize(
    ("dicom", "characters", "family", "given"),
    [
        ("Wang^Xiaoli=王^小丽", "王小丽", "Wang", "Xiaoli"),
        ("WANG^XIAOLI", "", "WANG", "XIAOLI"),
        ("王^小丽", "王小丽", "", ""),
        ("=王^小丽=", "王小丽", "", ""),
        ("Adams^John^Quincy^Rev.^B.A.", "", "Adams", "John Quincy"),
        ("Ai=阿依古丽·买买提", "阿依古丽·买买提", "Ai", ""),
        ("", "", "", ""),
    ],
)
def test_a_device_name_is_shown_in_the_parts_that_people_write(
    dicom: str, characters: str, family: str, given: str
) -> None:
    shown = Written(characters=characters, family=family, given=given)

    assert as_written(dicom) == shown
    assert from_written(shown, dicom) == dicom  # what nobody touched keeps its form, to the letter


@pytest.mark.parametrize(
    ("before", "typed", "after"),
    [
        ("Wang^Xiaoli=王^小丽", ("王晓丽", "Wang", "Xiaoli"), "WANG^XIAOLI=王^晓丽"),
        ("Wang^Xiaoli=王^小丽", ("王红", "Wang", "Xiaoli"), "WANG^HONG=王^红"),
        ("CHEN^DAVE=陈^大海", ("陈大河", "CHEN", "DAVE"), "CHEN^DAHE=陈^大河"),
        ("ZHANG^SAN", ("李娜", "ZHANG", "SAN"), "LI^NA=李^娜"),
        ("WANG^XIAOLI", ("王小丽", "WANG", "XIAOLI"), "WANG^XIAOLI=王^小丽"),
        ("Wang^Xiaoli=王^小丽", ("王小丽", "Wong", "Siu Lai"), "Wong^Siu Lai=王^小丽"),
        ("Wang^Xiaoli=王^小丽", ("", "Wang", "Xiaoli"), "Wang^Xiaoli"),
        ("王^小丽", ("欧阳娜娜", "", ""), "OUYANG^NANA=欧阳^娜娜"),
        ("Adams^John^Quincy^Rev.^B.A.", ("", "Adams", "Jane"), "Adams^Jane^^Rev.^B.A."),
        ("", ("Li Ming", "", ""), "Li Ming"),
        ("X", ("WANG^XIAOLI=王^小丽", "X", ""), "WANG^XIAOLI=王^小丽"),
        ("X^Y", ("", "A^B=C", "D\\E"), "A B C^D E"),
        ("Wang^Xiaoli=王^小丽", ("", "", ""), ""),
    ],
)
def test_what_people_type_stands_behind_in_the_form_of_devices(
    before: str, typed: tuple[str, str, str], after: str
) -> None:
    characters, family, given = typed

    assert from_written(Written(characters=characters, family=family, given=given), before) == after
