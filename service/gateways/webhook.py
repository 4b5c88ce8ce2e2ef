"""The webhook: another system gets a signed body; ids for a system, the words and the number for people."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from service.gateways.address import Ways, secret_of
from service.gateways.gateway import Outgoing
from service.gateways.signature import KEY, signed


@dataclass(frozen=True, kw_only=True)
class Webhook:
    ways: Ways
    url: str
    secret_file: Path | None

    def send(self, message: Outgoing) -> None:
        written: dict[str, object] = {"id": message.id, "kind": message.kind, "at": message.happened_at.isoformat()}
        if message.number:
            written |= {"telephone": message.number, "template": message.template, "text": message.text}
            written["parameters"] = dict(message.parameters)
        else:
            written["details"] = dict(message.details)
        body = json.dumps(written, ensure_ascii=False).encode()
        proof = signed(secret_of(self.secret_file), body, at_seconds=int(time.time()))
        self.ways.post(self.url, body, {KEY: message.id, **proof})
