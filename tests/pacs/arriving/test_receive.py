"""One instance is received: bytes, row, then success; what cannot be understood lies in quarantine."""

from __future__ import annotations

import hashlib
import struct
import tracemalloc
import zlib
from dataclasses import replace
from functools import partial

import pytest
from pydicom.dataset import Dataset

from pacs.arriving.outcome import STATUS, Reason
from pacs.rights import Right
from storage import tables
from storage.database import transaction
from storage.decisions import quarantine
from storage.index import quarantine_rows
from storage.instance_row import decode_ranges
from tests.archive import OTHER, TOWNSHIP, Archive
from tests.builders import (
    BIG_ENDIAN,
    DEFLATED,
    compressed,
    encoded,
    fragmented,
    image,
    new_uid,
    thing,
)
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Object, from_bytes

JPEG = "1.2.840.10008.1.2.4.50"
RLE = "1.2.840.10008.1.2.5"
CT = "1.2.840.10008.5.1.4.1.1.2"


def changed(whole: Object, data: bytes) -> Object:
    return Object(
        transfer_syntax=whole.transfer_syntax, sop_class=whole.sop_class, sop_instance=whole.sop_instance, dataset=data
    )


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, BIG_ENDIAN, DEFLATED, RLE])
@pytest.mark.parametrize("piece", [1_000_000, 100, 7])
def test_an_instance_is_stored_byte_for_byte(small_archive: Archive, syntax: str, piece: int) -> None:
    dataset = image()
    sent = thing(compressed(dataset, RLE) if syntax == RLE else dataset, syntax)

    outcome = small_archive.take(sent, piece=piece)

    assert (outcome.accepted, outcome.reason, outcome.status) == (True, Reason.STORED, 0)
    (row,) = small_archive.instances()
    assert small_archive.stored(row) == sent.dataset
    assert row["received_digest"] == hashlib.sha256(sent.dataset).digest()
    assert row["transfer_syntax_uid"] == syntax
    assert small_archive.quarantined() == []


def test_what_is_stored_is_a_part_10_file_that_others_read(archive: Archive) -> None:
    sent = thing(image())
    archive.take(sent)

    (row,) = archive.instances()
    (segment,) = archive.rows(tables.segment)
    file = (archive.directory / segment["key"]).read_bytes()[row["offset"] :][: row["size"]]
    assert from_bytes(file) == sent


def test_the_row_says_what_the_data_set_says(archive: Archive) -> None:
    dataset = image(rows=4, columns=3, frames=2, InstanceNumber=7, BodyPartExamined="CHEST", Laterality="L")
    archive.take(thing(dataset))

    (row,) = archive.instances()
    (study,) = archive.rows(tables.study)
    (series,) = archive.rows(tables.series)
    assert (row["sop_instance_uid"], row["study_uid"]) == (dataset.SOPInstanceUID, dataset.StudyInstanceUID)
    assert (row["rows"], row["columns"], row["frames"], row["instance_number"]) == (4, 3, 2, 7)
    assert (study["patient_name"], study["patient_id"], study["issuer"]) == ("Pia^Patient=皮亚", "P0001", "TOWNSHIP")
    assert (study["study_description"], study["accession_number"]) == ("胸部平扫", "A0001")
    assert (series["modality"], series["body_part"], series["laterality"]) == ("CT", "CHEST", "L")


def test_an_issuer_in_the_data_set_stands_before_the_devices(small_archive: Archive) -> None:
    small_archive.take(thing(image(IssuerOfPatientID="COUNTY")))

    assert small_archive.rows(tables.study)[0]["issuer"] == "COUNTY"


def test_gbk_that_calls_itself_latin_is_indexed_as_chinese_and_kept_as_it_came(archive: Archive) -> None:
    dataset = image(SpecificCharacterSet="GB18030", PatientName="张璡", StudyDescription="胸部平扫")
    data = encoded(dataset).replace(b"GB18030 ", b"ISO_IR 6")
    assert b"ISO_IR 6" in data

    archive.take(changed(thing(dataset), data))

    (study,) = archive.rows(tables.study)
    assert (study["patient_name"], study["study_description"]) == ("张璡", "胸部平扫")
    assert archive.stored(archive.instances()[0]) == data


def test_frames_are_ranges_of_the_file(small_archive: Archive) -> None:
    dataset = image(rows=4, columns=3, frames=2)
    small_archive.take(thing(dataset))

    (row,) = small_archive.instances()
    ranges = decode_ranges(row["frame_ranges"])
    data = small_archive.stored(row)
    found = [data[at - row["dataset_offset"] :][:length] for at, length in ranges]
    assert b"".join(found) == dataset.PixelData
    assert [len(frame) for frame in found] == [24, 24]


def test_encapsulated_frames_are_their_fragments(small_archive: Archive) -> None:
    small_archive.take(thing(fragmented(image(frames=2), [b"frame one.", b"frame two."]), JPEG))

    (row,) = small_archive.instances()
    data = small_archive.stored(row)
    found = [data[at - row["dataset_offset"] :][:length] for at, length in decode_ranges(row["frame_ranges"])]
    assert found == [b"frame one.", b"frame two."]


@pytest.mark.parametrize(
    ("dataset", "syntax"),
    [
        (image(), BIG_ENDIAN),
        (image(), DEFLATED),
        (fragmented(image(), [b"half", b"half"]), JPEG),
        (image(PixelData=None), EXPLICIT_LITTLE),
    ],
    ids=["big endian", "deflated", "a frame in two fragments", "no pixels"],
)
def test_frames_that_are_no_plain_ranges_have_none(small_archive: Archive, dataset: Dataset, syntax: str) -> None:
    assert small_archive.take(thing(dataset, syntax)).accepted

    assert small_archive.instances()[0]["frame_ranges"] is None


def test_the_same_again_is_success_and_stored_once(archive: Archive) -> None:
    sent = thing(image())
    archive.take(sent)
    before = archive.rows(tables.segment)

    outcome = archive.take(sent)

    assert (outcome.status, outcome.reason) == (0, Reason.ALREADY_HERE)
    assert len(archive.instances()) == 1
    assert archive.rows(tables.segment) == before


def test_something_else_under_the_same_uid_is_held(archive: Archive) -> None:
    archive.take(thing(image(SOPInstanceUID="1.2.3", StudyInstanceUID="1.2.4", SeriesInstanceUID="1.2.5")))

    outcome = archive.take(
        thing(image(SOPInstanceUID="1.2.3", StudyInstanceUID="1.2.4", SeriesInstanceUID="1.2.5", InstanceNumber=2))
    )

    assert (outcome.status, outcome.reason) == (0, Reason.HELD)
    assert len(archive.instances()) == 1
    assert archive.quarantined()[0]["reason"] == "held"


def test_another_site_does_not_append_to_a_study(archive: Archive) -> None:
    study = new_uid()
    archive.take(thing(image(StudyInstanceUID=study)))

    assert archive.take(thing(image(StudyInstanceUID=study)), OTHER).reason is Reason.HELD


def without(keyword: str) -> Object:
    whole = thing(image())
    return changed(whole, encoded(image(**{"SOPInstanceUID": whole.sop_instance, keyword: None})))


def renamed(study_uid: bytes) -> Object:
    """An image whose Study Instance UID has these six bytes."""
    return changed(thing(image()), encoded(image(StudyInstanceUID="1.2.3")).replace(b"1.2.3\0", study_uid))


def cut(whole: Object, share: float) -> Object:
    return changed(whole, whole.dataset[: int(len(whole.dataset) * share)])


def of_3_gb() -> Object:
    whole = thing(image(PixelData=None))
    return changed(whole, whole.dataset + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, 3 << 30) + bytes(3000))


REFUSED = {
    "cut in the pixels": (lambda: cut(thing(image()), 0.9), Reason.TRUNCATED),
    "cut in the header": (lambda: cut(thing(image()), 0.1), Reason.TRUNCATED),
    "3 GB promised, 3 KB sent": (of_3_gb, Reason.TRUNCATED),
    "deflated and cut": (lambda: cut(thing(image(), DEFLATED), 0.8), Reason.TRUNCATED),
    "no SOP Instance UID": (lambda: without("SOPInstanceUID"), Reason.NO_UIDS),
    "no Study Instance UID": (lambda: without("StudyInstanceUID"), Reason.NO_UIDS),
    "no Series Instance UID": (lambda: without("SeriesInstanceUID"), Reason.NO_UIDS),
    "nothing at all": (lambda: changed(thing(image()), b""), Reason.NO_UIDS),
    "a UID that is a path": (
        lambda: changed(thing(image()), encoded(image(StudyInstanceUID="1.2.3")).replace(b"1.2.3\0", b"../../")),
        Reason.BAD_UID,
    ),
    "a UID of dots alone": (partial(renamed, b"......"), Reason.BAD_UID),
    "a UID with an empty component": (partial(renamed, b"1..2.3"), Reason.BAD_UID),
    "a UID that begins with a dot": (partial(renamed, b".1.2.3"), Reason.BAD_UID),
    "a UID that ends with a dot": (partial(renamed, b"1.2.3."), Reason.BAD_UID),
    "a transfer syntax that is no UID": (lambda: thing(image(), "Ä"), Reason.BAD_UID),
    "no Study Instance UID, and cut": (lambda: cut(without("StudyInstanceUID"), 0.9), Reason.TRUNCATED),
    "another instance than announced": (lambda: changed(thing(image()), encoded(image())), Reason.UID_MISMATCH),
    "garbage": (lambda: changed(thing(image()), b"\xff" * 5000), Reason.UNREADABLE),
    "not deflated at all": (lambda: changed(thing(image(), DEFLATED), b"\xff" * 5000), Reason.UNREADABLE),
    "more rows than pixels": (lambda: thing(image(Rows=46341, Columns=46341)), Reason.NO_PIXELS),
    "more frames than pixels": (lambda: thing(image(NumberOfFrames=2_000_000_000)), Reason.NO_PIXELS),
    "no fragment": (lambda: thing(fragmented(image(), []), JPEG), Reason.NO_PIXELS),
    "fewer fragments than frames": (lambda: thing(fragmented(image(frames=3), [b"1", b"2"]), JPEG), Reason.NO_PIXELS),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_understood_is_refused_and_kept_with_its_reason(small_archive: Archive, case: str) -> None:
    make, reason = REFUSED[case]
    sent = make()

    outcome = small_archive.take(sent)

    assert (outcome.accepted, outcome.reason) == (False, reason)
    assert outcome.status == STATUS[reason] >= 0xA000
    assert small_archive.instances() == []
    (kept,) = small_archive.quarantined()
    assert kept["reason"] == reason
    assert small_archive.quarantine_file(kept).endswith(sent.dataset)


def test_a_bomb_of_zeros_is_refused(small_archive: Archive) -> None:
    whole = thing(image(PixelData=None))
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bomb = deflate.compress(whole.dataset + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, 300 << 20))
    for _ in range(300):
        bomb += deflate.compress(bytes(1 << 20))
    bomb += deflate.flush()

    outcome = small_archive.take(
        Object(transfer_syntax=DEFLATED, sop_class=whole.sop_class, sop_instance=whole.sop_instance, dataset=bomb)
    )

    assert outcome.reason is Reason.UNREADABLE


def test_an_odd_number_of_frames_costs_no_memory(small_archive: Archive) -> None:
    outcome = small_archive.take(thing(image(rows=1, columns=1, BitsAllocated=1, NumberOfFrames=16)))

    assert outcome.accepted
    assert small_archive.instances()[0]["frame_ranges"] is None


def test_elements_in_no_order_are_found(small_archive: Archive) -> None:
    whole = thing(image())
    study_uid = struct.pack("<HH2sH", 0x0020, 0x000D, b"UI", 6) + b"1.2.3\0"

    outcome = small_archive.take(changed(whole, without_study(whole) + study_uid))

    assert (outcome.reason, outcome.study_uid) == (Reason.STORED, "1.2.3")


def without_study(whole: Object) -> bytes:
    return encoded(image(SOPInstanceUID=whole.sop_instance, StudyInstanceUID=None))


def test_uids_that_come_late_are_waited_for(small_archive: Archive) -> None:
    dataset = image()
    dataset.add_new(0x00090010, "LO", "TANG")
    dataset.add_new(0x00091001, "OB", bytes(3_000_000))

    assert small_archive.take(thing(dataset), piece=16_384).reason is Reason.STORED


def test_a_long_upload_without_uids_is_kept_all_the_same(archive: Archive) -> None:
    dataset = image(StudyInstanceUID=None)
    dataset.add_new(0x00090010, "LO", "TANG")
    dataset.add_new(0x00091001, "OB", bytes(20 << 20))
    sent = thing(dataset)

    outcome = archive.take(sent, piece=1 << 20)

    assert outcome.reason is Reason.NO_UIDS
    kept = archive.quarantine_file(archive.quarantined()[0])
    assert hashlib.sha256(kept).digest() == hashlib.sha256(sent.dataset).digest()  # a diff of 20 MB takes minutes


def test_an_abandoned_instance_leaves_nothing(archive: Archive) -> None:
    sent = thing(image(rows=64, columns=64))
    reception = archive.receiver.begin(OTHER, sent.sop_class, sent.sop_instance, sent.transfer_syntax, "dimse")
    reception.feed(sent.dataset[:6000])

    reception.abandon()

    assert archive.instances() == []
    assert archive.quarantined() == []
    assert archive.take(sent).reason is Reason.STORED
    assert archive.stored(archive.instances()[0]) == sent.dataset


def test_without_room_the_device_hears_out_of_resources(small_archive: Archive) -> None:
    small_archive.spool._keep_free_bytes = 1 << 62

    outcome = small_archive.take(thing(image()))

    assert (outcome.reason, outcome.status) == (Reason.OUT_OF_RESOURCES, 0xA700)
    assert small_archive.instances() == []


def test_without_its_index_the_device_hears_out_of_resources(archive: Archive) -> None:
    archive.index.close()

    assert archive.take(thing(image())).status == 0xA700


def test_the_sop_class_may_come_from_the_request_alone(small_archive: Archive) -> None:
    assert small_archive.take(without("SOPClassUID")).accepted

    assert small_archive.instances()[0]["sop_class_uid"] == thing(image()).sop_class


def test_what_a_test_sends_is_checked_to_the_end_and_leaves_nothing(archive: Archive) -> None:
    sent, sender = thing(image(rows=64, columns=64)), replace(TOWNSHIP, test=True)
    cut = replace(sent, dataset=sent.dataset[:-10])

    assert [archive.take(one, sender).status for one in (sent, cut)] == [0, STATUS[Reason.TRUNCATED]]
    assert archive.instances() == archive.quarantined() == []
    assert archive.take(sent).reason is Reason.STORED  # as if it had never been here


def test_a_device_without_the_right_to_store_leaves_nothing_here(small_archive: Archive) -> None:
    reader = replace(TOWNSHIP, may=frozenset({Right.QUERY, Right.RETRIEVE}))
    outcome = small_archive.take(thing(image()), reader)

    assert (outcome.accepted, outcome.status) == (False, 0x0124)
    assert small_archive.instances() == small_archive.quarantined() == []


def nameless(size: int) -> Object:
    """A data set without UIDs, of about that many bytes."""
    return Object(
        transfer_syntax=EXPLICIT_LITTLE,
        sop_class=CT,
        sop_instance=new_uid(),
        dataset=struct.pack("<HH2sHI", 9, 0x1001, b"OB", 0, size) + bytes(size),
    )


@pytest.fixture
def kept_little(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """An archive that keeps 100 kB of what one device sends wrongly."""
    monkeypatch.setattr(archive.spool, "_quarantine_bytes", 100_000)
    return archive


def test_a_device_fills_its_own_quarantine_and_no_more(kept_little: Archive) -> None:
    first, second = (kept_little.take(nameless(50_000)) for _ in range(2))
    other = kept_little.take(nameless(50_000), OTHER)

    assert {one.reason for one in (first, second, other)} == {Reason.NO_UIDS}
    assert [one["device_id"] for one in kept_little.quarantined()] == [TOWNSHIP.device_id, OTHER.device_id]
    (noted,) = kept_little.rows(tables.quarantine_overflow)
    assert (noted["device_id"], noted["site_id"], noted["refused"]) == (TOWNSHIP.device_id, TOWNSHIP.site_id, 1)


def test_a_device_with_a_full_quarantine_still_stores_its_images(kept_little: Archive) -> None:
    for _ in range(3):
        kept_little.take(nameless(50_000))

    assert kept_little.take(thing(image())).accepted


def test_a_decision_makes_room_again(kept_little: Archive) -> None:
    kept_little.take(nameless(60_000))
    with transaction(kept_little.engine) as tx:
        (held,) = quarantine_rows.unsettled(tx, 2)
        quarantine.dismiss(tx, held, held.received_at)

    kept_little.take(nameless(60_000))

    assert len(kept_little.quarantined()) == 2
    assert kept_little.rows(tables.quarantine_overflow) == []


def test_an_endless_head_without_uids_is_neither_held_nor_kept(kept_little: Archive) -> None:
    """40 MB: more than the head that is held in memory, and more than the quota."""
    folder = kept_little.directory
    reception = kept_little.receiver.begin(TOWNSHIP, CT, new_uid(), EXPLICIT_LITTLE, "dimse")
    reception.feed(struct.pack("<HH2sHI", 9, 0x1001, b"OB", 0, 0xFFFFFFFE))
    tracemalloc.start()
    for _ in range(40):
        reception.feed(bytes(1 << 20))
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    outcome = reception.finish()

    assert outcome.reason is Reason.NO_UIDS
    assert held < 2 << 20
    assert most < 64 << 20
    assert kept_little.quarantined() == []
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 1 << 20
