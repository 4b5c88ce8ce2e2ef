"""The release: no version becomes final without its signatures, and whoever must know is told in the same moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import Move, SigningRole, State
from reading.context import Context
from reading.errors import NotAllowed
from reading.queue import claiming
from reading.reports import versions
from reading.reports.content import Content
from reading.reports.versions import Status
from reading.rules import case_rule, policy
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.required_signatures import missing_roles
from reading.rules.rules_document import read_rules
from reading.signing import release
from reading.signing.significance import is_significant
from storage.database import transaction
from tests.reading.clinic import NORMAL, PNEUMONIA, arrive, messages, open_clinic, read, review_as, state, take, verify

CT = next(rule for rule in read_rules(FIRST_POLICY) if rule.name == "ct")


def test_a_release_and_its_message_are_one_transaction(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now)
        posted = messages(tx)

        assert [(one.kind, one.subject_id) for one in posted] == [("report.released", version.id)]
        assert posted[0].payload == {"case_id": case.id, "number": 1, "replaces": None}


def test_a_version_without_the_signatures_of_its_rule_is_not_released(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        version = read(tx, clinic, clinic.rosa, case.id, now)
        take(tx, clinic, clinic.vera, case.id, now)
        found = cases.by_id(tx, case.id)
        grant = claiming.grant_for(tx, clinic.vera, found.step, found, found.tier, now=now)

        with pytest.raises(NotAllowed) as refused:
            release.release(
                Context(tx, clinic.audit, now, SYSTEM),
                clinic.seal,
                found,
                version,
                move=Move.VERIFY_AS_FINAL,
                grant=grant,
            )
        assert refused.value.rule == "missing_reviewer"
        assert versions.by_id(tx, version.id).status is Status.PRELIMINARY


def test_each_rule_asks_for_its_signatures(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        version = read(tx, clinic, clinic.rosa, case.id, now)
        by_a_resident = versions.signatures_for(tx, version)
        verify(tx, clinic, clinic.vera, case.id, now)
        verified = versions.signatures_for(tx, version)

    lenient = replace(CT, review=None)
    assert missing_roles(CT, []) == {SigningRole.AUTHOR, SigningRole.REVIEWER}
    assert missing_roles(CT, by_a_resident) == {SigningRole.VERIFIER, SigningRole.REVIEWER}
    assert missing_roles(CT, verified) == {SigningRole.REVIEWER}
    assert missing_roles(lenient, verified) == set()
    assert missing_roles(replace(lenient, needs_verifier=False), by_a_resident) == set()


@pytest.mark.parametrize(
    ("new", "significant"),
    [
        (NORMAL, False),
        (replace(NORMAL, findings="两肺清晰"), False),
        (replace(NORMAL, impression=f" {NORMAL.impression}\n"), False),
        (replace(NORMAL, recommendation="一年后复查"), False),
        (replace(NORMAL, positive=True), True),
        (replace(NORMAL, critical_class="stroke"), True),
        (PNEUMONIA, True),
    ],
)
def test_what_changes_the_meaning_is_significant(new: Content, significant: bool) -> None:
    assert is_significant(NORMAL, new) is significant


def test_the_sample_is_drawn_after_the_release_by_the_seal_alone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, FIRST_POLICY)
        found: Counter[tuple[State, bool]] = Counter()
        for number in range(12):
            case = arrive(tx, clinic, f"1.{number}", now)
            read(tx, clinic, clinic.ada, case.id, now)
            assert versions.final(tx, case.id) is not None
            found[state(tx, case.id), clinic.seal.draws(case.id, 20)] += 1

    assert set(found) <= {(State.WAITING_REVIEW, True), (State.FINAL, False)}


def test_what_a_reviewer_has_signed_is_not_drawn_again(engine: Engine, now: datetime) -> None:
    rules = {"rules": [FIRST_POLICY["rules"][-1] | {"review": {"when": "after_release", "percent": 100}}]}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rules)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        drawn = state(tx, case.id)
        review_as(tx, clinic, clinic.ben, case.id, now)

        assert drawn is State.WAITING_REVIEW
        assert state(tx, case.id) is State.FINAL


def test_a_released_case_keeps_the_rule_that_it_was_released_under(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        flagged = case_rule.retriage(tx, cases.by_id(tx, case.id), critical=True)

        assert flagged.critical
        assert flagged.rule == "plain-xray"
        assert policy.by_id(tx, flagged.policy_id).rule(flagged.rule).review is None
