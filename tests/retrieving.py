"""A listener that answers queries and retrievals over a whole archive, behind a door of the test's own."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.presentation import build_context

from pacs.arriving.receive import Sender
from pacs.dimse.peer import Peer, open_association
from pacs.leaving.visible_study import NotVisible, VisibleStudy
from pacs.search.turns import Turns
from pacs.service_classes.find import PATIENT_ROOT_FIND, STUDY_ROOT_FIND, FindService
from pacs.service_classes.needs import Destination, DimseDoor
from pacs.service_classes.retrieve import (
    PATIENT_ROOT_GET,
    PATIENT_ROOT_MOVE,
    STUDY_ROOT_GET,
    STUDY_ROOT_MOVE,
    RetrieveService,
)
from storage.database import snapshot, transaction
from storage.index.queries import Exact, Scope, search_studies, show
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests.archive import Archive
from tests.conftest import need_tool
from tests.running import free_port, wait_until

ROOTS: Final = {
    ("find", "PATIENT"): PATIENT_ROOT_FIND,
    ("find", "STUDY"): STUDY_ROOT_FIND,
    ("move", "PATIENT"): PATIENT_ROOT_MOVE,
    ("move", "STUDY"): STUDY_ROOT_MOVE,
    ("get", "PATIENT"): PATIENT_ROOT_GET,
    ("get", "STUDY"): STUDY_ROOT_GET,
}


@dataclass(kw_only=True)
class House:
    """The archive, what the door knows, and where the listener is."""

    archive: Archive
    port: int = 0
    destinations: dict[str, Destination] = field(default_factory=dict[str, Destination])
    corrected: dict[str, VisibleStudy] = field(default_factory=dict[str, VisibleStudy])
    character_sets: dict[str, str] = field(default_factory=dict[str, str])
    looks: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    """Device, action, Study Instance UID."""

    # The door, as `service` hands it in.

    def scope(self, sender: Sender, _action: str) -> Scope:
        return Scope(site_ids=frozenset((sender.site_id,)))

    def open_study(self, sender: Sender, study_uid: str, action: str) -> VisibleStudy:
        with snapshot(self.archive.engine) as tx:
            found = search_studies(tx, self.scope(sender, action), [("study_uid", Exact(study_uid))], limit=1)
        if not found:
            raise NotVisible
        self.looks.append((sender.device_id, action, study_uid))
        scope, corrected = self.scope(sender, action), self.corrected.get(study_uid)
        return replace(corrected, scope=scope) if corrected else VisibleStudy(study=found[0], scope=scope)

    def destination(self, ae_title: str, _asker: Sender) -> Destination | None:
        return self.destinations.get(ae_title)

    # What tests do.

    def correct(self, study_uid: str, **attributes: str) -> None:
        with transaction(self.archive.engine) as tx:
            show(tx, study_uid, attributes, 1)
            scope = Scope(study_uids=frozenset((study_uid,)))
            (study,) = search_studies(tx, scope, [("study_uid", Exact(study_uid))], limit=1)
        self.corrected[study_uid] = VisibleStudy(
            study=study,
            scope=scope,
            attributes=attributes,
            revision=1,
            reason="wrong",
            made_at=datetime(2026, 3, 2, tzinfo=UTC),
        )

    def send_to(self, ae_title: str, port: int, sender: Sender) -> None:
        peer = Peer(ae_title=ae_title, host="127.0.0.1", port=port)
        self.destinations[ae_title] = Destination(sender=sender, peer=peer)

    @property
    def peer(self) -> Peer:
        return Peer(ae_title="TIERREAD", host="127.0.0.1", port=self.port)

    def find(
        self, root: str, level: str, *, calling: str = "TOWNSHIP", **keys: Any
    ) -> list[tuple[int, Dataset | None]]:
        """Each response's status and match; the context is in explicit little endian."""
        asked = identifier(level, **keys)
        context = build_context(ROOTS["find", root], "1.2.840.10008.1.2.1")
        with open_association(calling, self.peer, [context]) as association:
            return [(status.Status, match) for status, match in association.send_c_find(asked, ROOTS["find", root])]


def identifier(level: str, **keys: Any) -> Dataset:
    asked = Dataset()
    asked.SpecificCharacterSet = "ISO_IR 192"
    asked.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    return asked


@contextmanager
def answering(archive: Archive, directory: Path) -> Iterator[House]:
    house = House(archive=archive)
    bytes_ = Bytes(archive.directory, FolderObjectStore(directory / "objects"), archive.engine)
    door = DimseDoor(
        scope=house.scope,
        open_study=house.open_study,
        destination=house.destination,
        character_set=lambda sender: house.character_sets.get(sender.device_id, ""),
    )
    services = [
        FindService(archive.engine, bytes_, door, "TIERREAD", Turns()),
        RetrieveService(archive.engine, bytes_, door, "TIERREAD"),
    ]
    with archive.listening(services) as listener:
        house.port = listener.address[1]
        yield house


@dataclass(kw_only=True)
class Received:
    """What a destination was sent: the data set's bytes, their syntax, who asked, and what it answers."""

    port: int = 0
    bytes_: dict[str, bytes] = field(default_factory=dict[str, bytes])
    syntaxes: dict[str, str] = field(default_factory=dict[str, str])
    originators: list[tuple[str | None, int | None]] = field(default_factory=list[tuple[str | None, int | None]])
    answers: dict[str, int] = field(default_factory=dict[str, int])

    def take(self, event: Any) -> int:
        uid = str(event.request.AffectedSOPInstanceUID)
        self.bytes_[uid] = event.request.DataSet.getvalue()
        self.syntaxes[uid] = str(event.context.transfer_syntax)
        asked = (event.request.MoveOriginatorApplicationEntityTitle, event.request.MoveOriginatorMessageID)
        self.originators.append(asked)
        return self.answers.get(uid, 0x0000)


@contextmanager
def receiving(sop_classes: Sequence[str], syntaxes: Sequence[str], *, max_pdu: int = 16382) -> Iterator[Received]:
    """A destination that is pynetdicom's."""
    received = Received()
    entity = AE("DESTINATION")
    entity.maximum_pdu_size = max_pdu
    for sop_class in sop_classes:
        entity.add_supported_context(sop_class, list(syntaxes))
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, received.take)])
    assert server is not None
    received.port = server.server_address[1]
    try:
        yield received
    finally:
        server.shutdown()


@contextmanager
def storescp(directory: Path, *options: str) -> Iterator[int]:
    """DCMTK's receiver; what it takes lies in ``directory`` as it came. Its port."""
    directory.mkdir()
    port = free_port()
    command = [need_tool("storescp"), "-od", str(directory), "-aet", "DESTINATION", "+B", *options, str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: listens(port), what="storescp")
            yield port
        finally:
            process.terminate()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def files_in(directory: Path) -> dict[str, Dataset]:
    found = [dcmread(path, force=True) for path in sorted(directory.iterdir()) if path.is_file()]
    return {str(one.SOPInstanceUID): one for one in found}
