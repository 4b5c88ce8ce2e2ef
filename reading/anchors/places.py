"""Where anchors are kept: the object store, the second one, the database, and a note in the data folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.anchors.anchor import FOLDER, Anchor, key_of, number_of
from reading.tables import audit_anchor
from storage.objects.store import NoSuchObject, ObjectStore


@dataclass(frozen=True, kw_only=True)
class Places:
    """Places that only together can be made to forget an anchor."""

    engine: Engine
    store: ObjectStore
    copy: ObjectStore | None
    """The second store; None where there is none."""
    folder: Path
    """The data folder of this node."""

    @property
    def note(self) -> Path:
        """The number of the last anchor that this node wrote or saw."""
        return self.folder / "anchored.json"

    @property
    def restore_note(self) -> Path:
        """Says that a backup was restored and no anchor tells of it yet."""
        return self.folder / "restored.json"


def put(places: Places, anchor: Anchor, file: bytes) -> None:
    """Store the file of an anchor in every object store, and note its number.

    Raises:
        StoreAway, StoreRefuses: of a store.

    """
    with TemporaryDirectory(dir=places.folder) as folder:
        path = Path(folder) / "anchor.json"
        path.write_bytes(file)
        with path.open("rb") as written:
            os.fsync(written.fileno())
        for store in (places.store, places.copy):
            if store is not None:
                store.put_file(anchor.key, path)
    _note(places, anchor.number)


def get(places: Places, number: int) -> bytes | None:
    """The file of an anchor from whichever store has it.

    Raises:
        StoreAway, StoreRefuses: of a store.

    """
    for store in (places.store, places.copy):
        if store is not None:
            try:
                return store.open_range(key_of(number), 0, store.size(key_of(number)))
            except NoSuchObject:
                continue
    return None


def is_stored(places: Places, number: int) -> bool:
    return all(store.exists(key_of(number)) for store in (places.store, places.copy) if store is not None)


def greatest_stored(places: Places) -> int:
    """The greatest number of an anchor in any store, or noted on this node; 0 without any."""
    stores = [store for store in (places.store, places.copy) if store is not None]
    numbers = [number_of(key) or 0 for store in stores for key in store.keys(FOLDER)]
    return max([noted(places), *numbers])


def noted(places: Places) -> int:
    """The number in the note of this node; 0 without one, or where it cannot be read."""
    try:
        return int(json.loads(places.note.read_text("utf-8"))["number"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _note(places: Places, number: int) -> None:
    draft = places.note.with_suffix(".new")
    draft.write_text(json.dumps({"number": number}), "utf-8")
    draft.rename(places.note)


def newest_row(tx: Connection) -> bytes | None:
    """The file of the newest anchor that the database knows."""
    found = tx.scalar(sa.select(audit_anchor.c.file).order_by(audit_anchor.c.number.desc()).limit(1))
    return None if found is None else bytes(found)


def newest_number(tx: Connection) -> int:
    """The number of the newest anchor that the database knows; 0 without any."""
    return tx.scalar(sa.select(sa.func.max(audit_anchor.c.number))) or 0


def newest_at(tx: Connection) -> datetime | None:
    """When the newest anchor was written."""
    return tx.scalar(sa.select(sa.func.max(audit_anchor.c.at)))


def rows(tx: Connection) -> Iterator[tuple[int, bytes]]:
    """Number and digest of every anchor that the database knows, in order."""
    asked = sa.select(audit_anchor.c.number, audit_anchor.c.digest).order_by(audit_anchor.c.number)
    for number, digest in tx.execute(asked):
        yield number, bytes(digest)
