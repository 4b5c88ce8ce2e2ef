"""The work of a case: the shipped list against its source, and what a region says over it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.errors import Invalid, NotAllowed
from reading.roster import weights
from reading.roster.weights import ORDINARY, SHIPPED, Weight, Worked, weight_of
from storage.database import transaction
from tests.reading.clinic import open_clinic


@pytest.mark.parametrize(
    ("modality", "body_part", "contrast", "views", "hundredths"),
    [
        ("DX", "CHEST", None, 1, 18),
        ("CR", "CHEST", None, 2, 21),
        ("DX", "CHEST", None, 3, 21),
        ("DX", "SHOULDER", None, 2, 18),
        ("DX", "WRIST", None, 2, 17),
        ("DX", "ABDOMEN", None, 1, 18),
        ("CT", "HEAD", None, 200, 83),
        ("CT", "ABDOMENPELVIS", False, 200, 170),
        ("CT", "ABDOMENPELVIS", None, 200, 170),
        ("CT", "ABDOMENPELVIS", True, 200, 177),
        ("MR", "KNEE", False, 200, 132),
        ("MR", "LSPINE", False, 200, 144),
        ("MR", "BRAIN", True, 200, 223),
        ("MG", "BREAST", None, 4, 74),
        ("US", "ABDOMEN", None, 9, ORDINARY),
        ("MR", "BRAIN", False, 200, ORDINARY),
    ],
)
def test_the_shipped_weights_are_those_of_the_source(
    modality: str, body_part: str, contrast: bool | None, views: int, hundredths: int
) -> None:
    case = Worked(modality=modality, body_part=body_part, contrast=contrast, views=views)

    assert weight_of(SHIPPED, case) == hundredths


some_weights = st.builds(
    Weight,
    modality=st.sampled_from(["CT", "MR"]),
    body_part=st.sampled_from(["", "HEAD", "KNEE"]),
    contrast=st.sampled_from([None, True, False]),
    views=st.sampled_from([None, 1, 2]),
    hundredths=st.integers(1, 300),
)


@given(st.lists(some_weights, max_size=6), st.sampled_from([None, True, False]), st.integers(0, 3))
def test_a_weight_holds_for_the_case_and_none_that_holds_says_more(
    said: list[Weight], contrast: bool | None, views: int
) -> None:
    case = Worked(modality="CT", body_part="HEAD", contrast=contrast, views=views)

    def says(one: Weight) -> tuple[bool, bool, int]:
        return one.body_part != "", one.contrast is not None, one.views or 0

    holding = [
        one
        for one in said
        if one.modality == "CT"
        and (not one.body_part or one.body_part == "HEAD")
        and (one.contrast is None or one.contrast is contrast)
        and (one.views is None or one.views <= views)
    ]
    first = next((one for one in holding if all(says(one) >= says(other) for other in holding)), None)

    assert weight_of(said, case) == (first.hundredths if first else ORDINARY)


def test_what_a_region_says_takes_the_place_of_the_shipped_weight_until_it_is_ended(
    engine: Engine, now: datetime
) -> None:
    head = Worked(modality="CT", body_part="HEAD", contrast=None, views=1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)

        def at(minute: int) -> Context[object]:
            return Context(tx, Audit("test"), now + timedelta(minutes=minute), SYSTEM)  # type: ignore[arg-type]

        weights.say(at(1), modality="ct", body_part="head", hundredths=90)  # type: ignore[arg-type]
        weights.say(at(2), modality="CT", body_part="HEAD", hundredths=95)  # type: ignore[arg-type]
        weights.say(at(3), modality="CT", body_part="HEAD", hundredths=None)  # type: ignore[arg-type]
        by_minute = [weight_of(weights.in_force(tx, now + timedelta(minutes=n)), head) for n in range(4)]

        assert by_minute == [83, 90, 95, 83]
        with pytest.raises(Invalid):
            weights.say(at(4), modality="CT", hundredths=0)  # type: ignore[arg-type]
        with pytest.raises(NotAllowed):
            weights.say(Context(tx, Audit("test"), now, clinic.mona), modality="CT", hundredths=1)
