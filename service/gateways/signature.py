"""The signature of a body: HMAC-SHA256 over the moment and the body, so that nobody changes or repeats it later."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

TIMESTAMP: Final = "X-TierRead-Timestamp"
"""Seconds since 1970; a receiver refuses what is older than five minutes."""
SIGNATURE: Final = "X-TierRead-Signature"
KEY: Final = "Idempotency-Key"
"""The id of the message: a receiver takes it once."""


def signed(secret: bytes, body: bytes, *, at_seconds: int) -> dict[str, str]:
    """The headers: ``v1=`` and the digest in hexadecimal of ``TIMESTAMP.BODY``."""
    stamp = str(at_seconds)
    digest = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {TIMESTAMP: stamp, SIGNATURE: f"v1={digest}"}
