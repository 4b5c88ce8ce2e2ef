"""Settings of backups: where the worker writes them, when, and how many stay."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from service.installation import setting_values
from service.installation.setting_values import described


@dataclass(frozen=True, kw_only=True)
class BackupSettings:
    """The part of `Settings` that has the database backed up."""

    backup_dir: Path | None = field(
        default=None,
        metadata=described(
            setting_values.folder,
            "Folder into which the worker writes a backup of the database once a day, on one node. Empty: none. "
            "Keep it on another disk than the database.",
        ),
    )
    backup_hour: int = field(
        default=2,
        metadata=described(
            setting_values.whole(0, 23),
            "Hour after which the backup of a day is made, by the machine's clock.",
            unit="hour",
        ),
    )
    backup_keep: int = field(
        default=14,
        metadata=described(
            setting_values.whole(1, 10_000),
            "Backups that are kept in that folder; the oldest go first.",
            unit="backups",
        ),
    )
