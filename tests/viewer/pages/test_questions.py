"""A question is asked on a page, goes to those on duty where its addressee is away, and is answered in their list."""

from __future__ import annotations

import httpx
import sqlalchemy as sa

from reading.actions import Action
from reading.audit import Outcome
from reading.context import Context
from reading.kinds import Role
from reading.questions import questions
from reading.tables import audit_event
from storage.database import snapshot, transaction
from tests.reading.clinic import read
from tests.reading.overdue.test_rerouting import sign_in
from tests.viewer.house import House


def beside_the_way(client: httpx.Client) -> int:
    """How many wait by the rail of the web app."""
    groups = client.get("/api/session").json()["rail"]["groups"]
    return next(way["waits"] for group in groups for way in group["ways"] if way["address"] == "/questions")


def test_a_question_goes_from_the_case_to_those_on_duty_and_its_answer_back(house: House) -> None:
    case = house.case("1.1")
    with transaction(house.engine) as tx:
        read(tx, house.clinic, house.clinic.ada, case.id, house.now)
    vera, rosa = house.signed_in("vera"), house.signed_in("rosa")
    for one in (vera, rosa):
        one.cookies.set("tierread_language", "en")
    address = f"/questions/new/{case.id}"
    form = vera.get(address)
    typed = {"csrf_token": vera.headers["X-CSRF-Token"], "whom": house.clinic.ada.person_id}
    nothing = vera.post(address, data={**typed, "words": " "})
    asked = vera.post(address, data={**typed, "words": "Nodule left?"})
    waiting = beside_the_way(rosa)
    listed = rosa.get("/questions").text
    question_id = listed.split("/questions/")[2 if "/questions/new" in listed else 1].split("/")[0]
    token = {"csrf_token": rosa.headers["X-CSRF-Token"]}
    answered = rosa.post(f"/questions/{question_id}/answer", data={**token, "words": "Benign, seen before"})
    again = rosa.post(f"/questions/{question_id}/answer", data={**token, "words": "Once more"})

    assert "(away: goes to those on duty)" in form.text
    assert nothing.status_code == 422
    assert asked.headers["location"] == "/questions?done=went-to-duty"
    assert waiting == 1
    assert "Nodule left?" in listed
    assert "Ada is away: went to those on duty" in listed
    assert answered.headers["location"] == "/questions?done=answered"
    assert again.status_code == 409
    assert "Benign, seen before" in vera.get("/questions").text
    assert house.signed_in("quinn").get(address).status_code == 404


def test_who_answers_what_does_not_wait_for_them_is_on_record(house: House) -> None:
    case = house.case("1.1")
    with transaction(house.engine) as tx:
        asker = Context(tx, house.clinic.audit, house.now, house.clinic.vera)
        whom = f"{house.clinic.region.oak.id}.{Role.READER}"
        made = questions.ask(asker, case.id, whom=whom, words="？")
    quinn = house.signed_in("quinn")
    token = {"csrf_token": quinn.headers["X-CSRF-Token"]}
    refused = [
        quinn.post(f"/questions/{made.id}/answer", data={**token, "words": "x"}),
        quinn.post(f"/questions/{made.id}/withdraw", data=token),
    ]
    with snapshot(house.engine) as tx:
        kept = tx.scalars(
            sa.select(audit_event.c.action).where(
                audit_event.c.subject_id == made.id, audit_event.c.outcome == Outcome.REFUSED
            )
        ).all()

    assert [one.status_code for one in refused] == [404, 404]
    assert sorted(kept) == [Action.QUESTION_ANSWER, Action.QUESTION_WITHDRAW]


def test_who_is_signed_in_is_asked_themselves(house: House) -> None:
    case = house.case("1.1")
    with transaction(house.engine) as tx:
        read(tx, house.clinic, house.clinic.ada, case.id, house.now)
        sign_in(tx, house.clinic, house.now, house.clinic.ada)
    vera, ada = house.signed_in("vera"), house.signed_in("ada")
    typed = {"csrf_token": vera.headers["X-CSRF-Token"], "whom": house.clinic.ada.person_id, "words": "？"}

    assert vera.post(f"/questions/new/{case.id}", data=typed).headers["location"] == "/questions?done=asked"
    assert beside_the_way(ada) == 1
    assert beside_the_way(vera) == 0
