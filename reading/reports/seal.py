"""The installation's seal: an Ed25519 key that shows a change to what was signed here. Not an electronic signature."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from reading.cases.moves import SigningRole
from reading.errors import KeyFileUnfit
from reading.kinds import Role
from reading.patients.keys import key_file
from reading.reports.not_shown import EVERYTHING_SHOWN, NotShown
from reading.reports.versions import ReportVersion, Signature
from reading.viewers import RoleGrant, Staff
from storage.ids import new_id

ALGORITHM: Final = "Ed25519"
BLIND_READING: Final = "blind"
"""What the payload of a blind reading says of it; no report stands on one alone."""
CONSENSUS: Final = "consensus"
"""What the payload says of words in which two who read blind agree; no report stands on the signature of one alone."""


class Seal:
    """Signs payloads with the installation's private key, and draws samples that nobody can foresee."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key()
        self.key_id = key_id(self.public_key)

    @classmethod
    def from_folder(cls, folder: Path) -> Seal:
        """The seal in ``folder/seal.pem``, made at the first start.

        Raises:
            KeyFileUnfit: the file is open to others or is not an Ed25519 key.

        """
        path = folder / "seal.pem"
        key = load_pem_private_key(key_file(path, _new_key), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileUnfit(path, "not_ed25519")
        return cls(key)

    def sign(self, payload: bytes) -> bytes:
        return self._key.sign(payload)

    def draws(self, case_id: str, percent: float) -> bool:
        """Whether a case belongs to the sample.

        The same case is always drawn alike, nobody can foresee it without the private key, and anybody
        can check it afterwards with the public one: Ed25519 signatures are deterministic (RFC 8032 5.1.6).
        """
        number = int.from_bytes(hashlib.sha256(self.sign(f"tierread sample {case_id}".encode())).digest()[:8])
        return number < (percent / 100) * 2**64


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def sign_version(
    seal: Seal,
    version: ReportVersion,
    role: SigningRole,
    staff: Staff,
    grant: RoleGrant,
    *,
    now: datetime,
    not_shown: NotShown = EVERYTHING_SHOWN,
    confirmed_checks: Sequence[str] = (),
    reading: str = "",
) -> Signature:
    """A person's signature under a version: over its text, the identity shown beside it, and the image set.

    ``not_shown``: the images that were not on this person's screen; ``confirmed_checks``: what the checks of the text
    found and this person means all the same. Both stand in the payload alone, with their name; so does it that the
    ``reading`` was blind (`BLIND_READING`) or a `CONSENSUS`, and that a resident signed.
    """
    payload = canonical(
        {
            "version_id": version.id,
            "case_id": version.case_id,
            "number": version.number,
            "content": version.content.to_json(),
            "identity": version.identity,
            "images": hashlib.sha256(canonical(version.images)).hexdigest(),
            "incomplete_reason": version.incomplete_reason,
            "role": role,
            "person_id": staff.person_id,
            "name": staff.name,
            "title": staff.title,
            "grant_id": grant.id,
            "organisation_id": grant.organisation_id,
            "signed_at": now.astimezone(UTC).isoformat(timespec="microseconds"),
            **({"consultations": list(version.consultations)} if version.consultations else {}),
            **({"not_shown": not_shown.to_json()} if not_shown.series else {}),
            **({"confirmed_checks": list(confirmed_checks)} if confirmed_checks else {}),
            **({"reading": reading} if reading else {}),
            **({"in_training": True} if grant.role is Role.RESIDENT else {}),
        }
    )
    return Signature(
        id=new_id(),
        version_id=version.id,
        role=role,
        person_id=staff.person_id,
        grant_id=grant.id,
        signed_at=now,
        algorithm=ALGORITHM,
        key_id=seal.key_id,
        payload=payload,
        value=seal.sign(payload),
    )


def holds(signature: Signature, version: ReportVersion, key: Ed25519PublicKey) -> bool:
    """Whether a signature is valid and covers the version as it stands."""
    if not _is_signed(key.public_bytes(Encoding.Raw, PublicFormat.Raw), signature.value, signature.payload):
        return False
    payload = said(signature)
    if payload.get("consultations", []) != list(version.consultations):
        return False
    return signature.key_id == key_id(key) and payload == {
        **payload,
        "version_id": version.id,
        "case_id": version.case_id,
        "number": version.number,
        "content": version.content.to_json(),
        "identity": version.identity,
        "images": hashlib.sha256(canonical(version.images)).hexdigest(),
        "incomplete_reason": version.incomplete_reason,
        "role": signature.role,
        "person_id": signature.person_id,
        "grant_id": signature.grant_id,
        "signed_at": signature.signed_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }


@lru_cache(maxsize=4096)
def _is_signed(key: bytes, value: bytes, payload: bytes) -> bool:
    """Remembered, since the same reports stand in many lists: an Ed25519 verification takes 0.1 ms."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(value, payload)
    except InvalidSignature:
        return False
    return True


def said(signature: Signature) -> Mapping[str, Any]:
    """The payload, where it is one of ours; nothing else equals what a version says."""
    try:
        payload = json.loads(signature.payload)
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def payload_of(signature: Signature) -> dict[str, Any]:
    """The content of a signature's payload."""
    return json.loads(signature.payload)


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and no spaces, so that equal values have equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
