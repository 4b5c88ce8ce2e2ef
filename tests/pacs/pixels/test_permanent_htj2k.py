"""What is compacted comes back pixel for pixel and element for element, by every door; the rest stays as it came."""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import get_frame, parse_basic_offsets
from pydicom.sequence import Sequence
from pynetdicom.presentation import build_context
from sqlalchemy.engine import Engine

from pacs.arriving.describe import describe
from pacs.arriving.settle_held import settle_held
from pacs.dataset import part10
from pacs.dataset.elements import elements
from pacs.dataset.explicit_encoding import explicit
from pacs.dimse.peer import open_association
from pacs.leaving.corrections import Correction
from pacs.leaving.outgoing_file import outgoing_file
from pacs.leaving.zip_export import Item, zip_stream
from pacs.pixels import encapsulation
from pacs.pixels.frames import HTJ2K_RPCL, native_form
from pacs.pixels.native_image import Obstacle
from pacs.pixels.opened import StoredInstance
from pacs.pixels.permanent_htj2k import attempt
from pacs.pixels.sameness import Encoded, same_instance
from storage import tables
from storage.commitment import requests, verdicts
from storage.commitment.requests import Reference, Verdict
from storage.commitment.verdicts import Patience
from storage.database import snapshot, transaction
from storage.index.queries import Instance, instance_of
from storage.nodes.reader import Bytes
from storage.rewriting.new_segment import Local
from tests.archive import OTHER, TOWNSHIP, Archive
from tests.builders import BIG_ENDIAN, CT, DEFLATED, compressed, encoded, image, new_uid, thing
from tests.compacted import compact, now, store_of, stored
from tests.dicomweb import Web, serving
from tests.retrieving import ROOTS, answering, identifier, receiving
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Object
from tests.written import meta_end

SIDE: Final = 96
SYNTAXES: Final = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, BIG_ENDIAN, DEFLATED)
RNG: Final = np.random.default_rng(7)


def smooth(samples: int = 1, frames: int = 1, top: int = 4095) -> np.ndarray:
    """(frames, rows, columns, samples): slopes with a little noise, as of a picture."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    base = (x + y) / (2 * SIDE) * top * 0.8
    noise = RNG.integers(0, 4, (frames, SIDE, SIDE, samples))
    return np.clip(base[None, :, :, None] * np.linspace(0.7, 1, samples) + noise, 0, top)


def picture(pixels: np.ndarray, dtype: str = "<u2", **shown: Any) -> Dataset:
    frames, rows, columns, samples = pixels.shape
    values: dict[str, Any] = {"PixelData": pixels.astype(dtype).tobytes()}
    if samples == 3:
        values |= {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    if dtype.endswith("1"):
        values |= {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    made = image(rows=rows, columns=columns, frames=frames if frames > 1 else None, **(values | shown))
    if "PixelData" in made:
        made["PixelData"].VR = "OB" if dtype.endswith("1") else "OW"
    item = Dataset()
    item.CodeValue, item.CodeMeaning = "113691", "体模"
    made.AnatomicRegionSequence = Sequence([item])
    made.add_new(0x00090010, "LO", "TANG")
    made.add_new(0x00091001, "US", 513)
    made.add_new(0x00091002, "UN", b"odd \0\1\2\3")
    made.SmallestImagePixelValue = 0
    icon = Dataset()
    icon.Rows = icon.Columns = 4
    icon.SamplesPerPixel, icon.PhotometricInterpretation = 1, "MONOCHROME2"
    icon.BitsAllocated = icon.BitsStored = 8
    icon.HighBit, icon.PixelRepresentation, icon.PixelData = 7, 0, bytes(range(16))
    icon["PixelData"].VR = "OB"
    made.IconImageSequence = Sequence([icon])
    return made


def palette() -> Dataset:
    made = picture(smooth(top=255), "u1", PhotometricInterpretation="PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        setattr(made, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(made, f"{colour}PaletteColorLookupTableData", np.arange(256, dtype="<u2").tobytes())
    return made


def by_plane() -> Dataset:
    pixels = smooth(3, top=255)
    planes = pixels.transpose(0, 3, 1, 2).astype("u1").tobytes()
    return picture(pixels, "u1", PlanarConfiguration=1, PixelData=planes)


PICTURES: Final[dict[str, Callable[[], Dataset]]] = {
    "CT of 12 bits": lambda: picture(smooth()),
    "CT of 16 bits with a sign": lambda: picture(
        smooth() - 1024, "<i2", PixelRepresentation=1, BitsStored=16, HighBit=15, SmallestImagePixelValue=-1024
    ),
    "CT of 12 bits with a sign": lambda: picture(smooth(top=2000) - 1000, "<i2", PixelRepresentation=1),
    "DX": lambda: picture(smooth(top=16383), BitsStored=14, HighBit=13, PhotometricInterpretation="MONOCHROME1"),
    "grey of 8 bits": lambda: picture(smooth(top=255), "u1"),
    "many frames": lambda: picture(smooth(frames=7)),
    "RGB": lambda: picture(smooth(3, top=255), "u1"),
    "RGB of many frames": lambda: picture(smooth(3, 4, top=255), "u1"),
    "RGB by plane": by_plane,
    "palette": palette,
}


def look(archive: Archive, uid: str) -> tuple[Bytes, Instance]:
    with snapshot(archive.engine) as tx:
        found = instance_of(tx, uid)
    assert found is not None
    return Bytes(archive.directory, store_of(archive), archive.engine), found


def opened(archive: Archive, uid: str) -> StoredInstance:
    return StoredInstance(*look(archive, uid))


def whole(file: bytes) -> FileDataset:
    return dcmread(io.BytesIO(file))


def plain(file: bytes) -> Encoded:
    dataset = file[meta_end(file) :]
    return Encoded(dataset=dataset, transfer_syntax=EXPLICIT_LITTLE)


def natives(one: StoredInstance) -> list[bytes]:
    header = one.header()
    return [native_form(one, header, number) for number in range(1, one.instance.frames + 1)]


# A deflated picture of little noise may be smaller than its codestreams.
EVERY: Final = [
    (kind, syntax) for kind in PICTURES for syntax in SYNTAXES if syntax != DEFLATED or kind in ("DX", "RGB")
]


@pytest.mark.parametrize(("kind", "syntax"), EVERY)
def test_what_is_compacted_comes_back_as_it_came(kind: str, syntax: str, archive: Archive) -> None:
    sent = thing(PICTURES[kind](), syntax)
    uid = archive.take(sent).sop_instance_uid
    stored(archive)
    before = opened(archive, uid)
    native_file, native_frames = b"".join(outgoing_file(before, None, EXPLICIT_LITTLE)), natives(before)
    (done,) = compact(archive)
    after = opened(archive, uid)
    again = b"".join(outgoing_file(after, None, EXPLICIT_LITTLE))
    planes = kind == "RGB by plane"

    assert (done.recoded, after.syntax) == (1, HTJ2K_RPCL)
    assert after.instance.size < before.instance.size
    assert same_instance(Encoded(dataset=sent.dataset, transfer_syntax=syntax), stored_form(after))
    assert whole(again).PhotometricInterpretation == whole(native_file).PhotometricInterpretation
    assert np.array_equal(whole(again).pixel_array, whole(native_file).pixel_array)
    if not planes:
        assert same_instance(plain(again), plain(native_file))
        assert natives(after) == native_frames
        assert after.instance.description == before.instance.description
    assert after.instance.received_digest == before.instance.received_digest
    assert after.instance.pixel_digest == hashlib.sha256(b"".join(natives(after))).digest()


def stored_form(one: StoredInstance) -> Encoded:
    file = one.file_bytes()
    return Encoded(dataset=file[one.instance.dataset_offset :], transfer_syntax=one.syntax)


def test_the_stored_file_is_what_the_standard_asks_of_it(archive: Archive) -> None:
    uid = archive.take(thing(PICTURES["RGB of many frames"](), IMPLICIT_LITTLE)).sop_instance_uid
    compact(archive)
    one = opened(archive, uid)
    file = whole(one.file_bytes())
    ranges = one.instance.frame_ranges
    assert ranges is not None

    assert file.file_meta.TransferSyntaxUID == HTJ2K_RPCL
    assert (file.PhotometricInterpretation, file.PlanarConfiguration) == ("YBR_RCT", 0)
    assert "LossyImageCompression" not in file
    assert file.IconImageSequence[0].PixelData == bytes(range(16))
    assert (file[0x00091001].VR, file[0x00091002].value) in (("US", b"odd \0\1\2\3"), ("UN", b"odd \0\1\2\3"))
    assert file["PixelData"].is_undefined_length
    assert len(parse_basic_offsets(io.BytesIO(file.PixelData))) == len(ranges) == 4
    for number, (offset, length) in enumerate(ranges):
        codestream = one.file_bytes()[offset : offset + length]
        assert get_frame(file.PixelData, number).rstrip(b"\0") == codestream.rstrip(b"\0")
        assert codestream[:2] == b"\xff\x4f"


def signed(dataset: Dataset) -> Dataset:
    item = Dataset()
    item.MACIDNumber = 1
    item.DigitalSignatureUID = new_uid()
    dataset.DigitalSignaturesSequence = Sequence([item])
    return dataset


def overlay() -> Dataset:
    pixels = smooth().astype("<u2")
    pixels[0, 10:20, 10:20, 0] |= 0x8000
    made = picture(pixels)
    made.add_new(0x60000100, "US", 16)
    made.add_new(0x60000102, "US", 15)
    return made


def floats() -> Dataset:
    made = picture(smooth(), BitsAllocated=32, PixelData=None, PixelRepresentation=None, HighBit=None, BitsStored=None)
    made.FloatPixelData = smooth().astype("<f4").tobytes()
    return made


UNTOUCHED: Final[dict[Obstacle, Callable[[], Dataset]]] = {
    Obstacle.NO_IMAGE: lambda: image(PixelData=None),
    Obstacle.SAMPLES: lambda: picture(smooth(), "<u4", BitsAllocated=32, BitsStored=32, HighBit=31),
    Obstacle.COLOUR_SPACE: lambda: picture(
        smooth(2, top=255), "u1", SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422", PlanarConfiguration=0
    ),
    Obstacle.SIGNED: lambda: signed(picture(smooth())),
    Obstacle.UNUSED_BITS: overlay,
    Obstacle.PIXEL_DATA: lambda: picture(smooth(), PixelData=smooth().astype("<u2").tobytes() + b"more"),
    Obstacle.NOT_SMALLER: lambda: picture(RNG.integers(0, 65536, (1, SIDE, SIDE, 1)), BitsStored=16, HighBit=15),
}


def why(archive: Archive, uid: str, tmp_path: Path) -> Obstacle | None:
    """What `attempt` says of a stored instance."""
    bytes_, instance = look(archive, uid)
    path = tmp_path / "copy"
    path.write_bytes(bytes_.read(instance, 0, instance.size))
    with path.open("rb") as copy, attempt(Local(copy.fileno()), replace(instance, offset=0)) as made:
        return made if isinstance(made, Obstacle) else None


@pytest.mark.parametrize("reason", UNTOUCHED)
def test_what_may_not_be_compacted_stays_byte_for_byte(reason: Obstacle, archive: Archive, tmp_path: Path) -> None:
    uid = archive.take(thing(UNTOUCHED[reason]())).sop_instance_uid
    beside = image(StudyInstanceUID=dcm(archive, uid).StudyInstanceUID, Rows=SIDE, Columns=SIDE)
    beside.PixelData = bytes(2 * SIDE * SIDE)
    stored(archive)
    before = opened(archive, uid).file_bytes()
    said = why(archive, uid, tmp_path)
    archive.take(thing(beside))
    (done,) = compact(archive)

    assert said is reason
    assert (done.instances, done.recoded) == (2, 1)
    assert opened(archive, uid).file_bytes() == before


def dcm(archive: Archive, uid: str) -> Dataset:
    return opened(archive, uid).header()


def test_single_bits_floats_and_compressed_ones_stay(archive: Archive, tmp_path: Path) -> None:
    bits = image(rows=SIDE, columns=SIDE, BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=bytes(SIDE * SIDE // 8))
    sent = {
        Obstacle.SAMPLES: thing(bits),
        Obstacle.COMPRESSED: thing(compressed(picture(smooth()), "1.2.840.10008.1.2.5"), "1.2.840.10008.1.2.5"),
    }
    uids = {reason: archive.take(one).sop_instance_uid for reason, one in sent.items()}
    of_floats = archive.take(thing(floats())).sop_instance_uid
    stored(archive)

    assert {reason: why(archive, uid, tmp_path) for reason, uid in uids.items()} == {one: one for one in sent}
    assert why(archive, of_floats, tmp_path) is Obstacle.SAMPLES


def test_components_that_no_transform_joins_stay(archive: Archive, tmp_path: Path) -> None:
    uid = archive.take(thing(picture(smooth(3, top=255), "u1", PhotometricInterpretation="YBR_FULL"))).sop_instance_uid
    stored(archive)

    assert why(archive, uid, tmp_path) is Obstacle.COLOUR_SPACE


def test_what_is_not_described_yet_waits(archive: Archive, tmp_path: Path) -> None:
    uid = archive.take(thing(picture(smooth()))).sop_instance_uid

    assert why(archive, uid, tmp_path) is Obstacle.NOT_DESCRIBED


# -- the doors


@pytest.fixture
def web(archive: Archive, engine: Engine, tmp_path: Path) -> Iterator[Web]:
    with serving(archive, engine, tmp_path) as running:
        yield running


FORMS: Final = {
    "frame, native": ("/frames/1", "application/octet-stream"),
    "frame, explicit": ("/frames/1", "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"),
    "frames in parts": ("/frames/1", 'multipart/related; type="application/octet-stream"'),
    "rendered": ("/rendered", "image/png"),
    "rendered frame": ("/frames/1/rendered", "image/png"),
    "thumbnail": ("/thumbnail", "image/jpeg"),
    "metadata": ("/metadata", "application/dicom+json"),
    "pixel data": ("/bulkdata/7FE00010", "application/octet-stream"),
}


def content(answer: Any) -> bytes:
    """The body, without the boundary that each answer has of its own."""
    body: bytes = answer.content
    if answer.headers["content-type"].startswith("multipart"):
        return body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
    return body


@pytest.mark.parametrize("kind", ["CT of 12 bits with a sign", "RGB", "palette", "DX"])
def test_the_web_answers_the_same_before_and_after(kind: str, web: Web) -> None:
    path = web.send(PICTURES[kind](), syntax=IMPLICIT_LITTLE)
    stored(web.archive)

    def answers() -> dict[str, bytes]:
        # All but the digest of the stored form, by which pixels are kept: that is another one.
        return {
            name: re.sub(
                rb"\?digest=[0-9a-f]{64}",
                b"",
                content(web.ada.get(path + form, headers={"Accept": accept}).raise_for_status()),
            )
            for name, (form, accept) in FORMS.items()
        }

    before = answers()
    instances = [web.ada.get(path, headers={"Accept": "application/dicom"}).content]
    compact(web.archive)
    after = answers()
    instances.append(web.ada.get(path, headers={"Accept": "application/dicom"}).content)

    assert after == before
    assert same_instance(plain(instances[1]), plain(instances[0]))


def test_the_web_gives_what_is_stored_to_those_who_take_it(web: Web) -> None:
    path = web.send(PICTURES["RGB"]())
    compact(web.archive)
    frame = web.ada.get(path + "/frames/1", headers={"Accept": f"image/jphc; transfer-syntax={HTJ2K_RPCL}"})
    as_stored = web.ada.get(path, headers={"Accept": "application/dicom; transfer-syntax=*"})

    assert frame.headers["content-type"] == f"image/jphc;transfer-syntax={HTJ2K_RPCL}"
    assert frame.content[:4] == b"\xff\x4f\xff\x51"
    assert whole(as_stored.content).file_meta.TransferSyntaxUID == HTJ2K_RPCL


def test_a_desk_that_is_open_goes_on_with_the_address_that_it_has(web: Web) -> None:
    path = web.send(PICTURES["CT of 12 bits"]())
    stored(web.archive)
    uid = path.rpartition("/")[2]
    earlier = look(web.archive, uid)[1].stored_digest.hex()
    address = f"{path}/frames/1?digest={earlier}"
    accept = {"Accept": 'multipart/related; type="application/octet-stream"; transfer-syntax=*'}
    before = web.ada.get(address, headers=accept)
    compact(web.archive)
    after = web.ada.get(address, headers=accept | {"If-None-Match": before.headers["etag"]})

    assert "immutable" in before.headers["cache-control"]
    assert (after.status_code, "immutable" in after.headers["cache-control"]) == (200, False)


def test_metadata_that_have_to_be_made_anew_say_what_came(archive: Archive) -> None:
    uid = archive.take(thing(PICTURES["RGB"]())).sop_instance_uid
    compact(archive)
    bytes_, instance = look(archive, uid)
    assert instance.description is not None
    kept = json.loads(zlib.decompress(instance.description))

    assert describe(bytes_, instance).instance == kept
    assert kept["00280004"]["Value"] == ["RGB"]


@pytest.mark.parametrize("syntaxes", [[EXPLICIT_LITTLE], [IMPLICIT_LITTLE], [EXPLICIT_LITTLE, HTJ2K_RPCL]])
def test_a_peer_is_given_what_it_takes(syntaxes: list[str], archive: Archive, tmp_path: Path) -> None:
    sent = PICTURES["RGB"]()
    uid = archive.take(thing(sent)).sop_instance_uid
    compact(archive)
    with answering(archive, tmp_path) as house, receiving([CT], syntaxes) as received:
        house.send_to("DESTINATION", received.port, TOWNSHIP)
        asked = identifier("STUDY", StudyInstanceUID=sent.StudyInstanceUID)
        with open_association("TOWNSHIP", house.peer, [build_context(ROOTS["move", "STUDY"])]) as association:
            responses = list(association.send_c_move(asked, "DESTINATION", ROOTS["move", "STUDY"]))
    got = Encoded(dataset=received.bytes_[uid], transfer_syntax=received.syntaxes[uid])

    assert responses[-1][0].Status == 0x0000
    assert got.transfer_syntax == syntaxes[-1]
    assert same_instance(got, Encoded(dataset=thing(sent).dataset, transfer_syntax=EXPLICIT_LITTLE))
    if syntaxes[-1] != HTJ2K_RPCL:
        assert sent.PixelData in got.dataset
        assert b"YBR_RCT" not in got.dataset


CORRECTION: Final = Correction(
    attributes={"PatientName": "Li^Na=李^娜", "PatientID": "P0002"},
    revision=1,
    reason="wrong worklist entry",
    made_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
)


@pytest.mark.parametrize("correction", [None, CORRECTION])
def test_a_disc_for_patients_has_native_pixels(correction: Correction | None, archive: Archive) -> None:
    sent = PICTURES["RGB of many frames"]()
    uid = archive.take(thing(sent)).sop_instance_uid
    compact(archive)
    bytes_, instance = look(archive, uid)
    content = b"".join(zip_stream(bytes_, [Item(instance=instance, correction=correction)], new_uid))
    with zipfile.ZipFile(io.BytesIO(content)) as archive_:
        (name,) = (one for one in archive_.namelist() if one != "DICOMDIR")
        file = whole(archive_.read(name))

    assert (file.file_meta.TransferSyntaxUID, file.PhotometricInterpretation) == (EXPLICIT_LITTLE, "RGB")
    assert file.PixelData == sent.PixelData
    assert file.PatientID == ("P0001" if correction is None else "P0002")


def test_the_same_instance_again_is_never_a_conflict(archive: Archive) -> None:
    sent = PICTURES["RGB"]()
    first = thing(sent, IMPLICIT_LITTLE)
    uid = archive.take(first).sop_instance_uid
    compact(archive)
    stored_one = stored_form(opened(archive, uid))
    htj2k = Object(transfer_syntax=HTJ2K_RPCL, sop_class=first.sop_class, sop_instance=uid, dataset=stored_one.dataset)
    native_again = b"".join(outgoing_file(opened(archive, uid), None, EXPLICIT_LITTLE))
    plain_again = Object(
        transfer_syntax=EXPLICIT_LITTLE,
        sop_class=first.sop_class,
        sop_instance=uid,
        dataset=plain(native_again).dataset,
    )
    said = [archive.take(one) for one in (first, htj2k, plain_again)]
    waiting = len(archive.quarantined())
    settled = settle_held(archive.engine, Bytes(archive.directory, store_of(archive), archive.engine), now)

    assert [one.accepted for one in said] == [True, True, True]
    assert waiting == 1  # the native one has to be compared
    assert (settled.duplicates, settled.conflicts) == (1, 0)


def test_another_site_that_sends_the_same_has_its_holding(archive: Archive) -> None:
    first = thing(PICTURES["CT of 12 bits"]())
    archive.take(first)
    compact(archive)
    archive.take(first, OTHER)

    assert {row["site_id"] for row in archive.rows(tables.holding)} == {TOWNSHIP.site_id, OTHER.site_id}


def test_we_answer_for_what_was_compacted(archive: Archive) -> None:
    sent = PICTURES["CT of 12 bits"]()
    archive.take(thing(sent))
    compact(archive)
    asked_at = now() + timedelta(seconds=5)
    with transaction(archive.engine) as tx:
        requests.ask(
            tx,
            device_id=TOWNSHIP.device_id,
            site_id=TOWNSHIP.site_id,
            transaction_uid=new_uid(),
            references=[Reference(sop_class_uid=sent.SOPClassUID, sop_instance_uid=sent.SOPInstanceUID)],
            unsupported=(),
            now=asked_at,
        )
    patience = Patience(stragglers=timedelta(seconds=60), put=timedelta(hours=6))
    verdicts.look(archive.engine, store_of(archive), asked_at, patience)

    assert [row["verdict"] for row in archive.rows(tables.commitment_reference)] == [Verdict.COMMITTED]


# -- its parts


def test_offsets_beyond_four_gigabytes_stand_in_an_extended_table() -> None:
    small, basic = encapsulation.offset_tables([10, 11, 12])
    tables_, empty = encapsulation.offset_tables([3 << 30, (1 << 30) + 1, 5])
    offsets = struct.unpack_from("<3Q", tables_, 12)
    lengths = struct.unpack_from("<3Q", tables_, 12 + 24 + 12)

    assert (small, struct.unpack("<3I", basic)) == (b"", (0, 18, 38))
    assert empty == b""
    assert offsets == (0, (3 << 30) + 8, (4 << 30) + 2 + 16)
    assert lengths == (3 << 30, (1 << 30) + 2, 6)


@pytest.mark.parametrize("syntax", [IMPLICIT_LITTLE, BIG_ENDIAN])
def test_elements_are_transcribed_and_their_values_are_not_touched(syntax: str) -> None:
    dataset = picture(smooth())
    del dataset.PixelData
    dataset.add_new(0x00189087, "FD", 1000.0)
    dataset.add_new(0x00280121, "US", 7)
    dataset.add_new(0x00283006, "OW", bytes(70_000))
    if syntax == IMPLICIT_LITTLE:
        dataset.add_new(0x00204000, "LT", "x" * 70_001)
    dataset.ReferencedImageSequence = Sequence([])
    part = encoded(dataset, syntax)
    # A value of three bytes, and text with more padding than it needs.
    part += b"" if syntax == BIG_ENDIAN else b"\x10\x40\x00\x01\x05\x00\x00\x00A    "
    written = explicit(part, syntax, signed=False)
    found = {path: (vr, raw) for path, vr, raw in elements(written, EXPLICIT_LITTLE)}

    assert {path: raw for path, (_, raw) in found.items()} == {path: raw for path, _, raw in elements(part, syntax)}
    assert found[0x00091001,][0] == (b"UN" if syntax == IMPLICIT_LITTLE else b"US")
    assert found[0x00283006,][0] == b"OW"
    assert syntax == BIG_ENDIAN or found[0x00204000,][0] == b"UN"
    assert found[0x00090010,][0] == b"LO"
    assert dcmread(io.BytesIO(head() + written)).ReferencedImageSequence == Sequence([])


def head() -> bytes:
    return part10.head(sop_class_uid="1.2", sop_instance_uid="1.2", transfer_syntax_uid=EXPLICIT_LITTLE)
