"""The bar on every page of staff, the board, the log, the duty list and the list of classes."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO

import sqlalchemy as sa

from reading import audit
from reading.alerts import classes, duty
from reading.kinds import Role
from reading.sessions.staff_sessions import IDLE
from reading.tables import staff_session
from storage.database import snapshot, transaction
from tests.reading.region import hire
from tests.viewer.house import House

STUDY = "1.2.840.1"
MINUTE = timedelta(minutes=1)


def test_the_bar_counts_without_a_name_extends_no_session_and_goes_on_while_it_is_locked(house: House) -> None:
    tang, ada, nobody = house.signed_in("tang"), house.signed_in("ada"), house.client()
    quiet = tang.get("/api/alerts/bar").json()
    case = house.case(STUDY)
    ada.post(f"/api/cases/{case.id}/critical", json={"critical_class": "stroke", "finding": "左侧"})
    told, raised = tang.get("/api/alerts/bar").json(), ada.get("/api/alerts/bar").json()
    house.now += MINUTE * 11
    over = {who: client.get("/api/alerts/bar").json() for who, client in (("tang", tang), ("ada", ada))}
    house.now += IDLE
    with snapshot(house.engine) as tx:
        active = set(tx.scalars(sa.select(staff_session.c.active_at)))
    locked = tang.get("/api/alerts/bar")

    assert (quiet["count"], quiet["rings"], told["count"], told["rings"], raised["count"]) == (0, False, 1, True, 0)
    assert told["first"] == "急性脑卒中 · Hills · 还有 10 分钟"
    assert told["link"] == f"/t/case/{case.id}"
    assert "超时 1 分钟" in over["tang"]["first"]
    assert (over["ada"]["count"], over["ada"]["rings"]) == (1, False)
    assert active == {house.now - MINUTE * 11 - IDLE}
    assert (locked.json()["locked"], locked.json()["count"], locked.json()["link"]) == (
        True,
        1,
        "/sign-in?next=/alerts",
    )
    assert "卒中" not in locked.text
    assert tang.get("/alerts").headers["location"].startswith("/sign-in")
    assert nobody.get("/api/alerts/bar").status_code == 204
    assert "/static/alert-bar.js" in nobody.get("/sign-in").text
    assert "/static/alert-bar.js" not in nobody.get("/p").text


def test_the_board_is_answered_on_and_the_log_is_a_file_without_formulas(house: House) -> None:
    ada, tang, mona = house.signed_in("ada"), house.signed_in("tang"), house.signed_in("mona")
    case = house.case(STUDY)
    finding = '=HYPERLINK("http://x")'
    alert = ada.post(f"/api/cases/{case.id}/critical", json={"critical_class": "stroke", "finding": finding}).json()
    token = {"csrf_token": mona.headers["X-CSRF-Token"]}
    board = mona.get("/alerts").text
    answer = {"read_back": "收到", "spoken_with": "Tang", "means": "telephone", **token}
    refused = mona.post(f"/alerts/{alert['id']}/acknowledge", data=answer)
    denied = mona.post(f"/alerts/{alert['id']}/acknowledge", data=answer | {"read_back": "未见急性脑卒中"})
    house.now += MINUTE * 3
    taken = mona.post(f"/alerts/{alert['id']}/acknowledge", data=answer | {"read_back": "急性脑卒中，已电话告知"})
    waits = mona.get("/alerts/list").text
    other = mona.post(f"/alerts/{alert['id']}/dispose", data={"disposal": "other", **token})
    done = mona.post(f"/alerts/{alert['id']}/dispose", data={"disposal": "transferred", **token})
    log = mona.get("/alerts/log").text
    table = list(csv.reader(StringIO(mona.get("/alerts/log.csv").text.removeprefix("\ufeff"), newline="")))
    mona.get("/alerts/log.csv", params={"since": "2026-02-01", "until": "2026-02-03"})
    with snapshot(house.engine) as tx:
        taken_away = [one.details for one in audit.events_about(tx, "list", "") if one.action == "critical.export"]

    assert [(one["since"], one["until"]) for one in taken_away][:1] == [("2026-02-01", "2026-02-03")]
    assert len(taken_away) == 2
    assert "待确认" in board
    assert "Pia" in board
    assert (refused.status_code, other.status_code) == (422, 422)
    assert "“收到”不是复述" in refused.text
    assert 'name="said_so"' not in refused.text
    assert denied.status_code == 422
    assert 'name="said_so" value="未见急性脑卒中"' in denied.text
    assert denied.text.count("未见急性脑卒中") == 3
    assert taken.headers["location"] == "/alerts?done=acknowledged"
    assert "待反馈处置" in waits
    assert done.headers["location"] == "/alerts?done=disposed"
    assert "10 分钟内确认 1/1（100%）" in log
    assert [row[6] for row in table] == ["环节", "通知", "确认", "处置反馈"]
    assert table[1][10] == "'" + finding
    assert tang.get("/t/banners").text.count("急性脑卒中") == 0
    assert "处置反馈" in tang.get(f"/t/case/{case.id}").text


def test_the_duty_list_and_the_classes_are_kept_on_pages(house: House) -> None:
    tang, mona, ada = house.signed_in("tang"), house.signed_in("mona"), house.signed_in("ada")
    with transaction(house.engine) as tx:
        hire(tx, "doctor", house.now, (Role.CLINICIAN, house.clinic.region.hills))
    of_tang, of_mona = ({"csrf_token": each.headers["X-CSRF-Token"]} for each in (tang, mona))
    added = tang.post("/alerts/duty", data={"who": "hills doctor clinician", "telephone": "6612345", **of_tang})
    wrong = tang.post("/alerts/duty", data={"who": "hills doctor reader", "telephone": "1", **of_tang})
    foreign = tang.post("/alerts/duty", data={"who": "oak mona quality_manager", "telephone": "1", **of_tang})
    listed = ada.get("/alerts/duty").text
    with snapshot(house.engine) as tx:
        (one,) = duty.list_of(tx, None, house.now)
    house.now += MINUTE
    ended = tang.post("/alerts/duty/end", data={"duty_id": one.id, **of_tang})
    minutes = {"code": "stroke", "minutes": "4", "org": "hills", **of_mona}
    saved = mona.post("/alerts/classes", data=minutes)
    barred = tang.post("/alerts/classes", data=minutes | of_tang)
    page = mona.get("/alerts/classes?org=hills").text
    with snapshot(house.engine) as tx:
        said = classes.in_force(tx, house.clinic.region.hills.id, house.now)["stroke"].minutes
    odd = [
        mona.post(path, data=values | of_mona)
        for path, values in (
            ("/alerts/classes/end", {"code": "a\0", "org": "hills"}),
            ("/alerts/classes/end", {"code": "stroke", "org": "a\0"}),
            ("/alerts/duty/end", {"duty_id": "a\0"}),
            ("/alerts/duty", {"who": "hills a\0 clinician", "telephone": "1"}),
            ("/alerts/classes", minutes | {"modalities": ",".join(f"MODALITY{n}" for n in range(8))}),
        )
    ]
    odd += [mona.get(f"/alerts/log?until={day}") for day in ("9999-12-31", "0001-01-01")]
    dropped = mona.post("/alerts/classes/end", data={"code": "stroke", "org": "hills", **of_mona})
    with snapshot(house.engine) as tx:
        after = classes.in_force(tx, house.clinic.region.hills.id, house.now)["stroke"].minutes

    assert [each.status_code for each in (added, ended, saved, dropped)] == [303] * 4
    assert [each.status_code for each in (wrong, foreign, barred)] == [422] * 3
    assert {each.status_code for each in odd} <= {404, 422}
    assert "6612345" in listed
    assert "结束</button>" not in listed
    assert 'value="4"' in page
    assert (said, after) == (4, 10)
