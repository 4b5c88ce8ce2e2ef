"""/v: the paper's code, its PDF and its words, asked about by whoever holds it; the answers name nobody."""

from __future__ import annotations

import re

from tests.viewer.house import House
from tests.viewer.pages.test_patient import final

SAID_OF_PIA = ("Pia", "右下肺炎", "胸部", "P1", "1990")


def printed(house: House, version_id: str) -> tuple[str, str]:
    """What Tang prints: the address in the square code is beside it, (code, page)."""
    tang = house.signed_in("tang")
    page = tang.post(f"/t/print/{version_id}", data={"csrf_token": tang.headers["X-CSRF-Token"]}).text
    code = re.search(r'<span class="code">((?:[0-9A-Z]{4} ?){4})</span>', page)
    assert code is not None
    assert f"{house.origin}/v" in page
    return code[1], page


def test_the_printed_code_says_that_the_report_counts_and_nothing_of_the_person(house: House) -> None:
    _, version_id = final(house)
    code, _ = printed(house, version_id)
    holder = house.client()

    form = holder.get(f"/v/{code.replace(' ', '')}")
    found = holder.post("/v", data={"code": code.lower()})

    said = holder.post("/api/papers/check", json={"code": code}).json()

    assert (said["standing"], said["version"], said["site"]) == ("current", 2, "Hills")
    assert "Pia" not in str(said)
    assert f'value="{code}"' in form.text
    for said in ("现行有效", "Hills", "第 2 版", "Rosa", "Vera"):
        assert said in found.text
        assert said not in form.text
    besides = (found.text + form.text).replace(code, "").replace(code.replace(" ", ""), "")  # a code is by chance
    assert not [said for said in SAID_OF_PIA if said in besides]
    assert "alert-bar" not in found.text
    assert "set-cookie" not in found.headers
    assert found.headers["cache-control"] == "no-store"


def test_words_of_the_paper_are_compared_and_a_changed_one_is_recognised(house: House) -> None:
    _, version_id = final(house)
    code, _ = printed(house, version_id)
    holder = house.client()

    right = holder.post("/v/compare", data={"code": code, "name": "Pia", "impression": "右下 肺炎"}).text
    wrong = holder.post("/v/compare", data={"code": code, "name": "Pia", "impression": "左下肺炎"}).text
    nothing = holder.post("/v/compare", data={"code": code})

    assert (right.count("与签发的报告一致"), right.count("不一致")) == (2, 0)
    assert (wrong.count("与签发的报告一致"), wrong.count("不一致")) == (1, 1)
    assert "左下肺炎</textarea>" in wrong
    assert "右下肺炎" not in wrong
    assert nothing.status_code == 422


def test_a_pdf_is_known_by_its_bytes_and_one_that_was_changed_is_not(house: House) -> None:
    case_id, version_id = final(house)
    tang, pia, holder = house.signed_in("tang"), house.patient_client(case_id), house.client()
    township, own = (
        client.get(address).content
        for client, address in ((tang, f"/api/reports/{version_id}.pdf"), (pia, f"/p/reports/{version_id}.pdf"))
    )
    changed = own.replace(b"%PDF-1", b"%PDF-2", 1)
    answers = [
        holder.post("/v/file", files={"file": ("report.pdf", body, "application/pdf")})
        for body in (township, own, changed, b"")
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 404, 422]
    assert "完全相同" in answers[0].text
    assert "完全相同" in answers[1].text
    assert "不是本系统发出的文件" in answers[2].text
    assert not [said for said in SAID_OF_PIA for answer in answers if said in answer.text]


def test_the_patient_sees_that_somebody_asked_about_the_paper(house: House) -> None:
    case_id, version_id = final(house)
    code, _ = printed(house, version_id)
    house.client().post("/v", data={"code": code})

    page = house.patient_client(case_id).get(f"/p/reports/{version_id}").text

    assert "持有纸质报告的人" in page


def test_what_is_no_code_and_what_nobody_has_is_said_without_a_look(house: House) -> None:
    holder = house.client()

    mistyped = holder.post("/v", data={"code": "1234"})
    unknown = holder.post("/v", data={"code": "0000 0000 0000 0000"})
    elsewhere = holder.post("/v", data={"code": "0000 0000 0000 0000"}, headers={"Origin": "https://evil.example"})

    assert (mistyped.status_code, "少了或输错" in mistyped.text) == (422, True)
    assert (unknown.status_code, "没有签发过" in unknown.text) == (404, True)
    assert elsewhere.status_code == 403
    assert holder.get("/v/..%2f..%2fapi").status_code in {200, 404}
    assert 'value=""' in holder.get("/v/%3Cscript%3E").text
