"""`tierread verify` finds a byte that changed, a segment that is gone, and an audit that was touched."""

from __future__ import annotations

import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydicom.data import get_testdata_file
from pydicom.filebase import DicomFileLike
from pydicom.filereader import dcmread
from pydicom.filewriter import write_dataset

from pacs.arriving.receive import Receiver, Sender
from storage import tables
from storage.database import connect, snapshot, transaction
from storage.index.queries import Index
from storage.segments.spool import Spool
from tests.running import TierRead


@pytest.fixture
def tierread(tmp_path: Path) -> TierRead:
    """An installation with one stored instance and one audit event."""
    made = TierRead(tmp_path)
    made.admin("org", "add", "T1", "卫生院", "--level", "township")
    file = dcmread(get_testdata_file("CT_small.dcm"))
    with io.BytesIO() as buffer:
        out = DicomFileLike(buffer)
        out.is_little_endian, out.is_implicit_VR = True, False
        write_dataset(out, file)
        content = buffer.getvalue()
    engine = connect(made.database_url)
    spool, index = Spool(made.data_dir / "spool", node="node", engine=engine), Index(engine)
    sender = Sender(device_id="D" * 26, site_id="S" * 26, issuer="T1")
    reception = Receiver(spool, index, lambda: datetime.now(UTC)).begin(
        sender, None, None, file.file_meta.TransferSyntaxUID, "import"
    )
    reception.feed(content)
    outcome = reception.finish()
    spool.close()
    index.close()
    engine.dispose()
    assert outcome.accepted
    return made


def segment_of(tierread: TierRead) -> Path:
    return next((tierread.data_dir / "spool").rglob("*.tar"))


def test_what_is_whole_is_said_to_be_whole(tierread: TierRead) -> None:
    done = tierread.run("verify", "--json")
    found = json.loads(done.stdout)

    assert done.returncode == 0
    assert (found["instances"], found["damages"], found["audit"]["breaks"]) == (1, [], [])
    assert (found["reports"], found["broken_reports"]) == (0, [])
    assert "verifying" in done.stderr


def test_a_byte_that_changed_is_found(tierread: TierRead) -> None:
    segment = segment_of(tierread)
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    done = tierread.run("verify")
    engine = connect(tierread.database_url)
    with snapshot(engine) as tx:
        marked = tx.scalars(sa.select(tables.instance.c.damaged)).all()
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    again = tierread.run("verify")
    with snapshot(engine) as tx:
        cleared = tx.scalars(sa.select(tables.instance.c.damaged)).all()
    engine.dispose()

    assert done.returncode == 1
    assert (marked, again.returncode, cleared) == ([True], 0, [False])  # sent again, it would take the damaged place
    assert f"changed: segment {segment.stem} at byte " in done.stdout
    assert "DAMAGE" in done.stdout


def test_a_part_is_read_by_chance_or_by_date(tierread: TierRead) -> None:
    found = [
        json.loads(tierread.run("verify", "--json", *arguments).stdout)["instances"]
        for arguments in (
            ("--sample", "100%"),
            ("--sample", "1"),
            ("--since", "2026-01-01"),
            ("--since", "2999-01-01T00:00"),
        )
    ]
    refused = [tierread.run("verify", *arguments).returncode for arguments in (("--sample", "0"), ("--since", "then"))]

    assert found == [1, 1, 1, 0]
    assert refused == [2, 2]


def test_a_segment_that_is_gone_and_an_audit_that_was_touched_are_found(tierread: TierRead) -> None:
    segment_of(tierread).unlink()
    engine = connect(tierread.database_url)
    with transaction(engine) as tx:
        for name in tx.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            tx.execute(sa.text(f"DROP TRIGGER {name}"))
        tx.execute(sa.text("UPDATE audit_event SET action = 'nothing'"))
        node = tx.scalar(sa.select(tables.segment.c.node))
    engine.dispose()
    found = json.loads(tierread.run("verify", "--json").stdout)

    assert [each["finding"] for each in found["damages"]] in (["missing"], ["away"])
    assert [each["flaw"] for each in found["audit"]["breaks"]] == ["changed"]
    assert node == "node"


def test_what_lies_about_is_named_first_and_removed_when_asked(tierread: TierRead) -> None:
    draft = tierread.data_dir / "spool" / "segments" / "20260101" / ".01K.tar.new"
    draft.parent.mkdir(parents=True)
    draft.write_bytes(b"half")
    os.utime(draft, (0, 0))
    named = tierread.run("sweep")
    there = draft.exists()
    removed = json.loads(tierread.run("sweep", "--remove", "--json").stdout)
    again = tierread.run("sweep")

    assert (named.returncode, there, "draft of a writer that died" in named.stdout) == (0, True, True)
    assert [(one["kind"], one["removed"]) for one in removed] == [("draft", True), ("empty_folder", True)]
    assert (again.returncode, draft.exists(), "nothing to sweep" in again.stdout) == (0, False, True)
