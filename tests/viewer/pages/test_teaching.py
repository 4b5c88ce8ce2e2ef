"""/teaching: from a final case into a collection, found by who learns, told by a number, looked through and removed."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import httpx

from reading.teaching import collections
from reading.teaching.collections import SeenBy
from reading.teaching.pictures import Burned
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, arrive, read
from tests.reading.teaching.scenes import WORDS, added, ctx_of, final
from tests.viewer.house import House

SAID = {**WORDS.to_row(), "looked_at": "", "picture": "1.7.1.1_1"}


def _main(answer: httpx.Response, status: int = 200) -> str:
    assert answer.status_code == status
    return unescape(answer.text).split("<main", 1)[1]


def _rail(client: httpx.Client) -> str:
    found = re.search(r'<a href="/teaching"[^>]*>(.*?)</a>', client.get("/account").text, re.DOTALL)
    assert found is not None
    return re.sub(r"<[^>]*>|\s", "", found[1])


def test_from_a_case_to_those_who_learn(house: House) -> None:
    clinic, now = house.clinic, house.now
    with transaction(house.engine) as tx:
        case = arrive(tx, clinic, "1.7", now, patient_id="P1", patient_name="Pia")
        version = read(tx, clinic, clinic.ada, case.id, now, PNEUMONIA)
        waiting = arrive(tx, clinic, "1.8", now)
    mona, ada, quinn, tang = (house.signed_in(name) for name in ("mona", "ada", "quinn", "tang"))
    token = {"csrf_token": mona.headers["X-CSRF-Token"]}

    new = f"/teaching/new/{case.id}"
    assert "请先建立一个" in _main(mona.get(new))
    here = {"organisation": clinic.region.oak.id, "name": "胸部疑难", "seen_by": "organisation"}
    assert "教学集已建立" in _main(mona.post("/teaching/collections", data=token | here, follow_redirects=True))
    form = _main(mona.get(new))
    assert PNEUMONIA.findings in form
    assert 'value="1.7.1.1_1"' in form
    into = re.search(r'<option value="(\w{26})"', form)
    assert into is not None
    subscribed = ada.post(
        f"/teaching/collections/{into[1]}/subscribe",
        data={"csrf_token": ada.headers["X-CSRF-Token"]},
        follow_redirects=True,
    )
    assert "取消订阅" in _main(subscribed)
    assert mona.get(f"/teaching/new/{waiting.id}").status_code == 409
    assert (ada.get(new).status_code, tang.get("/teaching").headers["location"]) == (403, "/t")
    assert quinn.get(new).status_code == 404

    typed = token | SAID | {"version": version.id, "collection": into[1]}
    house.now += timedelta(minutes=1)
    named = _main(mona.post(new, data=typed | {"findings": "Pia 的片，Ada 报告"}), 422)
    assert "检查所见：患者姓名、医务人员姓名" in named
    assert "Pia 的片，Ada 报告" in named
    assert 'name="findings" aria-invalid="true" autofocus' in named
    both = _main(mona.post(new, data=typed | {"title": "Pia", "point": " "}), 422)
    assert "教学要点：有必填的内容没有填写" in both
    assert "标题：患者姓名" in _main(mona.post(new, data=typed | {"title": "Pia"}), 422)
    house.burned = Burned.YES
    assert "烧录的身份信息" in _main(mona.post(new, data=typed), 403)
    house.burned = Burned.POSSIBLE
    look = _main(mona.post(new, data=typed), 422)
    assert 'name="looked_at" value="1.7.1.1_1"' in look
    page = mona.post(new, data=typed | {"looked_at": "1.7.1.1_1"}, follow_redirects=True)
    entry = str(page.url).split("?", 1)[0]
    assert "已收入教学集" in _main(page)
    again = _main(mona.get(new))
    assert (f'value="{into[1]}" selected' in again, "已收入本例</option>" in again) == (False, True)

    assert (_rail(ada), _rail(mona), _rail(quinn)) == ("教学集1项待处理", "教学集", "教学集")
    listed = _main(ada.get("/teaching?q=心缘"))
    assert WORDS.title in listed
    shown = _main(ada.get(entry))
    assert WORDS.point in shown
    assert not [told for told in (case.id, version.id, "1.7.1.1", "Hills", "Pia") if told in shown]
    picture = ada.get(f"{entry}/pictures/1")
    assert (picture.content, picture.headers["content-type"]) == (house.taught, "image/jpeg")
    assert picture.headers["cache-control"] == "no-store"
    assert [quinn.get(address).status_code for address in (entry, f"{entry}/pictures/1")] == [404, 404]
    assert WORDS.title not in _main(quinn.get("/teaching"))
    form = {"csrf_token": ada.headers["X-CSRF-Token"]}
    before = house.now - timedelta(minutes=5)
    ada.post("/teaching/seen", data=form | {"at": before.isoformat()})
    assert _rail(ada) == "教学集1项待处理"
    at = re.search(r'name="at" value="([^"]+)"', _main(ada.get("/teaching")))
    assert at is not None
    ada.post("/teaching/seen", data=form | {"at": at[1]})
    assert _rail(ada) == "教学集"


def test_who_keeps_it_mends_and_removes_it(house: House) -> None:
    clinic, now = house.clinic, house.now
    with transaction(house.engine) as tx:
        _, version = final(tx, clinic, now)
        mona = ctx_of(tx, clinic, clinic.mona, now)
        into = collections.make(mona, clinic.region.oak.id, name="胸部", description="", seen_by=SeenBy.REGION)
        made = added(tx, clinic, clinic.mona, version, into, now)
        other = collections.make(mona, clinic.region.oak.id, name="呼吸", description="", seen_by=SeenBy.REGION)
    keeper, ada = house.signed_in("mona"), house.signed_in("ada")
    entry, token = f"/teaching/entries/{made}", {"csrf_token": keeper.headers["X-CSRF-Token"]}

    assert f"/#/case/{version.case_id}" in _main(keeper.get(entry))
    assert "/#/case/" not in _main(ada.get(entry))
    assert ada.get(f"{entry}/change").status_code == 403
    assert WORDS.findings in _main(keeper.get(f"{entry}/change"))
    typed = token | WORDS.to_row() | {"revision": "1", "title": "新的标题", "kept": "1"}
    assert "患者姓名" in _main(keeper.post(f"{entry}/change", data=typed | {"point": "pia"}), 422)
    assert "新的标题" in _main(keeper.post(f"{entry}/change", data=typed, follow_redirects=True))
    assert keeper.post(f"{entry}/change", data=typed).status_code == 409
    gone = token | {"revision": "2", "why": "  "}
    assert _main(keeper.post(f"{entry}/remove", data=gone), 422)
    removed = keeper.post(f"{entry}/remove", data=gone | {"why": "重复"}, follow_redirects=True)
    assert "已移除" in _main(removed)
    assert (ada.get(entry).status_code, keeper.get(entry).status_code) == (404, 404)
    ending = f"/teaching/collections/{into}/end"
    assert f'<option value="{other}">呼吸</option>' in _main(keeper.get("/teaching")).split(ending, 1)[1]
    assert "可见范围相同或更小" in _main(keeper.post(ending, data=token | {"into": made}), 422)
    ended = keeper.post(ending, data=token | {"into": other}, follow_redirects=True)
    assert "其中病例已转入" in _main(ended)
