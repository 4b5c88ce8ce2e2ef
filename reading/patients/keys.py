"""The keys of this installation: one for the digests that find identifiers, one for the ciphertext that shows them."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reading.errors import KeyFileUnfit, WrongKey

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
"""96 bits, as NIST SP 800-38D 8.2 recommends for GCM."""
VERSION: Final = b"\x01"
"""First byte of a ciphertext, so that another cipher or key can follow one day."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """One key to find identifiers by (HMAC-SHA256), one to show them again (AES-256-GCM)."""

    digest_key: bytes = field(repr=False)
    cipher_key: bytes = field(repr=False)

    def digest(self, *values: str) -> bytes:
        """32 bytes that are equal for equal arguments only; without the key they reveal nothing."""
        # Every typed text has a digest, also one with halves of surrogate pairs.
        parts = (part.encode(errors="surrogatepass") for part in values)
        # Each part has its length in front, so that no two lists of parts give the same message.
        message = b"".join(len(part).to_bytes(4) + part for part in parts)
        return hmac.new(self.digest_key, message, hashlib.sha256).digest()

    def seal(self, value: str, purpose: str = "") -> bytes:
        """A ciphertext that opens only with the same ``purpose``; different each time."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return VERSION + nonce + AESGCM(self.cipher_key).encrypt(nonce, value.encode(), VERSION + purpose.encode())

    def open(self, sealed: bytes, purpose: str = "") -> str:
        """What was sealed.

        Raises:
            WrongKey: another key, another purpose, or changed bytes.

        """
        version, nonce, body = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if version != VERSION or len(nonce) != NONCE_BYTES:
            raise WrongKey
        try:
            return AESGCM(self.cipher_key).decrypt(nonce, body, version + purpose.encode()).decode()
        except InvalidTag:
            raise WrongKey from None


def keys_in(directory: Path) -> Keys:
    """The keys in a folder, made at the first start.

    Raises:
        KeyFileUnfit: a file there is open to others or is not a key.

    """
    return Keys(
        digest_key=_of_32_bytes(directory / "identifiers.hmac"),
        cipher_key=_of_32_bytes(directory / "identifiers.aes"),
    )


def key_file(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of a key's file of mode 0600; where it is missing, one of the processes that start makes it.

    Raises:
        KeyFileUnfit: others may read or write the file.

    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _make(path, make())
    if path.stat().st_mode & 0o077:
        raise KeyFileUnfit(path, "open_to_others")
    return path.read_bytes()


def _of_32_bytes(path: Path) -> bytes:
    key = key_file(path, lambda: secrets.token_bytes(KEY_BYTES))
    if len(key) != KEY_BYTES:
        raise KeyFileUnfit(path, "length")
    return key


def _make(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A link appears whole or not at all, and replaces no file: the second process uses the key of the first.
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    _flush_directory(path.parent)


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
