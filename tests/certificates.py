"""An authority for a test, and the certificates that it signs: good ones, expired ones, strangers'."""

from __future__ import annotations

import datetime as dt
import hashlib
import ssl
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)
LOOPBACK = IPv4Address("127.0.0.1")


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """PEM files, and what a register keeps of the certificate."""

    certificate: Path
    key: Path
    digest: bytes
    built: x509.Certificate
    private: ec.EllipticCurvePrivateKey

    def client(self, authority: Certificate) -> ssl.SSLContext:
        """What a device calls with that shows this certificate and trusts ``authority``."""
        made = trusting(authority)
        made.load_cert_chain(self.certificate, self.key)
        return made


def make(
    folder: Path,
    name: str,
    *,
    signed_by: Certificate | None = None,
    since: dt.timedelta = -DAY,
    until: dt.timedelta = 10 * DAY,
) -> Certificate:
    """A certificate in ``folder``; without ``signed_by`` it is its own authority. Times count from now."""
    now = dt.datetime.now(dt.UTC)
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = signed_by.built.subject if signed_by else subject
    key_id = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    issuer_key = signed_by.private.public_key() if signed_by else private.public_key()
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since)
        .not_valid_after(now + until)
        .add_extension(x509.BasicConstraints(ca=signed_by is None, path_length=None), critical=True)
        .add_extension(key_id, critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(LOOPBACK)]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
        .sign(signed_by.private if signed_by else private, hashes.SHA256())
    )
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    shown = built.public_bytes(serialization.Encoding.DER)
    return Certificate(
        certificate=certificate, key=key, digest=hashlib.sha256(shown).digest(), built=built, private=private
    )


def trusting(authority: Certificate) -> ssl.SSLContext:
    """What a device calls with that shows no certificate."""
    made = ssl.create_default_context(cafile=str(authority.certificate))
    made.check_hostname = False
    return made
