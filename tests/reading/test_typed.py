"""Numbers and codes as people type them; a name is left as it is."""

from __future__ import annotations

import pytest

from reading.patients import patient_number
from reading.patients.telephones import normal
from reading.register.import_columns import COLUMNS, Kind, read_table
from reading.texts import NUMBERS, bare, plain, plain_code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("１３８００１３８０００", "13800138000"),
        ("　１２ｘ　", "12x"),
        ("ＡＢ－１２", "AB-12"),
        ("０５６３—１２３４５６７", "0563-1234567"),
        ("12‐34−56–78", "12-34-56-78"),
        ("\u202a110105\u200b1949\ufeff", "1101051949"),
        ("2026—０３－０２", "2026-03-02"),
        ("12\u00a0 34", "12 34"),
        ("", ""),
    ],
)
def test_a_number_is_kept_in_the_signs_of_any_keyboard(typed: str, kept: str) -> None:
    assert plain(typed) == kept
    assert plain(kept) == kept


def test_the_parts_of_a_code_may_be_apart() -> None:
    number = patient_number.draw()
    wide = "".join(chr(ord(each) + 0xFEE0) for each in number)

    assert bare("１２３　４５６－７８") == "12345678"
    assert patient_number.read(f"{wide[:5]}—{wide[5:]}") == number
    assert normal("（０５６３）１２３４５６７转１２") == "0563-1234567-12"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("１０４", "104"),
        ("－－ｐｏｒｔ＝１０４", "--port=104"),
        ("县医院１号", "县医院１号"),
        ("a  b", "a  b"),
        ("王·１", "王·１"),
    ],
)
def test_an_argument_is_a_code_where_it_has_no_other_letters(typed: str, kept: str) -> None:
    assert plain_code(typed) == kept


@pytest.mark.parametrize("kind", Kind)
def test_a_table_takes_its_numbers_as_they_were_typed_and_leaves_names(kind: Kind) -> None:
    columns = COLUMNS[kind]
    [line] = read_table(columns, [(1, tuple("１２" for _ in columns))])

    assert {name for name, cell in line.cells.items() if cell == "12"} == {name for name, _, _ in columns} & NUMBERS
    assert {name for name, cell in line.cells.items() if cell == "１２"} == {name for name, _, _ in columns} - NUMBERS
