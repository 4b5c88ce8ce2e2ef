"""/api/cases/ID/dictation: whoever reads there has their words back, and that a recording went out is on record."""

from __future__ import annotations

from dataclasses import replace

from reading.actions import Action
from reading.audit import events_about
from storage.database import snapshot
from tests.viewer.house import House
from viewer.http.errors import SpeechFailed, Unheard
from viewer.http.office import Dictation

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
