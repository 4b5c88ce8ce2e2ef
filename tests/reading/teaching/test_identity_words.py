"""Words by which somebody is known are found however they are written, and nothing else is taken for them."""

from __future__ import annotations

from datetime import date

import pytest

from reading.teaching.identity_words import MASK, Kind, Known, found, masked, spellings_of_a_day

PEOPLE = (
    Known(kind=Kind.NAME, word="张三丰"),
    Known(kind=Kind.NAME, word="zhangsanfeng"),
    Known(kind=Kind.NAME, word="Pia"),
    Known(kind=Kind.STAFF, word="Ada"),
    Known(kind=Kind.STAFF, word="李医"),
    Known(kind=Kind.ORGANISATION, word="青山镇卫生院"),
    Known(kind=Kind.NUMBER, word="110105199003071220"),
    Known(kind=Kind.NUMBER, word="P-178"),
    Known(kind=Kind.NUMBER, word="L5"),
    Known(kind=Kind.NUMBER, word="12"),
    Known(kind=Kind.ACCESSION, word="26030200017"),
    Known(kind=Kind.TELEPHONE, word="010-62345678"),
    *(Known(kind=Kind.BIRTH_DATE, word=each) for each in spellings_of_a_day(date(1990, 3, 7))),
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("患者张三丰，右肺结节", Kind.NAME),
        ("张 三　丰，右肺结节", Kind.NAME),
        ("張三豐", Kind.NAME),
        ("ZHANG^SAN FENG", Kind.NAME),
        ("Ｐｉａ has a nodule", Kind.NAME),
        ("reported by ADA.", Kind.STAFF),
        ("李医 建议复查", Kind.STAFF),
        ("转自青山镇卫生院", Kind.ORGANISATION),
        ("No. 110105 19900307 1220", Kind.NUMBER),
        ("see P178 for more", Kind.NUMBER),
        ("检查号2603-0200-017", Kind.ACCESSION),
        ("电话 010 6234 5678", Kind.TELEPHONE),
        ("手机138 0013 8000", Kind.TELEPHONE),
        ("生于90年3月7日", Kind.BIRTH_DATE),
        ("1990年3月出生", Kind.BIRTH_DATE),
        ("与2026年02月11日片比较", Kind.DATE),
        ("compared with 2026-02-11", Kind.DATE),
        ("compared with 20260211.", Kind.DATE),
        ("身份证 31010519491231002X", Kind.NUMBER),
    ],
)
def test_it_is_found(text: str, kind: Kind) -> None:
    hits = found(text, PEOPLE)

    assert kind in {hit.kind for hit in hits}
    assert MASK in masked(text, PEOPLE)
    assert found(masked(text, PEOPLE), PEOPLE) == []


@pytest.mark.parametrize(
    "word",
    [
        *(
            "P-178",
            "P_000123",
            "MR/12",
            "CT,2024,001",
            "WANG_XIAOMING",
            "王^小明",
            "王_小明",
            "王,小明",
            "O'NEIL^PIA=王",
        ),
        *(
            "A.1-7.8",
            "P#178",
            "(P178)",
            "CT:2024:001",
            "P–178",
            "欧阳—小明",
            "Ｐ＿０００１２３",
            "1.2.840.113619",
            "买买提·艾力",
            r"CT\9[1]^Z",
        ),
    ],
)
def test_as_it_is_known_and_squeezed(word: str) -> None:
    known = (Known(kind=Kind.NUMBER, word=word),)
    squeezed = "".join(character for character in word if character.isalnum())

    assert known[0].kind in {hit.kind for hit in found(f"见 {word} 片", known)}
    assert masked(f"见 {squeezed} 片", known) == f"见 {MASK} 片"


@pytest.mark.parametrize(
    "text",
    [
        "右肺上叶结节，12 mm × 8 mm，Adamkiewicz 动脉未见异常",
        "utopian appearance; P1785 and AP178 are others; L5",
        "张力性气胸；三叶均受累；丰富血供",
        "CT 值 1990 HU，第 3 层；3.7 cm",
        "肺部 2026 年随访；T1.2.3",
        "T2WI 20.5 mm，1/3 椎体高度，1380013",
        "密度张三，丰富血供；P 17，8 mm",
    ],
)
def test_findings_are_not_taken_for_people(text: str) -> None:
    assert found(text, PEOPLE) == []
    assert masked(text, PEOPLE) == text


def test_a_proposal_keeps_every_other_character() -> None:
    text = "张三丰，男。\n右肺上叶结节（１２ mm），Ada 2026-02-11 已告知。"

    assert masked(text, PEOPLE) == f"{MASK}，男。\n右肺上叶结节（１２ mm），{MASK} {MASK} 已告知。"
