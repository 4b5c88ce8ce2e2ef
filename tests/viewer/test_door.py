"""An attacker at the patient's door: codes, links, other people's sessions, addresses without one, headers and paths.

All of it is refused, all alike, and all on record.
"""

from __future__ import annotations

import httpx
import pytest
import sqlalchemy as sa

from reading.audit import Outcome
from reading.context import Context
from reading.patients.crockford import ALPHABET
from reading.reports.paper_code import read_code
from reading.signing import withhold
from reading.tables import audit_event
from storage.database import snapshot, transaction
from tests.reading.clinic import read
from tests.reading.region import PIA_CARD
from tests.viewer.house import House
from tests.viewer.pages.test_patient import final
from tests.viewer.pages.test_patient_links import address_to_end, made, opened, token_of
from tests.viewer.test_refusals import NOWHERE, sign_quentin_in

ENDS = ("", ".pdf", "/pictures/1", "/view/1", "/images.zip")
"""What there is of a report."""


def refused(house: House) -> set[tuple[str, str]]:
    """What was refused so far, as the audit has it: word and kind of actor."""
    event = audit_event.c
    asked = sa.select(event.action, event.actor_kind).where(event.outcome == Outcome.REFUSED)
    with snapshot(house.engine) as tx:
        return {(row.action, row.actor_kind) for row in tx.execute(asked)}


def alike(answers: list[httpx.Response], status: int) -> None:
    """One status, one text, and the same headers but for the time."""
    shown = {(one.status_code, one.text, tuple(sorted(k for k in one.headers if k != "set-cookie"))) for one in answers}
    assert {one[0] for one in shown} == {status}
    assert len(shown) == 1


def test_codes_and_links_are_not_found_by_trying(house: House) -> None:
    case_id, _ = final(house)
    other = house.case("1.2.840.7")
    with transaction(house.engine) as tx:
        read(tx, house.clinic, house.clinic.ada, other.id, house.now)
    pia = house.patient_client(case_id)
    (locked, passcode), (ended, _) = made(pia, case_id, passcode="yes"), made(pia, case_id, label="ended")
    hidden, _ = made(house.patient_client(other.id), other.id)
    pia.post(address_to_end(pia, "ended"), data={"csrf_token": pia.headers["X-CSRF-Token"]})
    with transaction(house.engine) as tx:
        withhold.withhold(Context(tx, house.clinic.audit, house.now, house.clinic.ada), other.id, why="wrong person")
    wrong = "000000" if passcode != "000000" else "111111"
    tried = [("x" * 43, ""), ("x" * 43, wrong), (ended, ""), (hidden, "")]
    links = [house.client().post("/s", data={"link": one, "passcode": two}) for one, two in tried]
    # Only whoever has the whole secret of a link learns that it asks for a passcode.
    without = house.client().post("/s", data={"link": locked, "passcode": wrong})
    codes = [
        house.client().post("/v", data={"code": whole}, headers={"X-Forwarded-For": f"198.51.100.{n}"})
        for n in range(8)
        for whole in [next(f"{n:015}" + last for last in ALPHABET if read_code(f"{n:015}" + last))]
    ]
    cards = [
        house.client().post("/p", data={"card_type": "identity_card", "card": card, "code": "00000000"})
        for card in (PIA_CARD, "11010519491231002X", "1" * 18)
    ]

    # The form keeps what was typed.
    shown = {(answer.status_code, answer.text.replace(one, "")) for answer, (one, _) in zip(links, tried, strict=True)}
    assert [status for status, _ in shown] == [401]
    assert without.status_code == 401
    alike(codes, 404)
    alike(cards, 401)
    assert {("link.open", "unknown"), ("paper.check", "unknown"), ("session.open", "unknown")} <= refused(house)


def test_a_link_reaches_its_report_and_nothing_else(house: House) -> None:
    case_id, version_id = final(house)
    other = house.case("1.2.840.7")
    with transaction(house.engine) as tx:
        theirs = read(tx, house.clinic, house.clinic.ada, other.id, house.now).id
    address, _ = made(house.patient_client(case_id), case_id)
    doctor = opened(house, address)
    token = doctor.cookies["tierread_link"]
    for end in ENDS:
        alike([doctor.get(f"/s/reports/{one}{end}") for one in (theirs, NOWHERE["report"])], 404)
        assert doctor.get(f"/s/reports/{version_id}{end}").status_code == 200
    for name in ("tierread_patient", "tierread_session"):
        doctor.cookies.set(name, token)
    own = token_of(doctor.get("/s/reports").text)
    beyond = [
        doctor.get(f"/p/reports/{version_id}"),
        doctor.get(f"/api/patient/reports/{version_id}"),
        doctor.get("/p/links"),
        doctor.post("/p/links", data={"what": case_id, "days": "30", "csrf_token": own}),
        doctor.get(f"/t/case/{case_id}"),
        doctor.get("/api/cases"),
        doctor.get(f"/api/reports/{version_id}.pdf"),
    ]

    assert [one.status_code for one in beyond] == [303, 401, 303, 303, 303, 401, 401]
    assert theirs not in doctor.get("/s/reports").text
    assert {("report.read", "link"), ("report.pdf", "link"), ("picture.read", "link"), ("case.export", "link")} <= (
        refused(house)
    )


def test_another_patient_finds_nothing_of_pias(house: House) -> None:
    case_id, version_id = final(house)
    pia, quentin = house.patient_client(case_id), sign_quentin_in(house)
    made(pia, case_id, label="own")
    link_id = address_to_end(pia, "own").split("/")[3]
    token = {"csrf_token": quentin.headers["X-CSRF-Token"]}
    for end in ENDS:
        alike([quentin.get(f"/p/reports/{one}{end}") for one in (version_id, NOWHERE["report"])], 404)
    making = {**token, "days": "7"}
    alike([quentin.post("/p/links", data={**making, "what": one}) for one in (case_id, NOWHERE["case"], "all")], 404)
    alike([quentin.post(f"/p/links/{one}/end", data=token) for one in (link_id, NOWHERE["case"])], 404)
    shared = {"case_id": case_id, "days": 7}
    programs = [
        quentin.post("/api/patient/links", json=shared | {"case_id": one}) for one in (case_id, NOWHERE["case"], None)
    ] + [quentin.delete(f"/api/patient/links/{one}") for one in (link_id, NOWHERE["case"])]
    alike(programs, 404)
    assert [one["id"] for one in pia.get("/api/patient/links").json()] == [link_id]
    assert pia.post("/api/patient/links", json=shared).json()["address"].startswith(f"{house.origin}/s#")
    stolen = house.client()
    stolen.cookies.set("tierread_patient", pia.cookies["tierread_patient"])
    forged = [
        stolen.post("/p/links", data={"what": case_id, "days": "7", "csrf_token": "x"}),
        pia.post(f"/p/links/{link_id}/end", data=token),
        pia.post(
            f"/p/links/{link_id}/end",
            data={"csrf_token": pia.headers["X-CSRF-Token"]},
            headers={"Origin": "https://evil.example"},
        ),
    ]

    assert [one.status_code for one in forged] == [403] * 3
    assert f"/p/links/{link_id}/end" in pia.get("/p/links").text
    assert {("link.make", "patient"), ("link.end", "patient"), ("report.read", "patient")} <= refused(house)


@pytest.mark.parametrize("door", ["/p", "/s"])
def test_no_address_opens_without_a_session_and_no_header_makes_one(house: House, door: str) -> None:
    case_id, version_id = final(house)
    address, _ = made(house.patient_client(case_id), case_id)
    secret = address.partition("#")[2]
    stranger = house.client()
    tricks: list[dict[str, str]] = [
        {},
        {"X-Original-URL": f"{door}/reports", "X-Rewrite-URL": f"{door}/reports"},
        {"Authorization": f"Bearer {secret}", "X-CSRF-Token": secret},
        {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-User": "pia", "Forwarded": "for=127.0.0.1"},
        {"Cookie": f"tierread_link={secret}; tierread_patient={secret}"},
        {"X-HTTP-Method-Override": "POST", "Host": "evil.example"},
    ]
    paths = [f"{door}/reports/{version_id}{end}" for end in ENDS] + [f"{door}/reports"]
    answers = [stranger.get(path, headers=headers) for path in paths for headers in tricks]
    sideways = [
        f"{door}/reports/../../t/case/{case_id}",
        f"{door}/%2e%2e/api/cases",
        f"{door}/reports/{version_id}%00.pdf",
        f"{door}//reports/{version_id}",
        f"{door}/reports/{version_id}/pictures/1e9",
        f"{door}/reports/{version_id};.pdf",
        f"{door}?link={secret}",
        f"{door}?token={secret}",
    ]
    crooked = [stranger.get(path) for path in sideways]

    assert {one.status_code for one in answers} == {303}
    assert {one.headers["location"] for one in answers} == {f"{door}?ended=1"}
    for one in (*answers, *crooked):
        assert not [said for said in ("Pia", "右下肺炎", "%PDF", secret) if said in one.text]
        assert "tierread_link" not in one.headers.get("set-cookie", "")
    assert {one.status_code for one in crooked} <= {200, 303, 401, 404, 422}
