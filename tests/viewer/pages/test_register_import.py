"""/office/import: a preview with the errors by line, then everything or nothing; slips of the people once."""

from __future__ import annotations

import re

import httpx
import pytest

from reading.register import devices, organisations, people
from storage.database import snapshot
from tests.viewer.house import House
from tests.viewer.pages.office import post, sam

TREE = """代码;名称;级别;上级代码
c9;九县医院;县级;city
t9;九镇卫生院;乡镇;c9
"""


def _take(client: httpx.Client, kind: str, text: str, act: str = "save") -> httpx.Response:
    return post(client, f"/office/import/{kind}", lines=text, act=act)


def test_a_table_is_previewed_by_line_and_taken_in_whole(house: House) -> None:
    client = sam(house)
    preview = _take(client, "organisations", TREE, "preview")
    with snapshot(house.engine) as tx:
        nothing = organisations.by_code(tx, "c9")
    wrong = _take(client, "organisations", TREE + "t9;again;乡镇;c9\nt8;x;village;c9\nt7;x;乡镇;nowhere\n")
    with snapshot(house.engine) as tx:
        still_nothing = organisations.by_code(tx, "c9")
    saved = _take(client, "organisations", TREE)
    with snapshot(house.engine) as tx:
        made = organisations.by_code(tx, "t9")

    assert preview.status_code == 200
    assert "All 2 lines fit" in preview.text
    assert (nothing, still_nothing) == (None, None)
    assert wrong.status_code == 422
    problems = re.findall(r"Line (\d+).*?tag danger\">(.*?)<", wrong.text)
    assert [int(number) for number, _ in problems] == [4, 5, 6]
    assert "has this code" in problems[0][1]
    assert "organisation above" in problems[2][1]
    assert saved.headers["location"] == "/office/organisations?done=imported"
    assert made is not None
    assert made.name == "九镇卫生院"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_file_as_a_chinese_spreadsheet_saves_it_is_read(house: House, encoding: str) -> None:
    client = sam(house)
    given = {"csrf_token": client.headers["X-CSRF-Token"], "act": "preview"}
    files = {"file": ("机构.csv", TREE.replace("\n", "\r\n").encode(encoding), "text/csv")}
    answer = client.post("/office/import/organisations", data=given, files=files)

    assert answer.status_code == 200
    assert "九镇卫生院" in answer.text


def test_one_name_twice_at_a_place_is_doubted_and_a_table_to_fill_in_is_there(house: House) -> None:
    client = sam(house)
    lines = "刘欣，oak，报告医师\n刘欣，oak，审核医师\n刘欣，lake，报告医师\n"
    preview = _take(client, "people", lines, "preview")
    empty = client.get("/office/import/people/template.csv")
    refused = house.signed_in("ada").get("/office/import/people/template.csv")

    assert re.findall(r"tag warning\">([^<]*)<", preview.text) == [
        "liuxin has this name at this institution. The same person? Then give both lines one username."
    ]
    assert empty.text.removeprefix("\ufeff").strip().startswith("name,organisation,role,title,username")
    assert refused.status_code == 403


def test_people_of_a_table_get_their_slips_once(house: House) -> None:
    client = sam(house)
    lines = ("李雷，oak，报告医师、审核医师，医师，", "韩梅，hills，技师，，hm", "韩梅，lake，技师，，hm")
    text = "\n".join(("姓名，机构代码，角色，职称，用户名", *lines))
    answer = _take(client, "people", text)
    slips, again = client.get(answer.headers["location"]), client.get(answer.headers["location"])
    first = dict(re.findall(r'class="code">([a-z]+)</dd>.*?class="code">([\w-]+)</dd>', slips.text, re.DOTALL))
    with snapshot(house.engine) as tx:
        held = {
            username: len(people.grants_of(tx, found.id, house.now))
            for username in ("lilei", "hm")
            if (found := people.by_username(tx, username)) is not None
        }
    signed_in = [
        house.client().post("/api/session", json={"username": name, "password": word}).status_code
        for name, word in first.items()
    ]

    assert set(first) == {"lilei", "hm"}
    assert held == {"lilei": 2, "hm": 2}
    assert signed_in == [200, 200]
    assert again.status_code == 303


def test_agreements_and_devices_come_by_table_too(house: House) -> None:
    client = sam(house)
    agreed = _take(client, "agreements", "hills,elm,邻县,2026/3/10,2026-03-20")
    registered = _take(client, "devices", "DR9,hills,10.9.9.9,104,GB18030\nDR8,lake,10.9.9.8")
    again = _take(client, "devices", "DR9,hills,10.9.9.9\nDR7,lake,10.9.9.0/99")
    with snapshot(house.engine) as tx:
        titles = {one.ae_title for one in devices.list_all(tx)}
        days = [(str(one.since)[:10], str(one.until)[:10]) for one in organisations.all_agreements(tx) if one.until]

    assert (agreed.status_code, registered.status_code, again.status_code) == (303, 303, 422)
    assert {"DR9", "DR8"} <= titles
    assert days == [("2026-03-09", "2026-03-20")]
    assert len(re.findall("tag danger", again.text)) == 2
