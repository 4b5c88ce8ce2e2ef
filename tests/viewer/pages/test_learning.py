"""/learning: the author reads what was said, a third reviewer settles the score, and nobody's name stands there."""

from __future__ import annotations

import re
from html import unescape

import httpx

from reading.context import Context
from reading.kinds import Role
from reading.review import review
from reading.review.review import Outcome, Review
from reading.review.scores import Score
from storage.database import transaction
from tests.passwords import quick_hash
from tests.reading.clinic import PNEUMONIA, arrive, read, shown, take
from tests.reading.region import hire
from tests.viewer.house import PASSWORD, House


def _amended(house: House) -> Review:
    clinic, now = house.clinic, house.now
    with transaction(house.engine) as tx:
        case = arrive(tx, clinic, "1.7", now, modality="CT", body_part="CHEST")
        read(tx, clinic, clinic.ada, case.id, now)
        return review.review(
            Context(tx, clinic.audit, now, clinic.ben),
            clinic.seal,
            case.id,
            outcome=Outcome.AMEND,
            score=Score.UNDERSTANDABLE_MISS_THAT_MATTERS,
            comment="右下肺有片状影",
            content=PNEUMONIA,
            screen=shown(tx, case.id),
            lease_revision=take(tx, clinic, clinic.ben, case.id, now),
        )


def _page(client: httpx.Client) -> str:
    answer = client.get("/learning")
    assert answer.status_code == 200
    return unescape(answer.text)


def counted(client: httpx.Client) -> int:
    """The number beside the way to the reviews, on whatever page."""
    found = re.search(r'href="/learning"[^>]*>复核反馈( <span class="count">(\d+))?', client.get("/alerts").text)
    assert found is not None
    return int(found[2] or 0)


def test_the_score_reaches_the_author_through_a_third_person(house: House) -> None:
    made = _amended(house)
    with transaction(house.engine) as tx:
        hire(tx, "bea2", house.now, (Role.REVIEWER, house.clinic.region.city), password_hash=quick_hash(PASSWORD))
    ada, bea = house.signed_in("ada"), house.signed_in("bea2")

    before = _page(ada)
    assert "右下肺有片状影" in before
    assert "待第三人仲裁" in before
    assert counted(ada) == counted(bea) == 1
    assert "RADPEER" not in before
    assert house.clinic.ben.name not in before.split("<main", 1)[1]

    form = {"csrf_token": bea.headers["X-CSRF-Token"], "review_id": made.id}
    assert "待仲裁的评分（1）" in _page(bea)
    for typed, said in (({"score": "4"}, "请选择评分"), ({"score": "1"}, "写明理由")):
        answer = bea.post("/learning/arbitrate", data=form | typed, follow_redirects=True)
        assert said in answer.text
    bea.post("/learning/arbitrate", data=form | {"score": "2a", "comment": "影响不大"})

    assert "待仲裁的评分" not in _page(bea)
    assert "RADPEER 2a" in _page(ada)
    assert "未读 1 条" in _page(ada)
    assert (counted(ada), counted(bea)) == (1, 0)
    ada.post("/learning/read", data={"csrf_token": ada.headers["X-CSRF-Token"], "review_id": made.id})
    assert "未读 0 条" in _page(ada)
    assert counted(ada) == 0


def test_who_neither_wrote_nor_reviews_settles_nothing(house: House) -> None:
    made = _amended(house)
    for name, status in (("tang", 403), ("quinn", 404), ("ben", 403)):
        client = house.signed_in(name)
        form = {"csrf_token": client.headers["X-CSRF-Token"], "review_id": made.id, "score": "2b"}

        assert client.post("/learning/arbitrate", data=form).status_code == status
        assert "右下肺有片状影" not in client.get("/learning", follow_redirects=True).text
