"""Settings of shares: how much one caller may take of the ports, and after which silence a part is restarted."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.installation import setting_values
from service.installation.setting_values import Networks, described


@dataclass(frozen=True, kw_only=True)
class ShareSettings:
    """The part of `Settings` that keeps one caller out of the others' way."""

    max_associations: int = field(
        default=100,
        metadata=described(
            setting_values.whole(1, 10_000),
            "Associations that a node serves at once; "
            "beyond them an idle association gives way, or the device is asked to come again.",
            unit="associations",
        ),
    )
    max_associations_per_device: int = field(
        default=25,
        metadata=described(
            setting_values.whole(1, 10_000),
            "Of these at most so many of one device, in each listener; its own longest idle one gives way to another. "
            "Where all are taken, the longest idle one of the device that has most gives way.",
            unit="associations",
        ),
    )
    dicom_request_seconds: float = field(
        default=10.0,
        metadata=described(
            setting_values.number(0.5, 300),
            "A connection that has not requested an association within this time (PROXY header and TLS included) is "
            "closed.",
            unit="seconds",
        ),
    )
    http_connections: int = field(
        default=512,
        metadata=described(
            setting_values.whole(8, 100_000),
            "Connections of HTTP that are open at once; beyond them the longest idle one of the address that has most "
            "is closed.",
            unit="connections",
        ),
    )
    http_connections_per_address: int = field(
        default=128,
        metadata=described(
            setting_values.whole(1, 100_000),
            "Of these at most so many of one address, but for trusted proxies; the longest idle one gives way.",
            unit="connections",
        ),
    )
    http_request_seconds: float = field(
        default=10.0,
        metadata=described(
            setting_values.number(0.5, 300),
            "The head of a request must have arrived within this time; from then on its body must come faster than "
            "1 KiB/s.",
            unit="seconds",
        ),
    )
    metrics_networks: Networks = field(
        default=(),
        metadata=described(
            setting_values.networks,
            "Addresses that may read /metrics, separated by commas; never through a proxy. Empty: this machine alone.",
        ),
    )
    restart_after_seconds: float = field(
        default=60.0,
        metadata=described(
            setting_values.number(2, 86400),
            "A part of the service that has not answered at its own door for so long is ended and started again.",
            unit="seconds",
        ),
    )
