"""Settings of the audit's way out: the collector that it is sent to, and who is believed to be it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from service.installation import setting_values
from service.installation.setting_values import described


@dataclass(frozen=True, kw_only=True)
class AuditSettings:
    """The part of `Settings` that sends the audit to a collector."""

    audit_collector: str = field(
        default="",
        metadata=described(
            setting_values.address,
            "Collector that every event of the audit is sent to as syslog over TLS (RFC 5425), such as "
            "`siem.example.cn:6514`. What a message holds stands in docs/audit.md. Empty: none.",
        ),
    )
    audit_collector_authorities_file: Path | None = field(
        default=None,
        metadata=described(
            setting_values.folder,
            "Certificates in PEM of the authorities that sign the collector's, which has to carry its name. "
            "Empty: those that this machine trusts.",
        ),
    )
    audit_collector_certificate_file: Path | None = field(
        default=None,
        metadata=described(
            setting_values.folder, "Our certificate in PEM, for a collector that asks for one. Empty: none is shown."
        ),
    )
    audit_collector_key_file: Path | None = field(
        default=None,
        metadata=described(setting_values.folder, "The key of that certificate in PEM, not encrypted."),
    )
