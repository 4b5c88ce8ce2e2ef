"""What may happen to bytes in quarantine: why they lie there, the states of their row, and its moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from storage.errors import MoveNotAllowed


class Reason(StrEnum):
    """Why a row is in the quarantine."""

    HELD = "held"
    """A newcomer that was acknowledged and could not simply enter; a machine compares it with what is stored."""
    CONFLICT_CONTENT = "conflict_content"
    """Something else is stored under its SOP Instance UID."""
    CONFLICT_PATIENT = "conflict_patient"
    """Its study is another patient's."""
    CONFLICT_ISSUER = "conflict_issuer"
    """Its study is of the same patient id of another issuer."""
    CONFLICT_SITE = "conflict_site"
    """Its study came from another site."""
    CONFLICT_SERIES = "conflict_series"
    """Its series belongs to another study."""
    TRUNCATED = "truncated"
    """Refused, as the next five: the data set ends too early."""
    UNREADABLE = "unreadable"
    NO_UIDS = "no_uids"
    BAD_UID = "bad_uid"
    UID_MISMATCH = "uid_mismatch"
    """The data set names another SOP class or instance than the request."""
    NO_PIXELS = "no_pixels"
    """Fewer pixels than Rows, Columns and Number of Frames promise."""
    TORN = "torn"
    """What lay behind the last good member of a segment when its writer died."""
    DAMAGED = "damaged"
    """The disk lost bytes of an instance, or of a segment."""
    REPLACED = "replaced"
    """Was stored, and a newcomer is shown instead."""


ACKNOWLEDGED: Final = frozenset(
    {
        Reason.HELD,
        Reason.CONFLICT_CONTENT,
        Reason.CONFLICT_PATIENT,
        Reason.CONFLICT_ISSUER,
        Reason.CONFLICT_SITE,
        Reason.CONFLICT_SERIES,
    }
)
"""The sender heard success and does not send them again: until they are settled, their study lacks them."""


class QuarantineState(StrEnum):
    """The state of a row. All but the first two are settled, and are the words of the column ``settled_as``."""

    COMPARING = "comparing"
    """A machine compares it first (`Reason.HELD`)."""
    WAITING = "waiting"
    """It waits for a person."""
    DUPLICATE = "duplicate"
    """The stored instance in other bytes; a machine found it."""
    DISMISSED = "dismissed"
    """A person let it stay out."""
    SHOWN = "shown"
    """Shown instead of what was stored under its UID."""
    ADMITTED = "admitted"
    """Entered into the study that it names."""
    RECEIVED = "received"
    """Refused once, and understood when it was received again."""
    REPLACED = "replaced"
    """Was shown, and another is shown instead."""
    HEALED = "healed"
    """Was damaged, and is whole: restored from another copy, or sent again. A machine found it."""


class QuarantineMove(StrEnum):
    HOLD = "hold"
    """A newcomer cannot simply enter."""
    REFUSE = "refuse"
    """Bytes are refused, torn or damaged."""
    KEEP = "keep"
    """Another is shown instead; the row keeps the one that was shown."""
    FIND_DUPLICATE = "find_duplicate"
    FIND_CONFLICT = "find_conflict"
    """The machine has compared: the reason becomes one of the conflicts."""
    DISMISS = "dismiss"
    REOPEN = "reopen"
    """`DISMISS` is taken back."""
    SHOW = "show"
    SHOW_EARLIER = "show_earlier"
    """A kept one is shown once more, since `SHOW` of the other is taken back."""
    STOP_SHOWING = "stop_showing"
    """`SHOW` is taken back."""
    ADMIT = "admit"
    TAKE_OUT = "take_out"
    """`ADMIT` is taken back."""
    RECEIVE = "receive"
    HEAL = "heal"
    DAMAGE = "damage"
    """A healed instance is damaged once more."""


_STATE: Final = QuarantineState
_MOVE: Final = QuarantineMove

MOVES: Final[dict[tuple[QuarantineState | None, QuarantineMove], QuarantineState]] = {
    (None, _MOVE.HOLD): _STATE.COMPARING,
    (None, _MOVE.REFUSE): _STATE.WAITING,
    (None, _MOVE.KEEP): _STATE.REPLACED,
    (_STATE.COMPARING, _MOVE.FIND_DUPLICATE): _STATE.DUPLICATE,
    (_STATE.COMPARING, _MOVE.FIND_CONFLICT): _STATE.WAITING,
    (_STATE.WAITING, _MOVE.DISMISS): _STATE.DISMISSED,
    (_STATE.DISMISSED, _MOVE.REOPEN): _STATE.WAITING,
    (_STATE.WAITING, _MOVE.SHOW): _STATE.SHOWN,
    (_STATE.SHOWN, _MOVE.STOP_SHOWING): _STATE.WAITING,
    (_STATE.WAITING, _MOVE.ADMIT): _STATE.ADMITTED,
    (_STATE.ADMITTED, _MOVE.TAKE_OUT): _STATE.WAITING,
    (_STATE.WAITING, _MOVE.RECEIVE): _STATE.RECEIVED,
    (_STATE.SHOWN, _MOVE.KEEP): _STATE.REPLACED,
    (_STATE.ADMITTED, _MOVE.KEEP): _STATE.REPLACED,
    (_STATE.REPLACED, _MOVE.SHOW_EARLIER): _STATE.SHOWN,
    (_STATE.WAITING, _MOVE.HEAL): _STATE.HEALED,
    (_STATE.HEALED, _MOVE.DAMAGE): _STATE.WAITING,
}
"""(state, None where there is no row; move) to the state that follows. A move leads to the same state from wherever."""

UNSETTLED: Final = frozenset({QuarantineState.COMPARING, QuarantineState.WAITING})

BY_MACHINE: Final = frozenset({QuarantineState.DUPLICATE, QuarantineState.HEALED})
"""A machine settled the row: nobody has to look at it."""

SOURCES: Final[dict[QuarantineMove, frozenset[QuarantineState]]] = {
    move: frozenset(state for state, made in MOVES if made is move and state is not None) for move in QuarantineMove
}
"""The states from which a move can be made in a row that exists."""

TARGET: Final[dict[QuarantineMove, QuarantineState]] = {move: state for (_, move), state in MOVES.items()}


def after(state: QuarantineState | None, move: QuarantineMove) -> QuarantineState:
    """The state that a move leads to.

    Raises:
        MoveNotAllowed: the table does not have it.

    """
    try:
        return MOVES[state, move]
    except KeyError:
        raise MoveNotAllowed(state, move) from None


def state_of(reason: str, settled_as: str | None) -> QuarantineState:
    """The state of a row with these columns."""
    if settled_as is not None:
        return QuarantineState(settled_as)
    return QuarantineState.COMPARING if reason == Reason.HELD else QuarantineState.WAITING
