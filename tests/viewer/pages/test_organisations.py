"""/office/organisations and /office/agreements: the tree, changes, who reads for whom, what an end leaves behind."""

from __future__ import annotations

from datetime import timedelta

from reading.kinds import Role, Tier
from reading.register import organisations
from storage.database import snapshot
from tests.viewer.house import House
from tests.viewer.pages.office import administrator_of, post, said, sam, submit

ORGANISATIONS = "/office/organisations"
AGREEMENTS = "/office/agreements"


def test_an_organisation_is_added_renamed_moved_and_ended(house: House) -> None:
    client = sam(house)
    region = house.clinic.region
    new = f"{ORGANISATIONS}/new"
    typed = {"code": "brook", "name": "Brook", "level": "township", "parent": region.oak.id, "region": "330102"}
    wrong = submit(client, new, new, **typed, number="91330100MA2CABCD0X")
    added = submit(client, new, new, **typed, number="")
    again = submit(client, new, new, **typed, number="")
    with snapshot(house.engine) as tx:
        brook = organisations.by_code(tx, "brook")
    assert brook is not None
    page = f"{ORGANISATIONS}/{brook.id}"
    renamed = submit(client, page, page, name="Brook <b>", telephone="1")
    stale = post(client, page, name="Other", zone="Asia/Shanghai", revision="1")
    circle = submit(
        client, f"{ORGANISATIONS}/{region.oak.id}", f"{ORGANISATIONS}/{region.oak.id}/move", parent=brook.id
    )
    moved = submit(client, page, f"{page}/move", parent=region.elm.id)
    shown = client.get(page).text
    ended = submit(client, page, f"{page}/end")
    with snapshot(house.engine) as tx:
        after = organisations.by_code(tx, "brook")

    assert (wrong.status_code, added.status_code, again.status_code) == (422, 303, 422)
    assert "check character" in said(wrong)
    assert "has this code" in said(again)
    assert (renamed.status_code, stale.status_code) == (303, 409)
    assert (circle.status_code, said(circle)) == (422, "It cannot stand under itself or what is below it.")
    assert moved.status_code == 303
    assert "Brook &lt;b&gt;" in shown
    assert "Under: Elm" in shown
    assert ended.headers["location"] == f"{ORGANISATIONS}?done=ended"
    assert after is not None
    assert (after.name, after.parent_id, after.until) == ("Brook <b>", region.elm.id, house.now)


def test_what_an_end_leaves_behind_is_said_before_and_compared(house: House) -> None:
    client = sam(house)
    hills, oak = house.clinic.region.hills, house.clinic.region.oak
    page = f"{ORGANISATIONS}/{hills.id}"
    before = client.get(page).text
    with_others_below = submit(client, f"{ORGANISATIONS}/{oak.id}", f"{ORGANISATIONS}/{oak.id}/end", sure="1")
    unsure = submit(client, page, f"{page}/end")
    counted = {"devices": "1", "people": "2", "sites": "0", "sure": "1"}
    house.case("1.2.3.1")
    outdated = post(client, f"{page}/end", cases="0", **counted)
    ended = submit(client, page, f"{page}/end", sure="1")

    assert "people with roles here" in before
    assert "examinations that are not finished" not in before
    assert (with_others_below.status_code, unsure.status_code, outdated.status_code) == (403, 422, 409)
    assert "move or end them first" in said(with_others_below)
    assert "1 examinations that are not finished" in outdated.text
    assert ended.status_code == 303


def test_agreements_have_days_and_are_seen_from_both_sides(house: House) -> None:
    client = sam(house)
    region = house.clinic.region
    tomorrow, next_week = ((house.now + timedelta(days=days)).date().isoformat() for days in (1, 7))
    typed = {"site": region.hills.id, "reader": region.elm.id, "tier": "neighbour"}
    backwards = submit(client, AGREEMENTS, AGREEMENTS, **typed, since=next_week, until=tomorrow)
    added = submit(client, AGREEMENTS, AGREEMENTS, **typed, since=tomorrow, until=next_week)
    overlapping = submit(client, AGREEMENTS, AGREEMENTS, **typed, since=next_week)
    by_site, by_reader = client.get(AGREEMENTS).text, client.get(AGREEMENTS, params={"by": "reader"}).text
    with snapshot(house.engine) as tx:
        made = next(one for one in organisations.all_agreements(tx) if one.tier is Tier.NEIGHBOUR)
        theirs = [one for one in organisations.agreements(tx, house.now) if one.site_id == region.hills.id]
        county = next(one for one in theirs if one.tier is Tier.COUNTY)
    house.case("1.2.3.1")
    end = f"{AGREEMENTS}/{county.id}"
    warned, unsure = client.get(end).text, submit(client, end, f"{end}/end")
    ended = submit(client, end, f"{end}/end", sure="1")
    with snapshot(house.engine) as tx:
        readers = organisations.readers_of(tx, region.hills.id, Tier.COUNTY, house.now)

    assert (backwards.status_code, added.status_code, overlapping.status_code) == (422, 303, 422)
    assert (made.since.isoformat(), made.until) == ("2026-03-02T16:00:00+00:00", made.since + timedelta(days=7))
    for page in (by_site, by_reader):
        assert "not begun yet" in page
        assert next_week in page
    assert "1 unfinished examinations would be left" in warned
    assert (unsure.status_code, ended.status_code) == (422, 303)
    assert readers == set()


def test_an_administrator_of_a_county_changes_its_own_organisations_alone(house: House) -> None:
    region = house.clinic.region
    client = administrator_of(house, "cora", region.oak, Role.SYSTEM_ADMINISTRATOR)
    theirs, others = (client.get(f"{ORGANISATIONS}/{one.id}").text for one in (region.hills, region.moor))
    foreign = f"{ORGANISATIONS}/{region.moor.id}"
    change = post(client, foreign, name="Mine", zone="Asia/Shanghai", revision="1")
    move = post(client, f"{foreign}/move", parent=region.oak.id, revision="1")
    end = post(client, f"{foreign}/end", cases="0", devices="0", people="0", sites="0", sure="1")
    typed = {"code": "new", "name": "New", "level": "county"}
    top, under = (post(client, f"{ORGANISATIONS}/new", **typed, parent=parent) for parent in ("", region.elm.id))
    agreement = {"site": region.moor.id, "reader": region.oak.id, "tier": "county"}
    agreed = post(client, AGREEMENTS, **agreement)

    assert 'action="/office/organisations/' in theirs
    assert f'action="{foreign}"' not in others
    assert [answer.status_code for answer in (change, move, end, under, agreed)] == [404] * 5
    assert (top.status_code, said(top)) == (403, "Only system administrators of the whole region do this.")
