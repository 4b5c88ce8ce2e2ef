"""A proof is good once, for one request to one node, for a minute at most, and what is remembered is bounded."""

from __future__ import annotations

from storage.nodes.request_proof import VALID_SECONDS, Proofs, proof

KEY = bytes(range(32))
PATH = "/segments/X?offset=0&length=1"
NOON = 1_800_000_000


def made(at: int = NOON) -> dict[str, str]:
    return proof(KEY, "node1", "GET", PATH, at)


def test_a_proof_holds_once_however_often_and_late_it_is_sent() -> None:
    here, sent = Proofs(KEY, "node1", NOON - 1000), made()
    answers = [here.holds(sent, "GET", PATH, NOON + later) for later in range(-VALID_SECONDS, VALID_SECONDS * 3)]

    assert answers == [True] + [False] * (VALID_SECONDS * 4 - 1)


def test_clocks_may_differ_by_half_a_minute() -> None:
    here = Proofs(KEY, "node1", NOON - 1000)
    differences = (-VALID_SECONDS - 1, -VALID_SECONDS, VALID_SECONDS, VALID_SECONDS + 1)

    assert [here.holds(made(NOON + each), "GET", PATH, NOON) for each in differences] == [False, True, True, False]


def test_a_node_that_was_started_again_takes_no_proof_of_before() -> None:
    sent = made()

    assert Proofs(KEY, "node1", NOON - 1000).holds(sent, "GET", PATH, NOON)
    assert not Proofs(KEY, "node1", NOON + 5).holds(sent, "GET", PATH, NOON + 6)


def test_when_too_many_are_remembered_new_ones_wait_and_none_is_forgotten() -> None:
    here = Proofs(KEY, "node1", NOON - 1000, most=3)
    sent = [made() for _ in range(4)]
    answers = [here.holds(each, "GET", PATH, NOON) for each in sent]
    again = [here.holds(each, "GET", PATH, NOON) for each in sent]
    later = NOON + VALID_SECONDS + 1

    assert (answers, again) == ([True, True, True, False], [False] * 4)
    assert here.holds(made(later), "GET", PATH, later)
