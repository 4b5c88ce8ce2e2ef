"""The folder: each message is a file, for tests and for an installation that has no gateway yet. Nothing is sent."""

from __future__ import annotations

import json
import os
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from service.gateways.gateway import Failure, NotTaken, Outgoing

KEPT: Final = timedelta(days=7)
"""The files hold telephone numbers and codes."""
OURS: Final = re.compile(r"\.?[0-9A-HJKMNP-TV-Z]{26}\.json", re.ASCII)
"""A message's id, which is a ULID; a dot before it while it is written. The folder may be another's, too."""


class Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Outgoing) -> None:
        written = {
            "id": message.id,
            "kind": message.kind,
            "template": message.template,
            "telephone": message.number,
            "text": message.text,
            "parameters": dict(message.parameters),
            "details": dict(message.details),
            "at": message.happened_at.isoformat(),
        }
        try:
            self._write(f"{message.id}.json", json.dumps(written, ensure_ascii=False, indent=1).encode())
        except OSError:
            raise NotTaken(Failure.NO_ROOM) from None

    def forget(self) -> int:
        """Remove our files that are older than `KEPT`; answers how many that were."""
        if not self._folder.is_dir():
            return 0
        before = time.time() - KEPT.total_seconds()
        ours = [path for path in self._folder.iterdir() if OURS.fullmatch(path.name)]
        old = [path for path in ours if path.stat().st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._folder / f".{name}"
        opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "wb") as file:
            file.write(content)
        draft.rename(self._folder / name)
