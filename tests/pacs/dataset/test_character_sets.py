"""Text is decoded by its Specific Character Set, and by what it is when the set lies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pacs.dataset.character_sets import charsets_of, decode, settled
from pacs.dataset.charset_doubts import fits, recognise

# PS3.5 Annexes H to K and PS3.3 C.12.1.1.2: the standard's own examples.
STANDARD = [
    ("ISO_IR 100", b"Buc^J\xe9r\xf4me", "Buc^Jérôme"),
    ("ISO_IR 144", b"\xbb\xee\xda\x63\x65\xdc\xd1\x79\x70\xd3", "Люкceмбypг"),
    ("ISO_IR 138", b"\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה"),
    ("ISO_IR 192", "Wang^XiaoDong=王^小東=".encode(), "Wang^XiaoDong=王^小東="),
    ("GB18030", "Wang^XiaoDong=王^小东=".encode("gb18030"), "Wang^XiaoDong=王^小东="),
    ("GBK", "Wang^XiaoDong=王^小东=".encode("gbk"), "Wang^XiaoDong=王^小东="),
    (
        "\\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    (
        "ISO 2022 IR 13\\ISO 2022 IR 87",
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    (
        "\\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    (
        "\\ISO 2022 IR 58",
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
        "Zhang^XiaoDong=张^小东=",
    ),
]


@pytest.mark.parametrize(("charsets", "raw", "text"), STANDARD, ids=[charsets for charsets, _, _ in STANDARD])
def test_decodes_the_examples_of_the_standard(charsets: str, raw: bytes, text: str) -> None:
    assert decode(raw, charsets_of(charsets.encode()), "PN") == text


@pytest.mark.parametrize("label", ["", "ISO_IR 100", "ISO_IR 6"])
@pytest.mark.parametrize(
    "text", ["张三", "李", "王^小明", "CT胸部平扫", "左膝关节正位", "张璡", "誠", "Li^Si=李^四", "第2次"]
)
def test_sees_gbk_under_a_label_that_lies(label: str, text: str) -> None:
    assert decode(text.encode("gbk"), charsets_of(label.encode()), "PN") == text


@pytest.mark.parametrize(
    "text", ["Müller", "João", "AÇÃO", "Ação^José", "één", "née", "Ångström", "Ñuñoa", "É", "Größe", "45°±5", "10 µm"]
)
def test_leaves_latin_text_alone(text: str) -> None:
    assert decode(text.encode("latin-1"), ("ISO_IR 100",), "LO") == text


@pytest.mark.parametrize("text", ["张三", "Müller", "ação"])
def test_sees_utf_8_under_a_label_that_lies(text: str) -> None:
    assert decode(text.encode(), ("ISO_IR 100",), "LO") == text


@pytest.mark.parametrize("character", ["璡", "誠"])
def test_a_character_whose_second_byte_is_a_backslash_is_not_split(character: str) -> None:
    raw = f"张{character}\\李四".encode("gbk")

    assert raw.count(b"\\") == 2
    assert decode(raw, ("GB18030",), "LO").split("\\") == [f"张{character}", "李四"]
    assert decode(raw, (), "LO").split("\\") == [f"张{character}", "李四"]


def test_a_header_tells_what_one_character_cannot() -> None:
    rare = "镕".encode("gbk")  # E9 46: in Latin-1 a word of two letters

    assert decode(rare, ("ISO_IR 100",), "PN") == "éF"
    assert settled(("ISO_IR 100",), [rare, "胸部平扫".encode("gbk")]) == ("GB18030",)


def test_a_label_that_says_more_than_latin_is_believed() -> None:
    assert settled(("ISO_IR 144",), ["胸部平扫".encode("gbk")]) == ("ISO_IR 144",)


LIES = [
    # GBK and GB 18030 under ISO 2022 IR 58, with and without its escape sequences
    ("\\ISO 2022 IR 58", b"Zhu^Rong=\x1b$)A\xd6\xec^\x1b$)A\xe9F", "Zhu^Rong=朱^镕"),
    ("\\ISO 2022 IR 58", b"Zhu^Rong=\x1b$)A\xd6\xec^\xe9F=", "Zhu^Rong=朱^镕="),
    ("\\ISO 2022 IR 58", b"\x1b$)A" + "张璡^玥".encode("gbk"), "张璡^玥"),  # 璡 ends in 5C
    ("\\ISO 2022 IR 58", "Zhu^Rong=朱^镕".encode("gbk"), "Zhu^Rong=朱^镕"),
    ("ISO 2022 IR 58", "朱^镕".encode("gbk"), "朱^镕"),
    ("ISO 2022 IR 58", "胸部平扫".encode(), "胸部平扫"),
    ("ISO 2022 IR 6\\ISO 2022 IR 58", "王^小丽".encode("gb2312"), "王^小丽"),
    # UTF-8 under GB 18030, and the other way round
    ("GB18030", "朱^镕".encode(), "朱^镕"),
    ("GB18030", "王小丽".encode(), "王小丽"),
    ("GBK", "CT胸部平扫".encode(), "CT胸部平扫"),
    ("GB18030", "گۈلنار".encode(), "گۈلنار"),
    ("ISO_IR 192", "王^小丽".encode("gbk"), "王^小丽"),
    ("ISO_IR 192", "CT胸部平扫".encode("gb18030"), "CT胸部平扫"),
    ("ISO_IR 192", "\U00020087\u9fb4王小".encode("gb18030"), "\U00020087\u9fb4王小"),
    # under Latin labels other than the first, and others
    ("ISO_IR 101", "张三".encode("gbk"), "张三"),
    ("ISO_IR 148", "张三".encode(), "张三"),
    ("ISO_IR 144", "张三".encode(), "张三"),
    ("ISO_IR 13", "山田^太郎".encode(), "山田^太郎"),
    ("ISO 2022 IR 149", "홍길동".encode(), "홍길동"),
    ("\\ISO 2022 IR 149", "홍^길동".encode("euc_kr"), "홍^길동"),
    ("ISO_IR 127", "گۈلنار".encode(), "گۈلنار"),
    ("", "བསོད་ནམས".encode(), "བསོད་ནམས"),
]


@pytest.mark.parametrize(("label", "raw", "text"), LIES)
def test_a_label_that_lies_is_seen_through(label: str, raw: bytes, text: str) -> None:
    said = charsets_of(label.encode())

    assert decode(raw, settled(said, [raw]), "PN") == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\xfe\x59\xfe\x51", "\u9fb4\U00020087"),
        ("\ue81e\ue831".encode("gb18030"), "\u9fb4\U000215d7"),
        ("\U00020087\U0002b740\U00031350".encode("gb18030"), "\U00020087\U0002b740\U00031350"),
    ],
)
def test_old_and_rare_letters_are_read_as_gb_18030_of_2022_has_them(raw: bytes, text: str) -> None:
    assert decode(raw, ("GB18030",), "PN") == text


def test_letters_of_private_use_in_utf_8_are_those_that_gb_18030_had_there() -> None:
    assert decode("王\ue81e".encode(), ("ISO_IR 192",), "PN") == "王\u9fb4"


def test_a_name_that_a_field_cut_off_is_still_utf_8() -> None:
    assert decode("胸部正位片检查".encode()[:16], ("ISO_IR 192",), "SH") == "胸部正位片\ufffd"


def test_all_texts_together_bear_a_label_out() -> None:
    # Each of these alone is valid in UTF-8 too; beside a text that is not, none is doubted.
    assert settled(("GB18030",), ["胸部平扫".encode("gb18030"), "朱".encode()]) == ("GB18030",)


@pytest.mark.parametrize("written", ["ISO IR 192", "ISO-IR 192", "iso_ir 192", "UTF-8", "UTF8"])
def test_misspelt_terms_are_understood(written: str) -> None:
    assert decode("皮亚".encode(), (written,), "PN") == "皮亚"


def test_other_vrs_are_not_touched_by_the_set() -> None:
    assert decode(b"CT\xb0", ("GB18030",), "CS") == "CT°"


@given(
    st.binary(max_size=60),
    st.sampled_from(
        [
            "",
            "ISO_IR 100",
            "GBK",
            "ISO_IR 192",
            "ISO_IR 13",
            "\\ISO 2022 IR 87",
            "\\ISO 2022 IR 149",
            "ISO_IR 999",
            "\\\\",
        ]
    ),
    st.sampled_from(["PN", "LO", "UT", "CS", "UI"]),
)
def test_never_raises(raw: bytes, charsets: str, vr: str) -> None:
    text = decode(raw, charsets_of(charsets.encode()), vr)

    assert isinstance(text, str)


# GB2312 level 1, the characters of nearly all names: the two bytes of each are above A0.
COMMON = [bytes((first, second)).decode("gb2312") for first in range(0xB0, 0xD7) for second in range(0xA1, 0xFF)]


# The hundred most frequent, and the compound ones.
SURNAMES = (
    *"王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦",
    *"贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤仇单区查翟佘濮阚阙",
    *("欧阳", "司马", "诸葛", "上官", "尉迟", "令狐", "慕容", "夏侯"),
)
# Level 2 too, and letters that GBK and the extensions of Unicode added.
SECOND = [
    raw.decode("gb2312")
    for first in range(0xD8, 0xF8)
    for second in range(0xA1, 0xFF)
    if fits(raw := bytes((first, second)), "gb2312")
]
RARE = ["镕", "玥", "璡", "喆", "堃", "祎", "㛃", "䶮", "\u9fb4", "\U00020087", "\U0002b740", "\U00030edd"]
CHINESE_NAMES = st.builds(
    "{}^{}".format,
    st.sampled_from(SURNAMES),
    st.text(st.sampled_from(COMMON) | st.sampled_from(SECOND) | st.sampled_from(RARE), min_size=1, max_size=2),
)
LATIN_NAMES = st.builds("{}^{}".format, st.text("abcdefgéèüöäñçøåÉÖ", min_size=2), st.text("aeiouéü", min_size=1))
RIGHT = [
    ("GB18030", "gb18030", CHINESE_NAMES),
    ("GBK", "gb18030", CHINESE_NAMES),
    ("ISO_IR 192", "utf-8", CHINESE_NAMES),
    ("ISO_IR 192", "utf-8", LATIN_NAMES),
    ("ISO_IR 192", "utf-8", st.text("ئۇيغۇرتىلىگۈنارە^", min_size=1, max_size=12)),
    ("ISO_IR 192", "utf-8", st.text("བོད་ཡིགསནམ^", min_size=1, max_size=12)),
    ("ISO_IR 144", "iso8859-5", st.text("АБВГДабвгдежзийклмнопрст^", min_size=1, max_size=12)),
    ("ISO_IR 126", "iso8859-7", st.text("ΑΒΓΔαβγδεζηθικλμν^", min_size=1, max_size=12)),
    ("ISO_IR 13", "shift_jis", st.text("ﾔﾏﾀﾞﾛｳｱｲｵ^", min_size=1, max_size=12)),
    ("ISO 2022 IR 149", "euc_kr", st.text("김이박최정홍길동민수지은영^", min_size=1, max_size=8)),
    ("\\ISO 2022 IR 149", "euc_kr", st.text("김이박최정홍길동민수지은영^", min_size=1, max_size=8)),
    ("ISO 2022 IR 58", "gb2312", st.text(st.sampled_from(COMMON) | st.sampled_from(SECOND), min_size=1, max_size=4)),
    ("\\ISO 2022 IR 58", "gb2312", st.text(st.sampled_from(COMMON) | st.sampled_from(SECOND), min_size=1, max_size=4)),
]


@pytest.mark.parametrize(
    ("label", "codec", "names"), RIGHT, ids=[f"{label}-{n}" for n, (label, _, _) in enumerate(RIGHT)]
)
@settings(max_examples=300, derandomize=True)
@given(data=st.data())
def test_a_right_label_is_never_overruled(label: str, codec: str, names: st.SearchStrategy[str], data: Any) -> None:
    name = data.draw(names)
    raw = name.encode(codec)
    said = charsets_of(label.encode())

    assert decode(raw, settled(said, [raw]), "PN") == name


@pytest.mark.parametrize("surname", SURNAMES)
def test_no_surname_is_garbled_under_its_own_label(surname: str) -> None:
    for label, codec in (("GB18030", "gb18030"), ("ISO_IR 192", "utf-8"), ("\\ISO 2022 IR 58", "gb18030")):
        for given_name in ("", "小丽", "玥", "国栋", "Li"):
            raw = f"{surname}{given_name}".encode(codec)
            said = charsets_of(label.encode())
            assert decode(raw, settled(said, [raw]), "PN") == f"{surname}{given_name}"


@given(st.lists(st.sampled_from(COMMON), min_size=2, max_size=4).map("".join))
def test_every_common_name_is_recognised(name: str) -> None:
    raw = name.encode("gbk")

    # A few are valid UTF-8 of CJK characters too; nobody can tell them apart.
    assert recognise([raw]) in ("gb18030", "utf-8")
    if recognise([raw]) == "gb18030":
        assert decode(raw, ("ISO_IR 100",), "PN") == name
