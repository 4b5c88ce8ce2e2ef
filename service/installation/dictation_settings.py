"""Settings of dictation: the region's own speech service, which writes down what somebody says at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reading.forwarding.addresses import is_allowed
from service.installation import setting_values
from service.installation.gateway_settings import secret_problems
from service.installation.setting_values import described

OPUS: Final = "opus"
WAV: Final = "wav"


@dataclass(frozen=True, kw_only=True)
class DictationSettings:
    """The part of `Settings` that names the speech service; docs/dictation.md explains it."""

    dictation_url: str = field(
        default="",
        metadata=described(
            setting_values.https_url,
            "The region's speech service, which recordings of the desk are posted to. "
            "Empty: nobody dictates, and there is no button.",
        ),
    )
    dictation_secret_file: Path | None = field(
        default=None,
        metadata=described(
            setting_values.folder, "File that holds the token of the speech service, sent as a bearer token."
        ),
    )
    dictation_format: str = field(
        default=OPUS,
        metadata=described(
            setting_values.one_of(OPUS, WAV),
            "What the speech service takes: `opus`, as browsers record it (two minutes at the longest), or `wav`, "
            "16 kHz of 16 bits (half a minute).",
        ),
    )
    dictation_seconds: float = field(
        default=30.0,
        metadata=described(
            setting_values.number(1, 120),
            "How long the speech service may take for one recording, from the call to its last word.",
            unit="seconds",
        ),
    )


def problems(read: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is missing or does not fit: the setting's name, and why."""
    url = str(read.get("dictation_url", ""))
    if not url:
        return []
    found: list[tuple[str, str]] = []
    if not is_allowed(url, read.get("gateway_origins", ())):
        found.append(("dictation_url", "its origin is not among TIERREAD_GATEWAY_ORIGINS"))
    return found + secret_problems(read, "dictation_secret_file", needed_by="the speech service", as_token=True)
