"""/office/numbers: managers see what was done at their sites, each figure opens its cases, people are in no file."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from datetime import timedelta
from html import unescape
from io import BytesIO, StringIO

import httpx

from reading.alerts import critical
from reading.context import Context
from storage.database import transaction
from tests.reading.clinic import NORMAL, PNEUMONIA, acknowledge, arrive, read, review_as, take
from tests.reading.numbers.test_keeping import keep
from tests.viewer.house import House

MINUTE = timedelta(minutes=1)


def _plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(page)).split())


def _english(house: House, name: str) -> httpx.Client:
    client = house.signed_in(name)
    client.cookies.set("tierread_language", "en")
    return client


def _a_day(house: House) -> list[str]:
    """Six chest radiographs of Hills, five read by Ada: one positive, one late, one reviewed and told."""
    clinic, now = house.clinic, house.now
    with transaction(house.engine) as tx:
        made = [arrive(tx, clinic, f"1.2.{number}", now).id for number in range(6)]
        for number, case_id in enumerate(made[:5]):
            at = now + (20 + 50 * number) * MINUTE
            read(tx, clinic, clinic.ada, case_id, at, PNEUMONIA if number == 1 else NORMAL)
    keep(house.engine, now.date())
    return made


def test_a_manager_sees_each_indicator_and_opens_its_cases(house: House) -> None:
    made = _a_day(house)
    house.now += timedelta(hours=6)
    mona = _english(house, "mona")
    page = mona.get("/office/numbers")
    shown = _plain(page.text)
    cases = mona.get("/office/numbers/cases?measure=positive")

    assert page.status_code == 200
    assert "Examinations received 6 0" in shown
    assert "Positive rate 20.0% few 1 of 5 (3.6% to 62.4%)" in shown
    assert "Late reports 40.0% few 2 of 5" in shown
    assert "Pia" not in page.text
    assert made[1] in cases.text
    assert made[0] not in cases.text
    assert "Pia" not in cases.text


def test_an_indicator_is_set_apart_and_drawn_and_people_are_in_no_file(house: House) -> None:
    _a_day(house)
    mona = _english(house, "mona")
    page = mona.get("/office/numbers/of/positive")
    told = list(csv.reader(StringIO(mona.get("/office/numbers/of/positive.csv").text.removeprefix("\ufeff"))))
    book = mona.get("/office/numbers/of/positive.xlsx").content

    assert page.text.count('<svg class="chart"') == 6
    assert "Ada 20.0%" in _plain(page.text)
    assert ["Hills", "20.0", "1", "5"] in [row[:4] for row in told]
    assert not any("Ada" in cell for row in told for cell in row)
    with zipfile.ZipFile(BytesIO(book)) as parts:
        words = b"".join(parts.read(name) for name in parts.namelist())
    assert b"Hills" in words
    assert b"Ada" not in words
    pdf = mona.get("/office/numbers/bulletin.pdf")
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
    assert mona.get("/office/numbers.csv").status_code == mona.get("/office/numbers.xlsx").status_code == 200


def test_everybody_sees_what_is_theirs(house: House) -> None:
    _a_day(house)
    mine = _plain(_english(house, "ada").get("/office/numbers/mine").text)

    assert "Read 5 0" in mine
    assert house.signed_in("ada").get("/office/numbers").status_code == 404
    assert house.signed_in("tang").get("/office/numbers/mine").status_code == 404
    assert "Nothing was counted in this period" in _plain(_english(house, "quinn").get("/office/numbers").text)
    reviewer = _english(house, "ben").get("/office/numbers/of/reads").text
    assert "Hills" in reviewer
    assert "Ada" not in reviewer
    oak = house.clinic.region.oak.id
    assert house.signed_in("quinn").get(f"/office/numbers?org={oak}").status_code == 404
    assert house.signed_in("mona").get("/office/numbers/of/nothing").status_code == 404
    assert house.signed_in("mona").get("/office/numbers/cases?measure=nothing").status_code == 404


def test_national_indicators_say_how_far_they_are_computed(house: House) -> None:
    clinic, now = house.clinic, house.now
    with transaction(house.engine) as tx:
        for number, told in enumerate((9, 11)):
            case = arrive(tx, clinic, f"1.3.{number}", now)
            take(tx, clinic, clinic.ada, case.id, now)
            ada = Context(tx, clinic.audit, now, clinic.ada)
            alert = critical.raise_alert(ada, case.id, critical_class="stroke", finding="脑出血")
            acknowledge(tx, clinic, clinic.tang, alert.id, now + told * MINUTE)
    keep(house.engine, now.date())
    page = _plain(_english(house, "mona").get("/office/numbers/national").text)

    assert "Critical results told within 10 min 50.0% few 1 of 2" in page
    assert page.count("Computable: no") == 2
    assert page.count("Computable: partly") == 4


def test_agreement_is_of_those_who_read(house: House) -> None:
    clinic, now = house.clinic, house.now
    with transaction(house.engine) as tx:
        case = arrive(tx, clinic, "1.4", now, modality="CT", body_part="HEAD")
        read(tx, clinic, clinic.ada, case.id, now)
        review_as(tx, clinic, clinic.ben, case.id, now + MINUTE)
    keep(house.engine, now.date())
    page = _plain(_english(house, "mona").get("/office/numbers").text)

    assert "Discrepant reviews (RADPEER over 1) 0.0% few 0 of 1" in page
    assert "日期无法识别" in house.signed_in("mona").get("/office/numbers?since=never").text


def test_a_ratio_is_defined_by_a_form_in_the_words_of_the_page(house: House) -> None:
    mona = _english(house, "mona")
    page = mona.get("/office/numbers/ratios").text
    typed = {
        "csrf_token": mona.headers["X-CSRF-Token"],
        "organisation": house.clinic.region.oak.id,
        "code": "quick",
        "name_zh": "快",
        "name_en": "Quick",
        "kind": "released",
        "better": "more",
        "where": ["of:modality:CT", "of:modality:DX", "of:emergency:true", ""],
        "counted_examined_minutes_at_most": "60",
    }
    wrong = mona.post("/office/numbers/ratios", data=typed | {"of_minutes_at_most": "soon"})
    made = mona.post("/office/numbers/ratios", data=typed)
    address = re.search(r"/office/numbers/ratios/(\w{26})", mona.get("/office/numbers/ratios").text)
    assert address is not None
    kept = unescape(mona.get(address[0]).text)

    assert all(said in page for said in ("Report released", "Emergency", ">DR</option>", "As a document"))
    assert (wrong.status_code, 'value="soon"' in wrong.text, made.status_code) == (422, True, 303)
    document = json.loads(kept[kept.index("{\n") : kept.index("</pre>")])
    assert document["of"] == {"modality": ["CT", "DX"], "emergency": True}
    assert document["counted"] == {"examined_minutes_at_most": 60}


def test_a_manager_defines_a_ratio_that_is_counted_and_never_evaluated(house: House) -> None:
    _a_day(house)
    mona = _english(house, "mona")
    given = {"csrf_token": mona.headers["X-CSRF-Token"], "organisation": house.clinic.region.oak.id, "code": "quick"}
    document = {"name_zh": "快", "name_en": "Quick", "kind": "released", "counted": {"minutes_at_most": 70}}
    wrong = mona.post(
        "/office/numbers/ratios", data=given | {"document": json.dumps(document | {"of": {"sex": "F"}, "kind": "x"})}
    )
    made = mona.post("/office/numbers/ratios", data=given | {"document": json.dumps(document)})
    counting = _plain(mona.get("/office/numbers/ratios").text)
    keep(house.engine, house.now.date())
    page = mona.get("/office/numbers/ratios").text
    address = re.search(r"/office/numbers/ratios/(\w{26})", page)
    assert address is not None
    one = mona.get(address[0])
    cases = mona.get(f"/office/numbers/cases?measure=part&ratio={address[1]}")
    stale = mona.post("/office/numbers/ratios", data=given | {"document": json.dumps(document)})
    ben = house.signed_in("ben").post("/office/numbers/ratios", data=given | {"document": json.dumps(document)})

    assert wrong.status_code == 422
    assert "of.sex: There is no such field" in _plain(wrong.text)
    assert "kind: This value is none of those allowed" in _plain(wrong.text)
    assert made.status_code == 303
    assert "Days of sites still to be counted: 1" in counting
    assert "Quick quick 40.0% few 2 of 5" in _plain(page)
    assert one.text.count('<svg class="chart"') == 5
    assert cases.text.count("/office/policy/case/") == 2
    assert stale.status_code == 409
    assert ben.status_code in {403, 404}
