"""DICOMweb served over real HTTP from an archive, behind a door that knows three callers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
from fastapi import FastAPI
from pydicom.dataset import Dataset
from sqlalchemy.engine import Engine
from starlette.requests import Request

from pacs.arriving.receive import Sender
from pacs.dicomweb.needs import Door, NotVisible, Purpose, VisibleStudy
from pacs.dicomweb.routes import routes_of
from service.processes.http import ByAddress
from storage.database import snapshot, transaction
from storage.index.queries import Exact as Is
from storage.index.queries import Scope, search_studies, show
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests import loopback
from tests.archive import OTHER, TOWNSHIP, Archive
from tests.builders import thing

TOKENS: Final = {"tang": TOWNSHIP, "quinn": OTHER}
READER: Final = "ada"
"""Reads for the township, and may not store."""


@dataclass(kw_only=True)
class Web:
    """The server, and a client for each caller."""

    archive: Archive
    engine: Engine
    base: str
    corrected: dict[str, VisibleStudy] = field(default_factory=dict[str, VisibleStudy])
    looks: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    tang: httpx.Client = field(init=False)
    ada: httpx.Client = field(init=False)
    quinn: httpx.Client = field(init=False)
    nobody: httpx.Client = field(init=False)

    def send(self, *images: Dataset, syntax: str = "1.2.840.10008.1.2.1", sender: Sender = TOWNSHIP) -> str:
        """Receive images; the path of the first one below the service's address."""
        for one in images:
            assert self.archive.take(thing(one, syntax), sender).accepted
        return path_of(images[0])

    def correct(self, study_uid: str, **attributes: str) -> None:
        """A person puts the attribution of a study right."""
        revision = self.corrected[study_uid].revision + 1 if study_uid in self.corrected else 1
        with transaction(self.engine) as tx:
            show(tx, study_uid, attributes, revision)
            (study,) = search_studies(tx, scope_of("tang"), [("study_uid", Is(study_uid))], limit=1)
        self.corrected[study_uid] = VisibleStudy(
            study=study,
            scope=scope_of("tang"),
            attributes=attributes,
            revision=revision,
            reason="wrong worklist entry",
            made_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        )

    # The door, as `service` hands it in.

    def identify(self, request: Request) -> object | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return token if token in TOKENS or token == READER else None

    def open_study(self, viewer: object, study_uid: str, purpose: Purpose) -> VisibleStudy:
        with snapshot(self.engine) as tx:
            found = search_studies(tx, scope_of(viewer), [("study_uid", Is(study_uid))], limit=1)
        if not found:
            raise NotVisible
        self.looks.append((study_uid, purpose.action))
        scope = scope_of(viewer)
        corrected = self.corrected.get(study_uid)
        return replace(corrected, scope=scope) if corrected else VisibleStudy(study=found[0], scope=scope)


def scope_of(viewer: object) -> Scope:
    site = TOKENS.get(str(viewer), TOWNSHIP).site_id
    return Scope(site_ids=frozenset((site,)))


def path_of(image: Dataset) -> str:
    return f"/studies/{image.StudyInstanceUID}/series/{image.SeriesInstanceUID}/instances/{image.SOPInstanceUID}"


@contextmanager
def serving(archive: Archive, engine: Engine, directory: Path, app: FastAPI | None = None) -> Iterator[Web]:
    """Serve the archive, together with what ``app`` serves already."""
    web = Web(archive=archive, engine=engine, base="")
    door = Door(
        identify=web.identify,
        origin=lambda request: str(request.base_url).rstrip("/"),
        scope=scope_of,
        open_study=web.open_study,
        sender_of=lambda viewer: TOKENS.get(str(viewer)),
    )
    bytes_ = Bytes(archive.directory, FolderObjectStore(directory / "objects"), engine)
    dicomweb = routes_of(door, archive.receiver, bytes_, engine)
    with loopback.listening(dicomweb if app is None else ByAddress(dicomweb, app)) as address:
        web.base = f"{address}/dicomweb"
        clients = {name: _client(web.base, name) for name in ("tang", READER, "quinn", "nobody")}
        web.tang, web.ada, web.quinn, web.nobody = clients.values()
        try:
            yield web
        finally:
            for client in clients.values():
                client.close()


def _client(base: str, name: str) -> httpx.Client:
    headers: dict[str, Any] = {} if name == "nobody" else {"Authorization": f"Bearer {name}"}
    return loopback.client(base, headers=headers, timeout=60)
