"""The model against queueing theory, and what holds in every run: nothing is lost, nobody acts twice on a case."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from math import factorial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reading.cases.moves import HELD, WAITING, State, Step
from reading.kinds import Tier
from reading.rules.shipped_policies import shipped
from reading.simulation.runs import simulate
from tests.reading.simulation.scenes import NOTHING_FOUND, played, premises, readers, reviewers, ruled, scenario

MEAN_MINUTES = 10.0


def erlang_c_wait(arrivals: float, service: float, servers: int) -> float:
    """The mean wait in a queue of the kind M/M/c: the chance to wait at all (Erlang C) over the spare rate."""
    load = arrivals / service
    spare = servers / (servers - load)
    waits = load**servers / factorial(servers) * spare
    chance = waits / (sum(load**number / factorial(number) for number in range(servers)) + waits)
    return chance / (servers * service - arrivals)


def test_erlang_c_of_one_server_is_the_known_formula() -> None:
    assert erlang_c_wait(0.07, 0.1, 1) == pytest.approx(0.7 / (0.1 - 0.07))
    assert erlang_c_wait(2.4, 1, 3) * (3 - 2.4) == pytest.approx(0.6472, abs=1e-4)


@pytest.mark.parametrize(("servers", "use", "days"), [(1, 0.6, 9), (3, 0.8, 5)])
def test_the_mean_wait_of_a_queue_without_a_roster_is_that_of_theory(servers: int, use: float, days: int) -> None:
    rate = use * servers / MEAN_MINUTES
    made = simulate(
        scenario(
            readers(servers),
            organisations=[{"code": "oak", "tier": "county", "keeps_roster": False}],
            kinds=[{"modality": "OT", "per_day": rate * 1440, "hours": "even"}],
            times={"minutes": MEAN_MINUTES, "shape": "exponential"},
            outcomes=NOTHING_FOUND,
            days=days,
            warm_up_hours=24,
            runs=8,
        ),
        [("one", premises(ruled()))],
    )
    [outcome] = made.outcomes
    [queue] = outcome.queues
    [busy] = outcome.busy

    assert queue.mean.low <= erlang_c_wait(rate, 1 / MEAN_MINUTES, servers) <= queue.mean.high
    assert queue.mean.high - queue.mean.low < queue.mean.mean  # an interval that says something
    assert busy.share is not None
    assert busy.share.mean == pytest.approx(use, abs=0.03)


@given(
    st.integers(0, 1000),
    st.integers(0, 3),
    st.sampled_from(["whole-region", "screening", "night-duty"]),
    st.sampled_from([[], [{"from_hour": 8, "to_hour": 14}]]),
)
@settings(max_examples=4, deadline=None)
def test_every_case_ends_or_waits_and_nobody_acts_on_one_in_two_roles(
    seed: int, verifiers: int, rules: str, outages: list[dict[str, float]]
) -> None:
    document = shipped(rules)
    for rule in document["rules"]:
        rule["overdue"] = {"to": ["neighbour", "next_tier", "duty"], "open_per_reader": 3}
    made = scenario(
        readers(1, roles=["reader", "verifier"], slots=[{"from": "08:00", "to": "17:00"}]),
        readers(verifiers, name="verifiers", roles=["verifier"], step="verify", most=2),
        readers(1, name="helpers", organisation="elm", slots=[{"from": "10:00", "to": "15:00"}]),
        reviewers(2),
        organisations=[
            {"code": "oak", "tier": "county", "helped_by": "elm", "on_duty": True},
            {"code": "elm", "tier": "county"},
            {"code": "city", "tier": "city"},
        ],
        kinds=[
            {"modality": "DX", "body_part": "CHEST", "per_day": 40, "priority": "emergency", "hours": "even"},
            {"modality": "MG", "per_day": 20, "department": "筛查"},
            {"modality": "CT", "body_part": "HEAD", "per_day": 30},
        ],
        outcomes={"critical": 0.1, "escalated": 0.1, "sent_back": 0.1, "recalled": 0.2, "discordant": 0.2},
        outages=outages,
        seed=seed,
        days=1,
    )
    cases = played(made, premises(document)).cases
    held_at_once: Counter[tuple[str, object]] = Counter()

    for case in cases:
        assert case.state in {State.FINAL, State.PROVISIONAL} | WAITING | HELD
        assert (case.state is State.FINAL) <= (case.released_at is not None)
        assert all(len(roles) == 1 for roles in case.roles.values())
        reviewed = {one.worker for one in case.done if one.step is Step.REVIEW}
        assert not reviewed & {one.worker for one in case.done if one.step is not Step.REVIEW}
        for before, after in zip(case.done, case.done[1:], strict=False):
            assert before.done_at <= after.waited_since <= after.taken_at <= after.done_at
        assert case.rerouted <= case.rounds
        assert case.tier in {Tier.COUNTY, Tier.NEIGHBOUR, Tier.CITY}
        held_at_once.update((one.worker, one.taken_at) for one in case.done)
    assert len({one.arrival.number for one in cases}) == len(cases)
    assert max(held_at_once.values(), default=1) == 1


def test_the_same_seed_gives_the_same_answer_and_another_one_another() -> None:
    made = scenario(readers(1), reviewers(1), runs=2)
    on = [("one", premises(ruled(review={"when": "after_release", "percent": 20})))]

    assert simulate(made, on) == simulate(made, on)
    assert simulate(made, on).outcomes != simulate(made.model_copy(update={"seed": 2}), on).outcomes


def test_two_policies_meet_the_same_arrivals_and_a_verifier_costs_time() -> None:
    staff = readers(2), readers(1, name="verifiers", roles=["verifier"], step="verify")
    made = simulate(
        scenario(*staff, runs=4, outcomes=NOTHING_FOUND),
        [("before", premises(ruled())), ("after", premises(ruled(needs_verifier=True)))],
    )
    before, after = made.outcomes
    changes = {one.name: one.difference for one in made.changes}

    assert [one.all.arrived for one in made.outcomes] == [before.all.arrived] * 2
    assert [one.step for one in before.queues] == ["read"]
    assert [one.step for one in after.queues] == ["read", "verify"]
    assert changes["p50"] is not None
    assert changes["p50"].low > 0
    assert changes["hours"] is not None
    assert changes["hours"].low > 0


@pytest.mark.parametrize(("asked", "waits"), [({}, 0.0), ({"hold_for_priors": {"minutes": 40}}, 1.0)])
def test_what_waits_for_earlier_images_is_taken_later_and_due_later(asked: dict[str, object], waits: float) -> None:
    kinds = [{"modality": "CT", "per_day": 60, "hours": "even", "priors_coming": 1, "priors_minutes": 60}]
    made = scenario(readers(4), kinds=kinds, outcomes=NOTHING_FOUND, days=2)
    cases = played(made, premises(ruled(**asked))).cases
    held = [one for one in cases if one.stood is not None]

    assert len(held) >= waits * (len(cases) - 3)
    assert (len(held) > 0) is (waits > 0)
    for one in held:
        assert one.stood is not None
        assert one.stood.until is not None
        assert one.stood.until - one.stood.since <= timedelta(minutes=40)
        assert one.due_at - one.arrival.received_at == timedelta(days=1) + (one.stood.until - one.stood.since)
        assert all(each.taken_at >= one.stood.until for each in one.done)


def test_what_is_urgent_waits_for_no_earlier_images() -> None:
    kinds = [{"modality": "CT", "per_day": 60, "priors_coming": 1, "priority": "urgent"}]
    made = scenario(readers(4), kinds=kinds)

    assert all(one.stood is None for one in played(made, premises(ruled(hold_for_priors={"minutes": 40}))).cases)
