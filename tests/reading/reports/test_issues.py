"""People count the versions that a site was given: blind readings and replaced drafts are none of them."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from reading.reports import issues, versions
from reading.reports.content import Content
from reading.reports.versions import Status
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic


@pytest.mark.parametrize(
    ("statuses", "numbers"),
    [
        ("blind blind final", [None, None, 1]),
        ("withdrawn blind blind superseded final", [None, None, None, 1, 2]),
        ("replaced preliminary", [None, 1]),
        ("superseded final pending", [1, 2, 3]),
        ("superseded pending", [1, 2]),
        ("entered_in_error withheld", [1, 2]),
    ],
)
def test_the_first_version_that_the_site_is_given_is_the_first(
    engine: Engine, now: datetime, statuses: str, numbers: list[int | None]
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, other = arrive(tx, clinic, "1.2.840.1", now), arrive(tx, clinic, "1.2.840.2", now)
        for case_id in (case.id, other.id):
            for word in statuses.split():
                made = versions.add(
                    tx,
                    case_id=case_id,
                    content=Content(findings="", impression="肺炎", positive=True),
                    identity={},
                    images={"set": "", "instances": {}},
                    incomplete_reason="",
                    supersedes=None,
                    now=now,
                    unsent=Status.BLIND,
                )
                versions.set_status(tx, made.id, Status(word))
        mine = versions.of_case(tx, case.id)
        both = issues.of_cases(tx, [case.id, other.id])

        assert [issues.number_of(tx, each) for each in mine] == numbers
        assert [both.get(each.id) for each in versions.of_case(tx, other.id)] == numbers
