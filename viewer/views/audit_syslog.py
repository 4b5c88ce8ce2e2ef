"""An event of the audit as a syslog message (RFC 5424), framed for a stream (RFC 5425): IHE ITI-20."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Final

from reading.audit import Event
from viewer.views import audit_message

PRIORITY: Final = 10 * 8 + 5
"""RFC 5424 6.2.1: facility 10 (security), severity 5 (notice), as ITI-20 3.20.4.1.2.1 asks."""
MESSAGE_ID: Final = "IHE+RFC-3881"
BOM: Final = b"\xef\xbb\xbf"
"""RFC 5424 6.4: what follows is UTF-8."""
_NOT_PRINTABLE: Final = re.compile(r"[^!-~]")


def message(event: Event, site: str) -> bytes:
    """The message: who is the process that recorded the event, and the body is PS3.15 A.5."""
    node, _, process = event.writer.partition("/")
    at = event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    head = f"<{PRIORITY}>1 {at} {_word(node, 255)} tierread {_word(process, 128)} {MESSAGE_ID} - "
    return head.encode() + BOM + audit_message.written(event, site)


def frame(said: bytes) -> bytes:
    """RFC 5425 4.3: the number of octets, a space, the message."""
    return b"%d %s" % (len(said), said)


def _word(text: str, longest: int) -> str:
    """RFC 5424 6: printable ASCII without spaces; a dash for nothing."""
    return _NOT_PRINTABLE.sub("_", text)[:longest] or "-"
