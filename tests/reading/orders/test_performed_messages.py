"""What devices say that they make: kept as it came, and what follows for the order and the ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.completeness import ledger
from reading.completeness.announcements import Named
from reading.kinds import Priority
from reading.orders import orders, performed, performed_messages, progress
from reading.orders.order_state import Move, OrderState
from reading.orders.orders import Asked, Order
from reading.orders.performed import State, Step
from reading.orders.performed_messages import Answer, FixedValue, Message, Reference
from reading.register import devices
from reading.tables import performed_change
from storage.database import snapshot, transaction
from tests.reading.region import Region, make_region, pia, received

STEP = "1.2.77.1"


@dataclass
class Room:
    """A radiography room at Hills with an order to be made."""

    tx: Connection
    now: datetime
    region: Region
    order: Order
    here: tuple[str, str]
    """Device and site."""
    elsewhere: tuple[str, str]

    def begin(self, uid: str = STEP, *, who: tuple[str, str] | None = None, **known: Any) -> Answer:
        chest = self.order.procedures[0]
        message = Message(
            attributes={"00400252": {"vr": "CS", "Value": ["IN PROGRESS"]}},
            state=State.IN_PROGRESS,
            modality="DX",
            references=[
                Reference(
                    study_uid=chest.study_uid,
                    accession_number=self.order.accession_number,
                    step_id=chest.step_id,
                )
            ],
        )
        return performed_messages.create(self.tx, *(who or self.here), uid, replace(message, **known), self.now)

    def end(
        self,
        *instances: str,
        uid: str = STEP,
        state: State | None = State.COMPLETED,
        who: tuple[str, str] | None = None,
        **known: Any,
    ) -> Answer:
        message = Message(
            attributes={"00400252": {"vr": "CS", "Value": [str(state)]}, "x": list(instances)},
            state=state,
            instances=[Named(series_uid="1.2.9", sop_instance_uid=one) for one in instances],
        )
        return performed_messages.change(self.tx, *(who or self.here), uid, replace(message, **known), self.now)

    def states(self) -> tuple[OrderState, list[OrderState]]:
        found = orders.by_id(self.tx, self.order.id)
        assert found is not None
        return found.state, [one.state for one in found.procedures]

    def steps(self, tx: Connection) -> list[Step]:
        return performed.of_studies(tx, [self.order.procedures[0].study_uid], self.region.hills.id)

    def expected(self) -> int | None:
        return ledger.expected(self.tx, [self.order.procedures[0].study_uid])


@pytest.fixture
def room(engine: Engine, now: datetime) -> Any:
    with transaction(engine) as tx:
        region = make_region(tx, now)

        def device(title: str, site_id: str) -> tuple[str, str]:
            made = devices.add(tx, ae_title=title, network="10.0.0.1", port=None, site_id=site_id, issuer="H", now=now)
            return made.id, site_id

        order = orders.place(
            tx,
            site_id=region.hills.id,
            patient_id=pia(tx, now).id,
            modality="DX",
            priority=Priority.ROUTINE,
            procedures=[Asked(body_part="CHEST"), Asked(body_part="HAND", laterality="L")],
            reason="",
            ordered_by=None,
            now=now,
        )
        yield Room(
            tx=tx,
            now=now,
            region=region,
            order=order,
            here=device("DR1", region.hills.id),
            elsewhere=device("DR2", region.lake.id),
        )


def test_the_order_goes_with_what_the_device_says(room: Room) -> None:
    assert room.begin() is Answer.DONE
    assert room.states() == (OrderState.IN_PROGRESS, [OrderState.IN_PROGRESS, OrderState.PLACED])
    assert room.expected() is None

    assert room.end("1.2.1", "1.2.2") is Answer.DONE
    assert room.states() == (OrderState.IN_PROGRESS, [OrderState.COMPLETED, OrderState.PLACED])
    assert room.expected() == 2

    progress.move(room.tx, room.order.id, [room.order.procedures[0].id], Move.ARRIVE)
    assert room.states()[1] == [OrderState.ARRIVED, OrderState.PLACED]


def test_images_that_came_first_are_not_taken_back_by_what_is_said_later(room: Room) -> None:
    progress.move(room.tx, room.order.id, [room.order.procedures[0].id], Move.ARRIVE)
    room.begin()
    room.end("1.2.1", state=State.DISCONTINUED)

    assert room.states()[1] == [OrderState.ARRIVED, OrderState.PLACED]
    assert room.expected() == 1


def test_a_step_that_was_broken_off_expects_nothing_and_keeps_its_reason(room: Room) -> None:
    why = {"value": "110513", "scheme": "DCM", "meaning": "Discontinued for unspecified reason"}
    room.begin()
    room.end(state=State.DISCONTINUED, reason=why)
    found = performed.of_procedures(room.tx, [one.id for one in room.order.procedures])

    assert room.states()[1] == [OrderState.DISCONTINUED, OrderState.PLACED]
    assert room.expected() == 0
    assert {key: step.reason for key, step in found.items()} == {room.order.procedures[0].id: why}


def test_what_was_not_listed_is_not_expected(room: Room) -> None:
    room.begin()
    room.end(instances=None)

    assert room.expected() is None


def test_several_steps_of_one_study_are_expected_together(room: Room) -> None:
    room.begin("1.2.77.1")
    room.begin("1.2.77.2")
    room.end("1.2.1", "1.2.2", uid="1.2.77.1")
    room.end("1.2.3", uid="1.2.77.2")

    assert room.expected() == 3


def test_the_same_message_again_changes_nothing(room: Room) -> None:
    said = [room.begin(), room.begin(), room.end("1.2.1"), room.end("1.2.1"), room.begin()]
    (found,) = room.steps(room.tx)
    kept = room.tx.scalars(sa.select(performed_change.c.state).order_by(performed_change.c.number)).all()

    assert said == [Answer.DONE] * 5
    assert (found.state, found.revision) == (State.COMPLETED, 2)
    assert kept == [State.IN_PROGRESS, State.COMPLETED]


def test_another_message_to_what_is_there_or_over_is_refused(room: Room) -> None:
    room.begin()
    again = room.begin(attributes={"other": {}})
    room.end("1.2.1")
    over = room.end("1.2.1", "1.2.2")
    reopened = room.end(state=State.IN_PROGRESS)

    assert (again, over, reopened) == (Answer.DUPLICATE, Answer.FINAL, Answer.FINAL)
    assert room.expected() == 1


CONSOLE: Final[dict[str, Any]] = {
    "00080060": {"vr": "CS", "Value": ["DX"]},
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "WANG^XIAOLI", "Ideographic": "王^小丽"}]},
    "00100020": {"vr": "LO"},
    "00400270": {
        "vr": "SQ",
        "Value": [
            {
                "0020000D": {"vr": "UI", "Value": ["1.2.3"]},
                "00400009": {"vr": "SH", "Value": ["S1"]},
                "00081110": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2.3"]}}]},
            }
        ],
    },
}
"""What a console says when it begins, and with each message after that."""


def step_item(**changed: str) -> dict[str, Any]:
    """Scheduled Step Attributes Sequence with one item of these values."""
    names = {"study": "0020000D", "step": "00400009", "accession": "00080050"}
    item = {names[name]: {"vr": "SH", "Value": [value]} for name, value in changed.items()}
    return {"00400270": {"vr": "SQ", "Value": [item]}}


@pytest.mark.parametrize(
    "again",
    [
        {},
        CONSOLE,
        {"00080060": {"vr": "CS", "Value": ["DX "]}},
        {"00080060": {"vr": "CS"}},
        {"00100020": {"vr": "LO", "Value": ["P1"]}},  # the step began without one, and keeps none
        step_item(study="1.2.3", step="S1"),
    ],
)
def test_what_a_step_began_with_may_be_said_again(room: Room, again: dict[str, Any]) -> None:
    room.begin(attributes=CONSOLE)

    assert room.end("1.2.1", attributes=again, repeated=tuple(again)) is Answer.DONE
    (found,) = room.steps(room.tx)
    assert {tag: found.attributes[tag] for tag in CONSOLE} == CONSOLE


@pytest.mark.parametrize(
    ("tag", "changed"),
    [
        ("00080060", {"00080060": {"vr": "CS", "Value": ["CT"]}}),
        ("00100010", {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "LI^NA"}]}}),
        ("00400270", step_item(study="1.2.4", step="S1")),
        ("00400270", {"00400270": {"vr": "SQ", "Value": CONSOLE["00400270"]["Value"] * 2}}),
    ],
)
def test_what_a_step_began_with_is_not_changed(room: Room, tag: str, changed: dict[str, Any]) -> None:
    room.begin(attributes=CONSOLE)

    with pytest.raises(FixedValue) as refused:
        room.end("1.2.1", attributes=changed, repeated=(tag,))
    assert refused.value.tag == tag
    (found,) = room.steps(room.tx)
    assert (found.state, found.attributes) == (State.IN_PROGRESS, CONSOLE)


def test_another_site_can_neither_end_it_nor_learn_that_it_is_there(room: Room) -> None:
    room.begin()

    assert room.end("1.2.1", who=room.elsewhere) is Answer.UNKNOWN
    assert room.end("1.2.1", uid="1.2.77.9") is Answer.UNKNOWN
    assert room.begin(who=room.elsewhere) is Answer.DUPLICATE
    assert room.end("1.2.1") is Answer.DONE


def test_a_step_goes_on_before_it_ends(room: Room) -> None:
    room.begin()
    assert room.end("1.2.1", state=None) is Answer.DONE
    assert room.expected() is None
    assert room.end(instances=None) is Answer.DONE

    assert room.expected() == 1  # as it was listed last


def test_a_procedure_is_found_by_accession_and_step_number(room: Room) -> None:
    hand = room.order.procedures[1]
    by_number = Reference(study_uid="1.9.9", accession_number=room.order.accession_number, step_id=hand.step_id)
    room.begin(references=[by_number])
    room.begin("1.2.77.2", references=[Reference(study_uid="1.9.8", accession_number="", step_id="")])
    room.begin("1.2.77.3", references=[replace(by_number, step_id="nothing")])

    assert room.states()[1] == [OrderState.PLACED, OrderState.IN_PROGRESS]


def test_a_device_moves_no_order_of_another_site_and_announces_nothing_for_its_studies(room: Room) -> None:
    theirs = received(room.tx, room.region.moor, "1.9.5", room.now)
    own = replace(Reference(study_uid="", accession_number="", step_id=""), study_uid=theirs.study_uid)
    room.begin(who=room.elsewhere)
    room.end("1.2.1", who=room.elsewhere)
    room.begin("1.2.77.2", references=[own])
    room.end("1.2.1", uid="1.2.77.2")

    assert room.states()[1] == [OrderState.PLACED, OrderState.PLACED]
    assert room.expected() is None
    assert ledger.expected(room.tx, [theirs.study_uid]) is None


def test_of_a_step_for_two_studies_the_one_with_its_series_is_announced(room: Room) -> None:
    chest, hand = room.order.procedures
    received(room.tx, room.region.hills, hand.study_uid, room.now, series_uid="1.2.9")
    both = [
        Reference(study_uid=one.study_uid, accession_number=room.order.accession_number, step_id=one.step_id)
        for one in (chest, hand)
    ]
    room.begin(references=both)
    room.end("1.2.1")

    # The one that is announced, beside the one that came and was not.
    assert ledger.expected(room.tx, [hand.study_uid]) == 2
    assert ledger.expected(room.tx, [chest.study_uid]) is None
    assert room.states()[1] == [OrderState.COMPLETED, OrderState.COMPLETED]


def test_two_devices_that_begin_one_step_at_once_make_one(engine: Engine, room: Room) -> None:
    room.begin()
    room.tx.commit()
    with snapshot(engine) as tx:
        assert len(room.steps(tx)) == 1
    with transaction(engine) as tx:
        again = replace(room, tx=tx).begin(attributes={"other": {}})

    assert again is Answer.DUPLICATE
