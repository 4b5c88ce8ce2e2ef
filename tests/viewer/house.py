"""The viewer on a real socket, with a clinic behind it whose people sign in by their passwords."""

from __future__ import annotations

import re
import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.engine import Connection, Engine

from reading.access import door
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context
from reading.patients.patients import Patient
from reading.register import people
from reading.sessions import receipts, staff_sessions
from reading.tables import case as case_table
from reading.tables import person
from reading.teaching.pictures import Burned, Rendered
from reading.viewers import Staff, Viewer
from service.wiring.evidence import Evidence
from service.wiring.examination_facts import examination_facts
from storage.database import snapshot, transaction
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests import loopback
from tests.archive import Archive, archive
from tests.journalled import journalled
from tests.passwords import quick_hash
from tests.reading.clinic import Clinic, arrive, open_clinic
from tests.reading.region import KEYS, NO_FACTORS, PIA_CARD, pia
from tests.recorded import recorded
from tests.templates import keep_compiled
from viewer.app import mount
from viewer.http.callers import STAFF_COOKIE
from viewer.http.office import Office

PASSWORD = "correct horse battery"
PICTURE_TYPE = "image/png"
keep_compiled()


@cache
def grey_picture(side: int = 96) -> bytes:
    """A PNG (ISO/IEC 15948) of one grey."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = b"".join(b"\0" + bytes((x + y) % 256 for x in range(side)) for y in range(side))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


@dataclass
class House:
    """``now`` is the clock of the service: a test moves it."""

    engine: Engine
    now: datetime
    clinic: Clinic
    patient: Patient
    archive: Archive
    """Where devices send to, for tests that are about bytes."""
    office: Office = field(init=False)
    app: FastAPI = field(init=False)
    origin: str = ""
    rendered: list[tuple[str, str, int]] = field(default_factory=list)
    taught: bytes = b"\xff\xd8\xff\xe0"
    """What a chosen picture is rendered as, for a teaching entry, and what its header says of names in it."""
    burned: Burned = Burned.NO
    clients: list[httpx.Client] = field(default_factory=list)

    def noted(self) -> list[tuple[str, dict[str, Any]]]:
        """What the journal keeps: kind and payload of each decision, the first one first."""
        with snapshot(self.engine) as tx:
            return journalled(tx)

    def client(self) -> httpx.Client:
        """Somebody's browser, closed with the house."""
        made = loopback.client(self.origin, headers={"Origin": self.origin}, timeout=120)
        self.clients.append(made)
        return made

    def signed_in(self, username: str) -> httpx.Client:
        """A client with the session of somebody of the cast, and the token that goes with it.

        It is begun behind the form, which `test_session` signs in by: nearly every test needs one, and is not about it.
        """
        client = self.client()
        with transaction(self.engine) as tx:
            somebody = people.by_username(tx, username)
            assert somebody is not None
            token = staff_sessions.begin(tx, somebody.id, self.now, with_factor=False, most=NO_FACTORS.sessions)
            opened = staff_sessions.by_token(tx, token, self.now)
        assert opened is not None
        assert opened.session is not None
        client.cookies.set(STAFF_COOKIE, token, domain="127.0.0.1", path="/")
        client.headers["X-CSRF-Token"] = opened.session.csrf_token
        return client

    def submit(self, client: httpx.Client, address: str, **typed: str) -> httpx.Response:
        """Send a form of a case's page as a browser does, with the hidden fields that the page put into it.

        Who gets no such form sends the revision of the case as it is now.
        """
        page = re.sub(r"/(part|undo|show|answer)$", "", address)
        form = re.search(rf'<form[^>]*action="{re.escape(address)}".*?</form>', client.get(page).text, re.DOTALL)
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]) if form else []
        with snapshot(self.engine) as tx:
            asked = sa.select(case_table.c.revision).where(case_table.c.id == address.split("/")[3])
            revision = tx.scalar(asked)
        given = {"csrf_token": client.headers["X-CSRF-Token"], "revision": str(revision or 1), "image_set": ""}
        return client.post(address, data=given | {name: unescape(value) for name, value in hidden} | typed)

    def seek(self, client: httpx.Client, page: str, **typed: str) -> httpx.Response:
        """Send the form of a search, and go where it leads."""
        form = {"csrf_token": client.headers["X-CSRF-Token"], "page": page, **typed}
        return client.post("/sought", data=form, follow_redirects=True)

    def revision(self, case_id: str) -> int:
        with snapshot(self.engine) as tx:
            return cases.by_id(tx, case_id).revision

    def case(self, study_uid: str, **known: object) -> Case:
        """A chest radiograph of Pia's from Hills that has arrived whole, if nobody says more."""
        with transaction(self.engine) as tx:
            return arrive(tx, self.clinic, study_uid, self.now, **{"patient_id": "P1", "patient_name": "Pia", **known})

    def code(self, case_id: str) -> str:
        """A new code on paper."""
        with transaction(self.engine) as tx:
            printed = receipts.print_receipt(tx, KEYS, case_id, printed_by=self.clinic.tang.person_id, now=self.now)
        return printed.code

    def patient_client(self, case_id: str, card: str = PIA_CARD) -> httpx.Client:
        """A patient's phone, signed in with a card and a code."""
        client = self.client()
        answer = client.post(
            "/api/patient/session",
            json={"card_type": "identity_card", "card": card, "code": self.code(case_id)},
        )
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return client


@contextmanager
def open_house(engine: Engine, now: datetime) -> Iterator[House]:
    """A clinic at work and its viewer, served until the block ends."""
    with transaction(engine) as tx:
        clinic, patient = _furnished(tx, now)
    url = engine.url.render_as_string(hide_password=False)
    with tempfile.TemporaryDirectory() as folder, archive(engine, url, Path(folder)) as behind:
        house = House(engine=engine, now=now, clinic=clinic, patient=patient, archive=behind)
        with _opened(house) as opened:
            yield opened


@recorded
def _furnished(tx: Connection, now: datetime) -> tuple[Clinic, Patient]:
    clinic = open_clinic(tx, now)
    _give_passwords(tx, clinic)
    return clinic, pia(tx, now)


@contextmanager
def _opened(house: House) -> Iterator[House]:
    engine, clinic, behind = house.engine, house.clinic, house.archive
    bytes_ = Bytes(behind.directory, FolderObjectStore(behind.directory.parent / "objects"), engine)

    def render(viewer: Viewer, study_uid: str, number: int) -> tuple[bytes, str]:
        house.rendered.append((type(viewer).__name__, study_uid, number))
        return grey_picture(), PICTURE_TYPE

    def teaching_picture(_viewer: Viewer, _sop_instance_uid: str, _frame: int) -> Rendered:
        return Rendered(jpeg=house.taught, burned=house.burned)

    def export(viewer: Viewer, case_id: str) -> Iterator[bytes]:
        with transaction(engine) as tx:
            door.open_case(Context(tx, clinic.audit, house.now, viewer), case_id, "case.export")
        return iter([b"PK", b"zip"])

    house.app = app = FastAPI(openapi_url=None)
    house.office = Office(
        engine=engine,
        keys=KEYS,
        seal=clinic.seal,
        audit=clinic.audit,
        clock=lambda: house.now,
        terms=NO_FACTORS,
        render=render,
        export=export,
        teaching_picture=teaching_picture,
        examination_facts=examination_facts,
        evidence=Evidence(engine, behind.directory, bytes_, behind.receiver),
    )
    mount(app, house.office)
    with loopback.listening(app) as origin:
        house.origin = origin
        yield house
        for client in house.clients:
            client.close()


def _give_passwords(tx: Connection, clinic: Clinic) -> None:
    for one in (clinic.ada, clinic.rosa, clinic.vera, clinic.ben, clinic.tang, clinic.mona, clinic.quinn):
        tx.execute(person.update().where(person.c.id == one.person_id).values(title=one.title))
        give_password(tx, one)


def give_password(tx: Connection, staff: Staff) -> None:
    people.set_password(tx, staff.person_id, quick_hash(PASSWORD), must_change=False)
