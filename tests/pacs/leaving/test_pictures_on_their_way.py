"""A picture is the same wherever it leaves: corrected, compacted, on a disc, forwarded, moved to a peer."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pynetdicom.presentation import build_context

from pacs.dataset import part10
from pacs.dicomweb.stow_client import StowTarget
from pacs.dimse.fragments import paused_reactor
from pacs.dimse.peer import Peer, open_association
from pacs.dimse.storage_scu import StorageScu
from pacs.leaving.outgoing_file import default_syntax, outgoing_file
from pacs.leaving.zip_export import Item, zip_stream
from pacs.pixels.opened import StoredInstance
from storage.database import connect, snapshot
from storage.index.queries import instances_in
from storage.nodes.reader import Bytes
from tests.archive import Archive
from tests.archive import archive as make_archive
from tests.builders import new_uid, thing
from tests.compacted import compact, store_of
from tests.dicomweb import serving
from tests.pacs.leaving.test_zip_export import CORRECTION
from tests.pictures_compared import Stored, assert_is_what_was_sent, every_stored_picture
from tests.retrieving import receiving
from tests.storage.instances import seen_whole
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE


@pytest.fixture
def sent(small_archive: Archive) -> list[Stored]:
    """Every stored form, received."""
    pictures = list(every_stored_picture())
    for one in pictures:
        assert small_archive.take(thing(one.dataset, one.syntax)).accepted
    return pictures


def opened(archive: Archive, pictures: list[Stored]) -> Iterator[tuple[Stored, StoredInstance]]:
    bytes_ = Bytes(archive.directory, store_of(archive), archive.engine)
    for one in pictures:
        study = str(one.dataset.StudyInstanceUID)
        with snapshot(archive.engine) as tx:
            (instance,) = instances_in(tx, seen_whole(study), study)
        yield one, StoredInstance(bytes_, instance)


def read(pieces: Iterator[bytes]) -> FileDataset:
    return dcmread(BytesIO(b"".join(pieces)))


def test_corrected_pictures_are_the_same(small_archive: Archive, sent: list[Stored]) -> None:
    for one, instance in opened(small_archive, sent):
        for syntax in (None, EXPLICIT_LITTLE):
            got = read(outgoing_file(instance, CORRECTION, syntax))

            assert str(got.PatientName) == "Li^Na=李^娜"
            assert_is_what_was_sent(one, got)


def test_compacted_pictures_are_the_same_in_every_syntax(small_archive: Archive, sent: list[Stored]) -> None:
    compact(small_archive)
    recoded = 0
    for one, instance in opened(small_archive, sent):
        recoded += instance.instance.recoded
        for syntax in (None, default_syntax(instance), EXPLICIT_LITTLE, IMPLICIT_LITTLE):
            assert_is_what_was_sent(one, read(outgoing_file(instance, None, syntax)))

    assert recoded > 15


@pytest.mark.parametrize("compacted", [False, True])
def test_pictures_on_a_disc_are_the_same(small_archive: Archive, sent: list[Stored], *, compacted: bool) -> None:
    if compacted:
        compact(small_archive)
    every = list(opened(small_archive, sent))
    bytes_ = Bytes(small_archive.directory, store_of(small_archive), small_archive.engine)
    items = [Item(instance=instance.instance, correction=None) for _, instance in every]
    with zipfile.ZipFile(BytesIO(b"".join(zip_stream(bytes_, items, new_uid)))) as disc:
        files = [dcmread(BytesIO(disc.read(name))) for name in disc.namelist() if not name.endswith("DICOMDIR")]
    by_uid = {file.SOPInstanceUID: file for file in files}

    for one, _ in every:
        assert_is_what_was_sent(one, by_uid[one.dataset.SOPInstanceUID])


def test_pictures_that_a_peer_is_sent_are_the_same(small_archive: Archive, sent: list[Stored]) -> None:
    """As C-MOVE and forwarding send them; the peer takes one syntax alone, so that all others are transcoded."""
    syntax = IMPLICIT_LITTLE
    classes = sorted({str(one.dataset.SOPClassUID) for one in sent})
    with receiving(classes, [syntax]) as received:
        peer = Peer(ae_title="DESTINATION", host="127.0.0.1", port=received.port)
        contexts = [build_context(one, syntax) for one in classes]
        with open_association("TIERREAD", peer, contexts) as association, paused_reactor(association):
            scu = StorageScu(association)
            statuses = [scu.send(instance, CORRECTION) for _, instance in opened(small_archive, sent)]

    assert set(statuses) == {0}
    for one in sent:
        uid = str(one.dataset.SOPInstanceUID)
        meta = part10.head(sop_class_uid=str(one.dataset.SOPClassUID), sop_instance_uid=uid, transfer_syntax_uid=syntax)
        assert_is_what_was_sent(one, read(iter([meta, received.bytes_[uid]])))


def test_pictures_that_a_server_is_sent_are_the_same(
    small_archive: Archive, sent: list[Stored], sqlite_template: Path, tmp_path: Path
) -> None:
    compact(small_archive)
    folder = tmp_path / "server"
    folder.mkdir()
    url = f"sqlite:///{folder / 'tierread.db'}"
    shutil.copy(sqlite_template, folder / "tierread.db")
    engine = connect(url)
    with (
        make_archive(engine, url, folder) as server,
        serving(server, engine, folder) as web,
        StowTarget(web.base, "tang") as target,
    ):
        statuses = [target.send(instance, None) for _, instance in opened(small_archive, sent)]
        arrived = [(one, read(outgoing_file(instance, None, None))) for one, instance in opened(server, sent)]
    engine.dispose()

    assert set(statuses) == {0}
    for one, got in arrived:
        assert_is_what_was_sent(one, got)
