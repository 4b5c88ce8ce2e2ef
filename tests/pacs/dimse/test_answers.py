"""What of association requests is remembered, and what is not."""

from __future__ import annotations

import gc

from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE

from pacs.dimse.answers import LONGEST, Answer, Answers, decoded
from pacs.rights import Right
from tests.builders import CT
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, associate_rq

ALL = frozenset(Right)
SMALL = associate_rq("TOWNSHIP", "TIERREAD", [(CT, [EXPLICIT_LITTLE])])
LARGE = associate_rq("TOWNSHIP", "TIERREAD", [(CT, [IMPLICIT_LITTLE, EXPLICIT_LITTLE] * 4)] * 128)
ANSWER = Answer(
    encoded=b"", primitive=A_ASSOCIATE(), accepted={}, rejected=(), lacking=frozenset(), refused=frozenset()
)


def once_more(encoded: bytes) -> A_ASSOCIATE:
    """As the upper layer makes it when it comes."""
    if len(encoded) <= LONGEST:
        return decoded(encoded).to_primitive()
    made = A_ASSOCIATE_RQ()
    made.decode(encoded)
    return made.to_primitive()


def test_a_large_request_is_not_kept_and_evicts_nothing() -> None:
    answers = Answers()
    answers.remember(once_more(SMALL), ALL, ANSWER)
    large = [once_more(LARGE) for _ in range(100)]  # as many associations that last
    for one in large:
        answers.remember(one, ALL, ANSWER)

    assert len(LARGE) > LONGEST
    assert not any(answers.known(one, ALL) for one in (*large, once_more(LARGE)))
    assert answers.known(once_more(SMALL), ALL) is ANSWER
    assert answers.known(once_more(SMALL), frozenset()) is None
    assert len(vars(answers)["_known"]) == 1


def test_an_answer_goes_with_its_request() -> None:
    answers = Answers()
    for number in range(100):
        request = associate_rq(f"DEVICE{number}", "TIERREAD", [(CT, [EXPLICIT_LITTLE])])
        answers.remember(once_more(request), ALL, ANSWER)
        assert answers.known(once_more(request), ALL) is ANSWER
    del request
    gc.collect()

    assert len(vars(answers)["_known"]) <= decoded.cache_parameters()["maxsize"]
