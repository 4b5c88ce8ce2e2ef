"""Nobody is in the way: a registered device goes on storing, and people go on reading, whatever one caller does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.attackers import STRANGER, WILD, again_and_again, ask_for_work, is_closed, silent, store
from tests.builders import CT
from tests.running import Cast, TierRead, serving
from tests.wire import EXPLICIT_LITTLE, Sender

ROUNDS = 12
LIMITS = {
    "TIERREAD_MAX_ASSOCIATIONS": "12",
    "TIERREAD_MAX_ASSOCIATIONS_PER_DEVICE": "12",
    "TIERREAD_DICOM_REQUEST_SECONDS": "3",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TierRead, Cast]]:
    """One installation with small limits for all attacks; each has to leave it as it was."""
    with serving(tmp_path_factory.mktemp("denial") / "house", settings=LIMITS) as tierread:
        yield tierread, tierread.cast()


def gave_way(tierread: TierRead, port: str, what: str) -> float:
    name = f'tierread_gave_way_total{{port="{port}",what="{what}"}} '
    lines = tierread.client().get("/metrics").text.splitlines()
    return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))


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


def test_a_device_stores_beside_170_silent_connections_of_a_stranger(house: tuple[TierRead, Cast]) -> None:
    tierread, cast = house
    with silent(tierread.dicom_port, 170) as sockets:
        stored = store(tierread.dicom_port, cast.device, ROUNDS)

        assert stored.refused == []
        assert all(is_closed(each) for each in sockets)
    assert gave_way(tierread, "dicom", "connection") >= 160
    assert STRANGER not in tierread.log


def test_a_device_stores_beside_the_idle_associations_of_another(house: tuple[TierRead, Cast]) -> None:
    tierread, cast = house
    with ExitStack() as held:
        for _ in range(12):
            idle = Sender(
                address=("127.0.0.1", tierread.dicom_port),
                contexts=[(CT, [EXPLICIT_LITTLE])],
                calling=cast.other_device,
            )
            idle.connect()
            held.callback(idle.close)
            idle.associate()
        stored = store(tierread.dicom_port, cast.device, ROUNDS)

    assert stored.refused == []
    assert gave_way(tierread, "dicom", "association") >= 1
