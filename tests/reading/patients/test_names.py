"""The form of a name for devices, and for people."""

from __future__ import annotations

import pytest

from reading.errors import Invalid
from reading.patients.names import (
    Written,
    as_written,
    corrected_name,
    for_devices,
    from_written,
    in_groups,
    is_chinese,
    one_spelling,
    person_name,
)
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


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("欧阳敏 OU YANG MIN", "欧阳敏"),
        ("欧阳敏（Ouyang Min）", "欧阳敏"),
        ("MIN OUYANG 欧阳敏", "欧阳敏"),
        ("OUYANG^MIN=欧阳^敏", "欧阳敏"),
        ("欧阳敏 ＯＵＹＡＮＧ　ＭＩＮ", "欧阳敏"),
        ("吕布 Lǚ Bù", "吕布"),
        ("吕布 LV BU", "吕布"),
        ("鄂娥 E E", "鄂娥"),
        ("阿卜杜·热合曼 A BO DU RE HE MAN", "阿卜杜·热合曼"),
        ("方安 FANG'AN", "方安"),
        ("方安 Fang An.", "方安"),
        ("欧阳安 OUYANG-AN", "欧阳安"),
        ("西安 XI’AN", "西安"),
        ("张三A", "张三A"),
        ("无名氏 WXYZ", "无名氏 WXYZ"),
        ("无名氏 K7WX", "无名氏 K7WX"),
        ("Mary-Ann O'Neil", "Mary-Ann O'Neil"),
        ("欧阳敏 OU YANG MING", None),
        ("李明 JOHN SMITH", None),
        ("李明LM", None),
        ("欧阳敏 O Y M", None),
        ("欧阳敏2 OU YANG MIN", None),
    ],
)
def test_a_register_keeps_a_name_in_one_spelling_and_no_name_goes_out_twice(typed: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(Invalid, match="two_spellings"):
            one_spelling("name", typed)
        with pytest.raises(Invalid, match="two_spellings"):
            from_written(Written(characters=typed), "")
    else:
        assert one_spelling("name", typed) == kept
        assert for_devices(typed) == for_devices(kept)
    assert for_devices("欧阳敏 OU YANG MING") == ("OU YANG MING", "欧阳^敏")
    assert in_groups("李明 JOHN SMITH") == "JOHN SMITH=李^明"


def test_a_corrected_name_in_groups_has_one_spelling_in_each() -> None:
    assert corrected_name("OUYANG^MIN=欧阳^敏") == "OUYANG^MIN=欧阳^敏"
    assert corrected_name("=欧阳敏 OU YANG MIN") == "=欧阳敏"
    for typed in ("OUYANG^MIN=欧阳^敏 OU YANG MIN", "欧阳敏 OU YANG MIN=欧阳敏"):
        with pytest.raises(Invalid, match="two_spellings"):
            corrected_name(typed)
    with pytest.raises(Invalid, match="two_spellings"):
        from_written(Written(characters="李明", family="李", given="Ming"), "")


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
