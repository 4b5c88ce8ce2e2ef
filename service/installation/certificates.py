"""TLS for DICOM: our certificates, and the port where devices call."""

from __future__ import annotations

from pacs.dimse.listener import SecurePort
from pacs.dimse.tls import CertificateFiles, Certificates, ClientCertificate, UnusableCertificate
from service.installation.installation import CannotStart
from service.installation.settings import Settings, variable


def certificates_of(settings: Settings) -> Certificates | None:
    """The certificates that the settings name; None where they name none.

    Raises:
        CannotStart: a file that is named is of no use.

    """
    files = CertificateFiles(
        certificate=settings.dicom_tls_certificate_file,
        key=settings.dicom_tls_key_file,
        authorities=settings.dicom_tls_authorities_file,
    )
    if not files.all:
        return None
    try:
        return Certificates(files, ClientCertificate(settings.dicom_tls_client_certificate))
    except UnusableCertificate as unusable:
        names = ("dicom_tls_certificate_file", "dicom_tls_key_file", "dicom_tls_authorities_file")
        name = next((name for name in names if getattr(settings, name) == unusable.path), names[0])
        raise CannotStart(
            f"{variable(name)} names {unusable.path}, which is of no use: {unusable.problem}",
            "docs/operations.md says how certificates are made",
        ) from unusable


def secure_port(settings: Settings, certificates: Certificates | None) -> SecurePort | None:
    """The TLS port of the listener, None where there is none."""
    if settings.dicom_tls_port is None or certificates is None:
        return None
    return SecurePort(port=settings.dicom_tls_port, context=certificates.server)
