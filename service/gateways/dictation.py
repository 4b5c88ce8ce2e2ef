"""The speech service: one recording goes out with its language and nothing else, and its words come back."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.gateways.address import Ways, token_of
from service.gateways.deadline import Late
from service.gateways.gateway import Failure, NotTaken
from viewer.http.errors import SpeechFailed, Unheard

LONGEST: Final = 10_000
"""Characters of one answer, as many as a part of a report holds."""
_WHY: Final = {Failure.AWAY: Unheard.AWAY, Failure.BUSY: Unheard.BUSY, Failure.REFUSED: Unheard.REFUSED}


@dataclass(frozen=True, kw_only=True)
class SpeechService:
    """The call stands in docs/dictation.md; nothing of it is kept or logged here."""

    ways: Ways
    url: str
    secret_file: Path | None
    seconds: float

    def hear(self, audio: bytes, media: str, language: str) -> str:
        """The words of a recording.

        Raises:
            SpeechFailed: they did not come.

        """
        try:
            headers = {
                "Content-Type": media,
                "Content-Language": language,
                "Accept": "application/json",
                "Authorization": f"Bearer {token_of(self.secret_file)}",
            }
            answer = self.ways.ask(self.url, audio, headers, seconds=self.seconds)
        except Late:
            raise SpeechFailed(Unheard.SLOW) from None
        except NotTaken as error:
            raise SpeechFailed(_WHY.get(error.failure, Unheard.NOT_SET_UP)) from None
        words = _words_of(answer)
        if not words:
            raise SpeechFailed(Unheard.NOTHING)
        return words


def _words_of(answer: bytes) -> str:
    try:
        said = json.loads(answer)
    except ValueError:
        raise SpeechFailed(Unheard.NOT_SET_UP) from None
    text = said.get("text") if isinstance(said, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(text, str):
        raise SpeechFailed(Unheard.NOT_SET_UP)
    kept = "".join(each for each in text if each == "\n" or unicodedata.category(each)[0] != "C")
    return kept.strip()[:LONGEST]
