"""/t/case/{id}/discrepancy and /learning: raised at the site, judged by a third person, read by the author."""

from __future__ import annotations

from html import unescape

import httpx

from reading.kinds import Role
from storage.database import transaction
from tests.passwords import quick_hash
from tests.reading.clinic import arrive, read
from tests.reading.region import hire
from tests.viewer.house import PASSWORD, House
from tests.viewer.pages.test_learning import counted

WORDS = "术中见阑尾穿孔"


def _main(answer: httpx.Response, status: int = 200) -> str:
    assert answer.status_code == status
    return unescape(answer.text).split("<main", 1)[1]


def test_it_goes_from_the_township_to_the_group_and_back(house: House) -> None:
    clinic, now = house.clinic, house.now
    with transaction(house.engine) as tx:
        case = arrive(tx, clinic, "1.7", now)
        version = read(tx, clinic, clinic.ada, case.id, now)
        waiting = arrive(tx, clinic, "1.8", now)
        for name, role, place in (
            ("cleo", Role.CLINICIAN, clinic.region.hills),
            ("bea2", Role.REVIEWER, clinic.region.city),
        ):
            hire(tx, name, now, (role, place), password_hash=quick_hash(PASSWORD))
    cleo, ada, bea, mona, tang = (house.signed_in(name) for name in ("cleo", "ada", "bea2", "mona", "tang"))
    here = f"/t/case/{case.id}/discrepancy"

    def typed(client: httpx.Client, **said: str) -> dict[str, str]:
        return {"csrf_token": client.headers["X-CSRF-Token"]} | said

    assert here in _main(cleo.get(f"/t/case/{case.id}"))
    assert here not in _main(tang.get(f"/t/case/{case.id}"))
    assert tang.get(here).status_code == 403
    assert "尚无正式报告" in _main(cleo.get(f"/t/case/{waiting.id}/discrepancy"))
    form = {"version": version.id, "words": WORDS, "evidence": "手术记录：穿孔"}
    kept = _main(cleo.post(here, data=typed(cleo, **form)), 422)
    assert WORDS in kept
    assert "请选择不符来源" in kept
    raised = _main(cleo.post(here, data=typed(cleo, reason="operation", **form), follow_redirects=True))
    assert "等待第三人评定" in raised
    assert 'name="words"' not in raised

    assert (counted(ada), counted(bea)) == (0, 1)
    assert WORDS not in _main(ada.get("/learning"))
    assert WORDS in _main(mona.get("/learning/agreement"))
    waits = _main(bea.get("/learning"))
    assert WORDS in waits
    assert clinic.ada.name not in waits
    found = waits.split('name="discrepancy_id" value="', 1)[1][:26]
    judgement = typed(bea, discrepancy_id=found, revision="1", comment="见游离气体")
    for score, said in (("4", "请选择评分"), ("2b", "已评定")):
        answer = bea.post("/learning/discrepancies/judge", data=judgement | {"score": score}, follow_redirects=True)
        assert said in _main(answer)
    again = bea.post("/learning/discrepancies/judge", data=judgement | {"score": "1"})
    assert again.status_code == 409

    assert (counted(ada), counted(bea)) == (1, 0)
    learnt = _main(ada.get("/learning"))
    assert "见游离气体" in learnt
    assert "RADPEER 2b" in learnt
    assert "Bea" not in learnt
    ada.post("/learning/discrepancies/read", data=typed(ada, discrepancy_id=found))
    assert "（0 条未读）" in _main(ada.get("/learning"))
    answered = _main(cleo.get(here))
    assert "确认不符" in answered
    assert "见游离气体" in answered
    assert "提出报告与临床不符" in _main(cleo.get(f"/t/case/{case.id}"))


def test_what_was_raised_by_mistake_is_taken_back(house: House) -> None:
    clinic, now = house.clinic, house.now
    with transaction(house.engine) as tx:
        case = arrive(tx, clinic, "1.7", now)
        version = read(tx, clinic, clinic.ada, case.id, now)
        hire(tx, "cleo", now, (Role.CLINICIAN, clinic.region.hills), password_hash=quick_hash(PASSWORD))
    cleo = house.signed_in("cleo")
    here, token = f"/t/case/{case.id}/discrepancy", {"csrf_token": cleo.headers["X-CSRF-Token"]}
    form = token | {"version": version.id, "reason": "course", "words": WORDS}
    found = _main(cleo.post(here, data=form, follow_redirects=True)).split('name="discrepancy_id" value="', 1)[1][:26]
    back = token | {"discrepancy_id": found, "revision": "1"}
    refused = cleo.post(f"{here}/withdraw", data=back)
    taken = _main(cleo.post(f"{here}/withdraw", data=back | {"why": "看错患者"}, follow_redirects=True))

    assert refused.status_code == 422
    assert "已撤回" in taken
    assert 'name="words"' in taken
