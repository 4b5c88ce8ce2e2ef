"""Nobody is in the way: a registered device goes on storing, and people go on reading, whatever one caller does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.attackers import WILD, again_and_again, ask_for_work, store
from tests.running import Cast, TierRead, serving

ROUNDS = 12
LIMITS = {
    "TIERREAD_MAX_ASSOCIATIONS": "12",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TierRead, Cast]]:
    """One installation with small limits for all attacks; each has to leave it as it was."""
    with serving(tmp_path_factory.mktemp("denial") / "house", settings=LIMITS) as tierread:
        yield tierread, tierread.cast()


def orders(tierread: TierRead, cast: Cast, count: int) -> None:
    tang = tierread.sign_in(cast.tang)
    for _ in range(count):
        body: dict[str, Any] = {
            "site": "TOWN",
            "patient": {"card_type": "identity_card", "card": cast.pia.identity_card, "name": cast.pia.name},
            "modality": "DX",
            "procedures": [{"body_part": "CHEST"}],
            "reason": "a" * 60,
        }
        answer = tang.post("/api/orders", json=body)
        assert answer.status_code == 201, answer.text


def test_a_device_is_heard_while_another_asks_with_sixteen_stars(house: tuple[TierRead, Cast]) -> None:
    tierread, cast = house
    orders(tierread, cast, 8)
    heard: list[list[int]] = []

    def ask() -> None:
        heard.append(ask_for_work(tierread.dicom_port, cast.device, ReasonForTheRequestedProcedure=WILD))

    with again_and_again(ask, threads=4):
        ask()
        stored = store(tierread.dicom_port, cast.other_device, ROUNDS)

    assert stored.refused == []
    assert len(stored.seconds) == ROUNDS
    assert {status for statuses in heard for status in statuses} == {0}
    assert tierread.client().get("/readyz").status_code == 200
