"""SMS over HTTPS: one documented call with a template, its parameters and a telephone number."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from service.gateways.address import Ways, secret_of, token_of
from service.gateways.gateway import Outgoing
from service.gateways.signature import KEY, signed


class Signing(StrEnum):
    HMAC = "hmac"
    BEARER = "bearer"
    """The secret itself, as a bearer token (RFC 6750)."""


@dataclass(frozen=True, kw_only=True)
class Sms:
    """The call stands in docs/messages.md; a region's platform or an adapter of its provider answers it."""

    ways: Ways
    url: str
    secret_file: Path | None
    signing: Signing
    sender: str
    """The signature in front of the text that a provider has registered (短信签名); empty: the provider's own."""
    templates: Mapping[str, str]
    """The provider's id of a template, by ours; ours where none is named."""

    def send(self, message: Outgoing) -> None:
        body = json.dumps(
            {
                "id": message.id,
                "template": self.templates.get(message.template, message.template),
                "telephone": message.number,
                "parameters": dict(message.parameters),
                "sender": self.sender,
            },
            ensure_ascii=False,
        ).encode()
        match self.signing:
            case Signing.HMAC:
                proof = signed(secret_of(self.secret_file), body, at_seconds=int(time.time()))
            case Signing.BEARER:
                proof = {"Authorization": f"Bearer {token_of(self.secret_file)}"}
        self.ways.post(self.url, body, {KEY: message.id, **proof})
