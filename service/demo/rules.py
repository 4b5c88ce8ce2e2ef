"""The rules of the invented region: the first policy in force, and one for the whole region that is tried beside it."""

from __future__ import annotations

from reading.audit import Actor
from reading.context import Context
from reading.rules import policy_acts
from reading.rules.shipped_policies import shipped


def make(ctx: Context[Actor]) -> None:
    """Add the version that somebody is about to compare, to try and to switch on."""
    policy_acts.add(ctx, shipped("whole-region"), note="绿色通道、儿童、筛查、夜间值班，试运行", newest=None)
