"""What a member says of itself comes back as it was, from 4096 bytes that any tar reads."""

from __future__ import annotations

import hashlib
import io
import tarfile
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.instance_row import TEXT_LIMITS, InstanceRow, Provenance, UnfitUid, decode_ranges, encode_ranges
from storage.segments.pax import HEADER_BYTES, Header, Kind, UnfitName, decode, encode, padded
from tests.storage.instances import provenance, row

_DIGESTS = st.binary(min_size=32, max_size=32)
_UIDS = st.text("0123456789.", min_size=1, max_size=64)
_TEXTS = st.text(max_size=600)
_RANGES = st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**32)), max_size=50).map(tuple)

ROWS = st.builds(
    InstanceRow,
    **dict.fromkeys(("sop_instance_uid", "sop_class_uid", "series_uid", "study_uid", "transfer_syntax_uid"), _UIDS),
    **dict.fromkeys(TEXT_LIMITS, _TEXTS),
    dataset_offset=st.integers(0, 2**31 - 1),
    received_digest=_DIGESTS,
    received_transfer_syntax_uid=st.just("") | _UIDS,
    stored_digest=st.none() | _DIGESTS,
    pixel_digest=st.none() | _DIGESTS,
    instance_number=st.none() | st.integers(),
    series_number=st.none() | st.integers(),
    rows=st.none() | st.integers(0, 65535),
    columns=st.none() | st.integers(0, 65535),
    frames=st.integers(0, 2**31),
    frame_ranges=st.none() | _RANGES,
)
PROVENANCES = st.builds(
    Provenance,
    site_id=st.just("01KTOWNSHIP000000000000000"),
    device_id=st.just("01KDEVICE00000000000000000"),
    received_at=st.datetimes(timezones=st.just(UTC)),
    source=st.sampled_from(["dimse", "stow", "import"]),
)
HEADERS = st.builds(
    Header,
    kind=st.just(Kind.INSTANCE),
    segment_id=st.just("01KSEGMENT0000000000000000"),
    offset=st.integers(0, 2**40).map(lambda number: number * 512),
    name=st.from_regex(r"[0-9.]{1,64}/[0-9.]{1,64}/[0-9.]{1,60}\.dcm", fullmatch=True).map(
        lambda name: "/".join("u" + part for part in name.split("/"))
    ),
    size=st.integers(0, 2**50),
    head_size=st.integers(0, 2**20),
    head_digest=_DIGESTS,
    data_digest=_DIGESTS,
    provenance=PROVENANCES,
    row=ROWS,
)


def header(**known: object) -> Header:
    empty = hashlib.sha256().digest()
    made: dict[str, object] = {
        "kind": Kind.INSTANCE,
        "segment_id": "01KSEGMENT0000000000000000",
        "offset": 512,
        "name": "1.2.3/1.2.3.1/1.2.3.1.1.dcm",
        "size": 3,
        "head_digest": empty,
        "data_digest": empty,
        "provenance": provenance(),
        "row": row(),
    }
    return Header(**{**made, **known})  # type: ignore[arg-type]


@given(HEADERS)
def test_a_header_comes_back_and_only_its_longest_text_may_be_cut(written: Header) -> None:
    encoded = encode(written)
    read = decode(encoded)

    assert len(encoded) == HEADER_BYTES
    assert read is not None
    assert read.row is not None
    assert written.row is not None
    assert {**vars(read), "row": None} == {**vars(written), "row": None}
    for name, value in vars(read.row).items():
        original = getattr(written.row, name)
        if name in TEXT_LIMITS:
            assert original.startswith(value)
        else:
            assert value == original or (name == "frame_ranges" and value is None)
    assert (read.row.patient_id, read.row.issuer) == (written.row.patient_id, written.row.issuer)


def test_an_ordinary_row_is_not_cut() -> None:
    full = row(**{name: "王" * min(limit, 40) for name, limit in TEXT_LIMITS.items() if limit > 20})
    read = decode(encode(header(row=full, size=9)))

    assert read is not None
    assert read.row == full


def test_python_reads_the_member() -> None:
    archive = io.BytesIO(encode(header(offset=0)) + b"abc".ljust(padded(3), b"\0") + bytes(1024))
    with tarfile.open(fileobj=archive) as opened:
        (member,) = opened.getmembers()
        content = opened.extractfile(member)
        assert content is not None
        body = content.read()

    assert (member.name, member.size, member.mode) == ("1.2.3/1.2.3.1/1.2.3.1.1.dcm", 3, 0o640)
    assert body == b"abc"
    assert "Pia^Pan" in member.pax_headers["TIERREAD.member"]


def test_a_header_with_any_byte_changed_is_none_of_ours() -> None:
    encoded = encode(header())
    taken = []
    for position in range(HEADER_BYTES):
        changed = bytearray(encoded)
        changed[position] ^= 0x40
        if decode(bytes(changed)) is not None:
            taken.append(position)

    assert taken == []


@pytest.mark.parametrize("name", ["", "/1.dcm", "../1.dcm", "1/../2.dcm", "a b", "名", "a" * 101, "a\0b", ".hidden"])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UnfitName):
        encode(header(name=name))


@pytest.mark.parametrize("uid", ["", "1" * 65, "1.2/3", "1.2\n", "１.2", "a"])
def test_a_row_takes_no_uid_that_could_be_anything_else(uid: str) -> None:
    with pytest.raises(UnfitUid):
        row(study_uid=uid)


@given(_RANGES)
def test_frame_ranges_come_back(ranges: tuple[tuple[int, int], ...]) -> None:
    assert decode_ranges(encode_ranges(ranges)) == ranges


def test_a_thousand_native_frames_take_few_bytes() -> None:
    ranges = tuple((2000 + number * 524288, 524288) for number in range(1000))

    assert len(encode_ranges(ranges)) < 64
