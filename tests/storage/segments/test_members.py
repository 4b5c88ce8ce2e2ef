"""A manifest tells enough to make the index rows of its segment again, whichever way the segment was written."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import zlib
from pathlib import Path

from storage.instance_row import Place
from storage.segments import members
from storage.segments.members import Entry
from storage.segments.pax import Header, Kind
from tests.storage.instances import HEAD, provenance, row

SEGMENT = "01KSEGMENT0000000000000000"
DESCRIPTION = zlib.compress(json.dumps({"00100010": {"vr": "PN", "Value": [{"Ideographic": "皮亚"}]}}).encode())
STORED = row(
    data=b"as it came",
    transfer_syntax_uid="1.2.840.10008.1.2.4.202",
    received_transfer_syntax_uid="1.2.840.10008.1.2",
    stored_digest=hashlib.sha256(b"as it is stored").digest(),
    pixel_digest=hashlib.sha256(b"pixels").digest(),
    frame_ranges=tuple((number * 10, 9) for number in range(4000)),
)


def rewritten(path: Path, *, bare: bool = False) -> bytes:
    """A sealed segment of one instance; its manifest."""
    header = Header(
        kind=Kind.INSTANCE,
        segment_id=SEGMENT,
        offset=0,
        name="1.2.3/1.2.3.1/1.2.3.1.dcm",
        size=len(HEAD) + 15,
        head_size=len(HEAD),
        head_digest=hashlib.sha256(HEAD).digest(),
        data_digest=hashlib.sha256(b"as it is stored").digest(),
        provenance=provenance(),
        row=STORED,
    )
    entry = Entry(
        row=STORED,
        place=Place(segment_id=SEGMENT, offset=header.body_offset, size=header.size),
        provenance=provenance(),
        description=DESCRIPTION,
        earlier=(("01KSEGMENT0000000000000001", 4096), ("01KSEGMENT0000000000000002", 8192)),
    )
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    end = members.write_member(fd, header, HEAD + b"as it is stored")
    if bare:
        size = members.seal(fd, SEGMENT, end, [header])
    else:
        size = members.seal_rewritten(fd, SEGMENT, end, [(entry, header)], ["01KSEGMENT0000000000000002"])
    footer = members.read_footer(os.pread(fd, members.TAIL_BYTES, size - members.TAIL_BYTES), SEGMENT)
    os.close(fd)
    assert footer is not None
    assert footer.members == 1
    return path.read_bytes()[footer.manifest_offset :][: footer.manifest_size]


def test_a_rewritten_segment_tells_what_came_what_is_stored_and_what_it_replaces(tmp_path: Path) -> None:
    told = members.parse_manifest(rewritten(tmp_path / "segment.tar"), SEGMENT)
    (entry,) = told.entries

    assert told.replaces == ("01KSEGMENT0000000000000002",)
    assert entry.row == STORED
    assert entry.row.received_as == (hashlib.sha256(b"as it came").digest(), "1.2.840.10008.1.2")
    assert entry.row.stored_as == (hashlib.sha256(b"as it is stored").digest(), "1.2.840.10008.1.2.4.202")
    assert entry.earlier == (("01KSEGMENT0000000000000001", 4096), ("01KSEGMENT0000000000000002", 8192))
    assert entry.description is not None
    assert json.loads(zlib.decompress(entry.description)) == json.loads(zlib.decompress(DESCRIPTION))


def test_a_segment_as_instances_came_replaces_nothing_and_describes_nothing(tmp_path: Path) -> None:
    told = members.parse_manifest(rewritten(tmp_path / "segment.tar", bare=True), SEGMENT)

    assert told.replaces == ()
    assert [(one.earlier, one.description) for one in told.entries] == [((), None)]


def test_every_tar_reads_a_rewritten_segment(tmp_path: Path) -> None:
    rewritten(tmp_path / "segment.tar")
    with tarfile.open(tmp_path / "segment.tar") as archive:
        names = archive.getnames()

    assert names == ["1.2.3/1.2.3.1/1.2.3.1.dcm", "tierread/manifest.jsonl.zz", "tierread/footer.json"]


def test_what_is_stored_as_it_came_says_so_in_both_questions() -> None:
    plain = row(data=b"as it came")

    assert plain.stored_as == plain.received_as == (hashlib.sha256(b"as it came").digest(), "1.2.840.10008.1.2.1")
