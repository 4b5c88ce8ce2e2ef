"""/p/links and /s: a patient makes a link, a doctor opens it without an account, the patient sees that and ends it."""

from __future__ import annotations

import re
from html import unescape

import httpx

from tests.viewer.house import House, grey_picture
from tests.viewer.pages.test_patient import STUDY, final


def made(pia: httpx.Client, case_id: str, **how: str) -> tuple[str, str]:
    """The address of a new link, and its passcode or nothing."""
    form = {"csrf_token": pia.headers["X-CSRF-Token"], "what": case_id, "days": "7", **how}
    answer = pia.post("/p/links", data=form)
    assert answer.headers["location"] == "/p/links", answer.text
    page = pia.get("/p/links").text
    address = re.search(r"<textarea[^>]*>([^<]+)</textarea>", page)
    passcode = re.search(r'class="code-shown">(\d{3}) (\d{3})<', page)
    assert address is not None
    return unescape(address[1]), passcode[1] + passcode[2] if passcode else ""


def opened(house: House, address: str, passcode: str = "") -> httpx.Client:
    """A doctor's browser with the session of a link."""
    doctor = house.client()
    answer = doctor.post("/s", data={"link": address, "passcode": passcode})
    assert answer.headers.get("location") == "/s/reports", answer.text
    return doctor


def address_to_end(pia: httpx.Client, label: str) -> str:
    """Where the form is sent that ends the link with this note."""
    found = re.search(rf'action="(/p/links/\w+/end)"[^/]*?aria-label="停用此链接 {label}', pia.get("/p/links").text)
    assert found is not None
    return found[1]


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_a_doctor_reads_what_the_patient_shares_and_the_patient_sees_it(house: House) -> None:
    case_id, version_id = final(house)
    pia = house.patient_client(case_id)
    address, passcode = made(pia, case_id, label="王医生", passcode="yes")
    again = pia.get("/p/links").text
    before = house.client().get("/s").text
    doctor = opened(house, address, f"{passcode[:3]} {passcode[3:]}")
    pages = {end: doctor.get(f"/s/reports{end}") for end in ("", f"/{version_id}", f"/{version_id}/view/1")}
    pdf, picture, images = (
        doctor.get(f"/s/reports/{version_id}{end}") for end in (".pdf", "/pictures/1", "/images.zip")
    )
    own, listed = pia.get(f"/p/reports/{version_id}").text, pia.get("/p/links").text

    assert re.fullmatch(rf"{house.origin}/s#[\w-]{{43}}", address)
    assert address not in again
    assert len(passcode) == 6
    assert "Pia" not in before
    assert {end: page.status_code for end, page in pages.items()} == dict.fromkeys(pages, 200)
    assert "右下肺炎" in pages[f"/{version_id}"].text
    assert "谁看过" not in pages[f"/{version_id}"].text
    assert "/p/" not in "".join(page.text for page in pages.values())
    assert pdf.content[:5] == b"%PDF-"
    assert (picture.content, images.content) == (grey_picture(), b"PKzip")
    assert house.rendered == [("LinkViewer", STUDY, 1)]
    for page in pages.values():
        assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "same-origin")
    assert "王医生" in own
    assert "持有您" in own
    assert "已打开 1 次" in listed


def test_a_link_that_is_ended_shuts_what_is_open(house: House) -> None:
    case_id, version_id = final(house)
    pia = house.patient_client(case_id)
    address, passcode = made(pia, case_id, label="LA")
    doctor, gone = opened(house, address), opened(house, address)
    left = gone.post("/s/sign-out", data={"csrf_token": token_of(gone.get("/s/reports").text)})
    pia.post(address_to_end(pia, "LA"), data={"csrf_token": pia.headers["X-CSRF-Token"]})
    after = [doctor.get(f"/s/reports{end}") for end in ("", f"/{version_id}", f"/{version_id}.pdf")]

    assert passcode == ""
    assert left.headers["location"] == "/s?ended=2"
    assert gone.get("/s/reports").headers["location"] == "/s?ended=1"
    assert [answer.headers["location"] for answer in after] == ["/s?ended=1"] * 3
    assert "已由您停用" in pia.get("/p/links").text
    assert house.client().post("/s", data={"link": address}).status_code == 401


def test_a_corrected_report_says_so_and_the_first_thing_is_what_it_says(house: House) -> None:
    case_id, version_id = final(house)
    page = house.patient_client(case_id).get(f"/p/reports/{version_id}").text

    assert page.index("诊断意见") < page.index("检查所见") < page.index("<details")
    assert "阳性" not in page
    assert len(page.encode()) < 100_000


def test_after_a_wrong_passcode_the_link_is_still_there_and_the_tries_are_counted(house: House) -> None:
    case_id, _ = final(house)
    address, passcode = made(house.patient_client(case_id), case_id, passcode="yes")
    doctor, secret = house.client(), address.partition("#")[2]
    wrong = "000000" if passcode != "000000" else "111111"

    missing = doctor.post("/s", data={"link": secret})
    answers = [doctor.post("/s", data={"link": secret, "passcode": wrong}) for _ in range(2)]
    bad = doctor.post("/s", data={"link": f"{secret}x", "passcode": wrong})
    kept = re.search(r'name="link" value="([^"]+)"', answers[-1].text)

    assert kept is not None
    assert "需要口令" in missing.text
    assert [(each.status_code, f"还可以试 {n} 次" in each.text) for each, n in zip(answers, (9, 8), strict=True)] == [
        (401, True)
    ] * 2
    assert ("链接打不开" in bad.text, "还可以试" in bad.text) == (True, False)
    assert doctor.post("/s", data={"link": kept[1], "passcode": passcode}).headers["location"] == "/s/reports"
