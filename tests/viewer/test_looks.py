"""Whatever names a patient leaves an audit event of whoever asked; a new route is walked from its first day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from reading.access.looks import AGAIN
from reading.tables import audit_event
from storage.database import snapshot
from tests.viewer.house import House
from tests.viewer.test_refusals import PATIENT, STAFF, Listing, Pias, Thing, _ask, pias

__all__ = ["pias"]

UNRECORDED: dict[tuple[str, str], str] = {}
"""Routes that name a patient and leave no event, each with the reason."""
FORMS = [("POST", "/t/print/{version_id}"), ("POST", "/t/case/{case_id}/receipt")]
"""Forms whose answer names a patient and which change nothing that the next route needs."""
BYTES = ("/quality/{aspect}", "/api/quality/{aspect}", "/api/quality/bytes")
"""Routes that read the bytes of an image, which `test_quality` has."""
OF_A_PATIENT = ("application/pdf", "image/", "application/zip")
PASSED = AGAIN + timedelta(minutes=1)
"""So long a look is on record already; each route is asked for after that."""


def events_by(house: House, actor_id: str) -> int:
    with snapshot(house.engine) as tx:
        of = sa.select(sa.func.count()).select_from(audit_event).where(audit_event.c.actor_id == actor_id)
        return tx.scalar(of) or 0


def names_pia(house: House, answer: httpx.Response) -> bool:
    if answer.status_code != 200:
        return False
    if answer.headers.get("content-type", "").startswith(OF_A_PATIENT):
        return True
    return any(said in answer.text for said in ("Pia", house.patient.number))


def walked(
    house: House,
    comes_in: Callable[[], httpx.Client],
    actor_id: str,
    routes: dict[tuple[str, str], object],
    ids: dict[str, str],
) -> tuple[list[str], list[str]]:
    """Of these routes those that named Pia, and those of them that left no event."""
    named, silent = [], []
    for (method, path), route in routes.items():
        if not isinstance(route, Thing | Listing) or (method != "GET" and (method, path) not in FORMS):
            continue
        if path.startswith(BYTES):
            continue
        house.now += PASSED
        client = comes_in()
        before = events_by(house, actor_id)
        if isinstance(route, Thing):
            answer = _ask(client, method, path, route, ids[route.of])
        else:
            answer = client.request(method, path)
        if names_pia(house, answer):
            named.append(path)
            if events_by(house, actor_id) == before and (method, path) not in UNRECORDED:
                silent.append(path)
    return named, silent


@pytest.mark.parametrize(
    ("who", "at_least"),
    [
        ("tang", {"/t", "/t/banners", "/t/order", "/t/case/{case_id}", "/t/print/{version_id}"}),
        ("ada", {"/api/cases", "/api/cases/{case_id}"}),
        ("mona", {"/api/cases", "/api/cases/{case_id}"}),
    ],
)
def test_no_page_names_pia_without_a_record(house: House, pias: Pias, who: str, at_least: set[str]) -> None:
    actor = getattr(house.clinic, who)
    named, silent = walked(house, lambda: house.signed_in(who), actor.person_id, dict(STAFF), pias.ids)

    assert silent == []
    assert at_least - set(named) == set()


def test_what_the_patient_reads_is_on_record_too(house: House, pias: Pias) -> None:
    case_id = pias.ids["case"]
    named, silent = walked(house, lambda: house.patient_client(case_id), house.patient.id, dict(PATIENT), pias.ids)

    assert silent == []
    assert {"/p/reports", "/p/reports/{version_id}", "/p/reports/{version_id}.pdf"} - set(named) == set()
