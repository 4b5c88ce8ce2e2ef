"""Telephone numbers in one form; what is none is refused."""

from __future__ import annotations

import pytest

from reading.errors import Invalid
from reading.patients.telephones import normal


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("+86 13800138000", "13800138000"),
        ("0086-13800138000", "13800138000"),
        ("010-12345678", "010-12345678"),
        ("（0563）1234567转12", "0563-1234567-12"),
        ("05631234567", "0563-1234567"),
        ("02112345678", "021-12345678"),
    ],
)
def test_a_number_typed_in_any_way_is_kept_in_one(typed: str, kept: str) -> None:
    assert normal(typed) == kept


@pytest.mark.parametrize("typed", ["12800138000", "1380013800", "12345678", "0563-00000000", "王璡", "1380013800O"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        normal(typed)

    assert (refused.value.field, refused.value.problem) == ("telephone", "form")
