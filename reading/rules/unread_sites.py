"""Sites whose cases a policy would let wait where nobody reads for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from reading.kinds import Tier
from reading.register import organisations
from reading.register.organisations import Organisation
from reading.rules.rule import Rule


def unread_sites(tx: Connection, rules: Sequence[Rule], at: datetime) -> list[tuple[Organisation, Tier]]:
    """Sites with the tiers to which a rule can send their new cases though no agreement holds there, by code.

    A site without any agreement is none yet. Rules for escalated cases are left out: who escalates sees where to.
    """
    agreed: dict[str, set[Tier]] = {}
    for one in organisations.agreements(tx, at):
        agreed.setdefault(one.site_id, set()).add(one.tier)
    sites = sorted(organisations.by_ids(tx, agreed).values(), key=lambda one: one.code)
    return [
        (site, tier)
        for site in sites
        for tier in Tier
        if tier not in agreed[site.id] and any(tier in _tiers(rule) and _concerns(rule, site) for rule in rules)
    ]


def _tiers(rule: Rule) -> set[Tier]:
    """Where its cases wait before they are released: arbitration and review are the city's."""
    decided_there = rule.double_reading is not None or rule.reviewed_before_release
    return {rule.tier, Tier.CITY} if decided_there else {rule.tier}


def _concerns(rule: Rule, site: Organisation) -> bool:
    named = rule.when.site
    return rule.when.escalated is not True and (named is None or site.code in named or site.id in named)
