"""The office of the audit administrator: searched, named by numbers that no address carries, exported, checked."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import httpx
import pytest

from reading.actions import Action
from reading.administrators import audit_checks, audit_subjects
from reading.audit import Outcome, events_about
from reading.kinds import Role
from storage.database import snapshot, transaction
from tests.passwords import quick_hash
from tests.reading.anchors.anchored import SEAL, anchor, places_in
from tests.reading.clinic import read
from tests.reading.region import PIA_CARD, hire
from tests.viewer.house import PASSWORD, House
from viewer.pages import audit as audit_pages


@pytest.fixture
def sue(house: House) -> httpx.Client:
    """The audit administrator at a browser, in English."""
    with transaction(house.engine) as tx:
        city = house.clinic.region.city
        hire(tx, "sue", house.now, (Role.AUDIT_ADMINISTRATOR, city), password_hash=quick_hash(PASSWORD))
    client = house.signed_in("sue")
    client.cookies.set("tierread_language", "en")
    return client


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def find(client: httpx.Client, whom: str, typed: str) -> httpx.Response:
    form = {"csrf_token": client.headers["X-CSRF-Token"], "whom": whom, "typed": typed}
    return client.post("/office/audit/find", data=form, follow_redirects=False)


def test_signing_in_leads_an_audit_administrator_to_the_audit(house: House, sue: httpx.Client) -> None:
    answer = house.client().post("/sign-in", data={"username": "sue", "password": PASSWORD}, follow_redirects=False)

    assert answer.headers["location"] == "/office/audit"
    page = plain(sue.get("/office/audit").text)
    assert "Sue (sue) signed in" in page
    assert "127.0.0.1" in page
    assert "session.open" not in page


def test_what_was_done_with_a_patient_is_found_by_a_number_that_stands_in_no_address(
    house: House, sue: httpx.Client
) -> None:
    case = house.case("1.2.3")
    ada = house.signed_in("ada")
    ada.get(f"/api/cases/{case.id}")
    with transaction(house.engine) as tx:
        read(tx, house.clinic, house.clinic.rosa, case.id, house.now)
    house.patient_client(case.id).get("/p/reports")
    wrong, right = find(sue, "patient", "11010519491231002X"), find(sue, "patient", PIA_CARD)
    found = sue.get(right.headers["location"])

    assert wrong.status_code == 422
    assert "No patient has this number" in wrong.text
    assert re.fullmatch(r"/office/audit\?sought=[\w%-]+", right.headers["location"])
    for said in ("Ada (ada) opened a case", f"The patient {house.patient.id} asked how far a report is", "Examination"):
        assert said in plain(found.text)
    assert "Pia" not in found.text
    assert PIA_CARD not in found.text
    with snapshot(house.engine) as tx:
        named = [
            one.outcome for one in events_about(tx, "patient", house.patient.id) if one.action == Action.AUDIT_NAME
        ]
        guessed = [one.outcome for one in events_about(tx, "patient", "") if one.action == Action.AUDIT_NAME]
    assert (named, guessed) == ([Outcome.DONE], [Outcome.REFUSED])


def test_staff_are_found_by_name_and_cases_by_accession_number(house: House, sue: httpx.Client) -> None:
    ada = house.clinic.ada
    assert ada.person_id in sue.get(find(sue, "staff", "ADA").headers["location"]).text
    several = find(sue, "staff", "n")
    assert several.status_code == 200
    assert "Several are called so" in several.text
    assert "Nobody of the staff is called so." in find(sue, "staff", "xyzzy").text
    assert find(sue, "case", "A1").status_code == 422


def test_a_search_is_narrowed_and_goes_on_page_by_page(house: House, sue: httpx.Client) -> None:
    for _ in range(3):
        house.client().post("/api/session", json={"username": "ada", "password": "wrong"})
    refused = plain(house.seek(sue, "/office/audit", outcome="refused", action="session.open").text)
    assert refused.count("tried and was refused: signed in") == 3
    for _ in range(60):
        house.seek(sue, "/office/audit", action="audit.search")
    first = sue.get("/office/audit")
    onward = re.findall(r'href="(/office/audit\?[^"]*after=[^"]*)"', first.text)
    second = sue.get(unescape(onward[-1]))

    assert len(re.findall(r"<time>", first.text)) == 50
    assert "Back to the latest" in second.text
    assert sue.get("/office/audit?after=x").status_code == 422
    assert house.seek(sue, "/office/audit", person="' or 1").status_code == 422
    assert house.seek(sue, "/office/audit", action="case.steal").status_code == 422


@pytest.mark.parametrize(
    ("form", "holds"), [("csv", "actor_name"), ("xml", "<AuditMessages>"), ("ndjson", "AuditEvent")]
)
def test_an_export_is_a_file_and_an_event(house: House, sue: httpx.Client, form: str, holds: str) -> None:
    sue.get("/office/audit")
    body = {"csrf_token": sue.headers["X-CSRF-Token"], "form": form, "action": "audit.search"}
    answer = sue.post("/office/audit/export", data=body)

    assert answer.status_code == 200
    assert holds in answer.text
    assert f'.{form}"' in answer.headers["content-disposition"]
    if form == "ndjson":
        assert [json.loads(line)["type"]["code"] for line in answer.text.splitlines()] == ["110101"]
    with snapshot(house.engine) as tx:
        exports = [one for one in events_about(tx, "audit", "") if one.action == Action.AUDIT_EXPORT]
    assert [one.details["action"] for one in exports] == ["audit.search"]


@pytest.mark.parametrize(("form", "remark"), [("csv", "\r\n# "), ("xml", "<!-- "), ("ndjson", "OperationOutcome")])
def test_what_a_page_or_a_file_lacks_stands_in_it(
    house: House, sue: httpx.Client, form: str, remark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        house.case(f"1.2.{number}")
    about = {"kind": "patient", "about": house.patient.id}
    asked = {"csrf_token": sue.headers["X-CSRF-Token"], "form": form, **about}
    page, whole = house.seek(sue, "/office/audit", **about).text, sue.post("/office/audit/export", data=asked).text
    monkeypatch.setattr(audit_subjects, "MOST_THINGS", 3)
    monkeypatch.setattr(audit_pages, "MOST_EXPORTED", 1)
    for _ in range(2):
        house.patient_client(house.case("1.2.3").id)
    cut_page, cut = house.seek(sue, "/office/audit", **about).text, sue.post("/office/audit/export", data=asked).text

    assert ("More than" in page, remark in whole) == (False, False)
    assert "More than 3 orders" in cut_page
    assert cut.count(remark) == 2
    assert "The file ends here with 1 events" in cut


def test_nobody_else_reads_names_exports_or_checks(house: House, sue: httpx.Client) -> None:
    with transaction(house.engine) as tx:
        city = house.clinic.region.city
        for role in (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR):
            hire(tx, role.value[:8], house.now, (role, city), password_hash=quick_hash(PASSWORD))
    for username in ("ada", "mona", "tang", "system_a", "security"):
        other = house.signed_in(username)
        token = {"csrf_token": other.headers["X-CSRF-Token"]}
        answers = [
            other.get("/office/audit"),
            other.get("/office/audit?after=x"),
            other.get("/office/audit/checks"),
            find(other, "staff", "sue"),
            find(other, "patient", PIA_CARD),
            find(other, "nobody", "x"),
            find(other, "case", "A1"),
            other.post("/office/audit/export", data=token | {"form": "csv"}),
            other.post("/office/audit/checks", data=token),
        ]

        assert [one.status_code for one in answers] == [403] * len(answers), username
    assert sue.get("/office/audit").status_code == 200


def test_a_check_is_asked_for_made_and_kept(house: House, sue: httpx.Client, tmp_path: Path) -> None:
    where = places_in(house.engine, tmp_path)
    token = {"csrf_token": sue.headers["X-CSRF-Token"]}
    sue.post("/office/audit/checks", data=token)
    sue.post("/office/audit/checks", data=token)
    waits = plain(sue.get("/office/audit/checks").text)
    made = [audit_checks.run_next(where, SEAL.public_key, house.clinic.audit, lambda: house.now) for _ in range(2)]
    sound = plain(sue.get("/office/audit/checks").text)
    for _ in range(2):
        anchor(where, house.now)
        sue.get("/office/audit")
    (tmp_path / "objects" / "anchors" / "0000000001.json").unlink()
    sue.post("/office/audit/checks", data=token)
    audit_checks.run_next(where, SEAL.public_key, house.clinic.audit, lambda: house.now)
    broken = plain(sue.get("/office/audit/checks").text)

    assert waits.count("waits for a worker") == 1
    assert made == [1, 0]
    assert "everything holds" in sound
    assert "nothing of them is anchored yet" in sound
    assert "Anchor 1 was written, and no object store has it" in broken
    assert "does not hold" in broken
