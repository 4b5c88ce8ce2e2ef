"""What was acknowledged survives a disk that forgets whatever was not flushed, the index included."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from storage.database import snapshot
from storage.index.queries import Entered, Index, instance_of
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from storage.rebuild.dead_writers import recover
from storage.segments.spool import Spool
from tests.storage.instances import HEAD, opened, provenance, row, store
from tests.storage.unflushed import ForgetfulDisk

SENDERS = 4


def _send(spool: Spool, index: Index, sender: int, acknowledged: dict[str, bytes], stop: threading.Event) -> None:
    rng = random.Random(sender)
    number = 0
    while not stop.is_set():
        number += 1
        study = f"1.{sender}.{number // 5}"
        body = rng.randbytes(rng.randint(1, 20_000))
        one = row(
            number, sop_instance_uid=f"{study}.1.{number}", series_uid=f"{study}.1", study_uid=study, patient_id=study
        )
        if number % 7 == 0:  # some sender breaks off in the middle
            with spool.borrow(study) as segment:
                segment.begin("broken.dcm", HEAD).write(body)
        elif store(spool, index, one, body, provenance()) is Entered.NEW:
            acknowledged[one.sop_instance_uid] = body


def test_power_fails_while_four_senders_send(
    database_url: str, tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool_dir = tmp_path / "spool"
    disk = ForgetfulDisk(tmp_path)
    acknowledged: dict[str, bytes] = {}
    stop = threading.Event()
    moments: list[dict[str, bytes]] = []
    with disk.watching(monkeypatch), opened(database_url, spool_dir) as (spool, index, _):
        threads = [
            threading.Thread(target=_send, args=(spool, index, sender, acknowledged, stop)) for sender in range(SENDERS)
        ]
        for thread in threads:
            thread.start()
        for moment in range(5):
            while len(acknowledged) < 15 * (moment + 1):
                stop.wait(0.01)
            moments.append(dict(acknowledged))
            disk.fail_power(tmp_path / f"after-{moment}")
        stop.set()
        for thread in threads:
            thread.join()

    for moment, promised in enumerate(moments):
        database = tmp_path / f"after-{moment}.db"
        database.write_bytes(sqlite_template.read_bytes())
        lost = _lost(f"sqlite:///{database}", tmp_path / f"after-{moment}" / "spool", promised)

        assert len(promised) >= 15 * (moment + 1)
        assert lost == []


def _lost(database_url: str, spool_dir: Path, promised: dict[str, bytes]) -> list[str]:
    """What was promised and is not there, byte for byte, after a start on an empty database."""
    with opened(database_url, spool_dir) as (spool, index, engine):
        recover(spool, index)
        return [uid for uid, body in promised.items() if _read(spool, engine, uid) != body]


def _read(spool: Spool, engine: Engine, uid: str) -> bytes | None:
    with snapshot(engine) as tx:
        found = instance_of(tx, uid)
    if found is None:
        return None
    reader = Bytes(spool.directory, FolderObjectStore(spool.directory / "objects"), engine)
    return reader.read(found, len(HEAD), found.size - len(HEAD))
