"""Passkeys (W3C Web Authentication, level 3) as a second factor: options for the browser, and the check of its answer.

A challenge is never stored. It is a keyed digest of the session, of what it is for and of how many answers were taken
before, so that no answer is taken twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from reading.errors import Invalid
from reading.patients.keys import Keys

RELYING_PARTY: Final = "TierRead"
LONGEST_ANSWER: Final = 20_000
"""Characters of JSON; an answer without attestation has some hundreds."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the browser is: passkeys are bound to a host with a name."""

    host: str
    """The relying party's id."""
    origin: str


@dataclass(frozen=True, kw_only=True)
class Credential:
    """What is kept of a passkey."""

    id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int


def challenge(keys: Keys, token_digest: bytes, purpose: str, taken: int) -> bytes:
    """``taken``: of the person's passkeys, how many there were and how often they answered."""
    return keys.digest("passkey", token_digest.hex(), purpose, str(taken))


def creation_options(place: Place, *, person_id: str, username: str, challenge: bytes, known: Sequence[bytes]) -> str:
    """JSON for `navigator.credentials.create`; ``known`` are credentials that the person has already."""
    from webauthn import generate_registration_options, options_to_json  # noqa: PLC0415 -- a quarter of the start
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor  # noqa: PLC0415

    return options_to_json(
        generate_registration_options(
            rp_id=place.host,
            rp_name=RELYING_PARTY,
            user_id=person_id.encode(),
            user_name=username,
            challenge=challenge,
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
    )


def request_options(place: Place, *, challenge: bytes, known: Sequence[bytes]) -> str:
    """JSON for `navigator.credentials.get`."""
    from webauthn import generate_authentication_options, options_to_json  # noqa: PLC0415
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor  # noqa: PLC0415

    return options_to_json(
        generate_authentication_options(
            rp_id=place.host,
            challenge=challenge,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
    )


def made(place: Place, answer: str, challenge: bytes) -> Credential:
    """The new credential in a browser's answer.

    Raises:
        Invalid: it answers another challenge, comes from another origin, or is no such answer.

    """
    from webauthn import verify_registration_response  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    try:
        checked = verify_registration_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as refused:
        raise Invalid("passkey", "answer") from refused
    return Credential(id=checked.credential_id, public_key=checked.credential_public_key, sign_count=checked.sign_count)


def answered_by(answer: str) -> bytes | None:
    """The id of the credential that an answer claims to be of; None where it is no answer."""
    from webauthn.helpers import base64url_to_bytes  # noqa: PLC0415

    try:
        return base64url_to_bytes(str(_read(answer)["id"]))
    except (ValueError, KeyError, TypeError):
        return None


def new_count(place: Place, answer: str, challenge: bytes, kept: Credential) -> int | None:
    """The signature counter of a good answer; None for a bad one, and for one whose counter did not go on (7.2.22)."""
    from webauthn import verify_authentication_response  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    try:
        checked = verify_authentication_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=kept.public_key,
            credential_current_sign_count=kept.sign_count,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return checked.new_sign_count


def _read(answer: str) -> dict[str, object]:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("too long for an answer")
    read = json.loads(answer)
    if not isinstance(read, dict):
        raise TypeError("no object")
    return read
