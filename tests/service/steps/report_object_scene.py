"""A clinic whose worker writes the objects of its reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from sqlalchemy.engine import Engine

from pacs.authoring.keeping import Keeper
from reading.audit import SYSTEM
from reading.cases.cases import Case
from reading.context import Context
from reading.intake import arrival_end, intake
from reading.reports.content import Content
from reading.reports.versions import ReportVersion
from reading.signing import signatures
from reading.tables import report_object
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.load_settings import load
from service.steps.report_objects import write_next
from storage.database import snapshot, transaction
from storage.index import queries
from storage.index.queries import Instance
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests.archive import TOWNSHIP, Archive, archive
from tests.builders import thing
from tests.reading.clinic import NORMAL, Clinic, arrive, open_clinic, read, shown
from tests.reading.region import KEYS
from tests.storage.instances import seen_whole

STUDY = "1.2.840.1"


SR, PDF = "1.2.840.10008.5.1.4.1.1.88.11", "1.2.840.10008.5.1.4.1.1.104.1"


MEASURED, SELECTED = "1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.88.59"


DRAWN = "1.2.840.10008.5.1.4.1.1.11.1"


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Here:
    """A clinic, its worker, and where the worker keeps what it writes."""

    clinic: Clinic
    house: House
    archive: Archive
    clock: Clock
    case: Case
    keeper: Keeper = field(init=False)

    def __post_init__(self) -> None:
        self.keeper = Keeper(spool=self.archive.spool, index=self.archive.index)

    @property
    def engine(self) -> Engine:
        return self.house.engine

    def read(self, content: Content = NORMAL) -> ReportVersion:
        with transaction(self.engine) as tx:
            return read(tx, self.clinic, self.clinic.ada, self.case.id, self.clock.now, content)

    def correct(self, version: ReportVersion, content: Content) -> ReportVersion:
        with transaction(self.engine) as tx:
            ada = Context(tx, self.clinic.audit, self.clock.now, self.clinic.ada)
            said = shown(tx, self.case.id)
            return signatures.addendum(ada, self.clinic.seal, version.id, content=content, screen=said)

    def work(self) -> int:
        """What the worker does until nothing waits."""
        self.clock.now += timedelta(seconds=1)
        done = 0
        while write_next(self.house, self.bytes_, self.keeper):
            done += 1
        return done

    @property
    def bytes_(self) -> Bytes:
        return Bytes(self.archive.spool.directory, self.house.object_store, self.engine)

    def seen(self, study_uid: str = STUDY) -> dict[str, Instance]:
        """The objects of ours that a search finds, by SOP class."""
        with snapshot(self.engine) as tx:
            found = queries.instances_in(tx, seen_whole(study_uid), study_uid)
        return {one.sop_class_uid: one for one in found if one.made_here}

    def dataset(self, one: Instance) -> FileDataset:
        return dcmread(BytesIO(self.file(one)))

    def file(self, one: Instance) -> bytes:
        return b"".join(self.bytes_.stream(one))

    def take(self, one: Dataset) -> None:
        """A picture comes from the device, and with it, or before, its case."""
        hills = self.clinic.region.hills.id
        assert self.archive.take(thing(one), replace(TOWNSHIP, site_id=hills)).accepted
        with transaction(self.engine) as tx:
            study = queries.study_of(tx, str(one.StudyInstanceUID))
            assert study is not None
            self.case = intake.take_in(Context(tx, self.clinic.audit, self.clock.now, SYSTEM), KEYS, study)
            arrival_end.end_arriving(tx, datetime.now(UTC) + timedelta(hours=1), 60)

    def failures(self) -> int:
        with snapshot(self.engine) as tx:
            return tx.scalar(sa.select(sa.func.sum(report_object.c.failures))) or 0

    def states(self) -> dict[tuple[str, str], str]:
        row = report_object.c
        with snapshot(self.engine) as tx:
            rows = tx.execute(sa.select(row.version_id, row.kind, row.state).where(row.case_id == self.case.id))
            return {(row.version_id, row.kind): row.state for row in rows}


@pytest.fixture
def here(engine: Engine, database_url: str, now: datetime, tmp_path: Path) -> Iterator[Here]:
    clock = Clock(now)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, STUDY, now, patient_name="Wang^Xiaoming=王^小明")
    with archive(engine, database_url, tmp_path) as stored:
        house = House(
            settings=load({"TIERREAD_DATA_DIR": str(tmp_path), "TIERREAD_PUBLIC_ORIGIN": "https://reports.example"}),
            folders=Folders(data=tmp_path),
            clock=clock,
            engine=engine,
            keys=KEYS,
            seal=clinic.seal,
            audit=clinic.audit,
            object_store=FolderObjectStore(tmp_path / "objects"),
        )
        yield Here(clinic, house, stored, clock, case)
