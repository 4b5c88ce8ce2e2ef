"""/office/people: found, added with a slip that is shown once, given roles, helped to sign in again, and ended."""

from __future__ import annotations

import re

import httpx
import pytest
import sqlalchemy as sa

from reading.kinds import Role
from reading.register import people
from reading.tables import audit_event, person, role_grant
from storage.database import snapshot, transaction
from tests.passwords import quick_hash
from tests.reading.region import hire
from tests.viewer.house import PASSWORD, House
from tests.viewer.pages.office import administrator_of, post, said, sam, submit

PEOPLE = "/office/people"


def _password_on(page: httpx.Response) -> str:
    found = re.search(r"([2-9a-z]{4}-){3}[2-9a-z]{4}", page.text)
    assert found is not None
    return found[0]


def _signs_in(house: House, username: str, password: str) -> int:
    return house.client().post("/api/session", json={"username": username, "password": password}).status_code


def _id(house: House, username: str) -> str:
    with snapshot(house.engine) as tx:
        found = people.by_username(tx, username)
        assert found is not None
        return found.id


def test_somebody_is_added_and_their_slip_is_shown_once(house: House) -> None:
    client = sam(house)
    new = f"{PEOPLE}/new"
    typed = {"name": "王芳", "title": "主治医师", "place": house.clinic.region.oak.id, "role": "reader"}
    answer = submit(client, new, new, **typed)
    address = answer.headers["location"]
    slip, again = client.get(address), client.get(address)
    after = client.get(again.headers["location"]).text
    password = _password_on(slip)
    with snapshot(house.engine) as tx:
        kept = [str(value) for table in (person, audit_event) for row in tx.execute(sa.select(table)) for value in row]

    assert answer.status_code == 303
    assert "wangfang" in slip.text
    assert "<h1>Account slip</h1>" in slip.text
    assert slip.headers["cache-control"] == "no-store"
    # By loopback nobody else comes here: the slip has room for the address instead.
    assert "127.0.0.1" not in slip.text
    assert "does not know by which address" in slip.text
    assert again.status_code == 303
    assert "shown once" in after
    assert password not in after
    assert _signs_in(house, "wangfang", password) == 200
    assert not any(password in value for value in kept)
    assert "wangfang" not in address


def test_a_slip_opens_for_whom_it_was_made_alone(house: House) -> None:
    client = sam(house)
    other = administrator_of(house, "sara", house.clinic.region.oak, Role.SYSTEM_ADMINISTRATOR)
    ada, mona = (f"{PEOPLE}/{_id(house, name)}" for name in ("ada", "mona"))
    submit(client, ada, f"{ada}/password")
    kept = client.cookies["tierread_slip"]
    other.cookies.set("tierread_slip", kept, path="/office")
    stolen, elsewhere = other.get(f"{ada}/slip"), client.get(f"{mona}/slip")

    assert (stolen.status_code, elsewhere.status_code) == (303, 303)


def test_roles_are_given_with_days_and_ended_one_by_one(house: House) -> None:
    client = sam(house)
    ada = f"{PEOPLE}/{_id(house, 'ada')}"
    region = house.clinic.region
    given = submit(client, ada, f"{ada}/roles", place=region.elm.id, role="reader", until="2026-03-31")
    twice = submit(client, ada, f"{ada}/roles", place=region.elm.id, role="reader", since="2026-03-10")
    later = submit(client, ada, f"{ada}/roles", place=region.elm.id, role="reader", since="2026-04-01")
    administrator = submit(client, ada, f"{ada}/roles", place=region.oak.id, role="system_administrator")
    page = client.get(ada).text
    with snapshot(house.engine) as tx:
        asked = sa.select(role_grant).where(role_grant.c.organisation_id == region.elm.id).order_by(role_grant.c.since)
        at_elm = [row for row in tx.execute(asked) if row.person_id == _id(house, "ada")]
    ended = submit(client, ada, f"{ada}/roles/{at_elm[0].id}/end")
    again = post(client, f"{ada}/roles/{at_elm[0].id}/end")
    with snapshot(house.engine) as tx:
        after = {row.id: row.until for row in tx.execute(asked) if row.person_id == at_elm[0].person_id}

    assert (given.status_code, twice.status_code, later.status_code) == (303, 422, 303)
    assert (administrator.status_code, "none" in said(administrator) or "no role" in said(administrator)) == (403, True)
    assert "2026-03-31" in page
    assert "not begun yet" in page
    assert (ended.status_code, again.status_code) == (303, 404)
    assert after == {at_elm[0].id: house.now, at_elm[1].id: None}


def test_a_password_is_reset_with_a_slip_and_an_old_form_resets_nothing(house: House) -> None:
    client = sam(house)
    reader = house.signed_in("ada")
    ada = f"{PEOPLE}/{_id(house, 'ada')}"
    old = re.search(r'name="revision" value="(\d+)"', client.get(ada).text)
    assert old is not None
    answer = submit(client, ada, f"{ada}/password")
    first = _password_on(client.get(answer.headers["location"]))
    repeated = post(client, f"{ada}/password", revision=old[1])

    assert reader.get("/api/session").status_code == 401
    assert (_signs_in(house, "ada", PASSWORD), _signs_in(house, "ada", first)) == (401, 200)
    assert repeated.status_code == 409


def test_whoever_waits_after_failed_sign_ins_is_let_in_again(house: House) -> None:
    client = sam(house)
    ada = f"{PEOPLE}/{_id(house, 'ada')}"
    stranger = house.client()
    typed = {"username": "ada", "password": "wrong one, again"}
    answers = [stranger.post("/api/session", json=typed).status_code for _ in range(12)]
    waiting = client.get(ada).text
    unlocked = submit(client, ada, f"{ada}/unlock")
    right = stranger.post("/api/session", json={"username": "ada", "password": PASSWORD})

    assert answers[-1] == 429
    assert "failed too often" in waiting
    assert unlocked.status_code == 303
    assert right.status_code == 200
    assert f'action="{ada}/unlock"' not in client.get(ada).text


def test_sessions_end_and_so_does_the_person(house: House) -> None:
    client = sam(house)
    reader = house.signed_in("ada")
    ada = f"{PEOPLE}/{_id(house, 'ada')}"
    renamed = submit(client, ada, ada, name="Ada B.", title="主任医师")
    signed_out = submit(client, ada, f"{ada}/sign-out")
    gone = reader.get("/api/session").status_code
    unsure, ended = submit(client, ada, f"{ada}/end"), submit(client, ada, f"{ada}/end", sure="1")
    listed = client.get(PEOPLE).text
    past = client.get(PEOPLE, params={"ended": "1"}).text

    assert [renamed.status_code, signed_out.status_code, unsure.status_code, ended.status_code] == [303, 303, 422, 303]
    assert gone == 401
    assert "Ada B." not in listed
    assert "Ada B." in past
    assert _signs_in(house, "ada", PASSWORD) == 401


def test_people_are_searched_by_a_form_and_filtered(house: House) -> None:
    client = sam(house)
    found = house.seek(client, PEOPLE, words="ADA").text
    at_hills = client.get(PEOPLE, params={"place": house.clinic.region.hills.id}).text
    readers = client.get(PEOPLE, params={"role": "reader"}).text
    nobody = house.seek(client, PEOPLE, words="zz").text

    def names(page: str) -> set[str]:
        return set(re.findall(r"<strong>(\w+)</strong></a>", page))

    assert names(found) == {"Ada"}
    assert "Tang" in names(at_hills)
    assert "Ada" not in names(at_hills)
    assert "Ada" in names(readers)
    assert "Tang" not in names(readers)
    assert "Nobody was found" in nobody


def test_nobody_gives_themselves_rights_nor_becomes_another_of_the_three(house: House) -> None:
    client = sam(house)
    region = house.clinic.region
    own, ada = (f"{PEOPLE}/{_id(house, name)}" for name in ("sam", "ada"))
    with transaction(house.engine) as tx:
        sid = hire(tx, "sid", house.now, (Role.SECURITY_ADMINISTRATOR, region.city), password_hash=quick_hash(PASSWORD))
    oneself = [
        post(client, f"{own}/roles", place=region.oak.id, role="reader"),
        post(client, f"{own}/password", revision="1"),
        post(client, f"{own}/end", sure="1"),
    ]
    other = post(client, f"{PEOPLE}/{sid.person_id}/password", revision="1")
    county = administrator_of(house, "cora", region.oak, Role.SYSTEM_ADMINISTRATOR)
    mine = [
        post(county, f"{ada}/roles", place=region.elm.id, role="reader"),
        post(county, f"{PEOPLE}/{sid.person_id}/end", sure="1"),
    ]
    over_all = post(county, f"{ada}/roles", place=region.oak.id, role="audit_administrator")

    assert {(one.status_code, "Nobody gives or ends their own roles" in said(one)) for one in oneself} == {(403, True)}
    assert (other.status_code, "another administrator" in said(other) or "security" in said(other)) == (403, True)
    assert [one.status_code for one in mine] == [404, 404]
    assert (over_all.status_code, "whole region" in said(over_all)) == (403, True)


@pytest.mark.parametrize("username", ["ada", "mona", "tang", "sid", "aud"])
def test_everybody_but_the_system_administrator_is_refused_on_every_page(house: House, username: str) -> None:
    roles = {"sid": Role.SECURITY_ADMINISTRATOR, "aud": Role.AUDIT_ADMINISTRATOR}
    if username in roles:
        client = administrator_of(house, username, house.clinic.region.city, roles[username])
    else:
        client = house.signed_in(username)
    somebody, place = _id(house, "vera"), house.clinic.region.oak.id
    pages = [
        *("/office/organisations", "/office/organisations/new", f"/office/organisations/{place}"),
        *("/office/agreements", "/office/forwarding", "/office/installation"),
        *(PEOPLE, f"{PEOPLE}/new", f"{PEOPLE}/{somebody}"),
        *(f"/office/import/{kind}" for kind in ("organisations", "people", "agreements", "devices")),
    ]
    looked = {page: client.get(page).status_code for page in pages}
    acts = {
        post(client, f"{PEOPLE}/{somebody}/{act}", revision="1", sure="1", place=place, role="reader").status_code
        for act in ("roles", "password", "unlock", "end")
    }

    assert looked == dict.fromkeys(pages, 403)
    assert acts == {403}
