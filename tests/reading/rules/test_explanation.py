"""Why facts meet a rule: each rule before it names its first condition that is not met."""

from __future__ import annotations

from hypothesis import given

from reading.rules.conditions import SAYS, Condition
from reading.rules.explanation import explain
from reading.rules.facts import Facts
from reading.rules.policy import Policy
from reading.rules.rules_document import read_rules
from reading.rules.shipped_policies import shipped
from tests.reading.rules.some_facts import ANY_FACTS, facts

RULES = read_rules(shipped("whole-region"))
POLICY = Policy(id="P", version=1, rules=RULES)


@given(ANY_FACTS)
def test_it_names_the_rule_of_the_policy_and_every_rule_before_it(some: Facts) -> None:
    found = explain(RULES, some)

    assert found.rule == POLICY.match(some)
    assert [one.rule for one in found.tried] == [rule.name for rule in RULES[: found.place - 1]]
    assert [*(one.rule for one in found.tried), found.rule.name, *found.behind] == [rule.name for rule in RULES]
    for one in found.tried:
        assert POLICY.rule(one.rule).when.first_unmet(some) is one.condition


def test_it_says_what_was_asked_and_what_the_facts_say() -> None:
    found = explain(read_rules(shipped("green-channel")), facts(request="王某，咳嗽"))
    first = found.tried[0]

    assert (first.rule, first.condition, first.asked, first.said) == (
        "green-stroke",
        Condition.PRIORITY,
        ["emergency", "urgent"],
        "routine",
    )
    assert found.rule.name == "plain-xray"


def test_the_request_is_never_repeated() -> None:
    assert set(SAYS) == set(Condition)
    assert SAYS[Condition.WORDS](facts(request="王某，咳嗽")) is None
