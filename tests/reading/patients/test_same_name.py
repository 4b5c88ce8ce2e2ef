"""Every writing of a name is its owner's, no writing is another's, and a placeholder is nobody's."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, pinyin

from reading.patients.names import FAMILY_NAMES, SURNAMES, for_devices
from reading.patients.same_name import Answer, compare_names, says_nobody

GIVEN = "大海小丽明强伟芳娜敏静秀英军杰娟艳涛超霞平刚桂玲建华文辉鹏飞雪梅红玉兰凤洁琳素云莲真环荣爱妹香月莺媛"
FAMILIES = "".join(sorted(one for one in FAMILY_NAMES if one not in SURNAMES))


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("CHEN^DAHAI", "陈大海"),
        ("DAHAI^CHEN", "陈大海"),
        ("CHEN DA HAI", "陈大海"),
        ("Da-Hai Chen", "陈大海"),
        ("Chén^Dàhǎi", "陈大海"),
        ("chen2 da4hai3", "陈大海"),
        ("ＣＨＥＮ＾ＤＡＨＡＩ", "陈大海"),
        ("CHEN^DAHAI^^^MR", "陈大海"),
        ("陈^大海", "陈大海"),
        ("陳大海", "陈大海"),
        ("陈\u3000大海", "陈大海"),
        ("Chen^Dahai=陈^大海", "陈大海"),
        ("=陈^大海", "陈大海"),
        ("==CHEN^DAHAI", "陈大海"),
        ("陈^大海=CHEN^DAHAI", "陈大海"),
        ("陈大海", "CHEN DAHAI"),
        ("小丽^王", "王小丽"),
        ("XIAOLI^WANG", "Wang Xiaoli"),
        # Old glyphs and new ones
        ("呂布", "吕布"),
        ("黃強", "黄强"),
        ("李峯", "李峰"),
        ("吳淸眞", "吴清真"),
        ("髙靑", "高青"),
        ("\uf9e1", "李"),
        # u with two dots
        ("LV^BU", "吕布"),
        ("LYU^BU", "吕布"),
        ("LU^BU", "吕布"),
        ("Lǚ^Bù", "吕布"),
        ("Lu:^Bu", "吕布"),
        # Family names of two characters, and with a reading of their own
        ("OUYANG^XUE", "欧阳雪"),
        ("XUE^OUYANG", "欧阳雪"),
        ("歐陽雪", "欧阳雪"),
        ("ZHANGSUN^WUJI", "长孙无忌"),
        ("SHAN^XIONGXIN", "单雄信"),
        ("DAN^XIONGXIN", "单雄信"),
        ("ZENG^GUOFAN", "曾国藩"),
        ("LI^ZHANG OU", "李张欧"),
        # Names of minorities
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽买买提", "阿依古丽·买买提"),
        ("买买提^阿依古丽", "阿依古丽·买买提"),
        ("AYIGULI^MAIMAITI", "阿依古丽·买买提"),
        ("MAIMAITI AYIGULI", "阿依古丽·买买提"),
        # Words
        ("Pia^Patient", "Patient Pia"),
        ("MÜLLER^ANNA", "Anna Muller"),
        ("Pia^Pan", "Pia"),
        # Bytes that were read in another character set
        ("王小丽".encode("gb18030").decode("latin-1"), "王小丽"),
        ("王小丽".encode().decode("latin-1"), "王小丽"),
        ("李四".encode().decode("gb18030"), "李四"),
    ],
)
def test_one_name_in_several_writings(said: str, known: str) -> None:
    assert compare_names(said, known) is Answer.AGREES


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("WU^JUN", "陈大海"),
        ("吴军", "陈大海"),
        ("WU^JUN=陈^大海", "陈大海"),
        ("CHEN^DAHAI=吴^军", "陈大海"),
        ("WANG^XIAOLI=王^小莉", "王小丽"),  # spelled alike, and two persons
        ("王小丽之子", "王小丽"),
        ("王丽", "王丽华"),
        ("安文", "文安"),
        ("安^文", "文安"),
        ("李哲", "李喆"),
        ("LI^NA", "王小明"),
        ("Paul^Pan", "Pia"),
        ("Paul^Pan", "Pia Pan"),
        ("WU^J", "陈大海"),
        ("吴?", "陈大海"),
        ("WU^??", "陈大海"),
        ("陈军".encode("gb18030").decode("latin-1"), "陈大海"),
    ],
)
def test_another_persons_name(said: str, known: str) -> None:
    assert compare_names(said, known) is Answer.DIFFERS


@pytest.mark.parametrize(
    "said",
    [
        *("", "^^^", " ", "==", "TEST", "Test^Patient", "TEST01", "ANONYMOUS", "N/A", "XXX"),
        *("000", "???", "\ufffd\ufffd"),
        *("無名氏", "无名男", "测试", "=急诊"),
        *("CDH", "CHEN^D", "CHEN^DH", "CHEN", "陈", "DAHAI", "大海", "陈?", "CHEN^???", "陈\ufffd海"),
        *("Чен", "خان"),
    ],
)
def test_what_says_nothing_decides_nothing(said: str) -> None:
    assert compare_names(said, "陈大海") is Answer.SILENT


def test_nobody_is_compared_with_somebody_without_a_name() -> None:
    assert compare_names("CHEN^DAHAI", "无名氏 3") is Answer.SILENT
    assert compare_names("WU^MINGSHI=无名氏", "无名氏") is Answer.SILENT
    assert [says_nobody(name) for name in ("Test", "Patient Pia", "娜", "Na")] == [True, False, False, False]


@st.composite
def _chinese_names(draw: st.DrawFn) -> tuple[str, str]:
    family = draw(st.sampled_from(FAMILIES))
    return family, draw(st.text(st.sampled_from(GIVEN), min_size=1, max_size=2))


def _spoken(characters: str) -> list[set[str]]:
    return [set(each) for each in pinyin(characters, style=Style.NORMAL, heteronym=True)]


def _spellings(characters: str) -> set[str]:
    return {"".join(one) for one in product(*_spoken(characters))}


@given(_chinese_names())
def test_every_writing_of_a_name_agrees_with_it(name: tuple[str, str]) -> None:
    family, given_name = name
    known = family + given_name
    spelled = [*product(_spellings(family), _spellings(given_name))]
    toned = " ".join(each[0] for each in pinyin(known, style=Style.TONE))
    numbered = " ".join(each[0] for each in pinyin(known, style=Style.TONE3))
    writings = [known, f"{family}^{given_name}", f"{family} {given_name}", f"={family}^{given_name}", toned, numbered]
    for one, other in spelled:
        writings += [
            f"{one}^{other}".upper(),
            f"{other}^{one}",
            f"{one}{other}",
            f"{one}^{other}={family}^{given_name}",
        ]
    alphabetic, ideographic = for_devices(known)
    writings += [alphabetic, f"{alphabetic}={ideographic}", known.encode("gb18030").decode("latin-1")]

    assert {writing: compare_names(writing, known) for writing in writings} == dict.fromkeys(writings, Answer.AGREES)
    assert {compare_names(known, alphabetic.replace("^", " ")), compare_names(alphabetic, alphabetic)} == {
        Answer.AGREES
    }


@given(_chinese_names(), _chinese_names())
def test_names_that_neither_look_nor_sound_alike_never_agree(one: tuple[str, str], other: tuple[str, str]) -> None:
    said, known = "".join(one), "".join(other)
    spellings = [_spellings(name[cut:] + name[:cut]) for name in (known,) for cut in range(len(known))]
    alike = {spelled for each in spellings for spelled in each}
    for spelled in _spellings(said):
        if spelled not in alike:
            assert compare_names(spelled, known) is not Answer.AGREES
    if said != known:
        assert compare_names(said, known) is not Answer.AGREES
        assert compare_names(f"={said}", known) is not Answer.AGREES
    if one[0] != other[0]:
        assert compare_names(said, known) is Answer.DIFFERS


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_has_an_answer(said: str, known: str) -> None:
    assert compare_names(said, known) in Answer


@given(st.sampled_from(["TEST", "ANONYMOUS", "???", "无名氏"]), _chinese_names())
def test_a_placeholder_never_decides(said: str, name: tuple[str, str]) -> None:
    assert compare_names(said, "".join(name)) is Answer.SILENT
