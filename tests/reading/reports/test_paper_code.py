"""The code on a printed report: one wrong character is always found, and what people misread is read right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reading.patients.crockford import ALPHABET
from reading.reports.paper_code import LENGTH, code_of, grouped, read_code

DIGESTS = st.binary(min_size=32, max_size=32)


@given(digest=DIGESTS, place=st.integers(0, LENGTH - 1), other=st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(digest: bytes, place: int, other: str) -> None:
    code = code_of(digest)
    changed = code[:place] + other + code[place + 1 :]

    assert read_code(changed) == (code if changed == code else "")


@given(digest=DIGESTS)
def test_it_is_read_as_people_type_it(digest: bytes) -> None:
    code = code_of(digest)
    typed = grouped(code).lower().replace("0", "o").replace("1", "l").replace(" ", " - ")

    assert len(code) == LENGTH
    assert read_code(typed) == read_code(grouped(code)) == code


def test_what_is_no_code_is_none() -> None:
    # 15 zeros sum to 0, so their check is 0; Luhn modulo 32.
    assert read_code("0000 0000 0000 0000") == "0" * 16
    assert [read_code(typed) for typed in ("", "0" * 15, "0" * 17, "U" * 16, "..%2f..", "０" * 15 + "Z")] == [""] * 6
