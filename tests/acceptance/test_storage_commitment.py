"""A CT asks before it deletes: the bucket is away and everything is killed in between, and it hears the truth.

Orthanc asks as well: an implementation that shares nothing with ours.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID

from tests import loopback
from tests.builders import CT, image, new_uid, thing
from tests.conftest import need_tool
from tests.modality import Modality, Pair, ask
from tests.postgresql import Cluster
from tests.running import Cast, TierRead, free_port, serving, wait_until
from tests.seaweedfs import SeaweedFS
from tests.wire import EXPLICIT_LITTLE, Sender

TITLE = "CT_TOWN"
SETTINGS = {"TIERREAD_COMMITMENT_STRAGGLER_SECONDS": "2", "TIERREAD_SEGMENT_IDLE_SECONDS": "600"}


def store(tierread: TierRead, calling: str = TITLE, *, count: int = 3) -> list[Pair]:
    study, series = new_uid(), new_uid()
    things = [
        thing(image(rows=64, columns=64, StudyInstanceUID=study, SeriesInstanceUID=series, InstanceNumber=number))
        for number in range(count)
    ]
    with Sender(
        address=("127.0.0.1", tierread.dicom_port), calling=calling, contexts=[(CT, [EXPLICIT_LITTLE])]
    ) as sender:
        assert {sender.store(one) for one in things} == {0}
    return [(one.sop_class, one.sop_instance) for one in things]


@pytest.fixture(scope="module")
def tierread(
    tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, s3: SeaweedFS
) -> Iterator[tuple[TierRead, Cast]]:
    """On PostgreSQL and a bucket, with its cast."""
    database_url = cluster.new_database()
    settings = {**s3.settings("commitment"), **SETTINGS}
    folder = tmp_path_factory.mktemp("commitment") / "house"
    with serving(folder, database_url=database_url, settings=settings) as running:
        yield running, running.cast()
    cluster.drop(database_url)


def test_a_device_hears_of_what_is_in_the_bucket_whatever_happens_meanwhile(
    tierread: tuple[TierRead, Cast], s3: SeaweedFS
) -> None:
    house, cast = tierread
    address = ("127.0.0.1", house.dicom_port)
    modality = Modality(title=TITLE)
    with modality.listening() as port:
        house.admin("device", "add", TITLE, "--host", "127.0.0.1", "--port", str(port), "--site", "TOWN")

        ours = store(house)
        began = time.monotonic()
        with modality.associated(address) as association:
            assert ask(association, "1.2.826.1", ours) == 0
            # It hangs up once its answer is known to have come: a report that nobody answered is made again.
            wait_until(lambda: modality.heard and _untold(house) == 0, what="a report where it asked")
        seconds = time.monotonic() - began
        where_it_asked = modality.heard.pop()

        theirs = store(house, cast.other_device)
        s3.stop()
        late = store(house)
        never = (CT, new_uid())
        with modality.associated(address) as association:
            assert ask(association, "1.2.826.2", [*ours, *late, *theirs, never]) == 0
        time.sleep(3)
        too_early = len(modality.heard)
        house.kill()
        s3.start()
        house.start()
        wait_until(lambda: modality.heard, what="a call")
        called = modality.heard.pop()
        metrics = wait_until(lambda: _untold(house) == 0 and house.client().get("/metrics").text, what="a note of it")
        answers = house.admin("device", "list")

    print(f"told after {seconds:.1f} s, of which the segment would have stayed open for 600 s")
    assert (where_it_asked.event_type, where_it_asked.called) == (1, False)
    assert where_it_asked.committed == [uid for _, uid in ours]
    assert too_early == 0
    assert (called.event_type, called.called, called.their_role_accepted) == (2, True, True)
    assert called.committed == [uid for _, uid in [*ours, *late]]
    assert called.failed == dict.fromkeys([uid for _, uid in [*theirs, never]], 0x0112)
    assert [one["commitments"] for one in answers if one["ae_title"] == TITLE] == [None]
    assert 'tierread_commitment_reports_total{outcome="delivered"}' in metrics


def _untold(house: TierRead) -> float:
    (line,) = [
        line
        for line in house.client().get("/metrics").text.splitlines()
        if line.startswith('tierread_commitments{state="untold"}')
    ]
    return float(line.split()[-1])


@contextmanager
def orthanc(folder: Path, port: int, tierread: TierRead) -> Iterator[httpx.Client]:
    """An Orthanc that knows us; its REST API."""
    program = need_tool("Orthanc")
    folder.mkdir()
    http_port = free_port()
    we = {"AET": "TIERREAD", "Host": "127.0.0.1", "Port": tierread.dicom_port, "AllowStorageCommitment": True}
    settings = {
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "DicomAet": "ORTHANC",
        "DicomPort": port,
        "HttpPort": http_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomModalities": {"we": we},
        "Plugins": [],
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, str(folder / "orthanc.json")], stdout=log, stderr=log)
    try:
        with loopback.client(f"http://127.0.0.1:{http_port}", timeout=30) as client:
            wait_until(lambda: _answers(client), what="Orthanc")
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/system").status_code == 200
    except httpx.TransportError:
        return False


def test_orthanc_sends_asks_and_is_told(tierread: tuple[TierRead, Cast], tmp_path: Path) -> None:
    house, _ = tierread
    port = free_port()
    house.admin("device", "add", "ORTHANC", "--host", "127.0.0.1", "--port", str(port), "--site", "TOWN")
    study, series = new_uid(), new_uid()
    images = [image(StudyInstanceUID=study, SeriesInstanceUID=series, InstanceNumber=number) for number in range(3)]
    with orthanc(tmp_path / "orthanc", port, house) as client:
        ids = [client.post("/instances", content=_file(one)).json()["ID"] for one in images]
        client.post("/modalities/we/store", json={"Resources": ids[:2]}).raise_for_status()
        found = [_committed(client, ids[:2]), _committed(client, ids)]
    uids = [str(one.SOPInstanceUID) for one in images]

    assert found == [("Success", set(uids[:2]), {}), ("Failure", set(uids[:2]), {uids[2]: 0x0112})]


def _file(made: Dataset) -> bytes:
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)
    buffer = BytesIO()
    dcmwrite(buffer, made, enforce_file_format=True)
    return buffer.getvalue()


def _committed(client: httpx.Client, ids: list[str]) -> tuple[str, set[str], dict[str, int]]:
    asked = client.post("/modalities/we/storage-commitment", json={"Resources": ids}).json()
    report: dict[str, Any] = wait_until(
        lambda: (got := client.get(asked["Path"]).json())["Status"] != "Pending" and got, 60, "a report"
    )
    failed = {one["SOPInstanceUID"]: one["FailureReason"] for one in report["Failures"]}
    return report["Status"], {one["SOPInstanceUID"] for one in report["Success"]}, failed
