"""The speech service: a real server gets a recording and its language alone, and why no words came is one word."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from service.gateways.address import Ways
from service.gateways.dictation import LONGEST, SpeechService
from tests import certificates
from tests.service.gateways.servers import HttpsServer, serving_https
from viewer.http.errors import SpeechFailed

TOKEN = "a token of this region"
SOUND = b"\x1aE\xdf\xa3 and so on"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    return tmp_path


@pytest.fixture
def there(folder: Path) -> Generator[HttpsServer]:
    authority = certificates.make(folder, "authority")
    with serving_https(certificates.make(folder, "speech", signed_by=authority)) as server:
        server.answer = json.dumps({"text": " 双肺纹理清晰。\u200b\n心影不大。 ", "confidence": 0.9}).encode()
        yield server


def service(folder: Path, there: HttpsServer, **said: Any) -> SpeechService:
    ways = Ways(networks=(ip_network("127.0.0.0/8"),), authorities_file=folder / "authority.pem")
    usual: dict[str, Any] = {"ways": ways, "url": f"{there.origin}/v1?model=x", "secret_file": folder / "token"}
    usual["seconds"] = 20.0
    return SpeechService(**usual | said)


def why(asked: SpeechService) -> str:
    with pytest.raises(SpeechFailed) as raised:
        asked.hear(SOUND, "audio/webm", "zh")
    return raised.value.why


def test_a_recording_goes_out_with_its_language_and_nothing_else(folder: Path, there: HttpsServer) -> None:
    words = service(folder, there).hear(SOUND, "audio/webm", "zh")
    (taken,) = there.taken

    assert words == "双肺纹理清晰。\n心影不大。"  # what nobody sees is left out
    assert (taken.path, taken.body) == ("/v1?model=x", SOUND)
    assert {name.lower(): value for name, value in taken.headers.items()} == {
        "host": there.origin.removeprefix("https://"),
        "accept-encoding": "identity",
        "content-length": str(len(SOUND)),
        "content-type": "audio/webm",
        "content-language": "zh",
        "accept": "application/json",
        "authorization": f"Bearer {TOKEN}",
    }


@pytest.mark.parametrize(
    ("status", "answer", "word"),
    [
        (200, b'{"text": "  "}', "nothing"),
        (200, b'{"words": "x"}', "not_set_up"),
        (200, b"<html>", "not_set_up"),
        (302, b"", "not_set_up"),
        (401, b"", "not_set_up"),
        (413, b"", "refused"),
        (503, b"", "busy"),
    ],
)
def test_an_answer_without_words_is_one_word(
    folder: Path, there: HttpsServer, status: int, answer: bytes, word: str
) -> None:
    there.status, there.answer = status, answer

    assert why(service(folder, there)) == word


def test_who_is_slow_silent_or_nobody_we_know_is_told_apart(folder: Path, there: HttpsServer) -> None:
    there.slow_seconds = 1.5
    assert why(service(folder, there, seconds=0.5)) == "slow"
    there.slow_seconds, there.breaks = 0, True
    assert why(service(folder, there)) == "not_set_up"  # an answer that ends early is none that was agreed
    assert why(service(folder, there, ways=Ways(networks=(), authorities_file=None))) == "not_set_up"
    assert why(service(folder, there, secret_file=folder / "none")) == "not_set_up"
    assert why(service(folder, there, url="https://127.0.0.1:1/")) == "away"


def test_one_deadline_is_for_all_of_a_call_however_often_a_byte_comes(folder: Path, there: HttpsServer) -> None:
    there.drips = True
    begun = time.monotonic()

    assert why(service(folder, there, seconds=0.8)) == "slow"
    assert time.monotonic() - begun < 2
    there.drips = False


@pytest.mark.parametrize("token", ["a token\nof two lines, none of them long", "口令".encode() * 8])
def test_a_token_that_is_no_header_and_an_address_that_is_none_say_that_it_is_not_set_up(
    folder: Path, there: HttpsServer, token: str | bytes
) -> None:
    (folder / "token").write_bytes(token.encode() if isinstance(token, str) else token)
    assert why(service(folder, there)) == "not_set_up"
    (folder / "token").write_text(TOKEN)
    assert why(service(folder, there, url=f"{there.origin}/识别")) == "not_set_up"
    assert there.taken == []


def test_an_answer_is_no_longer_than_a_part_of_a_report(folder: Path, there: HttpsServer) -> None:
    there.answer = json.dumps({"text": "肺" * (LONGEST + 5)}, ensure_ascii=False).encode()

    assert len(service(folder, there).hear(SOUND, "audio/wav", "en")) == LONGEST
