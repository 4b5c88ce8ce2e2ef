"""One anchor: its content, and its file, which the seal of the installation signs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from reading.audit import Head
from reading.reports.seal import Seal, canonical, key_id

FOLDER: Final = "anchors/"
_DOMAIN: Final = b"tierread anchor\n"
"""Precedes what the seal signs, so that no other signature of the installation passes for an anchor."""


class Forged(Exception):
    """The file was not written by the installation whose key was given, or was changed since."""


@dataclass(frozen=True, kw_only=True)
class Restored:
    """A restored backup: what came between it and the last anchor is lost, and says so for good."""

    from_number: int
    """The newest anchor that the backup knew."""
    events: int
    """Events of the audit that were anchored and are lost."""


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """What stood in the database at a moment; each names the one before."""

    number: int
    """Counted from 1 without gaps."""
    at: datetime
    node: str
    previous: bytes
    """SHA-256 of the file of the anchor before; `FIRST` in the first one."""
    heads: Mapping[str, Head]
    """The end of every chain of the audit, by its writer. A chain that was gone keeps the end that it had."""
    signatures: Mapping[str, bytes]
    """Signatures of reports that no earlier anchor has: id of the row, SHA-256 of the row."""
    mark: str
    """The greatest id of a signature that is in this anchor or in one before."""
    restored: Restored | None = None

    @property
    def key(self) -> str:
        """The key of its file in an object store."""
        return key_of(self.number)


def key_of(number: int) -> str:
    return f"{FOLDER}{number:010}.json"


def number_of(key: str) -> int | None:
    """The number of the anchor under a key; None for another object."""
    stem = key.removeprefix(FOLDER).removesuffix(".json")
    return int(stem) if stem.isascii() and stem.isdigit() else None


def digest_of(file: bytes) -> bytes:
    return hashlib.sha256(file).digest()


def signed(anchor: Anchor, seal: Seal) -> bytes:
    """The file of an anchor: JSON that anybody can read, with the seal's signature over it."""
    said = _to_json(anchor)
    return canonical(
        {"anchor": said, "key_id": seal.key_id, "signature": seal.sign(_DOMAIN + canonical(said)).hex()},
    )


def opened(file: bytes, key: Ed25519PublicKey) -> Anchor:
    """The anchor in a file, after a check of its signature.

    Raises:
        Forged: the file is damaged, or another key signed it.

    """
    try:
        found = json.loads(file)
        key.verify(bytes.fromhex(found["signature"]), _DOMAIN + canonical(found["anchor"]))
        if found["key_id"] != key_id(key):
            raise Forged
        return _from_json(found["anchor"])
    except (ValueError, TypeError, KeyError, AttributeError, InvalidSignature) as other:
        raise Forged from other


def _to_json(anchor: Anchor) -> dict[str, Any]:
    restored = anchor.restored
    return {
        "number": anchor.number,
        "at": anchor.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "node": anchor.node,
        "previous": anchor.previous.hex(),
        "heads": {head.writer: [head.number, head.digest.hex()] for head in anchor.heads.values()},
        "signatures": {row: digest.hex() for row, digest in anchor.signatures.items()},
        "mark": anchor.mark,
        "restored": restored and {"from_number": restored.from_number, "events": restored.events},
    }


def _from_json(said: Mapping[str, Any]) -> Anchor:
    restored = said["restored"]
    return Anchor(
        number=said["number"],
        at=datetime.fromisoformat(said["at"]),
        node=said["node"],
        previous=bytes.fromhex(said["previous"]),
        heads={
            writer: Head(writer=writer, number=number, digest=bytes.fromhex(digest))
            for writer, (number, digest) in said["heads"].items()
        },
        signatures={row: bytes.fromhex(digest) for row, digest in said["signatures"].items()},
        mark=said["mark"],
        restored=restored and Restored(from_number=restored["from_number"], events=restored["events"]),
    )
