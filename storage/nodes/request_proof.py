"""A request between nodes proves who sends it, to whom, for what, and that it is sent once."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Mapping
from email.message import Message
from typing import Final

TIME_HEADER: Final = "X-TierRead-Time"
NONCE_HEADER: Final = "X-TierRead-Nonce"
TOKEN_HEADER: Final = "X-TierRead-Token"  # noqa: S105 # a header's name
VALID_SECONDS: Final = 30
"""A proof is valid so long before and after its time; clocks of nodes may differ by as much."""
MOST_REMEMBERED: Final = 200_000
"""Proofs of the last minute that are remembered, about 30 MB; more are refused until some have grown old."""
_TIME: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_NONCE: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


def proof(key: bytes, holder: str, method: str, path: str, at: int) -> dict[str, str]:
    """The headers of one request to the node ``holder``; ``path`` names the range, ``at`` is in seconds since 1970."""
    nonce = secrets.token_hex(16)
    return {TIME_HEADER: str(at), NONCE_HEADER: nonce, TOKEN_HEADER: _token(key, holder, method, path, at, nonce)}


class Proofs:
    """Checks the proofs of requests to this node, each good once: what was overheard is not good again.

    A restarted process remembers none, so a proof made before ``started_at`` (seconds since 1970) is refused.
    """

    def __init__(self, key: bytes, holder: str, started_at: float, *, most: int = MOST_REMEMBERED) -> None:
        self._key = key
        self._holder = holder
        self._started_at = int(started_at)
        self._most = most
        self._lock = threading.Lock()
        self._seen: dict[int, set[bytes]] = {}
        """Nonces by the time of their proof."""

    def holds(self, headers: Mapping[str, str] | Message, method: str, path: str, now: float) -> bool:
        """Whether a request is proved now; the same proof does not hold again."""
        time, nonce, said = (headers.get(name, "") for name in (TIME_HEADER, NONCE_HEADER, TOKEN_HEADER))
        if not _TIME.fullmatch(time) or not _NONCE.fullmatch(nonce):
            return False
        at = int(time)
        if at < self._started_at or abs(now - at) > VALID_SECONDS:
            return False
        right = _token(self._key, self._holder, method, path, at, nonce)
        if not hmac.compare_digest(said.encode("latin-1", "replace"), right.encode()):
            return False
        return self._is_new(at, bytes.fromhex(nonce), now)

    def _is_new(self, at: int, nonce: bytes, now: float) -> bool:
        with self._lock:
            for old in [each for each in self._seen if now - each > VALID_SECONDS]:
                del self._seen[old]
            if nonce in self._seen.get(at, ()) or sum(map(len, self._seen.values())) >= self._most:
                return False
            self._seen.setdefault(at, set()).add(nonce)
        return True


def _token(key: bytes, holder: str, method: str, path: str, at: int, nonce: str) -> str:  # noqa: PLR0917 - what it binds
    return hmac.new(key, "\n".join((method, holder, path, str(at), nonce)).encode(), hashlib.sha256).hexdigest()
