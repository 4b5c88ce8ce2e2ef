"""The day on which a guardian's card ends."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from reading.patients.majority import ZONE, comes_of_age


@pytest.mark.parametrize(
    ("born", "of_age"),
    [
        (date(2010, 3, 7), datetime(2028, 3, 7, tzinfo=ZONE)),
        (date(2008, 2, 29), datetime(2026, 3, 1, tzinfo=ZONE)),
        (date(2082, 2, 28), datetime(2100, 2, 28, tzinfo=ZONE)),
        (date(9990, 1, 1), datetime(9999, 1, 1, tzinfo=ZONE)),
    ],
)
def test_somebody_is_of_age_when_their_18th_birthday_begins_in_china(born: date, of_age: datetime) -> None:
    assert comes_of_age(born) == of_age
