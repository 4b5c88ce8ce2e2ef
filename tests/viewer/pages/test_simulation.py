"""/office/simulation: a manager plays a scenario in the browser's form; what is too large or wrong is a sentence."""

from __future__ import annotations

import json
from html import unescape
from re import findall

import httpx
import pytest

from reading.kinds import Role
from reading.simulation import apart
from reading.simulation.apart import Asked, TookTooLong, answer_to, play_apart
from storage.database import transaction
from tests.passwords import quick_hash
from tests.reading.region import hire
from tests.reading.simulation.scenes import document, premises, readers, ruled, scenario
from tests.viewer.house import PASSWORD, House

OFFICE = "/office/simulation"


@pytest.fixture
def manager(house: House) -> httpx.Client:
    with transaction(house.engine) as tx:
        city = house.clinic.region.city
        hire(tx, "mona2", house.now, (Role.QUALITY_MANAGER, city), password_hash=quick_hash(PASSWORD))
    client = house.signed_in("mona2")
    client.cookies.set("tierread_language", "en")
    return client


def _play(client: httpx.Client, **typed: str | list[str]) -> httpx.Response:
    return client.post(OFFICE, data={"csrf_token": client.headers["X-CSRF-Token"], **typed})


def test_a_scenario_is_altered_in_the_form_and_played_under_two_policies(house: House, manager: httpx.Client) -> None:
    source = json.dumps(document(readers(1), runs=5))
    shown = manager.get(OFFICE, params={"scenario": "flood"})
    played = _play(
        manager,
        document=source,
        runs="2",
        days="1",
        seed="4",
        count=["2"],
        per_day=["60"],
        against="first",
        act="staffing",
    )
    kept = unescape(findall(r'<textarea id="document"[^>]*>(.*?)</textarea>', played.text.replace("\n", " "))[0])

    assert shown.status_code == 200
    assert "three days, lines down" in shown.text
    assert played.status_code == 200
    assert {name: json.loads(kept)[name] for name in ("runs", "seed")} == {"runs": 2, "seed": 4}
    assert (json.loads(kept)["staff"][0]["count"], json.loads(kept)["kinds"][0]["per_day"]) == (2, 60)
    assert played.text.count("<polyline") == 2
    assert "Needed" in played.text
    assert "The second policy less the first" in played.text


def test_what_cannot_be_played_is_refused_in_a_sentence_and_what_was_typed_stays(manager: httpx.Client) -> None:
    large = _play(manager, document=json.dumps(document(runs=100, days=31)))
    wrong = _play(manager, document=json.dumps(document()), count=["many"])
    broken = _play(manager, document="{")
    nobody = _play(manager, document=json.dumps(document(runs=2)), policy="77")

    assert [one.status_code for one in (large, wrong, broken, nobody)] == [422, 422, 422, 404]
    assert f"at most {apart.MOST_CASES:,} here" in large.text
    assert "staff[0].count" in wrong.text
    assert "&#34;many&#34;" in wrong.text
    assert 'role="alert"' in broken.text


def test_it_is_for_those_who_manage_quality_or_administer_the_system(house: House) -> None:
    assert house.signed_in("ada").get(OFFICE).status_code == 404
    assert house.signed_in("ada").get(OFFICE, params={"scenario": "flood"}).status_code == 404


def test_another_process_gives_the_same_answer_and_ends_with_its_time() -> None:
    asked = Asked(scenario=scenario(readers(1), runs=2), premises=[("one", premises(ruled()))], staffing=True)
    apart_from_here = play_apart(asked)
    with pytest.raises(TookTooLong):
        play_apart(asked, seconds=0)

    assert apart_from_here == answer_to(asked)
