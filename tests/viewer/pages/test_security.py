"""The office of the security administrator: what was refused in sentences, and what is ended there for everybody."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from pacs.dicomweb.routes import routes_of
from reading.kinds import DeviceRight, Role
from reading.register import device_rights, devices
from reading.tables import audit_event
from service.installation.house import House as Installation
from service.installation.installation import Folders
from service.installation.load_settings import load
from service.wiring.answer_cache import AnswerCache
from service.wiring.dicomweb import DicomwebDoor
from storage.database import snapshot, transaction
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests import loopback
from tests.reading.region import KEYS, PIA_CARD, hire
from tests.viewer.house import House, give_password
from tests.viewer.pages.office import administrator_of, post, said, submit
from tests.viewer.pages.test_patient import final
from tests.viewer.pages.test_patient_links import made, opened

PAGE = "/office/security"
STUDY = "1.2.840.1"
OTHERS_CARD = "11010519491231002X"


@pytest.fixture
def sid(house: House) -> httpx.Client:
    """The security administrator at a browser, in English."""
    return administrator_of(house, "sid", house.clinic.region.city, Role.SECURITY_ADMINISTRATOR)


def plain(page: httpx.Response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def on_record(house: House, action: str, subject_id: str) -> list[tuple[str, str]]:
    """Who did it and how it went, the first one first."""
    row = audit_event.c
    asked = sa.select(row.actor_id, row.outcome).where(row.action == action, row.subject_id == subject_id)
    with snapshot(house.engine) as tx:
        return [tuple(one) for one in tx.execute(asked.order_by(row.writer, row.number))]


def id_of(house: House, username: str) -> str:
    with snapshot(house.engine) as tx:
        return tx.scalars(sa.text("SELECT id FROM person WHERE username = :name").bindparams(name=username)).one()


@contextmanager
def dicomweb(house: House, folder: Path) -> Iterator[str]:
    """DICOMweb behind the door of the service, in another process than the page: it asks anew each second."""
    door = DicomwebDoor(
        Installation(
            settings=load({"TIERREAD_DATA_DIR": str(folder)}),
            folders=Folders(data=folder),
            clock=lambda: house.now,
            engine=house.engine,
            keys=KEYS,
            seal=house.clinic.seal,
            audit=house.clinic.audit,
            object_store=FolderObjectStore(folder / "objects"),
        ),
        AnswerCache(itertools.count(0.0, 2.0).__next__),
        "",
    ).door()
    behind = house.archive
    bytes_ = Bytes(behind.directory, FolderObjectStore(folder / "objects"), house.engine)
    with loopback.listening(routes_of(door, behind.receiver, bytes_, house.engine)) as address:
        yield f"{address}/dicomweb"


def test_refusals_are_sentences_of_addresses_and_staff_and_of_nobody_else(house: House, sid: httpx.Client) -> None:
    case_ids = [house.case(f"{STUDY}.{number}").id for number in range(5)]
    quiet = plain(sid.get(PAGE))
    house.now = house.now.replace(hour=15)  # 23:00 in China
    quinn = house.signed_in("quinn")
    for username in ("ada", "rosa", "vera", "pia-at-home", "110105199003071220"):
        house.client().post("/api/session", json={"username": username, "password": "guess-guess-guess"})
    for code in range(5):
        shown = {"card_type": "identity_card", "card": (PIA_CARD, OTHERS_CARD)[code % 2], "code": f"ABCD-EFG{code}"}
        assert house.client().post("/api/patient/session", json=shown).status_code == 401
    for case_id in case_ids:
        assert quinn.get(f"/api/cases/{case_id}").status_code == 404
    sid = house.signed_in("sid")
    sid.cookies.set("tierread_language", "en")
    page = plain(sid.get(PAGE))

    assert "Nothing that hangs together." in quiet
    assert "Nothing failed." in quiet
    assert "From 127.0.0.1: 5 accounts or unknown names tried, 5 times, 5 of them at night" in page
    assert "Quinn: 5 things that are not theirs to see, 5 times, 5 of them at night" in page
    assert "Account ada 1" in page
    assert "Account nobody’s 1" in page
    assert "Address 127.0.0.1" in page
    for hidden in ("pia", PIA_CARD, OTHERS_CARD, "ABCD", STUDY, *case_ids):
        assert hidden not in page.lower(), hidden


def test_a_machines_token_ends_here_and_opens_nothing_more(house: House, sid: httpx.Client, tmp_path: Path) -> None:
    house.case(STUDY)
    with transaction(house.engine) as tx:
        known = {"network": "127.0.0.1", "port": None, "issuer": "HILLS", "site_id": house.clinic.region.hills.id}
        one = devices.add(tx, ae_title="DR1", now=house.now, **known)  # type: ignore[arg-type]
        device_rights.give(tx, one.id, {DeviceRight.QUERY, DeviceRight.RETRIEVE}, house.now, given_by=None)
        token = devices.make_token(tx, one.id, house.now, until=house.now + timedelta(days=90))
    shown = sid.get(PAGE)
    action = re.findall(rf'action="({PAGE}/tokens/\w+/end)"', shown.text)
    with dicomweb(house, tmp_path) as address, loopback.client(address) as machine:
        machine.headers["Authorization"] = f"Bearer {token}"
        before = machine.get("/studies")
        ended = submit(sid, PAGE, action[0])
        after = machine.get("/studies")
    again = post(sid, action[0])

    assert len(action) == 1
    assert "DR1" in shown.text
    assert token not in shown.text
    assert (before.status_code, len(before.json())) == (200, 1)
    assert ended.status_code == 303
    assert after.status_code == 401
    assert (again.status_code, said(again)) == (
        409,
        "Somebody changed it: It was changed after you opened it. Reload and try again.",
    )
    assert "No token is in force." in plain(sid.get(PAGE))
    assert post(sid, f"{PAGE}/tokens/01KZZZZZZZZZZZZZZZZZZZZZZZ/end").status_code == 404
    assert on_record(house, "device.token_end", one.id) == [(id_of(house, "sid"), "done")]


def test_a_share_ends_here_and_the_other_site_sees_nothing_more(house: House, sid: httpx.Client) -> None:
    case = house.case(STUDY)
    with transaction(house.engine) as tx:
        give_password(tx, hire(tx, "una", house.now, (Role.TECHNICIAN, house.clinic.region.moor)))
    mona, una = house.signed_in("mona"), house.signed_in("una")
    last = (house.now + timedelta(days=3)).date().isoformat()
    house.submit(mona, f"/t/case/{case.id}/share", site="moor", until=last, why="Pia goes to Moor")
    (address,) = set(re.findall(r'href="(/t/shared/\w+)"', una.get("/t/shared").text))
    shown = sid.get(PAGE)
    (action,) = re.findall(rf'action="({PAGE}/shares/\w+/end)"', shown.text)
    before, no_reason = una.get(address), submit(sid, PAGE, action, why=" ")
    still = una.get(address)
    ended = submit(sid, PAGE, action, why="the examination belongs elsewhere")
    after, again = una.get(address), post(sid, action, why="once more")

    assert "Moor Mona since" in plain(shown)
    for hidden in ("Pia", STUDY, case.id):
        assert hidden not in shown.text, hidden
    assert [one.status_code for one in (before, no_reason, still, ended, after, again)] == [
        200,
        422,
        200,
        303,
        404,
        409,
    ]
    assert said(no_reason)
    assert address not in una.get("/t/shared").text
    assert "No share is in force." in plain(again)
    assert on_record(house, "study.share_end", STUDY) == [(id_of(house, "sid"), "done")]


def test_somebodys_sessions_end_at_once_and_each_once(house: House, sid: httpx.Client) -> None:
    ada = house.clinic.ada.person_id
    desk, phone, tang = house.signed_in("ada"), house.signed_in("ada"), house.signed_in("tang")
    action = f"{PAGE}/people/{ada}/sign-out"
    before = plain(sid.get(PAGE))
    answers = [submit(sid, PAGE, action)]
    house.now += timedelta(minutes=1)
    answers.append(post(sid, action))
    with snapshot(house.engine) as tx:
        ended = set(tx.scalars(sa.text("SELECT ended_at FROM staff_session WHERE person_id = :p").bindparams(p=ada)))
        details = tx.scalars(sa.select(audit_event.c.details).where(audit_event.c.action == "session.end")).all()

    assert "Ada ada Reader (oak) 2" in before
    assert [one.status_code for one in answers] == [303, 303]
    assert [one.get("/api/session").status_code for one in (desk, phone, tang, sid)] == [401, 401, 200, 200]
    assert action not in sid.get(PAGE).text
    assert len(ended) == 1
    assert sorted(str(one) for one in details) == sorted(str(one) for one in ({"sessions": 2}, {"sessions": 0}))
    assert on_record(house, "session.end", ada) == [(id_of(house, "sid"), "done")] * 2


def test_what_a_person_sees_is_roles_places_and_pages_and_no_data(house: House, sid: httpx.Client) -> None:
    case = house.case(STUDY)
    seen = sid.get(f"{PAGE}/people/{house.clinic.ada.person_id}")
    administrator = plain(sid.get(f"{PAGE}/people/{id_of(house, 'sid')}"))
    with transaction(house.engine) as tx:
        tx.execute(sa.text("UPDATE person SET until = since WHERE username = 'rosa'"))
    left = plain(sid.get(f"{PAGE}/people/{house.clinic.rosa.person_id}"))

    for named in ("Reader · Oak", "Reads for: Hills", "Worklist", "See examinations, images and reports"):
        assert named in plain(seen), named
    for hidden in ("Pia", PIA_CARD, STUDY, case.id):
        assert hidden not in seen.text, hidden
    assert "No site: no examination, picture or report." in administrator
    assert "See examinations, images and reports" not in administrator
    assert "This person has left and cannot sign in." in left
    assert "No role in force." in left
    assert sid.get(f"{PAGE}/people/01KZZZZZZZZZZZZZZZZZZZZZZZ").status_code == 404
    assert sid.get(f"{PAGE}/people/ada").status_code == 404


def test_nothing_is_ended_without_the_token_of_the_session(house: House, sid: httpx.Client) -> None:
    ada = house.signed_in("ada")
    action = f"{PAGE}/people/{house.clinic.ada.person_id}/sign-out"

    assert sid.post(action, headers={"X-CSRF-Token": ""}).status_code == 403
    assert post(house.signed_in("tang"), action).status_code == 403
    assert ada.get("/api/session").status_code == 200


def test_links_of_patients_are_listed_without_the_patient_and_end_there(house: House, sid: httpx.Client) -> None:
    case_id, _ = final(house)
    pia = house.patient_client(case_id)
    address, passcode = made(pia, case_id, label="王医生", passcode="yes")
    doctor = opened(house, address, passcode)

    before = sid.get(PAGE)
    section = before.text.partition('id="links"')[2]
    found = re.search(r'action="(/office/security/links/(\w+)/end)"', section)
    assert found is not None
    ended, again = post(sid, found[1]), post(sid, found[1])
    after = sid.get(PAGE).text.partition('id="links"')[2]

    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", section)).split())
    assert re.search(
        r"Patient [0-9A-F]{6} since .* One examination · .* · with a passcode .* 1 last .* In force", words
    )
    assert not [told for told in ("王医生", "Pia", "皮亚", passcode, address, case_id) if told in section]
    assert (ended.status_code, again.status_code) == (303, 409)
    assert "Ended by the security administrator" in after
    assert on_record(house, "link.end", found[2]) == [(id_of(house, "sid"), "done")]
    assert "为了安全已由医院停用" in pia.get("/p/links").text
    assert doctor.get("/s/reports").status_code == 303
