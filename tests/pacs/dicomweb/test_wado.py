"""What was received comes back: whole, as metadata, as bulk data, as frames, and in no other form than asked."""

from __future__ import annotations

import hashlib
import struct
from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom.uid import JPEG2000Lossless, RLELossless

from pacs.arriving.describe import describe_pending
from pacs.pixels.encapsulation import item
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests.archive import OTHER
from tests.builders import BIG_ENDIAN, DEFLATED, compressed, encoded, fragmented, image, new_uid
from tests.codestreams import JPEG_BASELINE, codestream
from tests.dicomweb import Web, path_of
from tests.multipart import Parts
from tests.pictures.slides import WHOLE_SLIDE
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, from_bytes

SLOPES = [(np.indices((32, 32)).sum(0) * 4 + each * 3).astype(np.uint8) for each in range(2)]
HTJ2K = 'multipart/related; type="image/jphc"; transfer-syntax=1.2.840.10008.1.2.4.202'
AS_STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'


def test_an_instance_comes_back_as_it_came(web: Web) -> None:
    for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, BIG_ENDIAN, DEFLATED):
        sent = image()
        path = web.send(sent, syntax=syntax)
        answer = web.ada.get(path, headers={"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'})
        parts = Parts(answer.headers["content-type"], answer.content)

        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert from_bytes(parts.contents[0]).dataset == encoded(sent, syntax)
        assert parts.types == [f"application/dicom; transfer-syntax={syntax}"]


def test_a_client_that_takes_explicit_little_endian_alone_gets_it(web: Web) -> None:
    sent = image()
    path = web.send(sent, syntax=BIG_ENDIAN)
    answer = web.ada.get(path, headers={"Accept": f"application/dicom; transfer-syntax={EXPLICIT_LITTLE}"})
    assert answer.status_code == 200, answer.text
    got = pydicom.dcmread(BytesIO(answer.content))

    assert got.file_meta.TransferSyntaxUID == EXPLICIT_LITTLE
    assert got.PixelData == sent.PixelData
    assert got.PatientName == sent.PatientName


def test_a_compressed_instance_is_transcoded_for_a_client_that_needs_it(web: Web) -> None:
    for syntax in (RLELossless, JPEG2000Lossless):
        pixels = image(rows=64, columns=64).PixelData
        path = web.send(compressed(sendable(rows=64, columns=64), syntax), syntax=syntax)
        answer = web.ada.get(path, headers={"Accept": f"application/dicom; transfer-syntax={EXPLICIT_LITTLE}"})

        assert pydicom.dcmread(BytesIO(answer.content)).PixelData == pixels


def sendable(**shown: object) -> pydicom.Dataset:
    """An image that pydicom can compress: with file meta information."""
    made = image(**shown)  # type: ignore[arg-type]
    made.file_meta = pydicom.dataset.FileMetaDataset()
    return made


def test_a_whole_study_comes_back_to_an_independent_client(web: Web) -> None:
    study = new_uid()
    sent = [image(StudyInstanceUID=study, InstanceNumber=number) for number in range(1, 6)]
    web.send(*sent)
    client = DICOMwebClient(web.base, headers={"Authorization": "Bearer ada"})
    got = {one.SOPInstanceUID: one for one in client.retrieve_study(study)}
    metadata = client.retrieve_study_metadata(study)

    assert set(got) == {one.SOPInstanceUID for one in sent}
    assert all(got[one.SOPInstanceUID].PixelData == one.PixelData for one in sent)
    assert len(metadata) == 5


def test_metadata_is_described_before_or_after_the_worker_alike(web: Web) -> None:
    sent = image(PatientName="Li^Na=李^娜")
    path = web.send(sent)
    early = web.ada.get(f"{path}/metadata")
    bytes_ = Bytes(web.archive.directory, FolderObjectStore(web.archive.directory / "none"), web.engine)

    assert describe_pending(web.engine, bytes_) == 1
    assert describe_pending(web.engine, bytes_) == 0
    late = web.ada.get(f"{path}/metadata")

    assert early.headers["content-type"] == "application/dicom+json"
    assert early.json() == late.json()
    (found,) = early.json()
    assert found["00100010"]["Value"] == [{"Alphabetic": "Li^Na", "Ideographic": "李^娜"}]
    digest = hashlib.sha256(encoded(sent)).hexdigest()
    assert found["7FE00010"]["BulkDataURI"] == f"{web.base}{path}/bulkdata/7FE00010?digest={digest}"


def test_metadata_is_revalidated_by_its_digest_and_revision(web: Web) -> None:
    sent = image()
    path = web.send(sent)
    first = web.ada.get(f"{path}/metadata")
    again = web.ada.get(f"{path}/metadata", headers={"If-None-Match": first.headers["etag"]})
    web.correct(sent.StudyInstanceUID, PatientName="Li^Na")
    corrected = web.ada.get(f"{path}/metadata", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Accept, Cookie, Accept-Encoding"
    assert again.status_code == 304
    assert corrected.status_code == 200
    assert corrected.json()[0]["00100010"]["Value"] == [{"Alphabetic": "Li^Na"}]


def test_bulk_data_is_had_where_metadata_says(web: Web) -> None:
    lut = bytes(range(256)) * 16
    sent = image()
    item = pydicom.Dataset()
    item.add_new(0x00283006, "OW", lut)
    sent.VOILUTSequence = [item]
    path = web.send(sent)
    metadata = web.ada.get(f"{path}/metadata").json()[0]
    address = metadata["00283010"]["Value"][0]["00283006"]["BulkDataURI"]
    pixels = web.ada.get(metadata["7FE00010"]["BulkDataURI"], headers={"Accept": "application/octet-stream"})

    assert web.ada.get(address, headers={"Accept": "application/octet-stream"}).content == lut
    assert pixels.content == sent.PixelData
    assert web.ada.get(f"{path}/bulkdata/00283010/7/00283006").status_code == 404
    assert web.ada.get(f"{path}/bulkdata/../../etc").status_code == 404


def test_frames_as_stored_have_no_need_of_a_parse(web: Web) -> None:
    sent = image(frames=3, rows=4, columns=4)
    path = web.send(sent)
    answer = web.ada.get(f"{path}/frames/3,1", headers={"Accept": AS_STORED})
    parts = Parts(answer.headers["content-type"], answer.content)

    assert parts.contents == [sent.PixelData[64:], sent.PixelData[:32]]
    assert parts.types == [f"application/octet-stream;transfer-syntax={EXPLICIT_LITTLE}"] * 2


def test_frames_that_are_no_byte_ranges_come_in_little_endian(web: Web) -> None:
    for syntax in (BIG_ENDIAN, DEFLATED):
        sent = image(frames=2, rows=4, columns=4)
        path = web.send(sent, syntax=syntax)
        answer = web.ada.get(f"{path}/frames/2", headers={"Accept": "application/octet-stream"})

        assert answer.content == sent.PixelData[32:]


def test_frames_of_single_bits_are_cut_at_the_bit(web: Web) -> None:
    bits = np.array([1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 1], dtype=np.uint8)
    packed = np.packbits(bits, bitorder="little").tobytes()
    sent = image(frames=2, rows=3, columns=3, BitsAllocated=1, BitsStored=1, HighBit=0)
    sent.PixelData = packed + b"\0" * (len(packed) % 2)
    path = web.send(sent)
    second = web.ada.get(f"{path}/frames/2", headers={"Accept": "application/octet-stream"}).content

    assert list(np.unpackbits(np.frombuffer(second, np.uint8), bitorder="little")[:9]) == list(bits[9:])
    assert web.ada.get(f"{path}/frames/2/rendered").status_code == 200


def test_htj2k_gives_back_every_pixel(web: Web) -> None:
    for dtype in ("uint16", "int16", "uint8"):
        kind = np.dtype(dtype)
        limits = np.iinfo(kind)
        pixels = np.random.default_rng(7).integers(limits.min, limits.max, (67, 130), dtype=kind, endpoint=True)
        signed = int(kind.kind == "i")
        bits = kind.itemsize * 8
        sent = image(
            rows=67, columns=130, BitsAllocated=bits, BitsStored=bits, HighBit=bits - 1, PixelRepresentation=signed
        )
        sent.PixelData = pixels.tobytes()
        path = web.send(sent)
        answer = web.ada.get(f"{path}/frames/1", headers={"Accept": HTJ2K})
        parts = Parts(answer.headers["content-type"], answer.content)

        assert parts.types == ["image/jphc;transfer-syntax=1.2.840.10008.1.2.4.202"]
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert "content-encoding" not in answer.headers
        assert np.array_equal(imagecodecs.htj2k_decode(parts.contents[0]), pixels)


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip, deflate", True), ("br;q=1.0, gzip;q=0.8", True), ("gzip;q=0", False), ("identity", False), ("", False)],
)
def test_metadata_is_compressed_for_those_who_take_it(web: Web, accepted: str, *, packed: bool) -> None:
    path = web.send(image())
    asked = {"Accept-Encoding": accepted}

    answer = web.ada.get(f"{path}/metadata", headers=asked)
    again = web.ada.get(f"{path}/metadata", headers=asked | {"If-None-Match": answer.headers["etag"]})

    assert answer.headers.get("content-encoding") == ("gzip" if packed else None)
    assert (int(answer.headers["content-length"]) < len(answer.content)) is packed
    assert answer.json()[0]["7FE00010"]["BulkDataURI"].startswith(web.base)
    assert "Accept-Encoding" in answer.headers["vary"]
    assert (again.status_code, again.headers["vary"]) == (304, answer.headers["vary"])


def test_each_form_of_the_metadata_has_a_validator_of_its_own(web: Web) -> None:
    path = web.send(image())

    plain, packed = (web.ada.get(f"{path}/metadata", headers={"Accept-Encoding": one}) for one in ("identity", "gzip"))

    assert plain.headers["etag"] != packed.headers["etag"]
    assert plain.json() == packed.json()


def test_the_pieces_of_a_frame_fit_together(web: Web) -> None:
    path = web.send(image(rows=100, columns=100))
    address = f"{path}/frames/1"
    whole = web.ada.get(address, headers={"Accept": HTJ2K})
    pieces = [
        web.ada.get(address, headers={"Accept": HTJ2K, "Range": f"bytes={at}"}) for at in ("0-99", "100-4095", "4096-")
    ]
    beyond = web.ada.get(address, headers={"Accept": HTJ2K, "Range": "bytes=99999999-"})
    last = web.ada.get(address, headers={"Accept": HTJ2K, "Range": "bytes=-7"})
    other = web.ada.get(address, headers={"Accept": HTJ2K, "Range": "bytes=0-9", "If-Range": '"another"'})

    assert [piece.status_code for piece in pieces] == [206] * 3
    assert b"".join(piece.content for piece in pieces) == whole.content
    assert pieces[1].headers["content-range"] == f"bytes 100-4095/{len(whole.content)}"
    assert beyond.status_code == 416
    assert last.content == whole.content[-7:]
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("below", "accept"),
    [("frames/1", HTJ2K), ("frames/1/rendered", "image/png"), ("bulkdata/7FE00010", "application/octet-stream")],
)
def test_an_address_with_the_digest_is_kept_for_a_shift(web: Web, below: str, accept: str) -> None:
    path = web.send(image())
    (found,) = web.ada.get(f"{path}/metadata").json()
    digest = found["7FE00010"]["BulkDataURI"].partition("?digest=")[2]
    named = web.ada.get(f"{path}/{below}?digest={digest}", headers={"Accept": accept})
    wrong = web.ada.get(f"{path}/{below}?digest={'0' * 64}", headers={"Accept": accept})
    stranger = web.quinn.get(f"{path}/{below}?digest={digest}", headers={"Accept": accept})

    assert named.headers["cache-control"] == "private, max-age=43200, immutable"
    assert named.headers["vary"] == "Accept, Cookie"
    assert wrong.headers["cache-control"] == "private, no-cache"
    assert named.headers["etag"] == wrong.headers["etag"]
    assert stranger.status_code == 404


ACCEPTED = [
    (None, 200),
    ("*/*", 200),
    ("application/octet-stream", 200),
    ("image/jphc", 200),
    ("image/jphc; transfer-syntax=1.2.840.10008.1.2.4.202", 200),
    ("image/jp2, application/octet-stream;q=0.1", 200),
    ("image/jp2", 406),
    ("text/html", 406),
    ("application/octet-stream;q=0", 406),
    (";;;===,,,", 406),
]


def test_a_frame_comes_in_a_form_that_was_asked_or_not_at_all(web: Web) -> None:
    path = web.send(image())
    for accept, status in ACCEPTED:
        answer = web.ada.get(f"{path}/frames/1", headers={} if accept is None else {"Accept": accept})

        assert answer.status_code == status, accept


def test_float_pixels_stay_native(web: Web) -> None:
    sent = image(rows=2, columns=2, BitsAllocated=32, BitsStored=32, HighBit=31, PixelData=None)
    sent.FloatPixelData = np.arange(4, dtype="<f4").tobytes()
    path = web.send(sent)

    assert web.ada.get(f"{path}/frames/1", headers={"Accept": HTJ2K}).status_code == 406
    fallback = web.ada.get(f"{path}/frames/1", headers={"Accept": f"{HTJ2K}, {AS_STORED}"})
    assert Parts(fallback.headers["content-type"], fallback.content).contents == [sent.FloatPixelData]


def test_a_frame_list_that_is_none_is_refused(web: Web) -> None:
    for numbers in ("0", "-1", "x", "1,,2", "99999999999", ""):
        path = web.send(image())

        assert web.ada.get(f"{path}/frames/{numbers}").status_code in (400, 404)


def test_what_is_not_there_is_not_there(web: Web) -> None:
    one, other = image(), image()
    web.send(one)
    web.send(other)
    mixed = f"/studies/{one.StudyInstanceUID}/series/{one.SeriesInstanceUID}/instances/{other.SOPInstanceUID}"
    answers = [
        web.ada.get(address)
        for address in (
            f"/studies/{new_uid()}",
            f"/studies/{one.StudyInstanceUID}/series/{other.SeriesInstanceUID}",
            f"{mixed}/metadata",
            f"{mixed}/frames/1",
            f"{path_of(one)}/frames/2",
            f"{path_of(one)}/bulkdata/00100010",
            "/studies/..%2f..%2fetc",
        )
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.content for answer in answers[:6]} == {answers[0].content}


def test_a_site_that_sent_one_image_of_another_sites_study_retrieves_that_image_alone(web: Web) -> None:
    study, series = new_uid(), new_uid()
    held, second, third = (
        image(StudyInstanceUID=study, SeriesInstanceUID=series, InstanceNumber=number, rows=8, columns=8)
        for number in (1, 2, 3)
    )
    web.send(held, second)
    web.send(held, sender=OTHER)
    web.send(third)  # later

    of_study, of_series = f"/studies/{study}", f"/studies/{study}/series/{series}"
    for resource in (of_study, of_series):
        metadata = web.quinn.get(f"{resource}/metadata").json()
        assert [one["00080018"]["Value"] for one in metadata] == [[held.SOPInstanceUID]]
        whole, theirs = web.tang.get(resource), web.quinn.get(resource)
        assert len(Parts(whole.headers["content-type"], whole.content).contents) == 3
        (got,) = Parts(theirs.headers["content-type"], theirs.content).contents
        assert from_bytes(got).sop_instance == held.SOPInstanceUID
        picture = web.quinn.get(f"{resource}/thumbnail")
        assert picture.content == web.quinn.get(f"{path_of(held)}/thumbnail").content
    for one in (second, third):
        for ending in ("", "/metadata", "/frames/1", "/rendered", "/thumbnail", "/frames/1/rendered",
                       "/frames/1/thumbnail", "/bulkdata/7FE00010"):  # fmt: skip
            assert web.tang.get(path_of(one) + ending).status_code == 200
            refused, nothing = web.quinn.get(path_of(one) + ending), web.quinn.get(path_of(image()) + ending)
            assert (refused.status_code, refused.content) == (nothing.status_code, nothing.content)
            assert refused.status_code == 404


def test_the_thumbnail_of_a_slide_is_its_coarsest_level_and_never_its_label(web: Web) -> None:
    slide: dict[str, Any] = {
        "SOPClassUID": WHOLE_SLIDE, "StudyInstanceUID": new_uid(), "SeriesInstanceUID": new_uid(),
    }  # fmt: skip
    kinds = (("LABEL", 1), ("VOLUME", 40), ("VOLUME", 2), ("OVERVIEW", 1))
    label, _, coarsest, _ = made = [
        image(
            SOPInstanceUID=new_uid(), InstanceNumber=at, ImageType=["ORIGINAL", "PRIMARY", kind], frames=tiles, **slide
        )
        for at, (kind, tiles) in enumerate(kinds)
    ]
    label.PixelData = label.PixelData[::-1]
    web.send(*made)
    of_series = f"/studies/{label.StudyInstanceUID}/series/{label.SeriesInstanceUID}"

    found = web.tang.get(f"{of_series}/thumbnail").content

    assert found == web.tang.get(f"{path_of(coarsest)}/thumbnail").content
    assert web.tang.get(f"{path_of(label)}/thumbnail").status_code == 404


def test_where_the_middle_of_a_study_is_a_label_another_series_stands_for_it(web: Web) -> None:
    study, of_labels = new_uid(), new_uid()
    level, label, second = (
        image(
            StudyInstanceUID=study, SeriesInstanceUID=series, SeriesNumber=number, SOPInstanceUID=new_uid(),
            SOPClassUID=WHOLE_SLIDE, ImageType=["ORIGINAL", "PRIMARY", kind, "NONE"],
        )
        for kind, series, number in (("VOLUME", new_uid(), 1), ("LABEL", of_labels, 2), ("LABEL", of_labels, 2))
    )  # fmt: skip
    web.send(level, label, second)
    of_study = f"/studies/{study}"

    assert web.tang.get(f"{of_study}/series/{of_labels}/thumbnail").status_code == 404
    found, expected = (web.tang.get(f"{each}/thumbnail") for each in (of_study, path_of(level)))
    assert (found.status_code, found.headers["ETag"]) == (200, expected.headers["ETag"])


def test_frames_of_a_wrong_offset_table_are_found(web: Web) -> None:
    frames = [codestream(frame, JPEG_BASELINE, bits=8) for frame in SLOPES]
    halves = [half for each in frames for half in (each[:100], each[100:])]
    sent = fragmented(image(frames=2, rows=32, columns=32, BitsAllocated=8, BitsStored=8, HighBit=7), halves)
    sent.PixelData = item(struct.pack("<2I", 0, 12)) + b"".join(item(half) for half in halves)
    path = web.send(sent, syntax=JPEG_BASELINE)

    for number in (1, 2):
        kept = web.ada.get(f"{path}/frames/{number}", headers={"Accept": AS_STORED})
        native = web.ada.get(f"{path}/frames/{number}", headers={"Accept": "application/octet-stream"})
        (content,) = Parts(kept.headers["content-type"], kept.content).contents
        assert content.rstrip(b"\0") == frames[number - 1].rstrip(b"\0")
        drawn = np.frombuffer(native.content, np.uint8).reshape(32, 32)
        assert np.abs(drawn.astype(int) - SLOPES[number - 1]).max() < 8
    assert web.ada.get(f"{path}/frames/2/rendered").status_code == 200


def test_frames_that_nobody_can_tell_apart_are_an_error(web: Web) -> None:
    sent = fragmented(
        image(frames=2, rows=32, columns=32, BitsAllocated=8, BitsStored=8, HighBit=7), [b"ab", b"cd", b"ef"]
    )
    path = web.send(sent, syntax=JPEG_BASELINE)

    for below in ("/frames/1", "/frames/2", "/rendered", "/frames/2/rendered", "/thumbnail", "/bulkdata/7FE00010"):
        answer = web.ada.get(path + below)
        assert (answer.status_code, answer.headers["content-type"]) == (406, "application/problem+json"), below
    whole = web.ada.get(path, headers={"Accept": "application/dicom"})
    assert whole.status_code == 200
    assert whole.headers["content-type"] == f"application/dicom; transfer-syntax={JPEG_BASELINE}"
