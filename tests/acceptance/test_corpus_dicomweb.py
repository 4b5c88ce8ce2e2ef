"""Every real file outside odd/ comes back over DICOMweb with the bytes of its data set unchanged."""

from __future__ import annotations

import hashlib
import shutil
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom import dcmread
from requests import HTTPError, Session
from sqlalchemy.engine import Engine

from pacs.arriving.outcome import Reason
from pacs.dicomweb.multipart import Reader, media_type
from storage.database import connect
from tests import corpus
from tests.archive import Archive
from tests.archive import archive as make_archive
from tests.dicomweb import Web, serving
from tests.wire import from_bytes, from_file

WITHOUT_PICTURE: Final = {
    "ts/dcm4che_will-jxl.dcm",  # JPEG XL: pydicom has no decoder
    "ts/cornerstone3D_CTImage.dcm_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm",  # retired, no decoder
    "ts/cornerstone3D_CTImage.dcm_JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53.dcm",  # retired, no decoder
    "ts/pydicom_JPEG-lossy.dcm",  # 12 bits with a scan header that libjpeg refuses
    "seg/pydicom-data_liver_rle.dcm",  # single bits in RLE: no decoder
    "seg/pydicom-data_liver_nonbyte_aligned_rle.dcm",
    "other/dwv_dwv-test_no-number-rows.dcm",  # an image that does not say its height
}
"""Files whose frames come back as stored but cannot be shown."""
WITHOUT_FRAME: Final = {"other/dwv_dwv-test_no-number-rows.dcm"}


@pytest.fixture
def archive(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Archive]:
    with make_archive(engine, database_url, tmp_path) as made:
        yield made


@pytest.fixture
def web(archive: Archive, engine: Engine, tmp_path: Path) -> Iterator[Web]:
    with serving(archive, engine, tmp_path) as running:
        yield running


class Part:
    def __init__(self, into: list[bytes]) -> None:
        self._into = into
        self._held = bytearray()

    def write(self, chunk: memoryview) -> None:
        self._held += chunk

    def end(self) -> None:
        self._into.append(bytes(self._held))

    def abandon(self) -> None:
        raise AssertionError


def parts_of(session: Session, url: str) -> list[bytes]:
    """The parts of a multipart answer, as bytes: dicomweb-client parses them into data sets."""
    accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
    with session.get(url, headers={"Accept": accept}) as answer:
        answer.raise_for_status()
        found: list[bytes] = []
        reader = Reader(media_type(answer.headers["content-type"]).parameters["boundary"], lambda _: Part(found))
        reader.feed(answer.content)
        reader.close()
    return found


@dataclass(kw_only=True)
class Tally:
    took: Counter[str] = field(default_factory=Counter[str])
    back: int = 0
    described: int = 0
    pictures: Counter[int] = field(default_factory=Counter[int])
    without_picture: set[str] = field(default_factory=set[str])
    without_frame: set[str] = field(default_factory=set[str])
    frames: int = 0


@pytest.mark.timeout(300)
def test_every_real_file_comes_back_unchanged(
    web: Web, sqlite_template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally()
    held = there_and_back(web, [file for file in corpus.files() if not file.odd], tally)
    for turn in count() if web.engine.dialect.name == "sqlite" else ():
        # The corpus has one UID with many contents. What is held for a decision in one archive is new in the next.
        if not held:
            break
        with another(sqlite_template, tmp_path / str(turn)) as next_web:
            held = there_and_back(next_web, held, tally)
    with capsys.disabled():
        print(f"\n{web.engine.dialect.name}: received {dict(tally.took)}; back unchanged {tally.back};")
        print(f"described {tally.described}; pictures {dict(tally.pictures)}; first frames {tally.frames}")

    assert tally.described == tally.back == tally.took[Reason.STORED]
    assert tally.without_picture <= WITHOUT_PICTURE
    assert tally.without_frame <= WITHOUT_FRAME


@contextmanager
def another(template: Path, directory: Path) -> Iterator[Web]:
    directory.mkdir()
    url = f"sqlite:///{shutil.copy(template, directory / 'another.db')}"
    engine = connect(url)
    with make_archive(engine, url, directory) as archive, serving(archive, engine, directory) as web:
        yield web
    engine.dispose()


def there_and_back(web: Web, files: Iterable[corpus.CorpusFile], tally: Tally) -> list[corpus.CorpusFile]:
    """Receive, then fetch everything back and compare; the files that were held."""
    sent: dict[str, str] = {}
    names: dict[str, str] = {}
    held: list[corpus.CorpusFile] = []
    for file in files:
        thing = from_file(file.path)
        outcome = web.archive.take(thing)
        tally.took[outcome.reason] += outcome.reason is not Reason.HELD
        assert outcome.accepted or lacks_uids(file.path), file.name
        if outcome.reason is Reason.HELD:
            held.append(file)
        elif outcome.reason is Reason.STORED:
            sent[outcome.sop_instance_uid] = hashlib.sha256(thing.dataset).hexdigest()
            names[outcome.sop_instance_uid] = file.name
    client = DICOMwebClient(web.base, headers={"Authorization": "Bearer ada"})
    session: Session = client._session
    rows = web.archive.instances()
    back: dict[str, str] = {}
    for study in {row["study_uid"] for row in rows}:
        for content in parts_of(session, f"{web.base}/studies/{study}"):
            thing = from_bytes(content)
            back[thing.sop_instance] = hashlib.sha256(thing.dataset).hexdigest()
        tally.described += len(client.retrieve_study_metadata(study))
    tally.back += len(back)
    # What the second database has to do with it, the bytes have shown; pictures are looked at once.
    looked_at = [row for row in rows if row["frames"]] if web.engine.dialect.name == "sqlite" else []
    for row in looked_at:
        status = picture_of(session, web, row)
        tally.pictures[status] += 1
        if status != 200:
            tally.without_picture.add(names[row["sop_instance_uid"]])
        found = first_frame(client, row)
        tally.frames += found
        if not found:
            tally.without_frame.add(names[row["sop_instance_uid"]])

    assert back == sent
    return held


def lacks_uids(path: Path) -> bool:
    """Whether a file is no instance that could be found again: a DICOMDIR, or a test object without UIDs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(path, force=True, stop_before_pixels=True)
    return not all(dataset.get(keyword) for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"))


def picture_of(session: Session, web: Web, row: dict[str, str]) -> int:
    path = f"/studies/{row['study_uid']}/series/{row['series_uid']}/instances/{row['sop_instance_uid']}"
    with session.get(f"{web.base}{path}/rendered?viewport=256,256", headers={"Accept": "image/jpeg"}) as answer:
        return answer.status_code


def first_frame(client: DICOMwebClient, row: dict[str, str]) -> bool:
    uids = (row["study_uid"], row["series_uid"], row["sop_instance_uid"])
    try:
        (content,) = client.retrieve_instance_frames(*uids, [1], media_types=(("application/octet-stream", "*"),))
    except HTTPError as error:
        if error.response.status_code != 406:
            raise
        return False
    return len(content) > 0
