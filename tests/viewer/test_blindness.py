"""Blind means blind on every route: who has not signed finds nothing of what another one has read.

Each route of `test_refusals` that reads is asked, so that a new one is asked as well.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Final

import httpx
import pytest
from sqlalchemy.engine import Engine

from reading.access import blindness
from reading.alerts import climbing, critical
from reading.audit import SYSTEM
from reading.context import Context
from reading.double_reading import readings
from reading.kinds import Role
from reading.register import people
from reading.reports import versions
from reading.reports.marks import Kind
from reading.rules import policy
from reading.rules.shipped_policies import shipped
from storage.database import snapshot, transaction
from tests.reading.clinic import take
from tests.reading.double_reading.twice import NORMAL, RIGHT, mammogram, read_blind, rules
from tests.reading.reports.measured import mark
from tests.viewer.house import PASSWORD, House
from tests.viewer.test_refusals import NOWHERE, PATIENT, STAFF, STUDY, Thing, fill

SAID: Final = replace(RIGHT, findings="毛刺状肿块零七", impression="右乳占位零七", recommendation="穿刺零七")
FLAGGED: Final = "张力高零七"
MARKED: Final = mark(Kind.ARROW, STUDY, text="毛刺零七")
SECRETS: Final = (SAID.findings, SAID.impression, SAID.recommendation, FLAGGED, "Ada", MARKED.id, MARKED.text)

ADDRESS_BOOKS: Final = {
    "/api/cases/{case_id}/colleagues": "everybody who may be asked about a case, whether or not they read it",
    "/office/roster": "everybody who works there, whatever they read",
}


@pytest.fixture
def screening(house: House, engine: Engine) -> dict[str, str]:
    """Pia's mammogram, read by Ada, who then flagged it; an earlier one of hers that waits for its second reader, too.

    Vera reads and manages quality, so that pages of managers are asked, too.
    """
    clinic = house.clinic
    with transaction(engine) as tx:
        policy.install(tx, rules(), None, house.now, version=2)
        people.grant(tx, clinic.vera.person_id, clinic.region.city.id, Role.QUALITY_MANAGER, house.now)
        for study_uid in (f"{STUDY}.9", STUDY):
            case = mammogram(tx, clinic, study_uid, house.now, patient_id="P1", patient_name="Pia")
            said = replace(SAID, marks=(mark(Kind.ARROW, study_uid, text=MARKED.text),))
            version = read_blind(tx, clinic, clinic.ada, case.id, house.now, said)
        alert = critical.raise_alert(
            Context(tx, clinic.audit, house.now, clinic.ada),
            case.id,
            critical_class="tension_pneumothorax",
            finding=FLAGGED,
        )
    return {
        **NOWHERE,
        "case": case.id,
        "report": version.id,
        "alert": alert.id,
        "study": STUDY,
        "patient": house.patient.id,
        "site": "hills",
    }


def _answers(house: House, client: httpx.Client, ids: dict[str, str]) -> dict[str, httpx.Response]:
    found: dict[str, httpx.Response] = {}
    reads = [(path, route) for (method, path), route in {**STAFF, **PATIENT}.items() if method == "GET"]
    # Each database is asked for its half: what a route tells hangs on no database, and there are many routes.
    for path, route in reads[house.engine.dialect.name == "postgresql" :: 2]:
        if path not in ADDRESS_BOOKS:
            params = {route.query: ids[route.of]} if isinstance(route, Thing) and route.query else None
            found[path] = client.get(fill(path, ids), params=params)
    return found


@pytest.mark.parametrize("who", ["vera", "ben", "mona", "rosa"])
def test_no_route_tells_who_has_not_signed_what_another_read(house: House, screening: dict[str, str], who: str) -> None:
    client = house.signed_in(who)
    told = {
        path: [secret for secret in SECRETS if secret in answer.text]
        for path, answer in _answers(house, client, screening).items()
    }
    mine = f"/api/cases/{screening['case']}"
    case = client.get(mine)

    assert {path: secrets for path, secrets in told.items() if secrets} == {}
    assert (case.status_code, case.json()["versions"], case.json()["readings"]) == (200, [], [])
    assert (case.json()["critical"], "acknowledge" in case.json()["allowed"]) == (None, False)
    assert client.get(f"/api/reports/{screening['report']}.pdf").status_code == 404


def test_while_the_first_one_reads_nobody_is_told_who_it_is(house: House, engine: Engine) -> None:
    with transaction(engine) as tx:
        policy.install(tx, rules(), None, house.now, version=2)
        people.grant(tx, house.clinic.vera.person_id, house.clinic.region.city.id, Role.QUALITY_MANAGER, house.now)
        case = mammogram(tx, house.clinic, STUDY, house.now, patient_id="P1", patient_name="Pia")
        take(tx, house.clinic, house.clinic.ada, case.id, house.now)
    client = house.signed_in("vera")
    ids = {**NOWHERE, "case": case.id, "study": STUDY, "patient": house.patient.id, "site": "hills"}
    told = [path for path, answer in _answers(house, client, ids).items() if "Ada" in answer.text]
    asked = {"question": "?", "people": [], "until": "2026-03-03T00:00:00Z"}
    refused = client.post(f"/api/cases/{case.id}/consultations", json=asked)

    assert told == []
    assert "姓名暂不公开" in client.get(f"/office/policy/case/{case.id}").text
    assert (refused.status_code, "consult" in client.get(f"/api/cases/{case.id}").json()["allowed"]) == (403, False)


def test_what_the_first_one_writes_of_the_case_reaches_no_other_reader(house: House, engine: Engine) -> None:
    clinic = house.clinic
    with transaction(engine) as tx:
        policy.install(tx, rules(), None, house.now, version=2)
        people.grant(tx, clinic.vera.person_id, clinic.region.city.id, Role.QUALITY_MANAGER, house.now)
        mammogram(tx, clinic, f"{STUDY}.8", house.now - timedelta(minutes=5))
        case = mammogram(tx, clinic, STUDY, house.now, patient_id="P1", patient_name="Pia")
    ada, tang = house.signed_in("ada"), house.signed_in("tang")
    here = f"/api/cases/{case.id}"

    claimed = ada.post(f"{here}/claim", json={"why": "右乳占位零七"}).json()
    ada.post(f"{here}/return", json={"revision": claimed["lease"]["revision"], "why": "右乳占位零七，请加拍"})
    returned = tang.get("/t").text
    tang.post(f"{here}/resubmit", json={"why": "已补摄", "revision": tang.get(here).json()["revision"]})
    ada.post(f"{here}/claim", json={"why": "右乳占位零七"})
    raised = ada.post(f"{here}/critical", json={"critical_class": "other", "finding": FLAGGED}).json()
    ids = {**NOWHERE, "case": case.id, "study": STUDY, "patient": house.patient.id, "site": "hills"}
    # Each is signed in anew for what comes next: a connection that lies idle is closed.
    vera = house.signed_in("vera")
    told = [
        path for path, answer in _answers(house, vera, ids).items() if "零七" in answer.text or "Ada" in answer.text
    ]
    ada = house.signed_in("ada")
    withdrawn = ada.post(f"{here}/critical/withdraw", json={"alert": raised["id"], "why": "看错了"})
    with transaction(engine) as tx:
        read_blind(tx, clinic, clinic.ada, case.id, house.now)
    vera = house.signed_in("vera")
    told += [
        path for path, answer in _answers(house, vera, ids).items() if "零七" in answer.text or "Ada" in answer.text
    ]
    ada, whom = house.signed_in("ada"), f"{clinic.region.oak.id}.{Role.READER}"
    token = ada.headers["X-CSRF-Token"]
    asked = ada.post(f"/questions/new/{case.id}", data={"csrf_token": token, "whom": whom, "words": "右乳占位零七？"})
    form = {"csrf_token": token, "to": "city", "urgency": "routine", "reason": "右乳占位零七", "contact": "1"}
    referred = ada.post(f"/referrals/new/{case.id}", data=form)

    assert told == []
    assert ("零七" in returned, "Ada" in returned) == (True, False)
    assert (withdrawn.status_code, asked.status_code, referred.status_code) == (204, 403, 403)
    assert house.signed_in("vera").post(f"{here}/claim").status_code == 200


def test_the_second_reader_holds_the_case_and_still_knows_nothing(house: House, screening: dict[str, str]) -> None:
    client = house.signed_in("vera")
    claimed = client.post(f"/api/cases/{screening['case']}/claim")
    asked = {path: answer.text for path, answer in _answers(house, client, screening).items()}

    assert (claimed.status_code, claimed.json()["state"], claimed.json()["draft"]) == (200, "second_reading", None)
    for text in (claimed.text, *asked.values()):
        assert not [secret for secret in SECRETS if secret in text]


def test_whoever_has_to_act_is_told_of_the_flag_and_of_no_reading(house: House, screening: dict[str, str]) -> None:
    tang = house.signed_in("tang")
    page = tang.get(f"/t/case/{screening['case']}").text
    told = "".join(answer.text for answer in _answers(house, tang, screening).values())

    assert FLAGGED in tang.get("/t").text
    read = (SAID.findings, SAID.impression, SAID.recommendation, MARKED.id, MARKED.text)
    assert not [secret for secret in read if secret in page + told]


def test_a_flag_changes_nothing_that_the_second_reader_sees(house: House, engine: Engine) -> None:
    clinic, document = house.clinic, copy.deepcopy(shipped("mammography"))
    for rule in document["rules"]:
        rule["when"].pop("department", None)
    flagged = {"critical_class": "tension_pneumothorax", "finding": FLAGGED}
    with transaction(engine) as tx:
        policy.install(tx, document, None, house.now, version=2)
        case = mammogram(tx, clinic, STUDY, house.now, patient_id="P1", patient_name="Pia")
        read_blind(tx, clinic, clinic.ada, case.id, house.now, SAID)
        readings.finalise(Context(tx, clinic.audit, house.now, clinic.ada), case.id)
    vera, mine = house.signed_in("vera"), f"/api/cases/{case.id}"
    before = vera.get("/api/cases").json(), vera.get(mine).json()
    with transaction(engine) as tx:
        critical.raise_alert(Context(tx, clinic.audit, house.now, clinic.ada), case.id, **flagged)
    after = vera.get("/api/cases").json(), vera.get(mine).json()
    vera.post(f"{mine}/claim")
    house.now += timedelta(minutes=2)
    hers = vera.post(f"{mine}/critical", json={"critical_class": "tension_pneumothorax", "finding": "右侧气胸"}).json()
    shown = vera.get(mine).json()["critical"]

    assert before[1]["double_reading"] is not None
    assert before[1]["of_breasts"]
    assert after == before
    assert (hers["finding"], hers["raised_at"], hers["state"]) == ("右侧气胸", house.now.isoformat(), "raised")
    assert hers == shown


def test_whoever_the_alert_climbs_to_sees_it_and_reads_no_more(
    house: House, engine: Engine, screening: dict[str, str]
) -> None:
    """Nobody at Hills answers: those who manage quality for the county are told."""
    clinic, case_id = house.clinic, screening["case"]
    with transaction(engine) as tx:
        people.grant(tx, clinic.mona.person_id, clinic.region.oak.id, Role.READER, house.now)
    mona, mine = house.signed_in("mona"), f"/api/cases/{case_id}"
    before = mona.get(mine).json()
    for _ in range(2):
        house.now += timedelta(minutes=10)
        with transaction(engine) as tx:
            climbing.climb(Context(tx, clinic.audit, house.now, SYSTEM))
    mona.post("/api/session/proof", json={"password": PASSWORD})  # after ten idle minutes names are locked
    told, refused = mona.get(mine).json(), mona.post(f"{mine}/claim")
    next_one = mona.post("/api/cases/claim", json={}).json()
    with transaction(engine) as tx:
        seen_by_rosa = blindness.hides_alerts(tx, clinic.rosa, [case_id], house.now)

    assert (before["critical"], "claim" in before["allowed"]) == (None, True)
    assert (told["critical"]["finding"], "acknowledge" in told["allowed"]) == (FLAGGED, True)
    assert FLAGGED in mona.get("/alerts").text
    assert ("claim" in told["allowed"], refused.status_code) == (False, 403)
    assert next_one["id"] not in {None, case_id}
    assert seen_by_rosa == {screening["alert"]}


def test_the_arbiter_sees_both_readings_and_neither_name(
    house: House, engine: Engine, screening: dict[str, str]
) -> None:
    clinic, case_id = house.clinic, screening["case"]
    with transaction(engine) as tx:
        read_blind(tx, clinic, clinic.vera, case_id, house.now, NORMAL)
    ben = house.signed_in("ben")
    answer = ben.post(f"/api/cases/{case_id}/claim")
    found = answer.json()

    assert [(one["role"], one["content"]["opinion"]["result"]) for one in found["readings"]] == [
        ("author", "recall"),
        ("second", "normal"),
    ]
    for text in (answer.text, ben.get(f"/api/cases/{case_id}/moves").text):
        assert not [name for name in ("Ada", "Vera") if name in text.replace(FLAGGED, "")]
    with snapshot(engine) as tx:
        assert versions.valid(tx, case_id) is None
