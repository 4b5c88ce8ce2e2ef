"""TLS for associations as PS3.15 B.12 asks (BCP 195, RFC 8996 and RFC 9325); certificates may be renewed meanwhile."""

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
    # RFC 9325 4.2, in its order of preference; TLS 1.3 has its own, all of which are fit.
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
)

ContextSource: TypeAlias = Callable[[], ssl.SSLContext]
"""Asked for the context of each new connection, so that a renewed certificate is used from then on."""

_log: Final = structlog.get_logger()


class ClientCertificate(StrEnum):
    """Whether who calls by TLS has to show a certificate."""

    OPTIONAL = "optional"
    """One that is shown must be good; a device that is bound to a certificate must show it."""
    REQUIRED = "required"


class Failure(StrEnum):
    """Why a handshake failed, as far as our side can know."""

    NOT_TLS = "not_tls"
    """The caller speaks something else here: plain DICOM, most likely."""
    OLD_TLS = "old_tls"
    """No protocol version or cipher suite that both sides take."""
    NO_CERTIFICATE = "no_certificate"
    CERTIFICATE_EXPIRED = "certificate_expired"
    """Or not valid yet: a clock that is wrong looks the same."""
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    """Signed by nobody whom we know."""
    DISTRUSTS_US = "distrusts_us"
    """The caller does not accept our certificate."""
    FAILED = "tls_failed"


class UnusableCertificate(WrongSetup):
    """The files do not make a certificate that can be shown; ``path`` is the one that is wrong."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem


@dataclass(frozen=True, kw_only=True)
class CertificateFiles:
    """PEM files: what we show, and who may sign what others show."""

    certificate: Path | None = None
    """With the certificates between it and the authority behind it."""
    key: Path | None = None
    authorities: Path | None = None
    """Authorities, or single certificates of devices that are trusted in themselves."""

    @property
    def all(self) -> tuple[Path, ...]:
        return tuple(path for path in (self.certificate, self.key, self.authorities) if path is not None)


class Certificates:
    """Contexts made of files; when a file changes the next connection gets the new one, others go on as they are."""

    def __init__(
        self, files: CertificateFiles, client_certificate: ClientCertificate = ClientCertificate.OPTIONAL
    ) -> None:
        """Read the files.

        Raises:
            Unusable: one of them cannot be used.

        """
        self._files = files
        self._client_certificate = client_certificate
        self._lock = threading.Lock()
        self._looks = _fingerprints(files.all)
        self._server, self._client = self._made()

    def server(self) -> ssl.SSLContext:
        """To accept with."""
        self._refresh()
        return self._server

    def client(self) -> ssl.SSLContext:
        """To call with: the peer's certificate must be signed by one of the authorities, whatever name is in it."""
        self._refresh()
        return self._client

    def _refresh(self) -> None:
        with self._lock:
            looks = _fingerprints(self._files.all)
            if looks == self._looks:
                return
            self._looks = looks  # also when they are no good: they are read again once they change again
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
            # OpenSSL does not say which of the two it is, except where they do not belong together.
            mismatch = wrong.reason == "KEY_VALUES_MISMATCH"
            problem = "the key is not that of the certificate" if mismatch else "no certificate with a plain key in PEM"
            raise UnusableCertificate(certificate, problem) from wrong
        except OSError as unreadable:
            raise UnusableCertificate(
                _unreadable_of((certificate, key or certificate)), "cannot be read"
            ) from unreadable

    def _trust(self, made: ssl.SSLContext) -> bool:
        """Whether there is a file of whom to trust."""
        path = self._files.authorities
        if path is None:
            return False
        try:
            made.load_verify_locations(path)
        except ssl.SSLError as wrong:
            raise UnusableCertificate(path, "no certificate in PEM") from wrong
        except OSError as unreadable:
            raise UnusableCertificate(path, "cannot be read") from unreadable
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a device's own certificate, put there, is enough
        return True


def digest_of(sock: ssl.SSLSocket) -> bytes | None:
    """SHA-256 of the certificate that the peer showed, None where it showed none."""
    shown = sock.getpeercert(binary_form=True)
    return hashlib.sha256(shown).digest() if shown else None


def failure_of(error: ssl.SSLError) -> Failure:
    """What a failed handshake means."""
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
"""OpenSSL's reasons, or parts of them."""


def _profile(made: ssl.SSLContext) -> ssl.SSLContext:
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers(":".join(CIPHERS))
    made.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    return made


def _no_password() -> str:
    """A key that is encrypted cannot be read; without this OpenSSL asks at the terminal."""
    return ""


def _fingerprints(paths: Sequence[Path]) -> tuple[tuple[int, int, int] | None, ...]:
    """Enough of each file to see that it is another one."""
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
