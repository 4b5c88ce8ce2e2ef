"""What is typed for a kind of examination or a part of the body is a code that examinations have, or is refused."""

from __future__ import annotations

import pytest

from reading.cases.examination_codes import BODY_PARTS, body_part_of, is_known, modality_of
from reading.errors import Invalid
from reading.orders import terms


def test_the_name_of_a_department_becomes_the_code() -> None:
    assert [modality_of(typed) for typed in (" dr ", "DX", "ct", "")] == ["DX", "DX", "CT", ""]
    assert [body_part_of(typed) for typed in ("head", "")] == ["HEAD", ""]
    assert set(terms.BODY_PARTS) <= set(BODY_PARTS)


@pytest.mark.parametrize("typed", ["放射", "XRAY", "HEAD"])
def test_what_is_no_kind_of_examination_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        modality_of(typed)


@pytest.mark.parametrize("typed", ["头部", "CT"])
def test_what_is_no_part_of_the_body_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        body_part_of(typed)


def test_rows_kept_before_are_told_apart() -> None:
    assert is_known("", "")
    assert is_known("CT", "HEAD")
    assert not is_known("DR", "")
    assert not is_known("CT", "头部")
