"""The audit is found by every question through an index, page by page, however many events there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.actions import Action
from reading.administrators import audit_search
from reading.administrators.audit_search import After, Search
from reading.audit import Actor, ActorKind, Audit, Event, Outcome
from reading.errors import Invalid
from storage.database import snapshot, transaction
from tests.plans import plans_of, reads_through

ADA, BEN = (Actor(kind=ActorKind.STAFF, id=name * 26, address=f"10.0.0.{n}") for n, name in enumerate("AB", 1))


@pytest.fixture
def written(engine: Engine, now: datetime) -> Engine:
    """Two writers with events at the same times: Ada opens five cases, Ben is refused at two reports."""
    with transaction(engine) as tx:
        for number in range(5):
            at = now + timedelta(minutes=number)
            for writer in ("web1", "web2"):
                Audit(writer).record(
                    tx, actor=ADA, action=Action.CASE_OPEN, subject_kind="case", subject_id=f"C{number}", now=at
                )
        for number in range(2):
            Audit("web1").record(
                tx,
                actor=BEN,
                action=Action.REPORT_READ,
                subject_kind="report",
                subject_id=f"R{number}",
                outcome=Outcome.REFUSED,
                now=now + timedelta(hours=1),
            )
    return engine


def all_of(engine: Engine, search: Search, *, limit: int = 3) -> list[Event]:
    """Every page, one after the other."""
    found: list[Event] = []
    with snapshot(engine) as tx:
        while page := audit_search.page(tx, search, limit=limit):
            found += page
            search = audit_search.next_page(search, page)
            assert search.after is not None
            search = replace(search, after=audit_search.after(search.after.written()))
    return found


def test_pages_hold_each_event_once_the_latest_first(written: Engine) -> None:
    found = all_of(written, Search())

    assert len({(one.writer, one.number) for one in found}) == len(found) == 12
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    with snapshot(written) as tx:
        assert [one for page in audit_search.every_page(tx, Search()) for one in page] == found


@pytest.mark.parametrize(
    ("search", "number"),
    [
        (Search(actor_id=ADA.id), 10),
        (Search(actor_id=BEN.id, outcome=Outcome.DONE), 0),
        (Search(subject_kind="case", subject_id="C1"), 2),
        (Search(action=Action.REPORT_READ), 2),
        (Search(outcome=Outcome.REFUSED), 2),
        (Search(actor_id=ADA.id, action=Action.CASE_OPEN, subject_kind="case", outcome=Outcome.DONE), 10),
        (Search(address="10.0.0.2"), 2),
        (Search(address="10.0.0.3"), 0),
        (Search(about=(("case", "C1"), ("case", "C3"), ("report", "R0"))), 5),
        (Search(about=(("report", "R0"), ("case", "C1")), or_by=(BEN.id,)), 4),
        (Search(about=(("case", "C1"), ("report", "R0")), outcome=Outcome.REFUSED), 1),
    ],
)
def test_each_question_finds_its_events(written: Engine, search: Search, number: int) -> None:
    assert len(all_of(written, search)) == number


def test_the_time_begins_with_its_first_moment_and_ends_before_its_last(written: Engine, now: datetime) -> None:
    found = all_of(written, Search(since=now + timedelta(minutes=1), until=now + timedelta(minutes=3)))

    assert {one.subject_id for one in found} == {"C1", "C2"}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"actor_id": ADA.id},
        {"subject_kind": "case", "subject_id": "C1"},
        {"action": "case.open"},
        {"outcome": Outcome.REFUSED},
        {"actor_id": ADA.id, "action": "case.open", "outcome": Outcome.DONE},
        {"address": "10.0.0.2"},
    ],
)
def test_no_question_reads_the_audit_from_end_to_end(written: Engine, now: datetime, asked: dict[str, str]) -> None:
    since = now - timedelta(days=7)
    for after in (None, After(at=now, writer="web1", number=2)):
        search = Search(since=since, after=after, **asked)  # type: ignore[arg-type]
        (plan,) = plans_of(written, lambda tx, search=search: audit_search.page(tx, search, limit=50))

        assert not reads_through(plan, "audit_event"), plan
        assert "ix_audit_event" in plan, plan


@pytest.mark.parametrize("written_badly", ["", "x", "bm90aGluZw==", "WyJ4IiwgInkiLCAxXQ=="])
def test_a_page_that_nobody_gave_is_refused(written_badly: str) -> None:
    with pytest.raises(Invalid, match="after"):
        audit_search.after(written_badly)
