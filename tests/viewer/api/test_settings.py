"""/api/account/settings: one's own, by revision."""

from __future__ import annotations

from tests.viewer.house import House

ADDRESS = "/api/account/settings"


def test_what_somebody_set_is_theirs_at_every_machine(house: House) -> None:
    here, there, ben = house.signed_in("ada"), house.signed_in("ada"), house.signed_in("ben")

    unset = here.get(ADDRESS).json()
    first = here.put(f"{ADDRESS}/grids", json={"value": {"CT": "2x2"}, "revision": 0})
    old = there.put(f"{ADDRESS}/grids", json={"value": {"CT": "1x1"}, "revision": 0})
    found = there.get(ADDRESS).json()
    again = there.put(f"{ADDRESS}/grids", json={"value": {}, "revision": found["grids"]["revision"]})

    assert unset == {}
    assert first.json() == {"value": {"CT": "2x2"}, "revision": 1}
    assert (old.status_code, old.json()["type"]) == (409, "/problems/stale")
    assert found == {"grids": first.json()}
    assert again.json() == {"value": {}, "revision": 2}
    assert ben.get(ADDRESS).json() == {}


def test_what_is_no_setting_is_refused_in_words(house: House) -> None:
    ada = house.signed_in("ada")

    unknown = ada.put(f"{ADDRESS}/colours", json={"value": {}, "revision": 0})
    shapeless = ada.put(f"{ADDRESS}/grids", json={"value": {"CT": "9x9"}, "revision": 0})
    listed = ada.put(f"{ADDRESS}/grids", json={"value": [], "revision": 0})
    nobody = house.client().get(ADDRESS)

    assert [answer.status_code for answer in (unknown, shapeless, listed, nobody)] == [404, 422, 422, 401]
    assert shapeless.json()["field"] == "value"
