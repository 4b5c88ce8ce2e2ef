"""Fills a database with a province at work: studies that wait to be read, and reports that patients may read.

    python -m bench.load_index URL [--waiting 100000] [--reports 100000]

An empty, migrated database is filled: 30 counties of ten townships each, 100 readers, a patient for every
ten reports. No bytes lie behind the instances. The reports of every `SEALED_OF`th patient are signed, and
nobody asks for those of the others.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any, Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import sql
from sqlalchemy.engine import Engine

from reading import tables
from reading.cases.identity_moves import Identity
from reading.cases.moves import Move, SigningRole, State, Step
from reading.kinds import Level, Role, Tier
from reading.register import organisations
from reading.reports.content import Content
from reading.reports.seal import Seal, sign_version
from reading.reports.versions import ReportVersion, Status
from reading.rules import policy
from reading.rules.first_policy import FIRST_POLICY
from reading.viewers import Staff
from storage import tables as storage_tables
from storage.database import Durability, connect, driver, insert_new_on, transaction
from storage.index.entry_rows import compared_names
from storage.prepared import Prepared, write
from storage.schema import migrate
from tests.builders import CT, ROOT
from tests.reading.region import hire

COUNTIES: Final = 30
TOWNSHIPS: Final = 10
READERS: Final = 100
REPORTS_OF_A_PATIENT: Final = 10
SEALED_OF: Final = 100
"""Of so many patients one has reports whose signatures hold: to sign ten million would take an hour."""
_AT_ONCE: Final = 5000
_IMAGES: Final = {"set": "", "instances": {}}
_DIGEST: Final = hashlib.sha256(b"").digest()

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Province:
    sites: Sequence[str]
    readers: Sequence[Staff]
    sealed: Sequence[str]
    """Patients whose reports are signed."""
    seal: Seal
    now: datetime


def fill(engine: Engine, *, waiting: int, reports: int) -> Province:
    now = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    with transaction(engine) as tx:
        city = organisations.add(tx, code="city", name="City", level=Level.CITY, parent_code=None, now=now)
        sites: list[str] = []
        readers: list[Staff] = []
        for county in range(COUNTIES):
            oak = organisations.add(
                tx, code=f"c{county}", name=f"County {county}", level=Level.COUNTY, parent_code=city.code, now=now
            )
            for town in range(TOWNSHIPS):
                code = f"c{county}t{town}"
                site = organisations.add(tx, code=code, name=code, level=Level.TOWNSHIP, parent_code=oak.code, now=now)
                sites.append(site.id)
            readers += [
                hire(tx, f"reader{number}", now, (Role.READER, oak)) for number in range(county, READERS, COUNTIES)
            ]
        policy.install(tx, FIRST_POLICY, None, now, version=1)
        policy_id = tx.execute(sa.select(tables.policy.c.id)).scalar_one()
    patients = -(-reports // REPORTS_OF_A_PATIENT)
    seal, author = Seal(Ed25519PrivateKey.generate()), replace(readers[0], title="chief physician")
    maker = _Maker(sites=sites, policy_id=policy_id, waiting=waiting, now=now, seal=seal, author=author)
    every, released = range(waiting + reports), range(waiting, waiting + reports)
    _insert(engine, tables.patient, map(maker.patient, range(patients)))
    _insert(engine, storage_tables.study, map(maker.study, every))
    _insert(engine, storage_tables.series, map(maker.series, every))
    _insert(engine, storage_tables.instance, map(maker.instance, every))
    _insert(engine, tables.case, map(maker.case, every))
    _insert(engine, tables.case_study, map(maker.case_study, every))
    _insert(engine, tables.case_move, map(maker.move, every))
    _insert(engine, tables.report_version, map(maker.version, released))
    _insert(engine, tables.signature, maker.signatures(released))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.exec_driver_sql("ANALYZE")
    sealed = [patient_id(number) for number in range(0, patients, SEALED_OF)]
    return Province(sites=sites, readers=readers, sealed=sealed, seal=seal, now=now)


def patient_id(number: int) -> str:
    return f"P{number:025}"


@dataclass(frozen=True, kw_only=True)
class _Maker:
    """The rows of examination ``number``: the first ``waiting`` of them wait to be read, the others are reported."""

    sites: Sequence[str]
    policy_id: str
    waiting: int
    now: datetime
    seal: Seal
    author: Staff

    def patient(self, number: int) -> Row:
        return {
            "id": patient_id(number),
            "number": f"N{number:012}",
            "name": f"Patient {number}",
            "sex": "F",
            "telephone": "",
            "created_at": self.now,
            "revision": 1,
            "birth_date": None,
        }

    def study(self, number: int) -> Row:
        received = self._received_at(number)
        shown = {
            "patient_id": f"D{number // 4}",
            "issuer": "TOWN",
            "patient_name": f"Family{number // 4 % 5000}^Given{number // 4}",
            "birth_date": "19700101",
            "sex": "F",
            "study_date": f"{received:%Y%m%d}",
            "study_time": f"{received:%H%M%S}",
            "accession_number": f"A{number}",
            "study_id": "1",
            "referring_physician": "",
            "study_description": "Chest",
            "timezone_offset": "",
        }
        return {
            "study_uid": _uid(number),
            "site_id": self._site(number),
            "received_patient_id": shown["patient_id"],
            "received_issuer": shown["issuer"],
            "received": shown,
            **shown,
            **compared_names(shown["patient_name"]),
            "instances": 1,
            "first_received_at": received,
            "last_received_at": received,
            "attribution_revision": 0,
            "hidden": False,
        }

    def series(self, number: int) -> Row:
        text = ("series_description", "body_part", "laterality", "station_name", "series_date", "series_time")
        return {
            "series_uid": f"{_uid(number)}.1",
            "study_uid": _uid(number),
            "modality": "CT",
            "series_number": 1,
            "instances": 1,
            **dict.fromkeys(text, ""),
        }

    def instance(self, number: int) -> Row:
        return {
            "sop_instance_uid": f"{_uid(number)}.1.1",
            "sop_class_uid": CT,
            "series_uid": f"{_uid(number)}.1",
            "study_uid": _uid(number),
            "instance_number": 1,
            "transfer_syntax_uid": "1.2.840.10008.1.2.1",
            "segment_id": f"S{number:025}",
            "offset": 4096,
            "size": 1000,
            "dataset_offset": 300,
            "received_digest": _DIGEST,
            "received_transfer_syntax_uid": "1.2.840.10008.1.2.1",
            "stored_digest": _DIGEST,
            "pixel_digest": None,
            "rows": 512,
            "columns": 512,
            "frames": 1,
            "frame_ranges": None,
            "description": b"{}",
            "site_id": self._site(number),
            "device_id": f"D{0:025}",
            "received_at": self._received_at(number),
        }

    def case(self, number: int) -> Row:
        waits = number < self.waiting
        received = self._received_at(number)
        rank = number % 7 % 3
        return {
            "id": _case_id(number),
            "site_id": self._site(number),
            "patient_id": None if waits else self._patient_id(number),
            "state": State.WAITING_READ if waits else State.FINAL,
            "tier": Tier.COUNTY,
            "step": Step.READ,
            "arriving": False,
            "identity": Identity.AGREES,
            "other_persons": 0,
            "priority": ("emergency", "urgent", "routine")[rank],
            "rank": rank,
            "modality": "CT",
            "body_part": "CHEST",
            "laterality": "",
            "critical": False,
            "policy_id": self.policy_id,
            "rule": FIRST_POLICY["rules"][0]["name"],
            "examined_at": received,
            "received_at": received,
            "due_at": received + timedelta(hours=2),
            "clock_wrong": False,
            "revision": 1,
        }

    def case_study(self, number: int) -> Row:
        return {"case_id": _case_id(number), "study_uid": _uid(number), "joined_at": self._received_at(number)}

    def move(self, number: int) -> Row:
        return {
            "id": f"M{number:025}",
            "case_id": _case_id(number),
            "number": 1,
            "move": Move.ARRIVE,
            "from_state": State.WAITING_READ,
            "to_state": State.WAITING_READ,
            "person_id": None,
            "grant_id": None,
            "at": self._received_at(number),
            "why": "",
        }

    def version(self, number: int) -> Row:
        return {
            "id": f"V{number:025}",
            "case_id": _case_id(number),
            "number": 1,
            "status": "final",
            "content": {"findings": "Clear lungs.", "impression": "Normal.", "positive": False},
            "identity": self._identity(number),
            "images": _IMAGES,
            "image_count": 1,
            "incomplete_reason": "",
            "supersedes_id": None,
            "created_at": self._received_at(number),
            "released_at": self._received_at(number),
        }

    def signatures(self, numbers: Iterable[int]) -> Iterator[Row]:
        signed: Row = {}
        for number in numbers:
            if (number - self.waiting) // REPORTS_OF_A_PATIENT % SEALED_OF == 0:
                signed = self._signed(number)
            row = self.version(number)
            yield {**signed, "id": f"S{number:025}", "version_id": row["id"], "signed_at": row["created_at"]}

    def _signed(self, number: int) -> Row:
        row = self.version(number)
        content = Content.from_json(row["content"])
        version = ReportVersion(**{**row, "status": Status.FINAL, "content": content})
        grant, at = self.author.grants[0], row["created_at"]
        return asdict(sign_version(self.seal, version, SigningRole.AUTHOR, self.author, grant, now=at))

    def _identity(self, number: int) -> Row:
        study = self.study(number)
        said = ("patient_id", "issuer", "patient_name", "birth_date", "sex", "study_date", "accession_number")
        return {
            "patient_id": self._patient_id(number),
            "site_id": self._site(number),
            "modality": "CT",
            "body_part": "CHEST",
            "laterality": "",
            "studies": [{"study_uid": _uid(number), "attribution_revision": 0, **{fact: study[fact] for fact in said}}],
        }

    def _patient_id(self, number: int) -> str:
        return patient_id((number - self.waiting) // REPORTS_OF_A_PATIENT)

    def _site(self, number: int) -> str:
        return self.sites[number * 7919 % len(self.sites)]

    def _received_at(self, number: int) -> datetime:
        return self.now - timedelta(minutes=number * 7919 % (365 * 24 * 60))


def _uid(number: int) -> str:
    return f"{ROOT}1{number:012}"


def _case_id(number: int) -> str:
    return f"C{number:025}"


def _insert(engine: Engine, table: sa.Table, rows: Iterator[Row]) -> None:
    """What the rows do not name takes its default, as it does in the product."""
    first = next(rows, None)
    if first is None:
        return
    into: Callable[[Engine, sa.Table, list[str], Iterator[Row]], None]
    into = _copy if engine.dialect.name == "postgresql" else _insert_in_batches
    into(engine, table, list(first), chain([first], rows))


def _insert_in_batches(engine: Engine, table: sa.Table, columns: list[str], rows: Iterator[Row]) -> None:
    named = {name: sa.bindparam(name, type_=table.c[name].type) for name in columns}
    insert = Prepared(lambda dialect: insert_new_on(dialect, table).values(named))
    while some := list(islice(rows, _AT_ONCE)):
        with transaction(engine) as tx:
            write(tx, [(insert, some)])


def _copy(engine: Engine, table: sa.Table, columns: list[str], rows: Iterator[Row]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
    as_json = {column.name for column in table.columns if isinstance(column.type, sa.JSON)}
    with transaction(engine) as tx, driver(tx) as connection, connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row([json.dumps(row[name]) if name in as_json else row[name] for name in columns])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--reports", type=int, default=100_000)
    asked = parser.parse_args()
    engine = connect(asked.url, Durability.ASYNCHRONOUS)
    migrate(engine)
    fill(engine, waiting=asked.waiting, reports=asked.reports)
    engine.dispose()


if __name__ == "__main__":
    main()
