"""What somebody changed meanwhile is never undone in silence: every act on a thing carries the revision on the screen.

Each route that writes stands in `UNREVISED` with its reason, or is refused (409) when what it saw has changed.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from reading.kinds import Role
from storage.database import snapshot, transaction
from storage.index import queries
from tests.passwords import quick_hash
from tests.reading.clinic import PNEUMONIA, send
from tests.reading.region import hire
from tests.viewer.house import PASSWORD, House
from viewer import app as viewer_app

UNREVISED: Mapping[tuple[str, str], str] = {
    ("POST", "/api/session"): "opens a session",
    ("DELETE", "/api/session"): "ends the caller's own session",
    ("POST", "/api/cases/{case_id}/dictation"): "changes nothing: the words go into a draft that has its revision",
    ("POST", "/api/session/here"): "says that the caller is there",
    ("POST", "/api/session/password"): "carries the password that it replaces",
    ("POST", "/api/session/factor"): "goes on with the caller's own sign-in",
    ("POST", "/api/session/slip"): "goes on with the caller's own sign-in",
    ("POST", "/api/session/new-factor"): "goes on with the caller's own sign-in",
    ("POST", "/sign-in/factor"): "goes on with the caller's own sign-in",
    ("POST", "/sign-in/factor/slip"): "goes on with the caller's own sign-in",
    ("POST", "/sign-in/factor/new"): "goes on with the caller's own sign-in",
    ("POST", "/api/session/proof"): "proves a password or a factor",
    ("POST", "/account/proof"): "proves a password or a factor",
    ("POST", "/account/notices"): "carries the moment up to which it was read",
    ("POST", "/api/account/factors"): "adds a factor of one's own",
    ("POST", "/account/factors/new"): "adds a factor of one's own",
    ("DELETE", "/api/account/factors/{factor_id}"): "ends a factor of one's own, and ends it once",
    ("POST", "/account/factors/remove"): "ends a factor of one's own, and ends it once",
    ("POST", "/api/account/recovery-codes"): "what it replaces is shown to nobody",
    ("POST", "/account/factors/recovery-codes"): "what it replaces is shown to nobody",
    ("POST", "/api/security/factors/require"): "says what shall be, whatever was",
    ("POST", "/office/factors/require"): "says what shall be, whatever was",
    ("POST", "/api/security/factors/reset"): "ends all factors, whichever there are",
    ("POST", "/office/factors/reset"): "ends all factors, whichever there are",
    ("POST", "/api/security/factors/reset/confirm"): "confirms what stands open, and confirms it once",
    ("POST", "/office/factors/confirm"): "confirms what stands open, and confirms it once",
    ("POST", "/api/security/factors/reset/withdraw"): "ends what stands open, and ends it once",
    ("POST", "/office/factors/withdraw"): "ends what stands open, and ends it once",
    ("POST", "/sign-in"): "opens a session",
    ("POST", "/account/password"): "carries the password that it replaces",
    ("POST", "/account/sessions/end"): "ends one's own session, and ends it once",
    ("POST", "/account/sessions/end-others"): "ends the sessions that there are",
    ("POST", "/sign-out"): "ends the caller's own session",
    ("POST", "/api/patient/session"): "opens a session",
    ("DELETE", "/api/patient/session"): "ends the caller's own session",
    ("POST", "/p"): "opens a session",
    ("POST", "/p/sign-out"): "ends the caller's own session",
    ("POST", "/api/patient/links"): "adds a link",
    ("DELETE", "/api/patient/links/{link_id}"): "ends one's own link, and ends it once",
    ("POST", "/api/papers/check"): "a question, which changes nothing",
    ("POST", "/p/number"): "sends codes",
    ("POST", "/p/number/codes"): "takes the last codes, once",
    ("POST", "/p/telephone"): "asks for a code",
    ("POST", "/p/telephone/code"): "opens a session",
    ("POST", "/t/patients/{patient_id}/telephone"): "takes the last code, once",
    ("POST", "/t/patients/{patient_id}/telephone/code"): "sends a code",
    ("POST", "/p/shares/{share_id}/end"): "ends what others see, and ends it once",
    ("POST", "/p/shares/{share_id}/again"): "takes the end back, and takes it back once",
    ("POST", "/p/links"): "adds a link",
    ("POST", "/p/links/{link_id}/end"): "ends one's own link, and ends it once",
    ("POST", "/s"): "opens a session",
    ("POST", "/s/sign-out"): "ends the caller's own session",
    ("POST", "/v"): "a question, which changes nothing",
    ("POST", "/v/file"): "a question about a file, which changes nothing",
    ("POST", "/v/compare"): "a question about words, which changes nothing",
    ("POST", "/api/cases/claim"): "whichever case is next; the lease is a row of one person",
    ("POST", "/api/cases/{case_id}/claim"): "the lease is a row of one person; what is shown is loaded after it",
    ("POST", "/api/cases/{case_id}/follow-up/claim"): "as a lease",
    ("POST", "/api/cases/{case_id}/resume"): "the lease is a row of one person; what is shown is loaded after it",
    ("POST", "/api/cases/{case_id}/withhold"): "hiding a wrong person never waits for a fresh page",
    ("POST", "/referrals/new/{case_id}"): "adds a referral",
    ("POST", "/office/security/people/{person_id}/sign-out"): "ends every session, whatever is on the screen",
    ("POST", "/office/security/tokens/{token_id}/end"): "ends a token, and ends it once",
    ("POST", "/office/security/shares/{share_id}/end"): "ends a share, and ends it once",
    ("POST", "/office/security/links/{link_id}/end"): "ends a patient's link, and ends it once",
    ("POST", "/api/security/emergencies/{emergency_id}/judge"): "judges an access, and judges it once",
    ("POST", "/office/security/emergencies/{emergency_id}/judge"): "judges an access, and judges it once",
    ("POST", "/api/emergencies"): "adds an access of one's own",
    ("POST", "/emergency"): "adds an access of one's own",
    ("POST", "/api/emergencies/{emergency_id}/close"): "ends an access of one's own, and ends it once",
    ("POST", "/emergency/{emergency_id}/close"): "ends an access of one's own, and ends it once",
    ("POST", "/office/retention/ask"): "adds a request, and each study stands in one open one",
    ("POST", "/office/retention/ask-for-due"): "adds a request, and each study stands in one open one",
    ("POST", "/office/retention/holds"): "images stay, whatever is on the screen",
    ("POST", "/office/retention/holds/lift"): "ends a hold, and ends it once",
    ("POST", "/office/retention/requests/{request_id}/confirm"): "names the same again, and confirms it once",
    ("POST", "/office/retention/requests/{request_id}/refuse"): "ends what stands open, and ends it once",
    ("POST", "/office/retention/requests/{request_id}/withdraw"): "ends what stands open, and ends it once",
    ("POST", "/office/audit/find"): "looks a name or a number up",
    ("POST", "/office/audit/export"): "gives a file; that it did is on record",
    ("POST", "/office/audit/checks"): "asks for a check; while one waits it is that one",
    ("POST", "/api/searches"): "adds a search of one's own",
    ("POST", "/reports/saved"): "adds a search of one's own",
    ("POST", "/api/searches/{search_id}/seen"): "a mark of one's own that only goes forward",
    ("POST", "/reports/saved/{search_id}/open"): "a mark of one's own that only goes forward",
    ("DELETE", "/api/searches/{search_id}"): "ends a search of one's own, and ends it once",
    ("POST", "/reports/saved/{search_id}/end"): "ends a search of one's own, and ends it once",
    ("POST", "/api/cases/{case_id}/consultations"): "adds a question",
    ("POST", "/questions/new/{case_id}"): "adds a question",
    ("POST", "/teaching/seen"): "a mark of one's own that only goes forward",
    ("POST", "/teaching/collections"): "adds a collection",
    ("POST", "/teaching/new/{case_id}"): "it sends the version of the report: test_entries",
    ("POST", "/teaching/collections/{collection_id}/end"): "ends a collection, and ends it once",
    ("POST", "/teaching/collections/{collection_id}/subscribe"): "adds a wish of one's own",
    ("POST", "/teaching/collections/{collection_id}/unsubscribe"): "ends a wish of one's own, and ends it once",
    ("POST", "/api/orders/{order_id}/protocols"): "adds a question; one is open at a time",
    ("POST", "/api/protocols/{request_id}/read"): "a mark that only goes forward",
    ("POST", "/t/note"): "adds a note, once",
    ("POST", "/t/order/{order_id}/protocol"): "adds a question; one is open at a time",
    ("POST", "/t/protocols/{request_id}/read"): "a mark that only goes forward",
    ("POST", "/questions/{question_id}/answer"): "what a question says never changes, and it is answered once",
    ("POST", "/questions/{question_id}/withdraw"): "ends one's own question, and ends it once",
    ("POST", "/consultations/new/{case_id}"): "adds a question",
    ("POST", "/api/consultations/{consultation_id}/opinions"): "adds to a thread in which nothing changes",
    ("POST", "/consultations/{consultation_id}/say"): "adds to a thread in which nothing changes",
    ("POST", "/api/consultations/{consultation_id}/decline"): "ends one's own invitation, and ends it once",
    ("POST", "/consultations/{consultation_id}/decline"): "ends one's own invitation, and ends it once",
    ("POST", "/api/cases/{case_id}/critical"): "an alarm never waits for a fresh page; it adds and changes nothing",
    ("POST", "/api/alerts/{alert_id}/acknowledge"): "what an alert says never changes, and it is answered once",
    ("POST", "/api/alerts/{alert_id}/dispose"): "what an alert says never changes, and it is answered once",
    ("POST", "/t/alerts/{alert_id}/acknowledge"): "what an alert says never changes, and it is answered once",
    ("POST", "/alerts/{alert_id}/acknowledge"): "what an alert says never changes, and it is answered once",
    ("POST", "/alerts/{alert_id}/dispose"): "what an alert says never changes, and it is answered once",
    ("POST", "/api/alerts/{alert_id}/clarify"): "what was read back never changes, and it is answered once",
    ("POST", "/alerts/{alert_id}/clarify"): "what was read back never changes, and it is answered once",
    ("POST", "/alerts/duty"): "adds a duty",
    ("POST", "/alerts/duty/end"): "ends one duty, and ends it once",
    ("POST", "/alerts/classes"): "says something of a class from now on, whatever was said before",
    ("POST", "/alerts/classes/end"): "takes back what is said of a class now",
    ("POST", "/t/alerts/{alert_id}/dispose"): "what an alert says never changes, and it is answered once",
    ("POST", "/t/notices/{notice_id}/acknowledge"): "a notice names one version of a report, which never changes",
    ("POST", "/t/print/{version_id}"): "of one version of a report, which never changes",
    ("POST", "/t/print"): "of versions of reports, which never change",
    ("POST", "/api/reports/{version_id}/addendum"): "names the version that it follows, and the images seen",
    ("POST", "/api/templates/{template_id}/render"): "a question about values, which changes nothing",
    ("POST", "/api/phrases"): "adds a phrase",
    ("DELETE", "/api/phrases/{phrase_id}"): "ends one phrase, which never changes",
    ("POST", "/api/cases/{case_id}/checks"): "a question about a text, which changes nothing",
    ("POST", "/api/reports/unprintable"): "a question about a text, which changes nothing",
    ("POST", "/api/manifests"): "adds what a machine announces",
    ("POST", "/api/orders"): "adds an order",
    ("POST", "/t/order"): "adds an order",
    ("POST", "/t/order/card"): "a question, which changes nothing",
    ("POST", "/api/devices"): "adds a device",
    ("POST", "/office/devices/new"): "adds a device",
    ("POST", "/t/case/{case_id}/receipt"): "adds a code",
    ("POST", "/t/case/{case_id}/withhold"): "hides at once whatever it has become",
    ("POST", "/t/case/{case_id}/share"): "adds a share, for whatever the study holds by then",
    ("POST", "/t/case/{case_id}/share/end"): "what a share says never changes, and it is ended once",
    ("POST", "/api/patients"): "adds a person",
    ("POST", "/t/patients/new"): "adds a person",
    ("POST", "/api/patients/search"): "a search, posted since addresses name nobody",
    ("POST", "/api/cases/search"): "a search, posted since addresses name nobody",
    ("POST", "/api/reports/search"): "a search, posted since addresses name nobody",
    ("POST", "/api/audit/search"): "a search, posted since addresses name nobody",
    ("POST", "/sought"): "a search, posted since addresses name nobody",
    ("POST", "/api/patients/{patient_id}/merges"): "adds a proposal, which somebody else decides",
    ("POST", "/t/patients/{patient_id}/merges"): "adds a proposal, which somebody else decides",
    ("POST", "/office/policy/version/{number}/switch"): "adds a switch to a version, which never changes",
    ("POST", "/office/policy/switch/{switch_id}/cancel"): "what a switch says never changes, and it is taken back once",
    ("POST", "/office/organisations/new"): "adds an organisation",
    ("POST", "/office/organisations/{organisation_id}/end"): "carries what it was said to leave behind",
    ("POST", "/office/agreements"): "adds an agreement; two of the same cannot both stand",
    ("POST", "/office/agreements/{agreement_id}/end"): "carries what it was said to leave behind",
    ("POST", "/office/people/new"): "adds a person",
    ("POST", "/office/people/{person_id}/roles"): "adds a role, which somebody holds once",
    ("POST", "/office/people/{person_id}/roles/{grant_id}/end"): "ends one role, and ends it once",
    ("POST", "/office/people/{person_id}/unlock"): "takes back the failures that there are",
    ("POST", "/office/people/{person_id}/sign-out"): "ends the sessions that there are",
    ("POST", "/office/people/{person_id}/end"): "ends one person, and ends them once",
    ("POST", "/office/import/{kind}"): "adds the lines of a table, each as its own form does",
    ("POST", "/office/forwarding"): "adds a rule",
    ("POST", "/office/forwarding/{rule_id}/end"): "ends one rule, which never changes, and ends it once",
    ("POST", "/office/forwarding/jobs/{job_id}/retry"): "begins again what has failed, whatever it is by then",
    ("POST", "/office/messages/{message_id}/retry"): "sends again what waits or failed, whatever it is by then",
    ("POST", "/office/messages/{message_id}/give-up"): "ends one message, and ends it once",
    ("POST", "/office/devices/{device_id}/token"): "takes the place of the token before it",
    ("POST", "/office/numbers/ratios/end"): "ends one version of a ratio, and ends it once",
    ("POST", "/office/statements/prices"): "adds a row; two for the same cannot both hold",
    ("POST", "/office/statements/prices/import"): "adds rows; two for the same cannot both hold",
    (
        "POST",
        "/office/statements/prices/{price_id}/end",
    ): "ends one row, never later than it ends",
    ("POST", "/office/statements/journeys"): "adds a row; two of one site cannot both hold",
    (
        "POST",
        "/office/statements/journeys/{terms_id}/end",
    ): "ends one row, never later than it ends",
    ("POST", "/office/statements/{month}/close"): "closes one month, and closes it once",
    ("POST", "/office/statements/{month}/dispute"): "adds a dispute; the same cannot be open twice",
    ("POST", "/office/roster"): "adds a slot; two that overlap cannot both stand",
    ("POST", "/office/roster/move"): "ends one slot, and ends it once",
    ("POST", "/office/roster/end"): "ends one slot, and ends it once",
    ("POST", "/office/roster/import"): "adds slots; two that overlap cannot both stand",
    ("POST", "/office/roster/skill"): "adds a skill, which somebody has once",
    ("POST", "/office/roster/skill/end"): "ends one skill, and ends it once",
    ("POST", "/office/roster/absence"): "adds an absence",
    ("POST", "/office/roster/absence/end"): "ends one absence, and ends it once",
    ("POST", "/office/roster/limit"): "takes the place of the limit before it, which stays as a row",
    ("POST", "/office/policy/why"): "a question about facts, which changes nothing",
    ("POST", "/office/policy/why/file"): "a question about a file, which changes nothing",
    ("POST", "/learning/read"): "a mark of one's own that is set once",
    ("POST", "/learning/discrepancies/read"): "a mark of one's own that is set once",
    ("POST", "/t/case/{case_id}/discrepancy"): "it sends the version of the report: test_discrepancies",
    ("POST", "/learning/arbitrate"): "a score is settled once; the second to settle it is told",
    ("POST", "/office/policy/try"): "a question about past cases, which changes nothing",
    ("POST", "/office/simulation"): "plays a scenario, which changes nothing",
    ("POST", "/office/policy/calendar"): "adds a word on one day; those before it stay",
    ("POST", "/office/policy/calendar/import"): "adds a word on each day; those before it stay",
    ("POST", "/api/security/revoke"): "ends one role of one person, and ends it once",
    ("POST", "/api/security/sign-out"): "ends the sessions that there are",
}
SEEN = frozenset({"revision", "lease_revision", "seen", "alert"})
"""Names under which a write says what it saw."""
FORM = {"name": "", "family": "Pia", "given": "", "sex": "", "birth_date": "", "body_part": "CHEST", "laterality": ""}


def writes() -> dict[tuple[str, str], Any]:
    return {
        (method, route.path): route.endpoint
        for route in iter_route_contexts(viewer_app.routes())
        for method in (route.methods or ())
        if method in {"POST", "PUT", "PATCH", "DELETE"}
    }


def fields(endpoint: Any) -> set[str]:
    """The names that a write takes: its parameters, and the fields of its body."""
    taken: set[str] = set()
    for name, parameter in inspect.signature(endpoint, eval_str=True).parameters.items():
        taken.add(name)
        taken |= set(getattr(parameter.annotation, "model_fields", ()))
    return taken


def test_every_write_says_what_it_saw_or_why_it_need_not() -> None:
    blind = {route for route, endpoint in writes().items() if not SEEN & fields(endpoint)}

    assert blind == UNREVISED.keys()


CASE_WRITES: Mapping[str, Mapping[str, str]] = {
    "correct": {**FORM, "name": "X", "why": "x"},
    "link": {"card_type": "health_card", "card": "A" * 64, "name": "Pia"},
    "order": {"order": ""},
    "order/part": {},
    "identity/confirm": {"why": "x"},
    "identity/part": {"why": "x"},
    "identity/undo": {"why": "x"},
    "images": {"what": "hide", "image": "1.2.840.1.1.1", "why": "x"},
    "images/undo": {"step": "0" * 26, "why": "x"},
    "images/show": {"rejection": "0" * 26, "why": "x"},
    "answer": {"why": "x"},
}
CASE_JSON: Mapping[str, Mapping[str, Any]] = {
    "split": {"instances": ["1.2.840.1.1.1"], "why": "x"},
    "merge": {"into_case": "", "why": "x"},
    "hide-images": {"instances": ["1.2.840.1.1.1"], "why": "x"},
    "steps/01KZZZZZZZZZZZZZZZZZZZZZZZ/undo": {"why": "x"},
    "rejections/01KZZZZZZZZZZZZZZZZZZZZZZZ/lift": {"why": "x"},
    "resubmit": {"why": "x"},
    "dispute": {"why": "x"},
    "finalise": {},
    "accord": {"version": "01KZZZZZZZZZZZZZZZZZZZZZZZ"},
    "propose": {"content": PNEUMONIA.to_json()},
    "dissent": {"why": "x"},
    "read-without": {},
    "defer": {},
    "restore": {"why": "x"},
    "read-again": {"why": "x"},
    "enter-in-error": {"why": "x"},
}


def test_a_page_that_is_older_than_the_case_changes_nothing_of_it(house: House) -> None:
    case, other = house.case("1.2.840.1"), house.case("1.2.840.2")
    mona, tang = house.signed_in("mona"), house.signed_in("tang")
    token = {"csrf_token": tang.headers["X-CSRF-Token"]}
    old = str(case.revision)
    house.submit(tang, f"/t/case/{case.id}/correct", **FORM | {"sex": "F"}, why="登记错误")
    now = house.revision(case.id)
    pages = {
        name: tang.post(f"/t/case/{case.id}/{name}", data={**token, "revision": old, "image_set": "0", **form})
        for name, form in CASE_WRITES.items()
    }
    bodies = {name: {**body, "revision": int(old)} for name, body in CASE_JSON.items()}
    bodies["merge"]["into_case"] = other.id
    api = {name: mona.post(f"/api/cases/{case.id}/{name}", json=body) for name, body in bodies.items()}
    study = {"study_uid": "1.2.840.1", "attributes": {"PatientSex": "M"}, "reason": "x", "revision": 0}
    api["attributions"] = tang.post("/api/attributions", json=study)

    assert {name: answer.status_code for name, answer in (pages | api).items()} == dict.fromkeys(pages | api, 409)
    assert house.revision(case.id) == now


def test_two_who_correct_one_study_do_not_undo_each_other_and_see_what_changed(house: House) -> None:
    case = house.case("1.2.840.1")
    tang, mona = house.signed_in("tang"), house.signed_in("mona")
    address = f"/t/case/{case.id}/correct"
    hidden = hidden_fields(mona.get(address).text)
    house.submit(tang, address, **FORM | {"name": "李娜"}, why="登记时写错姓名")

    typed = {**FORM, "laterality": "L", "why": "左侧"}
    refused = mona.post(address, data={"csrf_token": mona.headers["X-CSRF-Token"], **hidden, **typed})
    again = hidden_fields(refused.text)
    shown = {
        **typed,
        "name": "李娜",
        "family": "LI",
        "given": "NA",
    }  # what the page put into the field that Mona had left alone
    done = mona.post(address, data={"csrf_token": mona.headers["X-CSRF-Token"], **again, **shown})
    with snapshot(house.engine) as tx:
        study = queries.study_of(tx, "1.2.840.1")

    assert refused.status_code == 409
    assert "别人已改成：李娜" in refused.text
    assert "登记时写错姓名" in refused.text
    assert 'value="李娜"' in refused.text
    assert '<option value="L" selected>' in refused.text
    assert 'value="左侧"' in refused.text
    assert done.status_code == 303
    assert study is not None
    assert study.patient_name == "LI^NA=李^娜"
    assert house.signed_in("ada").get(f"/api/cases/{case.id}").json()["laterality"] == "L"


@pytest.mark.parametrize("birth_date", ["1980.01.02", "unknown", "1980"])
def test_a_corrected_side_leaves_what_the_form_cannot_show(house: House, birth_date: str) -> None:
    case = house.case("1.2.840.1", birth_date=birth_date, sex="f")
    tang = house.signed_in("tang")
    address = f"/t/case/{case.id}/correct"
    page = tang.get(address).text
    shown = as_a_browser_sends(page)

    done = house.submit(tang, address, **{**shown, "laterality": "L", "why": "侧别错"})
    with snapshot(house.engine) as tx:
        study = queries.study_of(tx, "1.2.840.1")

    assert done.status_code == 303
    assert study is not None
    assert (study.birth_date, study.sex) == (birth_date.replace(".", ""), "f")
    assert house.noted()[0][1]["attributes"] == {"Laterality": "L"}


def test_a_side_in_a_word_of_its_own_stays_until_somebody_corrects_it(house: House) -> None:
    case = house.case("1.2.840.1", laterality="LEFT")
    tang = house.signed_in("tang")
    address = f"/t/case/{case.id}/correct"
    shown = as_a_browser_sends(tang.get(address).text)

    house.submit(tang, address, **{**shown, "sex": "F", "why": "性别错"})

    assert shown["laterality"] == "LEFT"
    assert house.noted()[0][1]["attributes"] == {"PatientSex": "F"}


def test_a_whole_series_is_what_was_on_the_page(house: House) -> None:
    case = house.case("1.2.840.1")
    tang = house.signed_in("tang")
    address = f"/t/case/{case.id}/images"
    hidden = hidden_fields(tang.get(address).text)
    with transaction(house.engine) as tx:
        one_more = {"sop_instance_uid": "1.2.840.1.1.2", "received_digest": b"2" * 32}
        send(tx, house.clinic, "1.2.840.1", house.now, patient_id="P1", patient_name="Pia", **one_more)
    form = {"what": "hide", "series": "1.2.840.1.1", "why": "误拍"}
    refused = tang.post(address, data={"csrf_token": tang.headers["X-CSRF-Token"], **hidden, **form})
    with snapshot(house.engine) as tx:
        study = queries.study_of(tx, "1.2.840.1")

    assert refused.status_code == 409
    assert 'value="误拍"' in refused.text
    assert study is not None
    assert study.instances == 2


def test_an_answer_to_a_question_that_was_asked_anew_is_kept_and_not_sent(house: House) -> None:
    case = house.case("1.2.840.1")
    tang = house.signed_in("tang")
    house.submit(tang, f"/t/case/{case.id}/correct", **FORM | {"sex": "F"}, why="登记错误")

    form = {"csrf_token": tang.headers["X-CSRF-Token"], "revision": str(case.revision), "why": "侧位已补拍"}
    refused = tang.post(f"/t/case/{case.id}/answer", data=form)

    assert (refused.status_code, "侧位已补拍" in refused.text, "登记错误" in refused.text) == (409, True, True)


def test_an_entry_of_a_device_that_somebody_changed_is_shown_and_not_undone(house: House) -> None:
    oak = (Role.SYSTEM_ADMINISTRATOR, house.clinic.region.oak)
    with transaction(house.engine) as tx:
        hire(tx, "kira", house.now, oak, password_hash=quick_hash(PASSWORD))
    client = house.signed_in("kira")
    token = {"csrf_token": client.headers["X-CSRF-Token"]}
    entry = {"ae_title": "DR1", "site": "hills", "network": "10.1.2.3"}
    made = client.post("/api/devices", json=entry).json()
    address = f"/office/devices/{made['id']}"
    hidden = hidden_fields(client.get(address).text)
    client.put(f"/api/devices/{made['id']}", json={"network": "10.1.2.3", "issuer": "HIS", "revision": 1})

    typed = {"network": "10.1.2.3", "port": "104", "issuer": "hills"}
    refused = client.post(address, data={**token, **hidden, **typed})
    ended = client.post(f"{address}/end", data={**token, "revision": "1"})

    assert (refused.status_code, ended.status_code) == (409, 409)
    assert 'name="issuer" value="HIS"' in refused.text
    assert 'name="port" value="104"' in refused.text


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of the first form of a page that is about a thing, as a browser sends them back."""
    form = re.search(r'<form class="(?:card )?stack".*?</form>', page, re.DOTALL)
    assert form is not None
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0])
    return {name: unescape(value) for name, value in found if name != "csrf_token"}


def as_a_browser_sends(page: str) -> dict[str, str]:
    """What the form of a correction holds before anybody touches it."""
    fields_ = re.findall(r'<input id="[^"]+" name="(\w+)"[^>]* value="([^"]*)"', page)
    found = {name: unescape(value) for name, value in fields_}
    if (born := re.search(r'name="birth_date" type="date" value="([^"]*)"', page)) and not _is_date(born[1]):
        found["birth_date"] = ""  # a browser shows nothing in a field of dates that is given something else
    for name, options in re.findall(r'<select id="[^"]+" name="(\w+)">(.*?)</select>', page, re.DOTALL):
        values = re.findall(r'<option value="([^"]*)"', options)
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = unescape(chosen[1] if chosen else values[0])
    return found


def _is_date(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None
