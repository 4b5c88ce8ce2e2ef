"""The settings: one frozen value with every choice of an installation."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

from service.installation import setting_values
from service.installation.audit_settings import AuditSettings
from service.installation.backup_settings import BackupSettings
from service.installation.dictation_settings import DictationSettings
from service.installation.gateway_settings import GatewaySettings
from service.installation.setting_values import Networks
from service.installation.setting_values import described as _as
from service.installation.share_settings import ShareSettings
from service.installation.sign_in_settings import SignInSettings

PREFIX: Final = "TIERREAD_"


@dataclass(frozen=True, kw_only=True)
class Settings(ShareSettings, SignInSettings, AuditSettings, BackupSettings, GatewaySettings, DictationSettings):
    """What an installation may choose; docs/settings.md is checked against this class."""

    data_dir: Path = field(
        default=Path("data"),
        metadata=_as(
            setting_values.folder,
            "Folder of the embedded database, the spool, the object store, the keys and the run files.",
        ),
    )
    http_host: str = field(
        default="127.0.0.1",
        metadata=_as(
            setting_values.host, "Address that HTTP listens on. Off loopback a proxy with TLS belongs in front."
        ),
    )
    http_port: int = field(
        default=8080, metadata=_as(setting_values.whole(1, 65535), "Port that HTTP listens on.", unit="TCP port")
    )
    dicom_host: str = field(
        default="0.0.0.0",  # noqa: S104 devices are elsewhere, and unknown ones are refused
        metadata=_as(setting_values.host, "Address that the DICOM listener binds to."),
    )
    dicom_port: int = field(
        default=11112,
        metadata=_as(setting_values.whole(1, 65535), "Port that the DICOM listener binds to.", unit="TCP port"),
    )
    ae_title: str = field(default="TIERREAD", metadata=_as(setting_values.ae_title, "Our application entity title."))
    dicom_tls_port: int | None = field(
        default=None,
        metadata=_as(
            setting_values.whole(1, 65535),
            "Port that the DICOM listener binds to for TLS, beside the plain one. Empty: none.",
            unit="TCP port",
        ),
    )
    dicom_tls_certificate_file: Path | None = field(
        default=None,
        metadata=_as(
            setting_values.folder,
            "Our certificate in PEM, followed by those between it and its authority; "
            "shown to devices that call by TLS and to those that we call. It is read again when it changes.",
        ),
    )
    dicom_tls_key_file: Path | None = field(
        default=None, metadata=_as(setting_values.folder, "The key of that certificate in PEM, not encrypted.")
    )
    dicom_tls_authorities_file: Path | None = field(
        default=None,
        metadata=_as(
            setting_values.folder,
            "Certificates in PEM of the authorities that sign those of devices, or of single devices. "
            "Empty: devices are not asked for a certificate.",
        ),
    )
    dicom_tls_client_certificate: str = field(
        default="optional",
        metadata=_as(
            setting_values.one_of("optional", "required"),
            "Whether a device that calls by TLS must show a certificate: `optional` or `required`. "
            "One that is shown must be good in either case.",
        ),
    )
    dicom_trusted_proxies: Networks = field(
        default=(),
        metadata=_as(
            setting_values.networks,
            "Addresses of proxies in front of the DICOM ports, separated by commas. Their connections have to begin "
            "with a PROXY header (version 1 or 2), and the address in it is who calls.",
        ),
    )
    listeners: int = field(
        default=0,
        metadata=_as(
            setting_values.whole(0, 32),
            "DICOM listeners of this node, processes that share its ports. 0: one for each two cores, at most four; "
            "with SQLite one.",
            unit="processes",
        ),
    )
    private_sop_classes: tuple[str, ...] = field(
        default=(),
        metadata=_as(
            setting_values.uids,
            "SOP classes that are stored beside those of the standard and the known private ones of the large makers, "
            "separated by commas.",
        ),
    )
    private_transfer_syntaxes: tuple[str, ...] = field(
        default=(),
        metadata=_as(
            setting_values.uids,
            "Transfer syntaxes that are taken beside those of the standard, separated by commas. "
            "Such instances are kept and given as they came.",
        ),
    )
    database_url: str = field(
        default="",
        repr=False,  # may hold a password
        metadata=_as(
            setting_values.database_url,
            "The database, `sqlite:///FILE` or `postgresql+psycopg://USER@HOST/NAME`. "
            "Empty: SQLite, the file `tierread.db` in the data folder.",
        ),
    )
    database_url_file: Path | None = field(
        default=None,
        metadata=_as(setting_values.folder, "File that holds the database URL, for a URL with a password."),
    )
    database_owner_url: str = field(
        default="",
        repr=False,  # may hold a password
        metadata=_as(
            setting_values.database_url,
            "The same PostgreSQL database as the role that owns its tables: it migrates and gives the role of the "
            "database URL its rights. `prepare` and `restore` need it. Empty: the database URL's role does both.",
        ),
    )
    database_owner_url_file: Path | None = field(
        default=None,
        metadata=_as(setting_values.folder, "File that holds the owner's database URL."),
    )
    object_store: str = field(
        default="",
        metadata=_as(
            setting_values.object_store,
            "Where sealed segments are stored, a folder or `s3://BUCKET/PREFIX` with a bucket that exists. "
            "Empty: the folder `objects` in the data folder.",
        ),
    )
    copy_store: str = field(
        default="",
        metadata=_as(
            setting_values.object_store,
            "Where a second copy of everything in the object store goes, a folder on another disk or "
            "`s3://BUCKET/PREFIX` at the same S3 server. Empty: there is none.",
        ),
    )
    s3_endpoint: str = field(default="", metadata=_as(setting_values.endpoint, "Address of the S3 server."))
    s3_access_key_file: Path | None = field(
        default=None, metadata=_as(setting_values.folder, "File that holds the S3 access key.")
    )
    s3_secret_key_file: Path | None = field(
        default=None, metadata=_as(setting_values.folder, "File that holds the S3 secret key.")
    )
    s3_retention_days: int | None = field(
        default=None,
        metadata=_as(
            setting_values.whole(1, 36_500),
            "How long the S3 server refuses to delete what is stored, from the day on which it was; "
            "the bucket was made with object lock. Empty: nothing is locked.",
            unit="days",
        ),
    )
    s3_retention_mode: str = field(
        default="governance",
        metadata=_as(
            setting_values.one_of("governance", "compliance"),
            "Who may delete it earlier all the same: whoever the bucket lets, or nobody at all: "
            "`governance` or `compliance`.",
        ),
    )
    cache_dir: Path | None = field(
        default=None,
        metadata=_as(
            setting_values.folder,
            "Folder of what was read from an S3 server and may be read again; the processes of a node share it. "
            "Empty: the folder `cache` in the data folder.",
        ),
    )
    cache_mib: int = field(
        default=2048,
        metadata=_as(
            setting_values.whole(0, 1 << 30),
            "Size of that folder. It gives way when the disk has less than 1 GiB left. 0: none.",
            unit="MiB",
        ),
    )
    public_origin: str = field(
        default="",
        metadata=_as(
            setting_values.endpoint,
            "How people reach us, such as `https://reports.example.cn`. Empty: as each request says. Links, slips and "
            "receipts then name the address that somebody came by, and where that is this machine's own, which opens "
            "nowhere else, the pages say so.",
        ),
    )
    trusted_proxies: Networks = field(
        default=(),
        metadata=_as(
            setting_values.networks,
            "Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas.",
        ),
    )
    forward_origins: tuple[str, ...] = field(
        default=(),
        metadata=_as(
            setting_values.origins,
            "DICOMweb servers that forwarding rules may send to, such as `https://pacs.example.cn`, "
            "separated by commas. Devices are allowed by the register.",
        ),
    )
    node: str = field(
        default="",
        metadata=_as(
            setting_values.text,
            "Name of this node in the index, which says whose spool holds a segment that is not stored yet. "
            "Empty: the host name.",
        ),
    )
    keys_dir: Path | None = field(
        default=None,
        metadata=_as(
            setting_values.folder,
            "Folder of the keys, which are the same on every node of an installation. "
            "Empty: the folder `keys` in the data folder.",
        ),
    )
    spool_url: str = field(
        default="",
        metadata=_as(
            setting_values.endpoint,
            "How the other nodes reach this node's spool, such as `http://node1:8081`; it is lent on that port. "
            "Empty: this node is the only one.",
        ),
    )
    spool_host: str = field(
        default="0.0.0.0",  # noqa: S104 other nodes are elsewhere, and each shows a token
        metadata=_as(setting_values.host, "Address that the spool is lent on, where it is lent."),
    )
    quiet_seconds: float = field(
        default=60.0,
        metadata=_as(
            setting_values.number(0.1, 86400),
            "A study that received nothing for this long is no longer arriving.",
            unit="seconds",
        ),
    )
    verify_days: float = field(
        default=30.0,
        metadata=_as(
            setting_values.number(0, 3650),
            "In so many days the worker reads everything again that is stored, a part each night. 0: never.",
            unit="days",
        ),
    )
    verify_mib_per_second: float = field(
        default=40.0,
        metadata=_as(
            setting_values.number(0.1, 100_000),
            "The worker reads no faster than this when it verifies, so that it is in nobody's way.",
            unit="MiB/s",
        ),
    )
    segment_idle_seconds: float = field(
        default=10.0,
        metadata=_as(
            setting_values.number(0.1, 3600), "A segment that nobody wrote to for this long is sealed.", unit="seconds"
        ),
    )
    segment_max_mib: int = field(
        default=1024, metadata=_as(setting_values.whole(1, 65536), "Size at which a segment is sealed.", unit="MiB")
    )
    quarantine_quota_mib: int = field(
        default=1024,
        metadata=_as(
            setting_values.whole(1, 1 << 20),
            "Refused bytes of one device that are kept until somebody decides about them. What it sends wrongly beyond "
            "that is refused as before, and not kept; the page of quality says so.",
            unit="MiB",
        ),
    )
    pixel_memory_mib: int = field(
        default=768,
        metadata=_as(
            setting_values.whole(64, 1 << 20),
            "Memory of one process for decoding, drawing and transcoding pixels. A request that needs more than three "
            "quarters of it is refused; others wait until there is room.",
            unit="MiB",
        ),
    )
    compact_after_hours: float = field(
        default=6.0,
        metadata=_as(
            setting_values.number(0, 8760),
            "How long after a study was read, and its last image came, it is stored in fewer segments and smaller. "
            "0: never.",
            unit="hours",
        ),
    )
    retention_years: float = field(
        default=0.0,
        metadata=_as(
            setting_values.number(0, 200),
            "Age at which `tierread retention --erase` erases images. 0: they are kept for ever.",
            unit="years",
        ),
    )
    commitment_straggler_seconds: float = field(
        default=60.0,
        metadata=_as(
            setting_values.number(0, 86400),
            "How long a storage commitment waits for instances that have not arrived.",
            unit="seconds",
        ),
    )
    commitment_deadline_seconds: float = field(
        default=6 * 3600.0,
        metadata=_as(
            setting_values.number(1, 7 * 86400),
            "How long a storage commitment waits for the object store; then the device hears which instances are not "
            "in it, and asks again.",
            unit="seconds",
        ),
    )
    commitment_hold_seconds: float = field(
        default=300.0,
        metadata=_as(
            setting_values.number(0, 86400),
            "How long a device may wait in silence, on the association on which it asked, to hear of its storage "
            "commitment.",
            unit="seconds",
        ),
    )
    anchor_minutes: int = field(
        default=10,
        metadata=_as(
            setting_values.whole(1, 1440),
            "How often the ends of the audit's chains and the new signatures of reports are signed and written to the "
            "object store, where a change in the database cannot reach them.",
            unit="minutes",
        ),
    )
    log_level: str = field(
        default="info",
        metadata=_as(
            setting_values.one_of("debug", "info", "warning", "error"),
            "Least level that is logged: `debug`, `info`, `warning` or `error`.",
        ),
    )

    def __post_init__(self) -> None:
        data_dir = self.data_dir.absolute()
        object.__setattr__(self, "data_dir", data_dir)
        object.__setattr__(self, "keys_dir", self.keys_dir and self.keys_dir.absolute())
        object.__setattr__(self, "cache_dir", (self.cache_dir or data_dir / "cache").absolute())
        object.__setattr__(self, "database_url", self.database_url or f"sqlite:///{data_dir / 'tierread.db'}")
        object.__setattr__(self, "object_store", self.object_store or str(data_dir / "objects"))
        object.__setattr__(self, "node", self.node or socket.gethostname())


NAMES: Final = tuple(each.name for each in fields(Settings))


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()
