"""Text is decoded by its Specific Character Set, and by what it is when the set lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacs.dataset.character_sets import charsets_of, decode, recognise, settled

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
    assert settled(("", "ISO 2022 IR 58"), ["胸部平扫".encode("gbk")]) == ("", "ISO 2022 IR 58")


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


@given(st.lists(st.sampled_from(COMMON), min_size=2, max_size=4).map("".join))
def test_every_common_name_is_recognised(name: str) -> None:
    raw = name.encode("gbk")

    # A few are valid UTF-8 of CJK characters too; nobody can tell them apart.
    assert recognise([raw]) in ("gb18030", "utf-8")
    if recognise([raw]) == "gb18030":
        assert decode(raw, ("ISO_IR 100",), "PN") == name
