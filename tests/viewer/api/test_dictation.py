"""/api/cases/ID/dictation: whoever reads there has their words back, and that a recording went out is on record."""

from __future__ import annotations

from dataclasses import replace

import httpx

from reading.actions import Action
from reading.audit import events_about
from reading.kinds import Role
from reading.register import people
from storage.database import snapshot, transaction
from tests.viewer.house import House
from viewer.http.errors import SpeechFailed, Unheard
from viewer.http.office import Dictation
from viewer.http.speech_turns import SpeechTurns

STUDY = "1.2.840.1"
SOUND = b"\x1aE\xdf\xa3"
WEBM = {"Content-Type": "audio/webm;codecs=opus"}


def test_a_recording_becomes_words_and_its_bytes_are_on_record(house: House) -> None:
    case, heard = house.case(STUDY), list[tuple[bytes, str, str]]()

    def hear(audio: bytes, media: str, language: str) -> str:
        heard.append((audio, media, language))
        if len(heard) > 1:
            raise SpeechFailed(Unheard.SLOW)
        return "双肺清晰。"

    address = f"/api/cases/{case.id}/dictation"
    ada, tang, quinn = (house.signed_in(name) for name in ("ada", "tang", "quinn"))
    without = ada.post(address, content=SOUND, headers=WEBM)
    house.app.state.office = replace(house.office, dictation=Dictation(hear=hear, recorded_as="opus"))
    said = ada.post(address, content=SOUND, headers=WEBM)
    slow = ada.post(address, content=SOUND, headers=WEBM)
    refused = [one.post(address, content=SOUND, headers=WEBM).status_code for one in (tang, quinn)]
    no_sound = ada.post(address, json={"text": "x"})
    empty = ada.post(address, content=b"", headers=WEBM)
    session = ada.get("/api/session").json()
    policies = [house.client().get(page).headers.get("Permissions-Policy", "") for page in ("/", "/sign-in")]

    assert (without.status_code, said.json()) == (404, {"text": "双肺清晰。"})
    assert (slow.status_code, slow.json()["type"], slow.json()["why"]) == (502, "/problems/speech-failed", "slow")
    assert heard == [(SOUND, "audio/webm", "zh")] * 2
    assert refused == [403, 404]
    assert [(one.status_code, one.json()["problem"]) for one in (no_sound, empty)] == [
        (422, "media_type"),
        (422, "required"),
    ]
    assert session["dictation"] == {"format": "opus"}
    assert ["microphone=(self)" in one for one in policies] == [True, False]
    with snapshot(house.engine) as tx:
        events = [one for one in events_about(tx, "case", case.id) if one.action == Action.REPORT_DICTATE]
    assert [(one.details["bytes"], one.outcome) for one in events if "bytes" in one.details] == [
        (len(SOUND), "done")
    ] * 2


def test_one_recording_of_a_person_and_few_of_all_are_written_down_at_once(house: House) -> None:
    case, meanwhile = house.case(STUDY), list[httpx.Response]()
    address = f"/api/cases/{case.id}/dictation"
    ada, ben = (house.signed_in(name) for name in ("ada", "ben"))

    def hear(_audio: bytes, _media: str, _language: str) -> str:
        if not meanwhile:
            meanwhile.extend(one.post(address, content=SOUND, headers=WEBM) for one in (ada, ben))
        return "好。"

    turns = SpeechTurns(at_once=1)
    house.app.state.office = replace(house.office, dictation=Dictation(hear=hear, recorded_as="opus", turns=turns))
    first, second = (ada.post(address, content=SOUND, headers=WEBM) for _ in range(2))

    assert [(one.status_code, one.json()["why"]) for one in meanwhile] == [(503, "still"), (503, "busy")]
    assert all(int(one.headers["Retry-After"]) > 0 for one in meanwhile)
    assert (first.json(), second.json()) == ({"text": "好。"}, {"text": "好。"})
    with snapshot(house.engine) as tx:
        out = [one for one in events_about(tx, "case", case.id) if one.action == Action.REPORT_DICTATE]
    assert len(out) == 2  # what was sent back went nowhere


def test_who_reads_for_other_sites_dictates_at_none_of_this_one(house: House) -> None:
    case, clinic = house.case(STUDY), house.clinic
    with transaction(house.engine) as tx:  # Tang sees it, for he took its pictures
        people.grant(tx, clinic.tang.person_id, clinic.region.elm.id, Role.READER, house.now)
    speech = Dictation(hear=lambda _audio, _media, _language: "好。", recorded_as="opus")
    house.app.state.office = replace(house.office, dictation=speech)
    answer = house.signed_in("tang").post(f"/api/cases/{case.id}/dictation", content=SOUND, headers=WEBM)

    assert answer.status_code == 403
