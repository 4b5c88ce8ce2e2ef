"""What may happen to a case: its states, its moves, and who may still sign."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable
from reading.errors import NotAllowed


class State(StrEnum):
    AWAITING_PRIORS = "awaiting_priors"
    """Earlier images of the person are on their way, and it is not read before they are there; minutes at most."""
    WAITING_READ = "waiting_read"
    READING = "reading"
    WAITING_VERIFY = "waiting_verify"
    VERIFYING = "verifying"
    PROVISIONAL = "provisional"
    """Read blind by the first of two readers, who may still take it back."""
    WAITING_SECOND = "waiting_second"
    SECOND_READING = "second_reading"
    CONFERRING = "conferring"
    """Two blind readings differ, and their readers seek one that both sign; nobody holds it meanwhile."""
    WAITING_ARBITRATION = "waiting_arbitration"
    ARBITRATING = "arbitrating"
    WAITING_REVIEW = "waiting_review"
    REVIEWING = "reviewing"
    FINAL = "final"
    RETURNED = "returned"
    """Back at the township: a retake or missing facts."""
    DISPUTED = "disputed"
    """The author does not accept the amendment; a third person decides."""
    WITHHELD = "withheld"
    """Wrong person or side: hidden from everybody but those who correct it."""
    WITHDRAWN = "withdrawn"
    """Entered in error; it stays hidden."""
    EMPTIED = "emptied"
    """All its images were moved to other cases."""


class Step(StrEnum):
    READ = "read"
    VERIFY = "verify"
    SECOND = "second"
    """Read again by another person who knows nothing of the first reading."""
    ARBITRATE = "arbitrate"
    """A third person decides between two blind readings."""
    REVIEW = "review"


class SigningRole(StrEnum):
    """What a signature stands for. One person signs a case in one of these only."""

    AUTHOR = "author"
    """报告"""
    VERIFIER = "verifier"
    """审核"""
    REVIEWER = "reviewer"
    """复核"""
    SECOND = "second"
    """第二阅片: read blind, as the author did."""
    ARBITER = "arbiter"
    """仲裁: decided between two blind readings."""
    CORRECTOR = "corrector"
    """Answers for a corrected identity beside words that others signed."""


class Move(StrEnum):
    ARRIVE = "arrive"
    CLAIM = "claim"
    PUT_BACK = "put_back"
    EXPIRE = "expire"
    RETURN = "return"
    RESUBMIT = "resubmit"
    ESCALATE = "escalate"
    SIGN = "sign"
    """The report waits for its verifier."""
    SIGN_FOR_REVIEW = "sign_for_review"
    SIGN_AS_FINAL = "sign_as_final"
    SIGN_FIRST = "sign_first"
    """Read blind; a second reader follows."""
    SIGN_PROVISIONALLY = "sign_provisionally"
    """Read blind; the reader may still take it back."""
    FINALISE = "finalise"
    DEFER = "defer"
    """The first reader takes a provisional reading back."""
    TO_ARBITRATION = "to_arbitration"
    CONFER = "confer"
    """Two blind readings differ, and their readers are to find one report."""
    PROPOSE = "propose"
    """One of them wrote one text for both and signed it."""
    ACCORD = "accord"
    """One of them signed the other one's words: the consensus is released with both names."""
    DISSENT = "dissent"
    """One of them does not agree, or their time is over: a third person decides."""
    CONCUR = "concur"
    """Two blind readings say the same: the report is released with both signatures."""
    RECALL = "recall"
    """One of two blind readings recalls, and its rule asks for no more: that one is released."""
    ARBITRATE = "arbitrate"
    VERIFY_FOR_REVIEW = "verify_for_review"
    VERIFY_AS_FINAL = "verify_as_final"
    DRAW = "draw"
    """The released report is taken for review."""
    AGREE = "agree"
    AMEND = "amend"
    SEND_BACK = "send_back"
    DISPUTE = "dispute"
    WITHHOLD = "withhold"
    RESTORE = "restore"
    """A withheld report that was final is visible again, corrected."""
    RESTORE_TO_READ = "restore_to_read"
    """Withheld by mistake: it waits again for what it waited for, as this and the next ones say."""
    RESTORE_TO_VERIFY = "restore_to_verify"
    RESTORE_PROVISIONAL = "restore_provisional"
    RESTORE_TO_SECOND = "restore_to_second"
    RESTORE_TO_CONFER = "restore_to_confer"
    RESTORE_TO_ARBITRATE = "restore_to_arbitrate"
    RESTORE_TO_REVIEW = "restore_to_review"
    RESTORE_DISPUTED = "restore_disputed"
    RESTORE_RETURNED = "restore_returned"
    READ_AGAIN = "read_again"
    """A withheld case is read again, because its report cannot stand or was not final."""
    ENTER_IN_ERROR = "enter_in_error"
    REJECT = "reject"
    """All its images are rejected or hidden: the site has to take them again or show them again."""
    EMPTY = "empty"
    """Its images were moved to other cases."""
    REFILL = "refill"
    """It has images again."""
    REROUTE = "reroute"
    """It waited too long: another tier takes it, or those on duty are told."""
    PARK = "park"
    """Put aside for a more urgent one."""
    RESUME = "resume"
    AWAIT_PRIORS = "await_priors"
    """Earlier images of the person are on their way, and its rule waits for them."""
    PRIORS_CAME = "priors_came"
    PRIORS_LATE = "priors_late"
    """The minutes of its rule are over, and they are not all there."""
    END_HOLD = "end_hold"
    """It may wait for nothing any longer: it has become urgent, or follows another rule."""
    READ_WITHOUT = "read_without"
    """Somebody lets it be read without them."""


HIDDEN: Final = frozenset({State.WITHHELD, State.WITHDRAWN, State.EMPTIED})
"""The states in which only people above the site see the case."""

UNREAD: Final = frozenset({State.AWAITING_PRIORS, State.WAITING_READ})
"""The states in which nobody reads it yet: what it is matched to may still change its tier."""

BLIND: Final = frozenset(
    {
        State.AWAITING_PRIORS,
        State.WAITING_READ,
        State.READING,
        State.RETURNED,
        State.PROVISIONAL,
        State.WAITING_SECOND,
        State.SECOND_READING,
    }
)
"""The states in which a blind reading is nobody's but its author's: not yet two stand."""

UNDECIDED: Final = BLIND | {State.CONFERRING, State.WAITING_ARBITRATION, State.ARBITRATING}
"""The states in which nobody is told who made a blind reading; two who confer are told of each other."""

UNFINISHED: Final = frozenset(State) - HIDDEN - {State.FINAL}
"""The states in which somebody still has to do something for the report."""

HELD: Final = frozenset({State.READING, State.SECOND_READING, State.ARBITRATING, State.VERIFYING, State.REVIEWING})
"""The states in which one person holds the case by a lease."""

WAITING: Final = frozenset(
    {
        State.WAITING_READ,
        State.WAITING_SECOND,
        State.WAITING_ARBITRATION,
        State.WAITING_VERIFY,
        State.WAITING_REVIEW,
        State.DISPUTED,
    }
)
"""The states from which a case can be claimed."""

RESTORED_TO: Final = {
    State.WAITING_READ: Move.RESTORE_TO_READ,
    State.WAITING_VERIFY: Move.RESTORE_TO_VERIFY,
    State.PROVISIONAL: Move.RESTORE_PROVISIONAL,
    State.WAITING_SECOND: Move.RESTORE_TO_SECOND,
    State.CONFERRING: Move.RESTORE_TO_CONFER,
    State.WAITING_ARBITRATION: Move.RESTORE_TO_ARBITRATE,
    State.WAITING_REVIEW: Move.RESTORE_TO_REVIEW,
    State.DISPUTED: Move.RESTORE_DISPUTED,
    State.RETURNED: Move.RESTORE_RETURNED,
    State.FINAL: Move.RESTORE,
}
"""The move by which a case that was withheld by mistake stands again where it stood."""

MOVES: Final = MoveTable(
    {
        (State.WAITING_READ, Move.AWAIT_PRIORS): State.AWAITING_PRIORS,
        (State.AWAITING_PRIORS, Move.PRIORS_CAME): State.WAITING_READ,
        (State.AWAITING_PRIORS, Move.PRIORS_LATE): State.WAITING_READ,
        (State.AWAITING_PRIORS, Move.END_HOLD): State.WAITING_READ,
        (State.AWAITING_PRIORS, Move.READ_WITHOUT): State.WAITING_READ,
        (State.WAITING_READ, Move.CLAIM): State.READING,
        (State.READING, Move.PUT_BACK): State.WAITING_READ,
        (State.READING, Move.EXPIRE): State.WAITING_READ,
        (State.READING, Move.RETURN): State.RETURNED,
        (State.READING, Move.ESCALATE): State.WAITING_READ,
        (State.READING, Move.SIGN): State.WAITING_VERIFY,
        (State.READING, Move.SIGN_FOR_REVIEW): State.WAITING_REVIEW,
        (State.READING, Move.SIGN_AS_FINAL): State.FINAL,
        (State.READING, Move.SIGN_FIRST): State.WAITING_SECOND,
        (State.READING, Move.SIGN_PROVISIONALLY): State.PROVISIONAL,
        (State.PROVISIONAL, Move.FINALISE): State.WAITING_SECOND,
        (State.PROVISIONAL, Move.DEFER): State.WAITING_READ,
        (State.WAITING_SECOND, Move.CLAIM): State.SECOND_READING,
        (State.SECOND_READING, Move.PUT_BACK): State.WAITING_SECOND,
        (State.SECOND_READING, Move.EXPIRE): State.WAITING_SECOND,
        (State.SECOND_READING, Move.RETURN): State.RETURNED,
        (State.SECOND_READING, Move.TO_ARBITRATION): State.WAITING_ARBITRATION,
        (State.SECOND_READING, Move.CONFER): State.CONFERRING,
        (State.CONFERRING, Move.PROPOSE): State.CONFERRING,
        (State.CONFERRING, Move.ACCORD): State.FINAL,
        (State.CONFERRING, Move.DISSENT): State.WAITING_ARBITRATION,
        (State.CONFERRING, Move.RETURN): State.RETURNED,
        (State.SECOND_READING, Move.CONCUR): State.FINAL,
        (State.SECOND_READING, Move.RECALL): State.FINAL,
        (State.WAITING_ARBITRATION, Move.CLAIM): State.ARBITRATING,
        (State.ARBITRATING, Move.PUT_BACK): State.WAITING_ARBITRATION,
        (State.ARBITRATING, Move.EXPIRE): State.WAITING_ARBITRATION,
        (State.ARBITRATING, Move.RETURN): State.RETURNED,
        (State.ARBITRATING, Move.ARBITRATE): State.FINAL,
        (State.WAITING_VERIFY, Move.CLAIM): State.VERIFYING,
        (State.VERIFYING, Move.PUT_BACK): State.WAITING_VERIFY,
        (State.VERIFYING, Move.EXPIRE): State.WAITING_VERIFY,
        (State.VERIFYING, Move.RETURN): State.RETURNED,
        (State.VERIFYING, Move.SEND_BACK): State.WAITING_READ,
        (State.VERIFYING, Move.ESCALATE): State.WAITING_REVIEW,
        (State.VERIFYING, Move.VERIFY_FOR_REVIEW): State.WAITING_REVIEW,
        (State.VERIFYING, Move.VERIFY_AS_FINAL): State.FINAL,
        (State.WAITING_REVIEW, Move.CLAIM): State.REVIEWING,
        (State.DISPUTED, Move.CLAIM): State.REVIEWING,
        (State.REVIEWING, Move.PUT_BACK): State.WAITING_REVIEW,
        (State.REVIEWING, Move.EXPIRE): State.WAITING_REVIEW,
        (State.REVIEWING, Move.RETURN): State.RETURNED,
        (State.REVIEWING, Move.AGREE): State.FINAL,
        (State.REVIEWING, Move.AMEND): State.FINAL,
        (State.REVIEWING, Move.SEND_BACK): State.WAITING_READ,
        (State.RETURNED, Move.RESUBMIT): State.WAITING_READ,
        # An addendum: the author signs anew, the old version stands until the new one has its signatures.
        (State.FINAL, Move.SIGN): State.WAITING_VERIFY,
        (State.FINAL, Move.SIGN_FOR_REVIEW): State.WAITING_REVIEW,
        (State.FINAL, Move.SIGN_AS_FINAL): State.FINAL,
        (State.FINAL, Move.DRAW): State.WAITING_REVIEW,
        (State.FINAL, Move.DISPUTE): State.DISPUTED,
        **{(State.WITHHELD, move): state for state, move in RESTORED_TO.items()},
        (State.WITHHELD, Move.READ_AGAIN): State.WAITING_READ,
        (State.WITHHELD, Move.ENTER_IN_ERROR): State.WITHDRAWN,
        (State.WAITING_READ, Move.REJECT): State.RETURNED,
        (State.AWAITING_PRIORS, Move.REJECT): State.RETURNED,
        (State.WAITING_READ, Move.EMPTY): State.EMPTIED,
        (State.AWAITING_PRIORS, Move.EMPTY): State.EMPTIED,
        (State.RETURNED, Move.EMPTY): State.EMPTIED,
        (State.WITHHELD, Move.EMPTY): State.EMPTIED,
        (State.EMPTIED, Move.REFILL): State.WAITING_READ,
        **{(state, Move.WITHHOLD): State.WITHHELD for state in State if state not in HIDDEN},
        **{(state, Move.REROUTE): state for state in WAITING},
        **{(state, move): state for state in HELD for move in (Move.PARK, Move.RESUME)},
    }
)
after: Final = MOVES.after

AT_REST: Final[dict[State, State]] = {
    **{state: after(state, Move.EXPIRE) for state in HELD},
    State.AWAITING_PRIORS: State.WAITING_READ,
}
"""Where a case stands once nobody holds it, and nothing keeps it from being read; others stand where they stand."""

STEP_OF: Final[dict[State, Step]] = {
    State.AWAITING_PRIORS: Step.READ,
    State.WAITING_READ: Step.READ,
    State.READING: Step.READ,
    State.RETURNED: Step.READ,
    State.PROVISIONAL: Step.SECOND,
    State.WAITING_SECOND: Step.SECOND,
    State.SECOND_READING: Step.SECOND,
    State.CONFERRING: Step.SECOND,
    State.WAITING_ARBITRATION: Step.ARBITRATE,
    State.ARBITRATING: Step.ARBITRATE,
    State.WAITING_VERIFY: Step.VERIFY,
    State.VERIFYING: Step.VERIFY,
    State.WAITING_REVIEW: Step.REVIEW,
    State.REVIEWING: Step.REVIEW,
    State.DISPUTED: Step.REVIEW,
}
"""The step that a state belongs to; the others (final, withheld, withdrawn, emptied) keep the step that they had."""

SIGNS_AS: Final[dict[Step, SigningRole]] = {
    Step.READ: SigningRole.AUTHOR,
    Step.SECOND: SigningRole.SECOND,
    Step.ARBITRATE: SigningRole.ARBITER,
    Step.VERIFY: SigningRole.VERIFIER,
    Step.REVIEW: SigningRole.REVIEWER,
}


def only_role(role: SigningRole, roles_so_far: AbstractSet[SigningRole]) -> None:
    """Author, second reader, arbiter, verifier and reviewer are different people.

    Raises:
        NotAllowed: the person has already acted on the case in another role.

    """
    if roles_so_far - {role}:
        raise NotAllowed("one_person_one_role")


def move_after_signing(*, needs_verifier: bool, needs_review: bool) -> Move:
    """Which move the author's signature makes."""
    if needs_verifier:
        return Move.SIGN
    return Move.SIGN_FOR_REVIEW if needs_review else Move.SIGN_AS_FINAL


def move_after_verifying(*, needs_review: bool) -> Move:
    """Which move the verifier's signature makes."""
    return Move.VERIFY_FOR_REVIEW if needs_review else Move.VERIFY_AS_FINAL
