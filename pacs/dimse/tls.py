"""TLS for associations by PS3.15 B.12 (BCP 195, RFC 8996 and RFC 9325), with certificates that may be renewed."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

import structlog

from pacs.errors import WrongSetup

CIPHERS: Final = (
    # RFC 9325 4.2, in its order of preference; TLS 1.3 has suites of its own, all of which are allowed.
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
)

ContextSource: TypeAlias = Callable[[], ssl.SSLContext]
"""Asked for the context of each new connection, so that a renewed certificate is used from then on."""

_log: Final = structlog.get_logger()


class ClientCertificate(StrEnum):
    """Whether a caller must show a certificate."""

    OPTIONAL = "optional"
    """A certificate that is shown must be valid; a device that is bound to one must show it."""
    REQUIRED = "required"


class Failure(StrEnum):
    """Why a handshake failed, as far as our side knows."""

    NOT_TLS = "not_tls"
    """The caller does not speak TLS: most likely plain DICOM."""
    OLD_TLS = "old_tls"
    """Both sides support no common protocol version or cipher suite."""
    NO_CERTIFICATE = "no_certificate"
    CERTIFICATE_EXPIRED = "certificate_expired"
    """Or not valid yet, as with a wrong clock."""
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    """No known authority signed it."""
    DISTRUSTS_US = "distrusts_us"
    """The caller does not accept our certificate."""
    FAILED = "tls_failed"


class UnusableCertificate(WrongSetup):
    """The files cannot be used for TLS; ``path`` is the wrong one."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem


@dataclass(frozen=True, kw_only=True)
class CertificateFiles:
    """PEM files: our certificate and key, and the authorities that we trust."""

    certificate: Path | None = None
    """Followed by its intermediate certificates."""
    key: Path | None = None
    authorities: Path | None = None
    """Certificates of authorities, or of single devices that are trusted directly."""

    @property
    def all(self) -> tuple[Path, ...]:
        return tuple(path for path in (self.certificate, self.key, self.authorities) if path is not None)


class Certificates:
    """TLS contexts of these files; after a file changes, new connections use it."""

    def __init__(
        self, files: CertificateFiles, client_certificate: ClientCertificate = ClientCertificate.OPTIONAL
    ) -> None:
        """Read the files.

        Raises:
            UnusableCertificate: a file cannot be used.

        """
        self._files = files
        self._client_certificate = client_certificate
        self._lock = threading.Lock()
        self._looks = _fingerprints(files.all)
        self._server, self._client = self._made()

    def server(self) -> ssl.SSLContext:
        """The context for connections that we accept."""
        self._refresh()
        return self._server

    def client(self) -> ssl.SSLContext:
        """The context for connections that we open; the peer's certificate must be trusted, whatever name is in it."""
        self._refresh()
        return self._client

    def _refresh(self) -> None:
        with self._lock:
            looks = _fingerprints(self._files.all)
            if looks == self._looks:
                return
            self._looks = looks  # also where the files are unusable: they are read again after their next change
            try:
                self._server, self._client = self._made()
            except UnusableCertificate as unusable:
                _log.error("certificate_unusable", file=unusable.path.name, problem=unusable.problem)
            else:
                _log.info("certificate_renewed")

    def _made(self) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        return self._server_context(), self._client_context()

    def _server_context(self) -> ssl.SSLContext:
        made = _profile(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        made.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_TICKET
        self._show_ours(made)
        if self._trust(made):
            required = self._client_certificate is ClientCertificate.REQUIRED
            made.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        return made

    def _client_context(self) -> ssl.SSLContext:
        made = _profile(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        made.check_hostname = False  # devices are known by address, and their certificates rarely name one
        self._show_ours(made)
        if not self._trust(made):
            made.load_default_certs()
        return made

    def _show_ours(self, made: ssl.SSLContext) -> None:
        certificate, key = self._files.certificate, self._files.key
        if certificate is None:
            return
        try:
            made.load_cert_chain(certificate, key, password=_no_password)
        except ssl.SSLError as wrong:
            # OpenSSL does not say which of the two files is wrong, except for a mismatch.
            mismatch = wrong.reason == "KEY_VALUES_MISMATCH"
            problem = "the key is not that of the certificate" if mismatch else "no certificate with a plain key in PEM"
            raise UnusableCertificate(certificate, problem) from wrong
        except OSError as unreadable:
            raise UnusableCertificate(
                _unreadable_of((certificate, key or certificate)), "cannot be read"
            ) from unreadable

    def _trust(self, made: ssl.SSLContext) -> bool:
        """Load the authorities; False where none are configured."""
        path = self._files.authorities
        if path is None:
            return False
        try:
            made.load_verify_locations(path)
        except ssl.SSLError as wrong:
            raise UnusableCertificate(path, "no certificate in PEM") from wrong
        except OSError as unreadable:
            raise UnusableCertificate(path, "cannot be read") from unreadable
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # trust a device's own certificate in the file
        return True


def digest_of(sock: ssl.SSLSocket) -> bytes | None:
    """SHA-256 of the peer's certificate; None where it showed none."""
    shown = sock.getpeercert(binary_form=True)
    return hashlib.sha256(shown).digest() if shown else None


def failure_of(error: ssl.SSLError) -> Failure:
    """The failure that an error of OpenSSL stands for."""
    if isinstance(error, ssl.SSLCertVerificationError):
        # X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED.
        return Failure.CERTIFICATE_EXPIRED if error.verify_code in {9, 10} else Failure.CERTIFICATE_UNTRUSTED
    reason = error.reason or ""
    return next(
        (failure for failure, words in _REASONS.items() if any(word in reason for word in words)), Failure.FAILED
    )


_REASONS: Final = {
    Failure.NO_CERTIFICATE: ("PEER_DID_NOT_RETURN_A_CERTIFICATE",),
    Failure.NOT_TLS: (
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "HTTPS_PROXY_REQUEST",
        "UNKNOWN_PROTOCOL",
        "RECORD_LAYER",
    ),
    Failure.OLD_TLS: ("UNSUPPORTED_PROTOCOL", "NO_SHARED_CIPHER", "VERSION_TOO_LOW", "PROTOCOL_VERSION"),
    Failure.DISTRUSTS_US: ("ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE", "ALERT_UNSUPPORTED_CERT"),
}
"""Parts of OpenSSL's reasons."""


def _profile(made: ssl.SSLContext) -> ssl.SSLContext:
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers(":".join(CIPHERS))
    made.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    return made


def _no_password() -> str:
    """No password, so that OpenSSL refuses an encrypted key instead of asking at the terminal."""
    return ""


def _fingerprints(paths: Sequence[Path]) -> tuple[tuple[int, int, int] | None, ...]:
    """Inode, time and size of each file, which change with its content; None where it is missing."""
    looks: list[tuple[int, int, int] | None] = []
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            looks.append(None)
        else:
            looks.append((found.st_ino, found.st_mtime_ns, found.st_size))
    return tuple(looks)


def _unreadable_of(paths: Sequence[Path]) -> Path:
    for path in paths:
        try:
            path.read_bytes()
        except OSError:
            return path
    return paths[0]
