"""The forms of identifiers, with values derived by hand."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.identifiers import (
    IdentityCard,
    Oddity,
    Problem,
    Region,
    accession_number,
    ae_title,
    identity_card,
    identity_check_character,
    institution_number,
    mask,
    organisation_code,
    region_code,
)
from reading.kinds import Sex

TODAY = date(2026, 3, 2)


def test_the_check_character_of_an_identity_card_follows_the_weights() -> None:
    # GB 11643-1999, its own example: 1*7+1*9+0*10+1*5+0*8+5*4+1*2+9*1+4*6+9*3+1*7+2*9+3*10+1*5+0*8+0*4+2*2 = 167
    # 167 mod 11 = 2, and the third of 10X98765432 is X.
    assert identity_check_character("11010519491231002") == "X"
    # 1*7+1*9+0+1*5+0+5*4+1*2+9*1+9*6+0+0+3*9+0+7*5+1*8+2*4+2*2 = 188; 188 mod 11 = 1, the second is 0.
    assert identity_check_character("11010519900307122") == "0"


def test_an_identity_card_says_where_when_and_which_sex() -> None:
    assert identity_card("11010519491231002X", today=TODAY) == IdentityCard(
        region_code="110105", birth_date=date(1949, 12, 31), sex=Sex.FEMALE, legacy=False
    )


def test_fifteen_digits_are_a_card_of_the_last_century() -> None:
    assert identity_card("110105491231003", today=TODAY) == IdentityCard(
        region_code="110105", birth_date=date(1949, 12, 31), sex=Sex.MALE, legacy=True
    )


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", Problem.EMPTY),
        ("1101051949123100", Problem.LENGTH),
        ("11010519491231002Y", Problem.CHARACTERS),
        ("1101051949123100２X", Problem.CHARACTERS),  # a full-width digit
        ("11010519491231002x", Problem.CHARACTERS),  # patients.normal makes it a capital
        ("110105194912310021", Problem.CHECK_CHARACTER),
        ("350424200101011100", Problem.CHECK_CHARACTER),  # found in the field as test data; it is none
        ("110105491331003", Problem.DATE),
        # 7+9+0+5+0+20+2+9+54+0+0+0+20+15+0+0+2 ... the 30th of February, with its right check character
        ("11010519900230123" + identity_check_character("11010519900230123"), Problem.DATE),
        ("11010520260303123" + identity_check_character("11010520260303123"), Problem.FUTURE_DATE),
    ],
)
def test_what_is_no_identity_card_is_told_why(value: str, problem: Problem) -> None:
    assert identity_card(value, today=TODAY) is problem


def test_a_card_that_differs_from_what_was_written_down_is_told() -> None:
    card = identity_card("110105491231003", today=TODAY)
    assert isinstance(card, IdentityCard)

    assert card.oddities(sex=Sex.FEMALE, birth_date=date(1949, 12, 30)) == [
        Oddity.LEGACY,
        Oddity.SEX_DIFFERS,
        Oddity.BIRTH_DATE_DIFFERS,
    ]
    assert card.oddities(sex=Sex.MALE, birth_date=date(1949, 12, 31)) == [Oddity.LEGACY]
    assert card.oddities(sex=Sex.UNKNOWN, birth_date=None) == [Oddity.LEGACY]


@given(
    digits=st.builds(
        lambda region, born, order: f"{region:06}{born:%Y%m%d}{order:03}",
        st.integers(110000, 659999),
        st.dates(date(1900, 1, 1), TODAY),
        st.integers(0, 999),
    ),
    place=st.integers(0, 16),
    other=st.sampled_from("0123456789"),
)
def test_every_wrong_digit_of_an_identity_card_is_found(digits: str, place: int, other: str) -> None:
    card = digits + identity_check_character(digits)
    wrong = card[:place] + other + card[place + 1 :]

    assert isinstance(identity_card(card, today=TODAY), IdentityCard)
    assert wrong == card or identity_card(wrong, today=TODAY) is Problem.CHECK_CHARACTER


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("11", Region(code="11", parent=None)),
        ("110000", Region(code="11", parent=None)),
        ("341200", Region(code="3412", parent="34")),
        ("341221", Region(code="341221", parent="3412")),
        ("341221103", Region(code="341221103", parent="341221")),
        ("341221103000", Region(code="341221103", parent="341221")),
        ("341221103207", Region(code="341221103207", parent="341221103")),
        ("", Problem.EMPTY),
        ("34122", Problem.LENGTH),
        ("34122A", Problem.CHARACTERS),
        ("991221", Problem.UNKNOWN_PARENT),
        ("340021", Problem.UNKNOWN_PARENT),  # a county of no city
    ],
)
def test_a_region_code_is_read_level_by_level(value: str, read: Region | Problem) -> None:
    assert region_code(value) == read


def test_the_parent_of_a_region_must_be_known() -> None:
    assert region_code("341221", known={"34", "3412"}) == Region(code="341221", parent="3412")
    assert region_code("341221", known={"34"}) is Problem.UNKNOWN_PARENT
    assert region_code("34", known=set()) == Region(code="34", parent=None)


@pytest.mark.parametrize(
    ("value", "problem"),
    [("hills", None), ("A-1_b.2", None), ("", Problem.EMPTY), ("x" * 41, Problem.LENGTH), ("a/b", Problem.CHARACTERS)],
)
def test_a_code_of_ours_can_stand_in_an_address(value: str, problem: Problem | None) -> None:
    assert organisation_code(value) is problem


@pytest.mark.parametrize(
    ("value", "of_accession", "of_ae_title"),
    [
        ("A260302-1", None, None),
        ("X" * 16, None, None),
        ("X" * 17, Problem.LENGTH, Problem.LENGTH),
        ("", Problem.EMPTY, Problem.EMPTY),
        ("   ", Problem.EMPTY, Problem.EMPTY),
        ("A\\B", Problem.CHARACTERS, Problem.CHARACTERS),
        ("A\x07", Problem.CHARACTERS, Problem.CHARACTERS),
        ("山镇", None, Problem.CHARACTERS),
    ],
)
def test_short_strings_and_ae_titles(value: str, of_accession: Problem | None, of_ae_title: Problem | None) -> None:
    assert accession_number(value) is of_accession
    assert ae_title(value) is of_ae_title


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("110105199003071220", "110***********1220"),
        ("1234567890", "********90"),
        ("12345", "***45"),
        ("1234", "****"),
        ("", ""),
    ],
)
def test_a_mask_shows_the_ends_alone(value: str, masked: str) -> None:
    assert mask(value) == masked


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("91350100M000100Y43", None),  # the example of GB 32100-2015
        ("91350100M000100Y44", Problem.CHECK_CHARACTER),
        ("91350100M000100I43", Problem.CHARACTERS),  # I is none of the 31 characters
        ("9135010", Problem.LENGTH),
        ("PDY70001033010217A1001", None),
        ("pdy70001033010217a1001", Problem.CHARACTERS),
        ("", Problem.EMPTY),
    ],
)
def test_numbers_of_institutions(value: str, problem: Problem | None) -> None:
    assert institution_number(value) == problem
