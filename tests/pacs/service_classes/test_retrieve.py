"""C-MOVE and C-GET: what goes where, in which bytes, and how each sub-operation is counted."""

from __future__ import annotations

import subprocess
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.presentation import build_context, build_role

from pacs.dimse.peer import open_association
from pacs.dimse.storage_scu import proposals
from tests.archive import OTHER, TOWNSHIP, Archive
from tests.builders import CT, DX, compressed, image, new_uid, thing
from tests.conftest import need_tool
from tests.retrieving import ROOTS, House, answering, files_in, identifier, receiving, storescp
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Object

RLE = "1.2.840.10008.1.2.5"
STUDY, FOREIGN = new_uid(), new_uid()
SERIES = new_uid()


def of_study(number: int, **shown: Any) -> Dataset:
    return image(StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES, InstanceNumber=number, rows=32, columns=32, **shown)


PLAIN = thing(of_study(1))
IMPLICIT = thing(of_study(2), IMPLICIT_LITTLE)
PACKED = thing(compressed(of_study(3), RLE), RLE)
SENT = (PLAIN, IMPLICIT, PACKED)
QUINNS = thing(image(StudyInstanceUID=FOREIGN))


@pytest.fixture
def house(archive: Archive, tmp_path: Path) -> Iterator[House]:
    yield from filled(archive, tmp_path)


@pytest.fixture
def small_house(small_archive: Archive, tmp_path: Path) -> Iterator[House]:
    yield from filled(small_archive, tmp_path)


def filled(archive: Archive, directory: Path) -> Iterator[House]:
    for one, sender in [*((one, TOWNSHIP) for one in SENT), (QUINNS, OTHER)]:
        assert archive.take(one, sender).accepted
    with answering(archive, directory) as made:
        yield made


def move(
    house: House,
    destination: str,
    level: str = "STUDY",
    root: str = "STUDY",
    *,
    calling: str = "TOWNSHIP",
    **keys: Any,
) -> list[Any]:
    """Each response of a C-MOVE: its status with its counts, and its identifier."""
    keys = keys or {"StudyInstanceUID": STUDY}
    with open_association(calling, house.peer, [build_context(ROOTS["move", root])]) as association:
        return list(association.send_c_move(identifier(level, **keys), destination, ROOTS["move", root], msg_id=9))


def counts(status: Dataset) -> tuple[int, int | None, int, int, int]:
    """Status, remaining, completed, failed, warnings."""
    return (
        status.Status,
        status.get("NumberOfRemainingSuboperations"),
        status.NumberOfCompletedSuboperations,
        status.NumberOfFailedSuboperations,
        status.NumberOfWarningSuboperations,
    )


def test_what_is_moved_arrives_as_it_is_stored_and_says_who_asked(house: House) -> None:
    with receiving([CT], [EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLE], max_pdu=4096) as received:
        house.send_to("DESTINATION", received.port, TOWNSHIP)
        responses = move(house, "DESTINATION")

    assert [counts(status) for status, _ in responses] == [
        (0xFF00, 2, 1, 0, 0),
        (0xFF00, 1, 2, 0, 0),
        (0x0000, None, 3, 0, 0),
    ]
    assert received.bytes_ == {one.sop_instance: one.dataset for one in SENT}
    assert received.syntaxes == {one.sop_instance: one.transfer_syntax for one in SENT}
    assert received.originators == [("TOWNSHIP", 9)] * 3


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
def test_a_destination_that_takes_one_syntax_gets_all_in_it(small_house: House, syntax: str) -> None:
    with receiving([CT], [syntax]) as received:
        small_house.send_to("DESTINATION", received.port, TOWNSHIP)
        responses = move(small_house, "DESTINATION", "IMAGE", StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES,
                         SOPInstanceUID=[one.sop_instance for one in SENT])  # fmt: skip

    assert counts(responses[-1][0]) == (0x0000, None, 3, 0, 0)
    assert set(received.syntaxes.values()) == {syntax}
    assert all(image().PixelData[:64] in data for data in received.bytes_.values())


def test_each_sub_operation_counts_as_the_destination_answers(small_house: House) -> None:
    with receiving([CT], [EXPLICIT_LITTLE]) as received:
        received.answers = {PLAIN.sop_instance: 0xA700, IMPLICIT.sop_instance: 0xB007}
        small_house.send_to("DESTINATION", received.port, TOWNSHIP)
        (*_, (status, named)) = move(small_house, "DESTINATION")

    assert counts(status) == (0xB000, None, 1, 1, 1)
    assert named.FailedSOPInstanceUIDList == PLAIN.sop_instance


def test_what_cannot_go_is_said_with_its_reason(small_house: House) -> None:
    mine = {"StudyInstanceUID": STUDY}
    with receiving([DX], [EXPLICIT_LITTLE]) as received:
        small_house.send_to("DESTINATION", received.port, TOWNSHIP)
        small_house.send_to("QUINN", received.port, OTHER)
        small_house.send_to("OFF", 9, TOWNSHIP)
        ends = [
            move(small_house, destination, level, **keys)[-1]
            for destination, level, keys in [
                ("NOBODY", "STUDY", mine),
                ("DESTINATION", "STUDY", mine),  # takes no CT
                ("OFF", "STUDY", mine),
                ("QUINN", "STUDY", mine),  # may not see it
                ("DESTINATION", "STUDY", {"StudyInstanceUID": FOREIGN}),
                ("DESTINATION", "SERIES", mine),
                ("DESTINATION", "STUDY", mine | {"PatientWeight": "70"}),
            ]
        ]

    assert [status.Status for status, _ in ends] == [0xA801, 0xA702, 0xA702, 0xA702, 0x0000, 0xA900, 0xA900]
    assert [counts(ends[at][0])[2:4] for at in (1, 2, 3, 4)] == [(0, 3), (0, 3), (0, 3), (0, 0)]
    assert set(ends[3][1].FailedSOPInstanceUIDList) == {one.sop_instance for one in SENT}
    assert received.bytes_ == {}


def test_a_corrected_study_goes_out_corrected_and_a_hidden_one_not_at_all(house: House) -> None:
    house.correct(STUDY, PatientName="LI^BO", PatientID="P9")
    with receiving([CT], [EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLE]) as received:
        house.send_to("DESTINATION", received.port, TOWNSHIP)
        (*_, (status, _)) = move(house, "DESTINATION")

    assert counts(status) == (0x0000, None, 3, 0, 0)
    assert received.syntaxes == {one.sop_instance: one.transfer_syntax for one in SENT}
    assert all(b"LI^BO" in data and b"Pia" not in data and b"P0001" not in data for data in received.bytes_.values())
    assert (TOWNSHIP.device_id, "retrieve", STUDY) in house.looks


def test_an_asker_that_cancels_hears_what_remains(small_house: House) -> None:
    arrived = threading.Event()
    go_on = threading.Event()

    def slowly(_event: Any) -> int:
        arrived.set()
        go_on.wait(20)
        return 0

    entity = ApplicationEntity("DESTINATION")
    entity.add_supported_context(CT, EXPLICIT_LITTLE)
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, slowly)])
    assert server is not None
    small_house.send_to("DESTINATION", server.server_address[1], TOWNSHIP)
    root = ROOTS["move", "STUDY"]
    with open_association("TOWNSHIP", small_house.peer, [build_context(root)]) as association:
        responses = association.send_c_move(identifier("STUDY", StudyInstanceUID=STUDY), "DESTINATION", root, msg_id=9)
        threading.Thread(target=_cancel, args=(association, arrived, go_on), daemon=True).start()
        ends = list(responses)
    server.shutdown()

    assert counts(ends[-1][0]) == (0xFE00, 2, 1, 0, 0)


def _cancel(association: Any, arrived: threading.Event, go_on: threading.Event) -> None:
    arrived.wait(20)
    association.send_c_cancel(9, query_model=ROOTS["move", "STUDY"])
    threading.Event().wait(0.5)  # until it has come: nothing answers a cancel
    go_on.set()


def get(house: House, calling: str, level: str, root: str, **keys: str) -> tuple[list[Any], dict[str, bytes]]:
    """Each response of a C-GET, and the data sets that came by it, by their SOP Instance UID."""
    received: dict[str, bytes] = {}

    def take(event: Any) -> int:
        received[str(event.request.AffectedSOPInstanceUID)] = event.request.DataSet.getvalue()
        return 0

    contexts = [build_context(root), *(build_context(CT, one) for one in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLE))]
    with open_association(calling, house.peer, contexts, roles=[build_role(CT, scp_role=True)]) as association:
        association.bind(evt.EVT_C_STORE, take)
        return list(association.send_c_get(identifier(level, **keys), root)), received


def test_what_is_got_comes_back_on_the_same_association(house: House) -> None:
    responses, received = get(house, "TOWNSHIP", "PATIENT", ROOTS["get", "PATIENT"], PatientID="P0001")

    assert counts(responses[-1][0]) == (0x0000, None, 3, 0, 0)
    assert received == {one.sop_instance: one.dataset for one in SENT}


def test_dcmtk_moves_to_its_own_receiver_and_gets(house: House, tmp_path: Path) -> None:
    with storescp(tmp_path / "moved", "+xa") as port:
        house.send_to("DESTINATION", port, TOWNSHIP)
        asked = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}"]
        to = ["-aet", "TOWNSHIP", "-aec", "TIERREAD", "127.0.0.1", str(house.port)]
        subprocess.run([need_tool("movescu"), "-S", "-aem", "DESTINATION", *asked, *to], check=True, timeout=60)
        found = subprocess.run(
            [need_tool("findscu"), "-S", *asked, "-k", "PatientName", *to], check=True, timeout=60, capture_output=True
        )
    (tmp_path / "got").mkdir()
    subprocess.run([need_tool("getscu"), "-S", "-od", str(tmp_path / "got"), *asked, *to], check=True, timeout=60)

    assert b"Pia^Patient" in found.stdout + found.stderr
    moved, got = files_in(tmp_path / "moved"), files_in(tmp_path / "got")
    assert moved.keys() == got.keys() == {one.sop_instance for one in SENT}
    assert str(moved[PACKED.sop_instance].file_meta.TransferSyntaxUID) == RLE
    assert {str(one.file_meta.TransferSyntaxUID) for one in got.values()} <= {EXPLICIT_LITTLE, IMPLICIT_LITTLE}
    for one in got.values():  # getscu takes only uncompressed ones: unpacked for it
        assert np.array_equal(one.pixel_array, moved[str(one.SOPInstanceUID)].pixel_array)


def test_a_large_object_is_never_held_whole(small_house: House, tmp_path: Path) -> None:
    large = image(rows=4096, columns=4096)  # 32 MB
    sent = thing(large)
    assert small_house.archive.take(sent).accepted
    asked = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={large.StudyInstanceUID}"]
    (tmp_path / "got").mkdir()
    tracemalloc.start()
    subprocess.run(
        [need_tool("getscu"), "+B", "-S", "-od", str(tmp_path / "got"), *asked, "-aet", "TOWNSHIP", "-aec", "TIERREAD",
         "127.0.0.1", str(small_house.port)],
        check=True, timeout=120,
    )  # fmt: skip
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 8 << 20
    assert (tmp_path / "got" / next((tmp_path / "got").iterdir()).name).read_bytes().endswith(sent.dataset)


def test_more_kinds_than_one_association_carries_are_sent_on_several() -> None:
    kinds = [(f"1.2.840.10008.5.1.4.1.1.{number}", RLE) for number in range(100)]
    made = proposals([*kinds, (kinds[0][0], EXPLICIT_LITTLE)])

    assert [len(one.contexts) for one in made] == [126, 126, 48]
    assert set().union(*(one.sop_classes for one in made)) == {sop_class for sop_class, _ in kinds}


def test_a_peer_that_hangs_up_in_the_middle_ends_it(small_house: House) -> None:
    big = Object(
        transfer_syntax=EXPLICIT_LITTLE,
        sop_class=CT,
        sop_instance=(large := image(rows=2048, columns=2048)).SOPInstanceUID,
        dataset=thing(large).dataset,
    )
    assert small_house.archive.take(big).accepted
    root = ROOTS["get", "STUDY"]

    def leave(event: Any) -> int:
        event.assoc.abort()
        return 0

    contexts = [build_context(root), build_context(CT, EXPLICIT_LITTLE)]
    with open_association("TOWNSHIP", small_house.peer, contexts, roles=[build_role(CT, scp_role=True)]) as association:
        association.bind(evt.EVT_C_STORE, leave)
        association.dimse_timeout = 2  # it waits for an answer to what it has hung up on
        asked = identifier("STUDY", StudyInstanceUID=large.StudyInstanceUID)
        list(association.send_c_get(asked, root))

    assert association.is_aborted
    assert small_house.find("STUDY", "STUDY", PatientID="nobody")[-1][0] == 0x0000  # and others are served


def test_a_site_that_sent_one_image_of_another_sites_study_gets_that_image_alone(small_house: House) -> None:
    assert small_house.archive.take(PLAIN, OTHER).accepted

    with receiving([CT], [EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLE]) as received:
        small_house.send_to("QUINN", received.port, OTHER)
        asked = move(small_house, "QUINN", calling="OTHER")
        given = move(small_house, "QUINN")

    got, files = get(small_house, "OTHER", "STUDY", ROOTS["get", "STUDY"], StudyInstanceUID=STUDY)

    assert counts(got[-1][0]) == (0x0000, None, 1, 0, 0)
    assert set(files) == {PLAIN.sop_instance}
    assert counts(asked[-1][0]) == (0x0000, None, 1, 0, 0)
    assert counts(given[-1][0]) == (0xB000, None, 1, 2, 0)
    assert set(given[-1][1].FailedSOPInstanceUIDList) == {IMPLICIT.sop_instance, PACKED.sop_instance}
    assert set(received.bytes_) == {PLAIN.sop_instance}
