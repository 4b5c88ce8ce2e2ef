"""Modality Worklist on the wire: real peers ask, in several character sets, and hear what they can read."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import (  # pyright: ignore[reportAttributeAccessIssue]
    ModalityWorklistInformationFind,
    StudyRootQueryRetrieveInformationModelFind,
)
from sqlalchemy.exc import OperationalError

from pacs.dataset.dicom_json import to_json
from pacs.dimse.peer import Peer, open_association
from pacs.dimse.service import Caller
from pacs.search.turns import Turns
from pacs.service_classes.modality_worklist import MOST_ANSWERS, Worklist, WorklistPage
from pacs.service_classes.modality_worklist_item import ScheduledStep
from tests.archive import TOWNSHIP, Archive
from tests.conftest import need_tool
from tests.running import wait_until
from tests.scheduled import CHEST
from tests.wire import EXPLICIT_LITTLE, Aborted, HungUp, command, uid, us
from tests.wire import Sender as Device

FIND = str(ModalityWorklistInformationFind)
WANG, LI = CHEST, replace(CHEST, study_uid="2.25.2", alphabetic="LI^NA", ideographic="李^娜", patient_number="9")


class Desk:
    """What the site has; remembers who asked for which days."""

    def __init__(self, *scheduled: ScheduledStep, character_set: str = "", whole: bool = True) -> None:
        self.asked: list[tuple[str, date | None, date | None]] = []
        self.told: list[str] = []
        self.offer = WorklistPage(
            scheduled=scheduled, whole=whole, character_set=character_set, answering=self._answering
        )

    def _answering(self, steps: Sequence[ScheduledStep]) -> None:
        self.told += [one.study_uid for one in steps]

    def offering(self, caller: Caller, first: date | None, last: date | None) -> WorklistPage:
        assert caller.sender == TOWNSHIP
        self.asked.append((caller.ae_title, first, last))
        return self.offer


class SlowDesk(Desk):
    """Finds its second examination only when whoever asks has called off."""

    def offering(self, caller: Caller, first: date | None, last: date | None) -> WorklistPage:
        def found() -> Iterator[ScheduledStep]:
            for place, one in enumerate(self.offer.scheduled):
                if place:
                    wait_until(lambda: caller.association.dimse.cancel_req, what="a C-CANCEL")
                yield one

        return replace(super().offering(caller, first, last), scheduled=found())


@contextmanager
def listening(archive: Archive, desk: Desk) -> Iterator[int]:
    with archive.listening([Worklist(desk.offering, Turns())]) as listener:
        yield listener.address[1]


def query(**keys: Any) -> Dataset:
    asked = Dataset()
    asked.PatientName = ""
    asked.StudyInstanceUID = ""
    asked.ScheduledProcedureStepSequence = []
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    return asked


def found(port: int, asked: Dataset, *, sop_class: str = FIND) -> list[tuple[int, Dataset | None]]:
    peer = Peer(ae_title="TIERREAD", host="127.0.0.1", port=port)
    with open_association("TOWNSHIP", peer, [build_context(FIND)]) as association:
        answers = association.send_c_find(asked, FIND if sop_class == FIND else sop_class)
        return [(status.Status, identifier) for status, identifier in answers]


@pytest.mark.parametrize(
    ("entered", "asked", "name"),
    [
        ("", "", b"WANG^XIAOLI"),
        ("", "ISO_IR 100", b"WANG^XIAOLI"),
        ("GB18030", "", "WANG^XIAOLI=王^小丽".encode("gb18030")),
        ("GBK", "", "WANG^XIAOLI=王^小丽".encode("gbk")),
        ("", "ISO_IR 192", "WANG^XIAOLI=王^小丽".encode()),
        ("ISO 2022 IR 58", "", b"WANG^XIAOLI=\x1b$)A\xcd\xf5^\x1b$)A\xd0\xa1\xc0\xf6"),
    ],
)
def test_findscu_hears_names_in_the_set_that_the_device_reads(
    small_archive: Archive, tmp_path: Path, entered: str, asked: str, name: bytes
) -> None:
    desk, folder = Desk(WANG, LI, character_set=entered), tmp_path / "answers"
    folder.mkdir()
    charset = ["-k", f"SpecificCharacterSet={asked}"] if asked else []
    with listening(small_archive, desk) as port:
        answered = subprocess.run(
            [
                *(need_tool("findscu"), "-W", "-X", "-od", str(folder), "-aet", "TOWNSHIP", "-aec", "TIERREAD"),
                *charset,
                *("-k", "PatientName=WANG*", "-k", "PatientID", "-k", "RequestedProcedureDescription"),
                *("-k", "(0040,0100)[0].Modality=DX", "-k", "(0040,0100)[0].ScheduledProcedureStepStartDate=20260302-"),
                *("127.0.0.1", str(port)),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert answered.returncode == 0, answered.stderr
    (written,) = folder.iterdir()
    seen = dcmread(written)
    raw = seen.get_item(0x00100010)
    assert raw is not None
    assert bytes(raw.value).rstrip(b" ") == name  # type: ignore[arg-type]
    words = to_json(seen, "")["00321060"]["Value"]  # pydicom leaves escapes of ISO 2022 IR 58 in the text
    assert words == ["DR 胸部" if b"=" in name else "DR Chest"]
    assert seen.PatientID == WANG.patient_number
    assert seen.ScheduledProcedureStepSequence[0].Modality == "DX"
    assert desk.asked == [("TOWNSHIP", date(2026, 3, 2), None)]


def test_pynetdicoms_findscu_hears_everything(small_archive: Archive) -> None:
    with listening(small_archive, Desk(WANG, LI, character_set="ISO_IR 192")) as port:
        answered = subprocess.run(
            [
                *(sys.executable, "-m", "pynetdicom", "findscu", "-W", "-v"),
                *("-aet", "TOWNSHIP", "-aec", "TIERREAD", "-k", "PatientName=", "-k", "StudyInstanceUID="),
                *("127.0.0.1", str(port)),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert re.findall(r"Find SCP Response: \d - 0x([0-9A-F]{4})", answered.stderr + answered.stdout)[:2] == ["FF00"] * 2
    assert "2.25.1" in answered.stderr + answered.stdout


def test_a_query_in_chinese_is_understood_also_where_its_set_is_not_named(small_archive: Archive) -> None:
    raw = "王*".encode("gb18030")
    with (
        listening(small_archive, Desk(WANG, LI, character_set="GB18030")) as port,
        Device(address=("127.0.0.1", port), contexts=[(FIND, [EXPLICIT_LITTLE])]) as device,
    ):
        name = b"\x10\x00\x10\x00PN" + len(raw + b" ").to_bytes(2, "little") + raw + b" "
        device.send_message(1, command({0x2: uid(FIND), 0x100: us(0x20), 0x110: us(7), 0x700: us(0), 0x800: us(1)}))
        device.send_data(name, context=1)
        statuses = [device.status()]
        device.receive()  # the identifier of the one match
        statuses.append(device.status())

    assert statuses == [0xFF00, 0x0000]


def test_keys_that_are_not_supported_are_told_and_malformed_ones_refused(small_archive: Archive) -> None:
    with listening(small_archive, Desk(WANG)) as port:
        unsupported = found(port, query(AdmissionID="7"))
        step = Dataset()
        step.add_new(0x00400003, "SH", "noon")
        malformed = found(port, query(ScheduledProcedureStepSequence=[step]))
        two = found(port, query(ScheduledProcedureStepSequence=[Dataset(), Dataset()]))

    assert [status for status, _ in unsupported] == [0xFF01, 0x0000]
    assert [status for status, _ in malformed] == [0xA900]
    assert [status for status, _ in two] == [0xA900]


def test_an_identifier_that_is_no_data_set_is_refused(small_archive: Archive) -> None:
    with (
        listening(small_archive, Desk(WANG)) as port,
        Device(address=("127.0.0.1", port), contexts=[(FIND, [EXPLICIT_LITTLE])]) as device,
    ):
        head = {0x2: uid(FIND), 0x100: us(0x20), 0x110: us(7), 0x700: us(0), 0x800: us(1)}
        device.send_message(1, command(head))
        device.send_data(b"\x40\x00\x00\x01SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 3000, context=1)
        status = device.status()

        assert status in {0xC000, 0xA900}
        device.send_message(1, command({**head, 0x800: us(1)}))
        device.send_data(b"\x10\x00\x10\x00PN\0\0", context=1)
        assert device.status() == 0xFF00  # and the association goes on
        device.receive()
        assert device.status() == 0x0000


def test_a_query_is_cancelled_between_two_matches(small_archive: Archive) -> None:
    many = [replace(CHEST, study_uid=f"2.25.{number}") for number in range(1, 4)]
    with (
        listening(small_archive, SlowDesk(*many)) as port,
        Device(address=("127.0.0.1", port), contexts=[(FIND, [EXPLICIT_LITTLE])]) as device,
    ):
        device.send_message(1, command({0x2: uid(FIND), 0x100: us(0x20), 0x110: us(7), 0x700: us(0), 0x800: us(1)}))
        device.send_data(b"\x10\x00\x10\x00PN\0\0", context=1)
        assert device.status() == 0xFF00
        device.receive()
        device.send_message(1, command({0x100: us(0x0FFF), 0x120: us(7), 0x800: us(0x0101)}))
        heard = [device.status()]
        while heard[-1] == 0xFF00:
            device.receive()
            heard.append(device.status())

    assert heard == [0xFE00]


def test_too_much_is_told_and_not_silently_cut(small_archive: Archive) -> None:
    many = [replace(CHEST, study_uid=f"2.25.{number}") for number in range(1, MOST_ANSWERS + 2)]
    with listening(small_archive, Desk(*many)) as port:
        cut = found(port, query())
    with listening(small_archive, Desk(WANG, whole=False)) as port:
        more = found(port, query())

    assert [status for status, _ in cut] == [0xFF00] * MOST_ANSWERS + [0xA700]
    assert [status for status, _ in more] == [0xFF00, 0xA700]


def test_only_what_is_told_is_noted_and_what_cannot_be_noted_is_not_told(small_archive: Archive) -> None:
    class NoRecord(Desk):
        def _answering(self, steps: Sequence[ScheduledStep]) -> None:
            raise OperationalError("insert", {}, Exception())

    desk, mute = Desk(WANG, LI), NoRecord(WANG, LI)
    with listening(small_archive, desk) as port:
        told = found(port, query(PatientName="LI*"))
    with listening(small_archive, mute) as port:
        untold = found(port, query())

    assert ([status for status, _ in told], desk.told) == ([0xFF00, 0x0000], [LI.study_uid])
    assert [status for status, _ in untold] == [0xA700]


def test_a_register_that_is_away_is_told_as_such(small_archive: Archive) -> None:
    def away(_caller: Caller, _first: date | None, _last: date | None) -> WorklistPage:
        raise OperationalError("select", {}, Exception())

    with small_archive.listening([Worklist(away, Turns())]) as listener:
        answers = found(listener.address[1], query())

    assert [status for status, _ in answers] == [0xA700]


def test_another_class_on_a_worklist_context_ends_the_association(small_archive: Archive) -> None:
    study_root = str(StudyRootQueryRetrieveInformationModelFind)
    head = {0x2: uid(study_root), 0x100: us(0x20), 0x110: us(7), 0x700: us(0), 0x800: us(1)}
    with (
        listening(small_archive, Desk(WANG)) as port,
        suppress(HungUp),  # it cannot be released then
        Device(address=("127.0.0.1", port), contexts=[(FIND, [EXPLICIT_LITTLE])]) as device,
    ):
        device.send_message(1, command(head))
        device.send_data(b"\x10\x00\x10\x00PN\0\0", context=1)
        with pytest.raises((Aborted, HungUp)):
            device.status()


def test_twenty_devices_ask_at_once(small_archive: Archive) -> None:
    counts: list[int] = []
    with listening(small_archive, Desk(WANG, LI, character_set="GBK")) as port:
        threads = [threading.Thread(target=lambda: counts.append(len(found(port, query())))) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert counts == [3] * 20
