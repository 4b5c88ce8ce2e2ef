"""Every stored form in every asked form: who decodes what came, by the header that came, sees what was sent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
from pydicom import dcmread

from pacs.leaving.outgoing_file import outgoing_dataset, outgoing_file
from pacs.pixels.opened import StoredInstance
from tests import engines
from tests.archive import archive as make_archive
from tests.builders import encoded, fragmented, new_uid
from tests.codestreams import (
    HTJ2K_RPCL,
    JPEG_2000_LOSSLESS,
    JPEG_BASELINE,
    JPEG_EXTENDED,
    JPEG_LOSSLESS_SV1,
    JPEG_LS,
    codestream,
    numbered_from_zero,
    without_markers,
)
from tests.dicomweb import Web, serving
from tests.multipart import Parts
from tests.pictures_compared import (
    FRAMES,
    NATIVE,
    Stored,
    allowed,
    assert_is_what_was_sent,
    decoded,
    difference,
    every_stored_picture,
    of_json,
)
from tests.reading_bytes import bytes_of
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, from_bytes
from tests.written import meta_end

FRAME_FORMS: Final = (
    "application/octet-stream",
    f'multipart/related; type="application/octet-stream"; transfer-syntax={EXPLICIT_LITTLE}',
    'multipart/related; type="application/octet-stream"; transfer-syntax=*',
    f'multipart/related; type="image/jphc"; transfer-syntax={HTJ2K_RPCL}',
    "*/*",
)
JPEG_PROGRESSIVE: Final = "1.2.840.10008.1.2.4.53"
LOSSY_METHOD: Final = {".50": "ISO_10918_1", ".51": "ISO_10918_1", ".81": "ISO_14495_1"}


def titled(stored: Stored) -> str:
    made = stored.dataset
    sign = "signed" if made.PixelRepresentation else "unsigned"
    return f"{stored.syntax[14:]} {stored.name} {made.BitsStored} {sign} {made.get('PlanarConfiguration', '')}".strip()


@pytest.fixture(scope="module")
def web(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """On SQLite alone: what a frame looks like does not depend on the database. A picture is received once for all."""
    folder = tmp_path_factory.mktemp("recoded")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'tierread.db')}"
    with (
        engines.pointed(url) as engine,
        make_archive(engine, url, folder) as archive,
        serving(archive, engine, folder) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def pictures() -> list[Stored]:
    return list(every_stored_picture())


def test_frames_are_what_the_metadata_say(web: Web, pictures: list[Stored]) -> None:
    walked, htj2k = 0, set[str]()
    for stored in pictures:
        path = web.send(stored.dataset, syntax=stored.syntax)
        header = of_json(web.ada.get(f"{path}/metadata").json()[0])
        assert header.planar == 0, titled(stored)
        for form in FRAME_FORMS:
            for number in range(1, FRAMES + 1):
                answer = web.ada.get(f"{path}/frames/{number}", headers={"Accept": form})
                if answer.status_code == 406 and "jphc" in form:
                    continue
                assert answer.status_code == 200, (titled(stored), form, answer.text)
                syntax, content = _single_part(answer)
                htj2k |= {titled(stored)} if syntax == HTJ2K_RPCL else set()
                away = difference(stored, header, number - 1, decoded(header, syntax, content))
                assert away <= allowed(stored, header), (titled(stored), form, syntax, away)
                walked += 1

    assert walked > 800
    assert len(htj2k) > 60


def test_bulk_data_are_what_the_metadata_say(web: Web, pictures: list[Stored]) -> None:
    for stored in pictures:
        path = web.send(stored.dataset, syntax=stored.syntax)
        found = web.ada.get(f"{path}/metadata").json()[0]
        header = of_json(found)
        native = web.ada.get(found["7FE00010"]["BulkDataURI"], headers={"Accept": "application/octet-stream"})
        kept = web.ada.get(
            found["7FE00010"]["BulkDataURI"],
            headers={"Accept": 'multipart/related; type="application/octet-stream"; transfer-syntax=*'},
        )
        parts = Parts(kept.headers["content-type"], kept.content)

        size = len(native.content) // FRAMES
        for number in range(FRAMES):
            got = decoded(header, EXPLICIT_LITTLE, native.content[number * size : (number + 1) * size])
            assert difference(stored, header, number, got) <= allowed(stored, header), titled(stored)
        assert len(parts.contents) == (1 if stored.syntax in NATIVE else FRAMES)


@pytest.mark.parametrize("wanted", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
def test_files_are_what_they_say(web: Web, pictures: list[Stored], wanted: str) -> None:
    for stored in pictures:
        web.send(stored.dataset, syntax=stored.syntax)
        opened = StoredInstance(*bytes_of(web.archive, stored.dataset.SOPInstanceUID))
        whole = b"".join(outgoing_file(opened, None, wanted))

        assert_is_what_was_sent(stored, dcmread(BytesIO(whole)))
        assert b"".join(outgoing_dataset(opened, None, wanted)) == whole[meta_end(whole) :]


def test_an_instance_is_sent_in_explicit_little_endian_unless_another_syntax_is_named(
    web: Web, pictures: list[Stored]
) -> None:
    for stored in pictures:
        path = web.send(stored.dataset, syntax=stored.syntax)
        unnamed = web.ada.get(path, headers={"Accept": "application/dicom"})
        kept = web.ada.get(path, headers={"Accept": f"application/dicom; transfer-syntax={stored.syntax}"})
        got = dcmread(BytesIO(unnamed.content))

        assert got.file_meta.TransferSyntaxUID == EXPLICIT_LITTLE
        assert unnamed.headers["content-type"] == f"application/dicom; transfer-syntax={EXPLICIT_LITTLE}"
        assert_is_what_was_sent(stored, got)
        assert from_bytes(kept.content).dataset == encoded(stored.dataset, stored.syntax)


def test_what_was_lost_is_marked_in_metadata_and_in_files(web: Web, pictures: list[Stored]) -> None:
    for stored in pictures:
        path = web.send(stored.dataset, syntax=stored.syntax)
        found = web.ada.get(f"{path}/metadata").json()[0]
        got = dcmread(BytesIO(web.ada.get(path, headers={"Accept": "application/dicom"}).content))
        marked = [found.get(tag, {}).get("Value", [None])[0] for tag in ("00282110", "00282112", "00282114")]
        method = LOSSY_METHOD.get(stored.syntax[-3:])

        assert marked[0] == got.get("LossyImageCompression") == ("01" if method else None), titled(stored)
        assert marked[1] == got.get("LossyImageCompressionRatio"), titled(stored)
        assert marked[2] == got.get("LossyImageCompressionMethod") == method, titled(stored)
        assert (marked[1] or 0) > 0 or not method


def test_a_mark_that_is_there_is_kept(web: Web, pictures: list[Stored]) -> None:
    stored = next(one for one in pictures if one.syntax == JPEG_EXTENDED)
    marked = deepcopy(stored.dataset)
    marked.SOPInstanceUID = new_uid()
    marked.LossyImageCompression = "01"
    marked.LossyImageCompressionRatio = ["7", "12.5"]
    marked.LossyImageCompressionMethod = ["ISO_15444_1", "ISO_10918_1"]
    path = web.send(marked, syntax=stored.syntax)
    found = web.ada.get(f"{path}/metadata").json()[0]
    got = dcmread(BytesIO(web.ada.get(path, headers={"Accept": "application/dicom"}).content))

    assert found["00282112"]["Value"] == [7, 12.5] == got.LossyImageCompressionRatio
    assert found["00282114"]["Value"] == ["ISO_15444_1", "ISO_10918_1"] == got.LossyImageCompressionMethod


def test_a_jpeg_of_twelve_bits_comes_decoded_to_a_desk_that_takes_htj2k(web: Web, pictures: list[Stored]) -> None:
    stored = next(one for one in pictures if one.syntax == JPEG_EXTENDED)
    path = web.send(stored.dataset, syntax=stored.syntax)
    desk = f'{FRAME_FORMS[3]}, multipart/related; type="application/octet-stream"; transfer-syntax=*; q=0.5'
    syntax, _ = _single_part(web.ada.get(f"{path}/frames/1", headers={"Accept": desk}))

    assert syntax == HTJ2K_RPCL


def test_what_browsers_take_for_something_else_comes_natively_to_who_takes_any_syntax(
    web: Web, pictures: list[Stored]
) -> None:
    plain = [one for one in pictures if one.syntax == JPEG_2000_LOSSLESS and one.dataset.BitsStored == 16]
    coded = [one for one in pictures if one.syntax in (JPEG_BASELINE, JPEG_EXTENDED)] + plain
    rgb = next(one for one in coded if one.name == "RGB")
    silent = [numbered_from_zero(without_markers(codestream(one, JPEG_BASELINE, bits=8))) for one in rgb.frames]
    unnamed = replace(rgb, name="numbered", dataset=fragmented(deepcopy(rgb.dataset), silent))
    unnamed.dataset.SOPInstanceUID = new_uid()
    grey = next(one for one in pictures if one.name == "grey" and one.dataset.BitsStored == 12)
    other_sign = [codestream(one.view("i2"), JPEG_2000_LOSSLESS, bits=16) for one in grey.frames]
    signed = replace(
        grey, name="signed", syntax=JPEG_2000_LOSSLESS, dataset=fragmented(deepcopy(grey.dataset), other_sign)
    )
    signed.dataset.SOPInstanceUID = new_uid()
    retired = replace(rgb, name="retired", syntax=JPEG_PROGRESSIVE, dataset=deepcopy(rgb.dataset))
    retired.dataset.SOPInstanceUID = new_uid()
    came: dict[str, str] = {}
    for stored in (*coded, unnamed, signed, retired):
        path = web.send(stored.dataset, syntax=stored.syntax)
        header = of_json(web.ada.get(f"{path}/metadata").json()[0])
        syntax, content = _single_part(web.ada.get(f"{path}/frames/2", headers={"Accept": FRAME_FORMS[2]}))
        came[f"{stored.name} {header.stored_bits}"] = syntax
        within = allowed(rgb if stored is retired else stored, header)
        assert difference(stored, header, 1, decoded(header, syntax, content)) <= within

    assert came == {
        "grey 8": JPEG_BASELINE,
        "grey 12": EXPLICIT_LITTLE,
        "grey 16": JPEG_2000_LOSSLESS,
        "YBR_FULL 8": JPEG_BASELINE,
        "YBR_FULL_422 8": JPEG_BASELINE,
        "RGB 8": JPEG_BASELINE,
        "RGB, YCbCr without a marker 8": JPEG_BASELINE,
        "numbered 8": EXPLICIT_LITTLE,
        "signed 12": EXPLICIT_LITTLE,
        "retired 8": EXPLICIT_LITTLE,
    }


@pytest.mark.parametrize("syntax", [JPEG_BASELINE, JPEG_LOSSLESS_SV1, JPEG_LS])
def test_a_jpeg_that_is_cut_is_damaged_and_no_picture(web: Web, pictures: list[Stored], syntax: str) -> None:
    grey = next(one for one in pictures if one.name == "grey" and one.dataset.BitsStored == 8)
    whole = [codestream(one, syntax, bits=8) for one in grey.frames]
    dataset = fragmented(deepcopy(grey.dataset), [whole[0], whole[1][:-40], *whole[2:]])
    dataset.SOPInstanceUID = new_uid()
    path = web.send(dataset, syntax=syntax)

    drawn = [web.ada.get(f"{path}/frames/{number}/rendered") for number in (1, 2)]
    for_browsers = [web.ada.get(f"{path}/frames/{number}", headers={"Accept": FRAME_FORMS[2]}) for number in (1, 2)]
    named = f'multipart/related; type="application/octet-stream"; transfer-syntax={syntax}'
    as_stored = web.ada.get(f"{path}/frames/2", headers={"Accept": named})

    assert [one.status_code for one in drawn] == [200, 406]
    assert drawn[1].json()["cause"] == "damaged"
    assert [one.status_code for one in for_browsers] == [200, 406]
    assert as_stored.status_code == 200


def _single_part(answer: Any) -> tuple[str, bytes]:
    """Transfer syntax and content of one frame, in whatever envelope it came."""
    outer = answer.headers["content-type"]
    if outer.startswith("multipart/"):
        parts = Parts(outer, answer.content)
        (content,), (outer,) = parts.contents, parts.types
    else:
        content = answer.content
    return outer.rpartition("transfer-syntax=")[2], content
