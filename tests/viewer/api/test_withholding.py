"""What was withheld ends: shown again, read again, or entered in error; and who had seen it is listed."""

from __future__ import annotations

from tests.viewer.api.test_cases import STUDY, claim, sign
from tests.viewer.house import House


def test_what_was_final_is_shown_again_by_who_manages_quality(house: House) -> None:
    case = house.case(STUDY)
    ada, mona = house.signed_in("ada"), house.signed_in("mona")
    final = sign(ada, claim(ada, case.id)).json()
    here = f"/api/cases/{case.id}"
    ada.post(f"{here}/withhold", json={"why": "拍错人"})

    hers = ada.post(f"{here}/restore", json={"why": "已更正", "revision": house.revision(case.id)})
    withheld = mona.get(here).json()
    looks = mona.get(f"{here}/looks").json()
    restored = mona.post(f"{here}/restore", json={"why": "已更正", "revision": house.revision(case.id)})

    assert final["state"] == "final"
    assert hers.status_code == 404
    assert {"restore", "read-again", "enter-in-error"} <= set(withheld["allowed"])
    assert ("staff", "Ada", "case.open") in {(one["kind"], one["name"], one["action"]) for one in looks}
    assert restored.status_code == 200, restored.text
    assert restored.json()["state"] == "final"
    assert ada.get(here).status_code == 200
    assert [kind for kind, _payload in house.noted()] == ["hide", "unhide"]


def test_it_waits_to_be_read_again_or_stays_hidden_for_good(house: House) -> None:
    again, never = house.case(STUDY), house.case("1.2.840.2")
    ada, mona = house.signed_in("ada"), house.signed_in("mona")
    for case in (again, never):
        ada.post(f"/api/cases/{case.id}/withhold", json={"why": "拍错人"})

    waits = mona.post(f"/api/cases/{again.id}/read-again", json={"why": "已更正", "revision": house.revision(again.id)})
    error = mona.post(
        f"/api/cases/{never.id}/enter-in-error", json={"why": "检查不存在", "revision": house.revision(never.id)}
    )

    assert waits.json()["state"] == "waiting_read"
    assert error.json()["state"] == "withdrawn"
    assert ada.get(f"/api/cases/{again.id}").status_code == 200
    assert ada.get(f"/api/cases/{never.id}").status_code == 404
