"""The side of each series is corrected on the page, and every picture goes out with its own."""

from __future__ import annotations

import re

from pacs.leaving.corrections import Correction
from pacs.leaving.placement import own_correction
from reading.patients import attribution
from storage.database import snapshot, transaction
from storage.index import queries
from tests.reading.clinic import send
from tests.viewer.house import House

STUDY = "1.2.840.7"
KNEES = {"patient_id": "P1", "patient_name": "Pia", "body_part": "KNEE"}


def test_the_sides_of_two_knees_are_swapped_on_the_page_and_in_what_is_sent(house: House) -> None:
    with transaction(house.engine) as tx:
        left = {"series_uid": f"{STUDY}.2", "sop_instance_uid": f"{STUDY}.2.1", "received_digest": b"2" * 32}
        send(tx, house.clinic, STUDY, house.now, laterality="L", **left, **KNEES)
    case = house.case(STUDY, laterality="R", **KNEES)
    tang, address = house.signed_in("tang"), f"/t/case/{case.id}/correct"
    page = tang.get(address).text
    known = dict(re.findall(r'name="(revision|was)" value="([^"]*)"', page))
    known["was"] = known["was"].replace("&#34;", '"')
    form = {"laterality": "B", "name": "Pia", "body_part": "KNEE", "why": "侧别写反"}
    one = tang.post(address, data={**known, **form, "laterality": "L", "csrf_token": tang.headers["X-CSRF-Token"]})
    done = tang.post(
        address,
        data={
            **known,
            **form,
            "csrf_token": tang.headers["X-CSRF-Token"],
            "series": [f"{STUDY}.1", f"{STUDY}.2"],
            "side": ["L", "R"],
        },
    )
    with snapshot(house.engine) as tx:
        made = attribution.current(tx, STUDY)
        assert made is not None
        correction = Correction(attributes=made.attributes, revision=1, reason="", made_at=house.now)
        there = {uid: queries.instance_of(tx, uid) for uid in (f"{STUDY}.1.1", f"{STUDY}.2.1")}
        sent = [own_correction(correction, image) for image in there.values() if image is not None]

    assert page.count('name="side"') == 2
    assert one.status_code == 422
    assert "图像包含左右两侧" in one.text
    assert done.status_code == 303, done.text
    assert [each and each.side for each in sent] == ["L", "R"]


def test_an_examination_of_one_series_has_one_side(house: House) -> None:
    case = house.case(STUDY, laterality="R", **KNEES)

    assert 'name="side"' not in house.signed_in("tang").get(f"/t/case/{case.id}/correct").text
