"""Quinn gets the answer of a thing that does not exist, on every route; a new route fails here until it has its line.

Quinn reads, verifies, takes pictures and manages quality at another county. Quentin is a patient of
that county with a report of his own. What they try to reach is Pia's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi.routing import iter_route_contexts

from reading.alerts import critical
from reading.audit import SYSTEM
from reading.cases import cases
from reading.context import Context
from reading.intake import identity
from reading.kinds import IdentifierKind, Priority, Sex
from reading.orders import orders
from reading.orders.orders import Asked
from reading.patients import merges, patients
from reading.patients.patient_identifiers import Identifier
from reading.protocolling import requests
from reading.provisional import notes
from reading.questions import addressees, questions
from reading.referral import sending
from reading.referral.sending import Sent
from reading.register import devices
from reading.sharing import shares
from reading.tables import change_notice
from reading.teaching import collections
from reading.teaching.collections import SeenBy
from storage.database import transaction
from storage.index.entry_batch import Batch
from storage.index.known_studies import Known
from storage.segments.members import Entry
from storage.tables import quarantine
from tests.reading.clinic import NORMAL, PNEUMONIA, arrive, read, verify
from tests.reading.consultation.asked import ask
from tests.reading.provisional.test_notes import written
from tests.reading.region import KEYS
from tests.reading.teaching.scenes import added, chosen
from tests.storage import instances
from tests.viewer.house import House
from viewer import app as viewer_app

STUDY = "1.2.840.1"
# 11010519491231002X: the sum is 167, 167 mod 11 = 2, and that gives X.
QUENTIN_CARD = "11010519491231002X"
CONTENT = PNEUMONIA.to_json()
SEEN = {"lease_revision": 1, "image_set": "0" * 64, "shown_series": {}}
PERSON = {"card_type": "health_card", "card": "A" * 64, "name": "Pia"}
NOWHERE = {
    "case": "01KZZZZZZZZZZZZZZZZZZZZZZZ",
    "report": "01KZZZZZZZZZZZZZZZZZZZZZZY",
    "alert": "01KZZZZZZZZZZZZZZZZZZZZZZX",
    "notice": "01KZZZZZZZZZZZZZZZZZZZZZZW",
    "study": "1.2.3.999",
    "site": "nowhere",
    "device": "01KZZZZZZZZZZZZZZZZZZZZZZV",
    "quarantine": "01KZZZZZZZZZZZZZZZZZZZZZZT",
    "order": "01KZZZZZZZZZZZZZZZZZZZZZZS",
    "patient": "01KZZZZZZZZZZZZZZZZZZZZZZR",
    "merge": "01KZZZZZZZZZZZZZZZZZZZZZZQ",
    "consultation": "01KZZZZZZZZZZZZZZZZZZZZZZM",
    "referral": "01KZZZZZZZZZZZZZZZZZZZZZZK",
    "question": "01KZZZZZZZZZZZZZZZZZZZZZZL",
    "collection": "01KZZZZZZZZZZZZZZZZZZZZZZJ",
    "entry": "01KZZZZZZZZZZZZZZZZZZZZZZH",
    "note": "01KZZZZZZZZZZZZZZZZZZZZZZE",
    "request": "01KZZZZZZZZZZZZZZZZZZZZZZG",
    "share": "01KZZZZZZZZZZZZZZZZZZZZZZN",
}


@dataclass(frozen=True)
class Thing:
    """A route that leads to one thing: ``of`` names it in the path's place, in the body, or in the ``query``."""

    of: str
    json: Callable[[str], Any] | None = None
    form: dict[str, str] | None = None
    query: str = ""
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """A route that lists: nothing of another's is in it."""


@dataclass(frozen=True)
class Theirs:
    """A route that is about the caller alone, or before any session; ``why`` says what keeps it harmless."""

    why: str


@dataclass
class Pias:
    """What there is of Pia's, by its kind."""

    ids: dict[str, str] = field(default_factory=dict)


def body(**values: Any) -> Callable[[str], Any]:
    return lambda _id: values


POLICY = "the rules of the region, and nothing of a patient"
NUMBERS = "counts of sites that they manage or review, or of their own work; it names no person: test_numbers"
STATEMENTS = "counts, prices and ids of institutions that they manage; it names no person: test_statements"
REGISTER = "a system administrator's alone, and nothing of a patient"
FACTORS = "a system or security administrator's, and nothing of a patient"
ROSTER = "who works when, with nothing of a patient"
SECURITY = "a security administrator's, and nothing of a patient"
EMERGENCIES = "a security administrator's, and it says nothing of whom: test_emergencies"
OPENS = "a number in full, with a reason and a proof, on record: test_emergency"
LINK = "what the session of a link reaches, and nothing else: test_door"
RETENTION = "administrators', who see of a study its accession number and date: test_retention"
AUDIT = "an audit administrator's, and it holds ids alone"

STAFF: dict[tuple[str, str], Thing | Listing | Theirs] = {
    ("GET", "/api/session"): Theirs("the caller's own session"),
    ("POST", "/api/session"): Theirs("a username and its password open it"),
    ("DELETE", "/api/session"): Theirs("the caller's own session"),
    ("POST", "/api/session/here"): Theirs("the caller's own session"),
    ("POST", "/api/session/password"): Theirs("the caller's own password"),
    ("POST", "/api/audit/search"): Theirs(AUDIT),
    ("GET", "/office/audit"): Theirs(AUDIT),
    ("GET", "/office/security"): Theirs(SECURITY),
    ("GET", "/office/security/rights"): Theirs(SECURITY),
    ("GET", "/office/security/people/{person_id}"): Theirs(SECURITY),
    ("POST", "/office/security/people/{person_id}/sign-out"): Theirs(SECURITY),
    ("POST", "/office/security/tokens/{token_id}/end"): Theirs(SECURITY),
    ("POST", "/office/security/shares/{share_id}/end"): Theirs(SECURITY),
    ("POST", "/office/security/links/{link_id}/end"): Theirs(SECURITY),
    ("GET", "/api/security/emergencies"): Theirs(EMERGENCIES),
    ("POST", "/api/security/emergencies/{emergency_id}/judge"): Theirs(EMERGENCIES),
    ("POST", "/office/security/emergencies/{emergency_id}/judge"): Theirs(EMERGENCIES),
    ("GET", "/api/emergencies"): Listing(),
    ("POST", "/api/emergencies"): Theirs(OPENS),
    ("POST", "/api/emergencies/{emergency_id}/close"): Theirs("what the caller opened; another's is not there"),
    ("GET", "/emergency"): Listing(),
    ("POST", "/emergency"): Theirs(OPENS),
    ("POST", "/emergency/{emergency_id}/close"): Theirs("what the caller opened; another's is not there"),
    ("GET", "/emergency/case/{case_id}"): Thing("case"),
    ("GET", "/office/retention"): Theirs(RETENTION),
    **{
        ("POST", f"/office/retention/{end}"): Theirs(RETENTION)
        for end in (
            *("ask", "ask-for-due", "holds", "holds/lift"),
            *(f"requests/{{request_id}}/{move}" for move in ("confirm", "refuse", "withdraw")),
        )
    },
    ("POST", "/office/audit/find"): Theirs(AUDIT),
    ("POST", "/office/audit/export"): Theirs(AUDIT),
    ("GET", "/office/audit/checks"): Theirs(AUDIT),
    ("POST", "/office/audit/checks"): Theirs(AUDIT),
    ("POST", "/api/session/factor"): Theirs("the caller's own sign-in"),
    ("POST", "/api/session/slip"): Theirs("the caller's own sign-in"),
    ("GET", "/api/session/new-factor"): Theirs("the caller's own sign-in"),
    ("POST", "/api/session/new-factor"): Theirs("the caller's own sign-in"),
    ("GET", "/api/session/proof"): Theirs("the caller's own factors"),
    ("POST", "/api/session/proof"): Theirs("the caller's own password or factor"),
    ("GET", "/api/account/factors"): Theirs("the caller's own factors"),
    ("GET", "/api/account/factors/new"): Theirs("the caller's own factors"),
    ("POST", "/api/account/factors"): Theirs("the caller's own factors"),
    ("DELETE", "/api/account/factors/{factor_id}"): Theirs("the caller's own factors; another's is not there"),
    ("POST", "/api/account/recovery-codes"): Theirs("the caller's own factors"),
    ("GET", "/api/account/settings"): Theirs("what the caller set for themselves"),
    ("PUT", "/api/account/settings/{name}"): Theirs("what the caller sets for themselves"),
    ("GET", "/api/security/people"): Theirs("a security administrator's, and nothing of a patient"),
    ("GET", "/api/security/failures"): Theirs("a security administrator's, and nothing of a patient"),
    ("GET", "/api/security/factors"): Theirs(FACTORS),
    ("POST", "/api/security/factors/require"): Theirs(FACTORS),
    ("POST", "/api/security/factors/reset"): Theirs(FACTORS),
    ("POST", "/api/security/factors/reset/confirm"): Theirs(FACTORS),
    ("POST", "/api/security/factors/reset/withdraw"): Theirs(FACTORS),
    ("GET", "/office/factors"): Theirs(FACTORS),
    ("POST", "/office/factors/require"): Theirs(FACTORS),
    ("GET", "/office/factors/slip"): Theirs(FACTORS),
    ("POST", "/office/factors/reset"): Theirs(FACTORS),
    ("POST", "/office/factors/confirm"): Theirs(FACTORS),
    ("POST", "/office/factors/withdraw"): Theirs(FACTORS),
    ("POST", "/api/security/sign-out"): Theirs("a security administrator's, and nothing of a patient"),
    ("POST", "/api/security/revoke"): Theirs("a security administrator's, and nothing of a patient"),
    ("GET", "/api/cases"): Listing(),
    ("GET", "/api/cases/pulse"): Theirs("a word that says whether what the caller sees has changed: test_tab_counts"),
    ("GET", "/api/cases/next"): Listing(),
    ("POST", "/api/cases/search"): Theirs("of cases that the caller may see: test_sought"),
    ("POST", "/api/cases/claim"): Listing(),
    ("GET", "/api/cases/{case_id}"): Thing("case"),
    ("GET", "/api/cases/{case_id}/moves"): Thing("case"),
    ("GET", "/api/cases/{case_id}/preview"): Thing("case"),
    ("GET", "/api/cases/{case_id}/standing"): Thing("case"),
    ("GET", "/api/cases/{case_id}/completeness"): Thing("case"),
    ("POST", "/api/cases/{case_id}/claim"): Thing("case"),
    ("POST", "/api/cases/{case_id}/follow-up/claim"): Thing("case"),
    ("POST", "/api/cases/{case_id}/follow-up/put-back"): Thing("case", body(revision=1)),
    ("POST", "/api/cases/{case_id}/follow-up/no-change"): Thing(
        "case", body(revision=1, image_set="0" * 64, shown_series={})
    ),
    ("POST", "/api/cases/{case_id}/renew"): Thing("case", body(revision=1)),
    ("POST", "/api/cases/{case_id}/put-back"): Thing("case", body(revision=1)),
    ("POST", "/api/cases/{case_id}/park"): Thing("case", body(revision=1)),
    ("POST", "/api/cases/{case_id}/resume"): Thing("case"),
    ("POST", "/api/cases/{case_id}/return"): Thing("case", body(revision=1, why="blurred")),
    ("POST", "/api/cases/{case_id}/escalate"): Thing("case", body(revision=1, why="hard")),
    ("GET", "/api/cases/{case_id}/templates"): Thing("case"),
    ("GET", "/api/templates/{template_id}"): Theirs("a template names nobody"),
    ("POST", "/api/templates/{template_id}/render"): Theirs("a template names nobody"),
    ("GET", "/api/phrases"): Theirs("a phrase names nobody"),
    ("POST", "/api/phrases"): Theirs("their own phrase"),
    ("DELETE", "/api/phrases/{phrase_id}"): Theirs("a phrase names nobody"),
    ("POST", "/api/cases/{case_id}/checks"): Thing("case", body(content=CONTENT)),
    ("POST", "/api/cases/{case_id}/dictation"): Theirs("a recording at a case that they may see: test_dictation"),
    ("POST", "/api/cases/{case_id}/send-back"): Thing("case", body(revision=1, why="no")),
    ("PUT", "/api/cases/{case_id}/draft"): Thing("case", body(content=CONTENT, revision=0, lease_revision=1)),
    ("POST", "/api/cases/{case_id}/sign"): Thing("case", body(content=CONTENT, draft_revision=0, **SEEN)),
    ("POST", "/api/cases/{case_id}/finalise"): Thing("case", body(revision=1)),
    ("POST", "/api/cases/{case_id}/accord"): Thing("case", body(revision=1, version="x")),
    ("POST", "/api/cases/{case_id}/propose"): Thing("case", body(revision=1, content=CONTENT)),
    ("POST", "/api/cases/{case_id}/dissent"): Thing("case", body(revision=1, why="x")),
    ("POST", "/api/cases/{case_id}/read-without"): Thing("case", body(revision=1)),
    ("POST", "/api/cases/{case_id}/defer"): Thing("case", body(revision=1)),
    ("POST", "/api/cases/{case_id}/verify"): Thing("case", body(**SEEN)),
    ("POST", "/api/cases/{case_id}/review"): Thing("case", body(outcome="agree", **SEEN)),
    ("POST", "/api/cases/{case_id}/dispute"): Thing("case", body(why="no", revision=1)),
    ("POST", "/api/cases/{case_id}/resubmit"): Thing("case", body(why="taken again", revision=1)),
    ("POST", "/api/cases/{case_id}/withhold"): Thing("case", body(why="wrong person")),
    ("GET", "/api/cases/{case_id}/looks"): Thing("case"),
    ("POST", "/api/cases/{case_id}/restore"): Thing("case", body(why="put right", revision=1)),
    ("POST", "/api/cases/{case_id}/read-again"): Thing("case", body(why="put right", revision=1)),
    ("POST", "/api/cases/{case_id}/enter-in-error"): Thing("case", body(why="never was", revision=1)),
    ("GET", "/api/cases/{case_id}/images"): Thing("case"),
    ("POST", "/api/cases/{case_id}/split"): Thing(
        "case", body(instances=["1.2.840.1.1.1"], why="two persons", revision=1)
    ),
    ("POST", "/api/cases/{case_id}/merge"): Thing(
        "case", body(into_case=NOWHERE["case"], why="one examination", revision=1)
    ),
    ("POST", "/api/cases/{case_id}/hide-images"): Thing(
        "case", body(instances=["1.2.840.1.1.1"], why="by mistake", revision=1)
    ),
    ("POST", "/api/cases/{case_id}/steps/{surgery_id}/undo"): Thing("case", body(why="wrong", revision=1)),
    ("POST", "/api/cases/{case_id}/rejections/{rejection_id}/lift"): Thing("case", body(why="wrong", revision=1)),
    ("GET", "/referrals"): Listing(),
    ("GET", "/referrals/new/{case_id}"): Thing("case"),
    ("POST", "/referrals/new/{case_id}"): Thing(
        "case", form={"to": "moor", "reason": "x", "contact": "x", "urgency": "routine"}
    ),
    ("GET", "/referrals/{referral_id}"): Thing("referral"),
    ("GET", "/referrals/{referral_id}/slip"): Thing("referral"),
    ("POST", "/referrals/{referral_id}/{move}"): Thing("referral", form={"revision": "1", "why": "x"}),
    ("POST", "/api/reports/search"): Theirs("of reports that the caller may see: test_report_search"),
    ("POST", "/sought"): Theirs("what the caller typed, sealed for them; nothing is looked for"),
    ("GET", "/api/searches"): Theirs("the caller's own searches, which name no patient"),
    ("POST", "/api/searches"): Theirs("the caller's own search"),
    ("POST", "/api/searches/{search_id}/seen"): Theirs("a mark on the caller's own search"),
    ("DELETE", "/api/searches/{search_id}"): Theirs("the caller's own search"),
    ("GET", "/reports"): Listing(),
    ("POST", "/reports/saved"): Theirs("the caller's own search"),
    ("POST", "/reports/saved/{search_id}/open"): Theirs("a mark on the caller's own search"),
    ("POST", "/reports/saved/{search_id}/end"): Theirs("the caller's own search"),
    ("GET", "/api/cases/{case_id}/colleagues"): Thing("case"),
    ("POST", "/api/cases/{case_id}/consultations"): Thing(
        "case", body(question="?", people=[NOWHERE["patient"]], until="2026-03-03T00:00:00Z")
    ),
    ("GET", "/api/consultations"): Listing(),
    ("GET", "/api/consultations/{consultation_id}"): Thing("consultation"),
    ("POST", "/api/consultations/{consultation_id}/invite"): Thing(
        "consultation", body(people=[NOWHERE["patient"]], revision=1)
    ),
    ("POST", "/api/consultations/{consultation_id}/remove"): Thing(
        "consultation", body(person_id=NOWHERE["patient"], revision=1)
    ),
    ("POST", "/api/consultations/{consultation_id}/opinions"): Thing("consultation", body(words="x")),
    ("POST", "/api/consultations/{consultation_id}/decline"): Thing("consultation", body(why="x")),
    ("POST", "/api/consultations/{consultation_id}/conclude"): Thing("consultation", body(conclusion="x", revision=1)),
    ("POST", "/api/consultations/{consultation_id}/withdraw"): Thing("consultation", body(why="x", revision=1)),
    ("GET", "/questions"): Listing(),
    ("GET", "/questions/new/{case_id}"): Thing("case"),
    ("POST", "/questions/new/{case_id}"): Thing("case", form={"whom": "x", "words": "x"}),
    ("POST", "/questions/{question_id}/answer"): Thing("question", form={"words": "x"}),
    ("POST", "/questions/{question_id}/withdraw"): Thing("question", form={}),
    ("POST", "/questions/protocols/{request_id}"): Thing(
        "request", form={"decision": "accept", "words": "x", "revision": "1"}
    ),
    ("POST", "/questions/protocols/{request_id}/correct"): Thing(
        "request", form={"decision": "accept", "words": "x", "revision": "1"}
    ),
    ("GET", "/api/protocols"): Listing(),
    ("GET", "/api/orders/{order_id}/protocols"): Thing("order"),
    ("POST", "/api/orders/{order_id}/protocols"): Thing("order", body(words="x")),
    ("POST", "/api/protocols/{request_id}/accept"): Thing("request", body(protocol="x", revision=1)),
    ("POST", "/api/protocols/{request_id}/refuse"): Thing("request", body(reason="x", revision=1)),
    ("POST", "/api/protocols/{request_id}/correct"): Thing("request", body(decision="accept", words="x", revision=1)),
    ("POST", "/api/protocols/{request_id}/withdraw"): Thing("request", body(revision=1)),
    ("POST", "/api/protocols/{request_id}/read"): Thing("request"),
    ("GET", "/t/order/{order_id}/protocol"): Thing("order"),
    ("POST", "/t/order/{order_id}/protocol"): Thing("order", form={"words": "x"}),
    ("POST", "/t/protocols/{request_id}/withdraw"): Thing("request", form={"revision": "1"}),
    ("POST", "/t/protocols/{request_id}/read"): Thing("request", form={}),
    ("GET", "/consultations"): Listing(),
    ("GET", "/consultations/new/{case_id}"): Thing("case"),
    ("POST", "/consultations/new/{case_id}"): Thing("case", form={"question": "?", "until": "2026-03-03"}),
    ("GET", "/consultations/{consultation_id}"): Thing("consultation"),
    ("POST", "/consultations/{consultation_id}/say"): Thing("consultation", form={"words": "x"}),
    ("POST", "/consultations/{consultation_id}/decline"): Thing("consultation", form={"why": "x"}),
    ("POST", "/consultations/{consultation_id}/conclude"): Thing(
        "consultation", form={"conclusion": "x", "revision": "1"}
    ),
    ("POST", "/consultations/{consultation_id}/withdraw"): Thing("consultation", form={"why": "x", "revision": "1"}),
    ("POST", "/consultations/{consultation_id}/invite"): Thing("consultation", form={"people": "x", "revision": "1"}),
    ("POST", "/consultations/{consultation_id}/remove"): Thing("consultation", form={"person": "x", "revision": "1"}),
    ("POST", "/api/cases/{case_id}/critical"): Thing("case", body(critical_class="stroke", finding="bleeding")),
    ("POST", "/api/cases/{case_id}/critical/withdraw"): Thing("case", body(alert=NOWHERE["alert"], why="x")),
    ("GET", "/api/reports/{version_id}.pdf"): Thing("report"),
    ("POST", "/api/reports/unprintable"): Theirs("the caller's own text"),
    ("POST", "/api/reports/{version_id}/addendum"): Thing(
        "report", body(content=CONTENT, image_set="0" * 64, shown_series={})
    ),
    ("POST", "/api/alerts/{alert_id}/acknowledge"): Thing(
        "alert", body(read_back="heard", spoken_with="Ada", means="telephone")
    ),
    ("POST", "/api/alerts/{alert_id}/clarify"): Thing("alert", body(spoken_with="Tang", agreed="left")),
    ("POST", "/alerts/{alert_id}/clarify"): Thing("alert", form={"spoken_with": "Tang", "agreed": "left"}),
    ("GET", "/api/alerts/bar"): Theirs("an alarm that counts and names nobody, also while the session is locked"),
    ("GET", "/alerts"): Listing(),
    ("GET", "/alerts/list"): Listing(),
    ("GET", "/alerts/log"): Listing(),
    ("GET", "/alerts/log.csv"): Listing(),
    ("GET", "/alerts/duty"): Listing(),
    ("POST", "/alerts/duty"): Theirs("a list of telephones on duty, with nothing of a patient"),
    ("POST", "/alerts/duty/end"): Theirs("a list of telephones on duty, with nothing of a patient"),
    ("GET", "/alerts/classes"): Listing(),
    ("POST", "/alerts/classes"): Theirs("a list of classes, with nothing of a patient"),
    ("POST", "/alerts/classes/end"): Theirs("a list of classes, with nothing of a patient"),
    ("POST", "/alerts/{alert_id}/acknowledge"): Thing(
        "alert", form={"read_back": "heard", "spoken_with": "Ada", "means": "telephone"}
    ),
    ("POST", "/alerts/{alert_id}/dispose"): Thing("alert", form={"disposal": "treated"}),
    ("POST", "/api/alerts/{alert_id}/dispose"): Thing("alert", body(disposal="treated")),
    ("POST", "/api/manifests"): Theirs("a machine's token opens it, and no person's session"),
    ("POST", "/api/orders"): Thing(
        "site", lambda site: {"site": site, "patient": PERSON, "modality": "DX", "procedures": [{"body_part": "CHEST"}]}
    ),
    ("GET", "/api/orders"): Thing("site", query="site"),
    ("POST", "/api/orders/{order_id}/cancel"): Thing("order", body(revision=1)),
    ("GET", "/api/devices"): Listing(),
    ("POST", "/api/devices"): Thing("site", lambda site: {"site": site, "ae_title": "CT1", "network": "10.1.1.1"}),
    ("PUT", "/api/devices/{device_id}"): Thing("device", body(network="10.1.1.1", revision=1)),
    ("PUT", "/api/devices/{device_id}/rights"): Thing("device", body(may=["store"], revision=1)),
    ("POST", "/api/devices/{device_id}/end"): Thing("device", body(revision=1)),
    ("GET", "/office/devices"): Listing(),
    ("GET", "/office/devices/new"): Theirs("a form; whoever keeps no site's devices gets none"),
    ("POST", "/office/devices/new"): Thing("site", form={"ae_title": "CT1", "network": "10.1.1.1"}),
    ("GET", "/office/devices/{device_id}"): Thing("device"),
    ("POST", "/office/devices/{device_id}"): Thing("device", form={"network": "10.1.1.1", "revision": "1"}),
    ("GET", "/office/devices/{device_id}/rights"): Thing("device"),
    ("POST", "/office/devices/{device_id}/rights"): Thing("device", form={"may": "store", "revision": "1"}),
    ("GET", "/office/devices/{device_id}/token"): Thing("device"),
    ("POST", "/office/devices/{device_id}/token"): Thing("device", form={"days": "90"}),
    ("POST", "/office/devices/{device_id}/end"): Thing("device", form={"revision": "1"}),
    ("GET", "/t/devices"): Listing(),
    ("POST", "/api/attributions"): Thing(
        "study", lambda uid: {"study_uid": uid, "attributes": {"PatientName": "Q"}, "reason": "wrong", "revision": 0}
    ),
    ("GET", "/sign-in"): Theirs("a form"),
    ("POST", "/sign-in"): Theirs("a username and its password open it"),
    ("GET", "/sign-in/factor"): Theirs("the caller's own sign-in"),
    ("POST", "/sign-in/factor"): Theirs("the caller's own sign-in"),
    ("POST", "/sign-in/factor/slip"): Theirs("the caller's own sign-in"),
    ("POST", "/sign-in/factor/new"): Theirs("the caller's own sign-in"),
    ("GET", "/account/factors"): Theirs("the caller's own factors"),
    ("GET", "/account/factors/new"): Theirs("the caller's own factors"),
    ("POST", "/account/factors/new"): Theirs("the caller's own factors"),
    ("POST", "/account/factors/remove"): Theirs("the caller's own factors; another's is not there"),
    ("GET", "/account/factors/recovery-codes"): Theirs("the caller's own factors"),
    ("POST", "/account/factors/recovery-codes"): Theirs("the caller's own factors"),
    ("GET", "/account/proof"): Theirs("the caller's own factors"),
    ("POST", "/account/proof"): Theirs("the caller's own password or factor"),
    ("GET", "/account/notices"): Theirs("what the caller is told of their account"),
    ("POST", "/account/notices"): Theirs("what the caller is told of their account"),
    ("GET", "/api/private-classes"): Listing(),
    ("GET", "/api/quality"): Listing(),
    ("GET", "/api/quality/{aspect}/{subject_id}"): Thing("quarantine"),
    ("POST", "/api/quality/{aspect}/{subject_id}/decide"): Thing("quarantine", body(move="keep", reason="no", seen=0)),
    ("GET", "/api/quality/bytes/{subject_id}/picture"): Thing("quarantine"),
    ("GET", "/api/quality/bytes/{subject_id}/content"): Thing("quarantine"),
    ("GET", "/office"): Theirs("an address of their own"),
    ("GET", "/learning"): Listing(),
    ("GET", "/learning/agreement"): Listing(),
    ("GET", "/teaching"): Listing(),
    ("POST", "/teaching/seen"): Theirs("a mark of the caller's own"),
    ("POST", "/teaching/collections"): Theirs("of an organisation that they keep, and nothing of a patient"),
    ("POST", "/teaching/collections/{collection_id}/end"): Thing("collection", form={}),
    ("GET", "/teaching/collections/{collection_id}"): Thing("collection"),
    ("POST", "/teaching/collections/{collection_id}"): Thing("collection", form={"revision": "1", "name": "x"}),
    ("POST", "/teaching/collections/{collection_id}/subscribe"): Thing("collection", form={}),
    ("POST", "/teaching/collections/{collection_id}/unsubscribe"): Theirs("ends a wish of the caller's own"),
    ("GET", "/teaching/entries/{entry_id}"): Thing("entry"),
    ("GET", "/teaching/entries/{entry_id}/pictures/{number}"): Thing("entry"),
    ("GET", "/teaching/entries/{entry_id}/change"): Thing("entry"),
    ("POST", "/teaching/entries/{entry_id}/change"): Thing("entry", form={"revision": "1"}),
    ("POST", "/teaching/entries/{entry_id}/remove"): Thing("entry", form={"revision": "1", "why": "x"}),
    ("GET", "/teaching/new/{case_id}"): Thing("case"),
    ("POST", "/teaching/new/{case_id}"): Thing("case", form={"version": "x", "collection": "x", "title": "x"}),
    ("POST", "/learning/read"): Theirs("a mark on what was said of the caller's own report"),
    ("GET", "/t/case/{case_id}/discrepancy"): Thing("case"),
    ("POST", "/t/case/{case_id}/discrepancy"): Thing("case", form={"reason": "course", "words": "x", "version": "x"}),
    ("POST", "/t/case/{case_id}/discrepancy/withdraw"): Thing(
        "case", form={"discrepancy_id": "0" * 26, "revision": "1", "why": "x"}
    ),
    ("POST", "/learning/discrepancies/read"): Theirs("a mark on what was said of the caller's own report"),
    ("POST", "/learning/discrepancies/judge"): Theirs("an id of a case that they may see: test_discrepancies"),
    ("POST", "/learning/arbitrate"): Theirs("a review's id, of a case that they may see: test_learning"),
    ("GET", "/quality"): Listing(),
    ("GET", "/office/queue"): Theirs("a quality manager's or a reviewer's; it names no person"),
    ("GET", "/office/queue.csv"): Theirs("a quality manager's or a reviewer's; it names no person"),
    ("GET", "/office/numbers"): Theirs(NUMBERS),
    ("GET", "/office/numbers.csv"): Theirs(NUMBERS),
    ("GET", "/office/numbers.xlsx"): Theirs(NUMBERS),
    ("GET", "/office/numbers/of/{name}"): Theirs(NUMBERS),
    ("GET", "/office/numbers/of/{name}.csv"): Theirs(NUMBERS),
    ("GET", "/office/numbers/of/{name}.xlsx"): Theirs(NUMBERS),
    ("GET", "/office/numbers/bulletin.pdf"): Theirs(NUMBERS),
    ("GET", "/office/numbers/national"): Theirs(NUMBERS),
    ("GET", "/office/numbers/mine"): Theirs(NUMBERS),
    ("GET", "/office/numbers/ratios"): Theirs(NUMBERS),
    ("POST", "/office/numbers/ratios"): Theirs(NUMBERS),
    ("POST", "/office/numbers/ratios/end"): Theirs(NUMBERS),
    ("GET", "/office/numbers/ratios/{ratio_id}"): Theirs(NUMBERS),
    ("GET", "/office/numbers/cases"): Theirs("a list through the door, of sites that they manage or review"),
    ("GET", "/office/statements"): Theirs(STATEMENTS),
    ("GET", "/office/statements/disputes"): Theirs(STATEMENTS),
    ("POST", "/office/statements/disputes/{dispute_id}"): Theirs(STATEMENTS),
    ("GET", "/office/statements/prices"): Theirs(STATEMENTS),
    ("POST", "/office/statements/prices"): Theirs(STATEMENTS),
    ("POST", "/office/statements/prices/import"): Theirs(STATEMENTS),
    ("POST", "/office/statements/prices/{price_id}/end"): Theirs(STATEMENTS),
    ("GET", "/office/statements/journeys"): Theirs(STATEMENTS),
    ("POST", "/office/statements/journeys"): Theirs(STATEMENTS),
    ("POST", "/office/statements/journeys/{terms_id}/end"): Theirs(STATEMENTS),
    ("GET", "/office/statements/{month}"): Theirs(STATEMENTS),
    ("GET", "/office/statements/{month}.csv"): Theirs(STATEMENTS),
    ("GET", "/office/statements/{month}.xlsx"): Theirs(STATEMENTS),
    ("GET", "/office/statements/{month}/cases"): Theirs(
        "a list through the door, of lines between institutions that they manage"
    ),
    ("POST", "/office/statements/{month}/dispute"): Theirs(STATEMENTS),
    ("GET", "/office/statements/{month}/close"): Theirs(STATEMENTS),
    ("POST", "/office/statements/{month}/close"): Theirs(STATEMENTS),
    ("GET", "/office/organisations"): Theirs(REGISTER),
    ("GET", "/office/organisations/new"): Theirs(REGISTER),
    ("GET", "/office/organisations/{organisation_id}"): Theirs(REGISTER),
    ("GET", "/office/agreements"): Theirs(REGISTER),
    ("GET", "/office/agreements/{agreement_id}"): Theirs(REGISTER),
    ("GET", "/office/people"): Theirs(REGISTER),
    ("GET", "/office/people/new"): Theirs(REGISTER),
    ("GET", "/office/people/{person_id}"): Theirs(REGISTER),
    ("GET", "/office/people/{person_id}/slip"): Theirs(REGISTER),
    ("GET", "/office/import/{kind}"): Theirs(REGISTER),
    ("GET", "/office/import/people/slips"): Theirs(REGISTER),
    ("GET", "/office/import/{kind}/template.csv"): Theirs(REGISTER),
    ("POST", "/office/organisations/new"): Theirs(REGISTER),
    ("POST", "/office/organisations/{organisation_id}"): Theirs(REGISTER),
    ("POST", "/office/organisations/{organisation_id}/move"): Theirs(REGISTER),
    ("POST", "/office/organisations/{organisation_id}/end"): Theirs(REGISTER),
    ("POST", "/office/agreements"): Theirs(REGISTER),
    ("POST", "/office/agreements/{agreement_id}/end"): Theirs(REGISTER),
    ("POST", "/office/people/new"): Theirs(REGISTER),
    ("POST", "/office/people/{person_id}"): Theirs(REGISTER),
    ("POST", "/office/people/{person_id}/roles"): Theirs(REGISTER),
    ("POST", "/office/people/{person_id}/roles/{grant_id}/end"): Theirs(REGISTER),
    ("POST", "/office/people/{person_id}/password"): Theirs(REGISTER),
    ("POST", "/office/people/{person_id}/unlock"): Theirs(REGISTER),
    ("POST", "/office/people/{person_id}/sign-out"): Theirs(REGISTER),
    ("POST", "/office/people/{person_id}/end"): Theirs(REGISTER),
    ("POST", "/office/import/{kind}"): Theirs(REGISTER),
    ("GET", "/office/forwarding"): Theirs(REGISTER),
    ("GET", "/office/installation"): Theirs(REGISTER),
    ("GET", "/office/messages"): Theirs(REGISTER),
    ("POST", "/office/messages/{message_id}/retry"): Theirs(REGISTER),
    ("POST", "/office/messages/{message_id}/give-up"): Theirs(REGISTER),
    ("POST", "/office/forwarding"): Theirs(REGISTER),
    ("POST", "/office/forwarding/{rule_id}/end"): Theirs(REGISTER),
    ("POST", "/office/forwarding/jobs/{job_id}/retry"): Theirs(REGISTER),
    ("GET", "/office/roster"): Theirs(ROSTER),
    ("POST", "/office/roster"): Theirs(ROSTER),
    ("POST", "/office/roster/move"): Theirs(ROSTER),
    ("POST", "/office/roster/end"): Theirs(ROSTER),
    ("POST", "/office/roster/import"): Theirs(ROSTER),
    ("POST", "/office/roster/skill"): Theirs(ROSTER),
    ("POST", "/office/roster/skill/end"): Theirs(ROSTER),
    ("POST", "/office/roster/absence"): Theirs(ROSTER),
    ("POST", "/office/roster/absence/end"): Theirs(ROSTER),
    ("POST", "/office/roster/limit"): Theirs(ROSTER),
    ("GET", "/office/policy"): Theirs(POLICY),
    ("GET", "/office/policy/new"): Theirs(POLICY),
    ("POST", "/office/policy/new"): Theirs(POLICY),
    ("POST", "/office/policy/new/document"): Theirs(POLICY),
    ("GET", "/office/policy/compare"): Theirs(POLICY),
    ("GET", "/office/policy/version/{number}"): Theirs(POLICY),
    ("GET", "/office/policy/version/{number}/switch"): Theirs(POLICY),
    ("POST", "/office/policy/version/{number}/switch"): Theirs(POLICY),
    ("POST", "/office/policy/switch/{switch_id}/cancel"): Theirs(POLICY),
    ("GET", "/office/policy/why"): Theirs(POLICY),
    ("POST", "/office/policy/why"): Theirs(POLICY),
    ("POST", "/office/policy/why/file"): Theirs(POLICY),
    ("GET", "/office/policy/try"): Theirs(POLICY),
    ("POST", "/office/policy/try"): Theirs("a regional manager's or administrator's; it names cases by id alone"),
    ("GET", "/office/policy/case/{case_id}"): Thing("case"),
    ("GET", "/office/policy/calendar"): Theirs(POLICY),
    ("POST", "/office/policy/calendar"): Theirs(POLICY),
    ("POST", "/office/policy/calendar/import"): Theirs(POLICY),
    ("GET", "/office/simulation"): Theirs(POLICY),
    ("POST", "/office/simulation"): Theirs(POLICY),
    ("GET", "/quality/{aspect}/{subject_id}"): Thing("quarantine"),
    ("POST", "/quality/{aspect}/{subject_id}/decide"): Thing(
        "quarantine", form={"move": "keep", "reason": "no", "seen": "0"}
    ),
    ("GET", "/account/password"): Theirs("the caller's own password"),
    ("POST", "/account/password"): Theirs("the caller's own password"),
    ("GET", "/account"): Theirs("the caller's own account"),
    ("GET", "/account/help"): Theirs("names of staff and their telephones, and nothing of a patient"),
    ("POST", "/account/sessions/end"): Theirs("the caller's own sessions"),
    ("POST", "/account/sessions/end-others"): Theirs("the caller's own sessions"),
    ("POST", "/sign-out"): Theirs("the caller's own session"),
    ("GET", "/language"): Theirs("a cookie of the caller's"),
    ("GET", "/theme"): Theirs("a cookie of the caller's"),
    ("GET", "/t"): Listing(),
    ("GET", "/t/list"): Listing(),
    ("GET", "/t/banners"): Listing(),
    ("POST", "/t/alerts/{alert_id}/acknowledge"): Thing(
        "alert", form={"read_back": "heard", "spoken_with": "Ada", "means": "telephone"}
    ),
    ("POST", "/t/alerts/{alert_id}/dispose"): Thing("alert", form={"disposal": "treated"}),
    ("POST", "/t/notices/{notice_id}/acknowledge"): Thing("notice", form={}),
    ("GET", "/t/case/{case_id}"): Thing("case"),
    ("POST", "/t/case/{case_id}/answer"): Thing("case", form={"why": "taken again", "revision": "1"}),
    ("POST", "/t/case/{case_id}/receipt"): Thing("case", form={}),
    ("GET", "/t/case/{case_id}/link"): Thing("case"),
    ("POST", "/t/case/{case_id}/link"): Thing("case", form={**PERSON, "revision": "1"}),
    ("GET", "/t/case/{case_id}/order"): Thing("case"),
    ("POST", "/t/case/{case_id}/order"): Thing("case", form={"order": "01KZZZZZZZZZZZZZZZZZZZZZZV", "revision": "1"}),
    ("POST", "/t/case/{case_id}/order/part"): Thing("case", form={"revision": "1"}),
    ("GET", "/t/case/{case_id}/identity"): Thing("case"),
    ("POST", "/t/case/{case_id}/identity/confirm"): Thing("case", form={"why": "x", "revision": "1"}),
    ("POST", "/t/case/{case_id}/identity/part"): Thing("case", form={"why": "x", "revision": "1"}),
    ("POST", "/t/case/{case_id}/identity/undo"): Thing("case", form={"why": "x", "revision": "1"}),
    ("GET", "/t/case/{case_id}/images"): Thing("case"),
    ("POST", "/t/case/{case_id}/images"): Thing(
        "case", form={"what": "hide", "image": "1.2.840.1.1.1", "why": "x", "revision": "1", "image_set": "0"}
    ),
    ("POST", "/t/case/{case_id}/images/undo"): Thing(
        "case", form={"step": NOWHERE["case"], "why": "x", "revision": "1"}
    ),
    ("POST", "/t/case/{case_id}/images/show"): Thing(
        "case", form={"rejection": NOWHERE["case"], "why": "x", "revision": "1"}
    ),
    ("GET", "/t/case/{case_id}/export.zip"): Thing("case"),
    ("GET", "/t/case/{case_id}/correct"): Thing("case"),
    ("POST", "/t/case/{case_id}/correct"): Thing("case", form={"name": "Q", "why": "x", "revision": "1"}),
    ("GET", "/t/case/{case_id}/share"): Thing("case"),
    ("POST", "/t/case/{case_id}/share"): Thing("case", form={"site": "moor", "until": "2026-03-09", "why": "x"}),
    ("POST", "/t/case/{case_id}/share/end"): Thing("case", form={"share": NOWHERE["case"], "why": "x"}),
    ("GET", "/t/shared"): Listing(),
    ("GET", "/t/withheld"): Listing(),
    ("GET", "/t/note"): Listing(),
    ("GET", "/t/note/blank"): Theirs("a form that names nobody, only the sites of the caller"),
    ("POST", "/t/note"): Theirs("a note for a site of the caller's: test_notes"),
    ("POST", "/t/note/{note_id}/case"): Thing("note", form={"case": "01KZZZZZZZZZZZZZZZZZZZZZZZ", "revision": "1"}),
    ("GET", "/t/case/{case_id}/withhold"): Thing("case"),
    ("POST", "/t/case/{case_id}/withhold"): Thing("case", form={"why": "x", "sure": "yes"}),
    ("GET", "/t/shared/{share_id}"): Thing("share"),
    ("GET", "/t/print/{version_id}"): Thing("report"),
    ("POST", "/t/print/{version_id}"): Thing("report", form={}),
    ("POST", "/t/print"): Theirs(
        "each report as by itself; one that is not theirs is counted as refused: test_printing"
    ),
    ("POST", "/api/patients"): Thing("site", lambda site: {**PERSON, "site": site}),
    ("POST", "/api/patients/search"): Theirs("it finds people of one's own sites alone"),
    ("GET", "/api/patients/{patient_id}"): Thing("patient"),
    ("PATCH", "/api/patients/{patient_id}"): Thing("patient", body(revision=1, reason="x", name="Q")),
    ("POST", "/api/patients/{patient_id}/cards"): Thing(
        "patient", body(revision=1, reason="x", card_type="health_card", card="B" * 64)
    ),
    ("POST", "/api/patients/{patient_id}/cards/{card_id}/end"): Thing("patient", body(revision=1, reason="x")),
    ("POST", "/api/patients/{patient_id}/merges"): Thing("patient", body(other=NOWHERE["case"], reason="x")),
    ("POST", "/api/merges/{merge_id}"): Thing("merge", body(revision=1, reason="x", move="decline")),
    ("GET", "/t/patients"): Listing(),
    ("GET", "/t/patients/new"): Theirs("a form"),
    ("POST", "/t/patients/new"): Thing("site", form=PERSON),
    ("GET", "/t/patients/{patient_id}"): Thing("patient"),
    ("POST", "/t/patients/{patient_id}/correct"): Thing("patient", form={"revision": "1", "name": "Q", "why": "x"}),
    ("POST", "/t/patients/{patient_id}/cards"): Thing(
        "patient", form={"revision": "1", "card_type": "health_card", "card": "B" * 64, "why": "x"}
    ),
    ("POST", "/t/patients/{patient_id}/telephone"): Thing("patient", form={"code": "1"}),
    ("POST", "/t/patients/{patient_id}/telephone/code"): Thing("patient", form={}),
    ("POST", "/t/patients/{patient_id}/cards/{card_id}/end"): Thing("patient", form={"revision": "1", "why": "x"}),
    ("POST", "/t/patients/{patient_id}/merges"): Thing("patient", form={"other": NOWHERE["case"], "why": "x"}),
    ("POST", "/t/patients/{patient_id}/merges/{merge_id}"): Thing(
        "patient", form={"revision": "1", "move": "decline", "why": "x"}
    ),
    ("GET", "/t/order"): Listing(),
    ("GET", "/t/order/{order_id}/slip"): Thing("order"),
    ("POST", "/t/order/card"): Theirs("it finds people of one's own sites alone"),
    ("POST", "/t/order/{order_id}/cancel"): Thing("order", form={"revision": "1"}),
    ("POST", "/t/order"): Thing("site", form={**PERSON, "modality": "DX", "body_part": "CHEST", "priority": "routine"}),
}
PATIENT: dict[tuple[str, str], Thing | Listing | Theirs] = {
    ("POST", "/api/patient/session"): Theirs("a card and a code open it"),
    ("DELETE", "/api/patient/session"): Theirs("the caller's own session"),
    ("GET", "/api/patient/examination"): Listing(),
    ("GET", "/api/patient/reports"): Listing(),
    ("GET", "/api/patient/reports/{version_id}"): Thing("report"),
    ("GET", "/api/patient/reports/{version_id}.pdf"): Thing("report"),
    ("GET", "/api/patient/reports/{version_id}/standing"): Thing("report"),
    ("GET", "/api/patient/reports/{version_id}/pictures/{number}"): Thing("report"),
    ("GET", "/api/patient/links"): Listing(),
    ("POST", "/api/patient/links"): Theirs("a case of the patient's own, or it is not there: test_door"),
    ("DELETE", "/api/patient/links/{link_id}"): Theirs("the patient's own links; another's is not there: test_door"),
    ("POST", "/api/papers/check"): Theirs("the code of a paper: test_paper"),
    ("GET", "/p"): Theirs("a form"),
    ("POST", "/p"): Theirs("a card and a code open it"),
    ("POST", "/p/sign-out"): Theirs("the caller's own session"),
    ("GET", "/p/number"): Theirs("the patient's own number: test_patient_telephone"),
    ("POST", "/p/number"): Theirs("the patient's own number: test_patient_telephone"),
    ("POST", "/p/number/codes"): Theirs("the patient's own number: test_patient_telephone"),
    ("GET", "/p/telephone"): Theirs("a form, where a gateway reaches patients"),
    ("POST", "/p/telephone"): Theirs("a card; the answer is the same for all: test_patient_telephone"),
    ("POST", "/p/telephone/code"): Theirs("a card and a code open it"),
    ("GET", "/p/reports"): Listing(),
    ("GET", "/p/reports/{version_id}"): Thing("report"),
    ("GET", "/p/reports/{version_id}.pdf"): Thing("report"),
    ("GET", "/p/reports/{version_id}/pictures/{number}"): Thing("report"),
    ("GET", "/p/reports/{version_id}/view/{number}"): Thing("report"),
    ("GET", "/p/reports/{version_id}/images.zip"): Thing("report"),
    ("GET", "/p/links"): Listing(),
    ("POST", "/p/shares/{share_id}/end"): Theirs(
        "an examination of the patient's own, or it is not there: test_shares"
    ),
    ("POST", "/p/shares/{share_id}/again"): Theirs("as its end"),
    ("POST", "/p/links"): Theirs("a case of the patient's own, or it is not there: test_patient_links"),
    ("POST", "/p/links/{link_id}/end"): Theirs("the patient's own links; another's is not there: test_patient_links"),
    ("GET", "/s"): Theirs("a form"),
    ("POST", "/s"): Theirs("the secret of a link opens it: test_patient_links"),
    ("POST", "/s/sign-out"): Theirs("the caller's own session"),
    ("GET", "/s/reports"): Theirs(LINK),
    ("GET", "/s/reports/{version_id}"): Theirs(LINK),
    ("GET", "/s/reports/{version_id}.pdf"): Theirs(LINK),
    ("GET", "/s/reports/{version_id}/images.zip"): Theirs(LINK),
    ("GET", "/s/reports/{version_id}/pictures/{number}"): Theirs(LINK),
    ("GET", "/s/reports/{version_id}/view/{number}"): Theirs(LINK),
    ("GET", "/v"): Theirs("a form"),
    ("GET", "/v/{code}"): Theirs("a form with the code in it; nothing is looked for"),
    ("POST", "/v"): Theirs("the code of a paper: test_paper"),
    ("POST", "/v/file"): Theirs("the bytes of a PDF: test_paper"),
    ("POST", "/v/compare"): Theirs("the code of a paper: test_paper"),
}


def routes() -> set[tuple[str, str]]:
    found = iter_route_contexts(viewer_app.routes())
    return {(method, route.path) for route in found for method in (route.methods or ())}


def test_every_route_has_its_line_here() -> None:
    known = STAFF.keys() | PATIENT.keys()

    assert routes() - {("HEAD", path) for _, path in known} == known


@pytest.fixture
def pias(house: House) -> Pias:
    """A final report that the verifier changed, so that the township must acknowledge it, and an alert unanswered."""
    clinic = house.clinic
    case = house.case(STUDY)
    with transaction(house.engine) as tx:
        read(tx, clinic, clinic.rosa, case.id, house.now, NORMAL)
        version = verify(tx, clinic, clinic.vera, case.id, house.now, PNEUMONIA)
        alert = critical.raise_alert(
            Context(tx, clinic.audit, house.now, clinic.ada), case.id, critical_class="stroke", finding="bleeding"
        )
        notice_id = tx.scalar(sa.select(change_notice.c.id))
        device = devices.add(
            tx,
            ae_title="DR1",
            network="10.1.2.3",
            port=None,
            issuer="",
            site_id=clinic.region.hills.id,
            now=house.now,
        )
        order = orders.place(
            tx,
            site_id=clinic.region.hills.id,
            patient_id=house.patient.id,
            modality="DX",
            priority=Priority.ROUTINE,
            procedures=[Asked(body_part="CHEST")],
            reason="",
            ordered_by=None,
            now=house.now,
        )
        nameless = patients.register(tx, KEYS, name="", birth_date=None, sex=Sex.UNKNOWN, identifiers=[], now=house.now)
        share = shares.share_study(
            Context(tx, clinic.audit, house.now, clinic.mona),
            STUDY,
            site_code="lake",
            until=house.now + timedelta(days=30),
            reason="x",
        )
        asked = ask(tx, clinic, case, house.now, people=[clinic.ben])
        referred = sending.send(
            Context(tx, clinic.audit, house.now, clinic.ada),
            case.id,
            Sent(to_code="city", urgency=Priority.ROUTINE, reason="x", contact="x"),
        )
        on_duty = addressees.of_case(tx, cases.by_id(tx, case.id), but=clinic.ada.person_id, now=house.now)[-1]
        question = questions.ask(Context(tx, clinic.audit, house.now, clinic.ada), case.id, whom=on_duty.key, words="x")
        mona = Context(tx, clinic.audit, house.now, clinic.mona, clinic.seal.public_key)
        collection = collections.make(mona, clinic.region.oak.id, name="x", description="", seen_by=SeenBy.ORGANISATION)
        entry = added(tx, clinic, clinic.mona, version, collection, house.now, pictures=(chosen(STUDY),))
        before = requests.ask(Context(tx, clinic.audit, house.now, clinic.tang), order.id, "x")
        note = notes.upload(Context(tx, clinic.audit, house.now, clinic.tang), "hills", written(house.now))
        claim = merges.propose(
            tx, nameless.id, house.patient.id, reason="x", made_by=clinic.tang.person_id, now=house.now
        )
    assert notice_id is not None
    # Other bytes under the UID of the image that the report stands on.
    with transaction(house.engine) as tx:
        other = replace(
            instances.row(study_uid=STUDY, series_uid=f"{STUDY}.1", sop_instance_uid=f"{STUDY}.1.1", data=b"other"),
            patient_name="Pia",
        )
        came = instances.provenance(site_id=clinic.region.hills.id, received_at=house.now)
        Batch(tx, [Entry(row=other, place=instances.place(9), provenance=came)], Known()).enter()
        quarantine_id = tx.scalar(sa.select(quarantine.c.id))
    assert quarantine_id is not None
    ids = {
        "device": device.id,
        "case": case.id,
        "report": version.id,
        "alert": alert.id,
        "notice": notice_id,
        "quarantine": quarantine_id,
        "order": order.id,
        "patient": house.patient.id,
        "merge": claim.id,
        "share": share.id,
        "consultation": asked.id,
        "referral": referred.id,
        "question": question.id,
        "collection": collection,
        "entry": entry,
        "request": before.id,
        "note": note.id,
    }
    return Pias({**ids, "study": STUDY, "site": "hills"})


def test_quinn_is_answered_as_if_nothing_were_there(house: House, pias: Pias) -> None:
    quinn = house.signed_in("quinn")
    tang = house.signed_in("tang")
    differing = []
    for (method, path), route in STAFF.items():
        if not isinstance(route, Thing):
            continue
        reached = _ask(quinn, method, path, route, pias.ids[route.of])
        missing = _ask(quinn, method, path, route, NOWHERE[route.of])
        if (reached.status_code, reached.text) != (404, missing.text) or missing.status_code != 404:
            differing.append((method, path, reached.status_code, missing.status_code))

    assert differing == []
    # and it is not that the thing is not there
    assert tang.get(f"/t/case/{pias.ids['case']}").status_code == 200


def test_quinns_lists_hold_nothing_of_another_county(house: House, pias: Pias) -> None:
    quinn = house.signed_in("quinn")
    for (method, path), route in STAFF.items():
        if isinstance(route, Listing):
            json = {} if method == "POST" else None
            answer = quinn.request(method, path, json=json)

            assert answer.status_code in {200, 204}, path
            assert pias.ids["case"] not in answer.text, path
            assert "Pia" not in answer.text, path


def test_quentin_the_patient_is_answered_as_if_pias_report_were_not_there(house: House, pias: Pias) -> None:
    quentin = sign_quentin_in(house)
    for (method, path), route in PATIENT.items():
        if isinstance(route, Thing):
            reached = _ask(quentin, method, path, route, pias.ids[route.of])
            missing = _ask(quentin, method, path, route, NOWHERE[route.of])

            assert (reached.status_code, missing.status_code) == (404, 404), path
            assert reached.text == missing.text, path
        elif isinstance(route, Listing):
            answer = quentin.request(method, path)

            assert answer.status_code == 200, path
            assert pias.ids["report"] not in answer.text, path


def test_nobody_gets_anything_without_signing_in(house: House, pias: Pias) -> None:
    stranger = house.client()
    for (method, path), route in {**STAFF, **PATIENT}.items():
        if isinstance(route, Theirs):
            continue
        filled = fill(path, pias.ids)
        answer = stranger.request(method, filled, json={} if method in {"POST", "PUT"} else None)

        assert answer.status_code in {401, 303, 422, 403}, path
        assert "Pia" not in answer.text, path


def test_a_patients_session_is_no_staffs_session(house: House, pias: Pias) -> None:
    pia = house.patient_client(pias.ids["case"])
    pia.cookies.set("tierread_session", pia.cookies["tierread_patient"])

    assert pia.get("/api/cases").status_code == 401
    assert pia.get("/t", follow_redirects=False).headers["location"].startswith("/sign-in")


def _ask(client: httpx.Client, method: str, path: str, route: Thing, subject: str) -> httpx.Response:
    """Ask for a thing, in the path or in the body."""
    json = route.json(subject) if route.json else None
    form = None
    if route.form is not None:
        form = {"csrf_token": client.headers["X-CSRF-Token"], **route.form}
        if route.of == "site":
            form["site"] = subject
    params = {route.query: subject, **route.params} if route.query else route.params
    return client.request(method, fill(path, {route.of: subject}), params=params, json=json, data=form)


def fill(path: str, ids: dict[str, str]) -> str:
    places = {"case_id": "case", "version_id": "report"}
    kinds = (
        "alert",
        "notice",
        "device",
        "order",
        "patient",
        "merge",
        "question",
        "request",
        "collection",
        "entry",
        "note",
    )
    places |= {f"{kind}_id": kind for kind in kinds}
    for place, kind in places.items():
        path = path.replace(f"{{{place}}}", ids.get(kind, NOWHERE[kind]))
    path = path.replace("{card_id}", NOWHERE["order"])
    path = path.replace("{subject_id}", ids.get("quarantine", "")).replace("{aspect}", "bytes")
    return path.replace("{number}", "1").replace("{move}", "decline")


def sign_quentin_in(house: House) -> httpx.Client:
    """A patient of Elm county, with a final report of his own."""
    clinic = house.clinic
    with transaction(house.engine) as tx:
        card = Identifier(kind=IdentifierKind.IDENTITY_CARD, value=QUENTIN_CARD)
        quentin = patients.register(
            tx, KEYS, name="Quentin", birth_date=None, sex=Sex.UNKNOWN, identifiers=[card], now=house.now
        )
        case = arrive(tx, clinic, "1.2.840.2", house.now, site=clinic.region.moor, patient_name="Quentin")
        cases.change(tx, case, patient_id=quentin.id)
        identity.judge(Context(tx, clinic.audit, house.now, SYSTEM), case.id)
        read(tx, clinic, clinic.quinn, case.id, house.now)
    return house.patient_client(case.id, card=QUENTIN_CARD)
