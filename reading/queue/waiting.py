"""Statements about cases that wait: the first of each site, read from the head of the queue's indexes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from reading import tables
from reading.cases.moves import STEP_OF, WAITING, State, Step
from reading.kinds import Tier
from reading.roster.groups import READS
from reading.row_rules import word
from storage.database import UtcDateTime

Key = tuple[Step, Tier]
Condition = Callable[[sa.FromClause, Step], sa.ColumnElement[bool]]
"""Which cases of a step somebody is asked about; it gets the table."""

SKILLS: Final = "skill_sets"
"""The parameter with the sets of skills that somebody has."""
NOW: Final = sa.bindparam("now", type_=UtcDateTime)
PERSON: Final = sa.bindparam("person", type_=sa.String)


def sites_name(number: int) -> str:
    """The parameter with the sites of the key of this number."""
    return f"sites_{number}"


def waiting_for(step: Step) -> list[State]:
    return [state for state in WAITING if STEP_OF[state] is step]


def heads(
    dialect: str, keys: Sequence[Key], condition: Condition, *, of_each_site: int
) -> list[sa.Select[*tuple[Any, ...]]]:
    """Id and revision of the first cases of each site and state; for reading, of each set of skills, too."""
    found: list[sa.Select[*tuple[Any, ...]]] = []
    for number, (step, tier) in enumerate(keys):
        for state in waiting_for(step):
            head = tables.case.alias()
            site, skill = among(dialect, sites_name(number)), among(dialect, SKILLS)
            of_skill = step in READS
            first = (
                sa.select(head.c.id, head.c.revision)
                .where(head.c.site_id == site.c.value, head.c.state == word(state), head.c.tier == word(tier))
                .where(condition(head, step))
                .order_by(head.c.rank, head.c.due_at)
                .limit(sa.literal_column(str(of_each_site)))
            )
            if of_skill:
                first = first.where(head.c.skills == skill.c.value)
            given = site.join(skill, sa.true()) if of_skill else site
            if dialect == "postgresql":
                each = first.lateral()
                found.append(sa.select(each.c.id, each.c.revision).select_from(given.join(each, sa.true())))
            else:  # which has no LATERAL, and looks these up by their key
                case = tables.case.alias()
                inner = first.with_only_columns(head.c.id)
                inner = inner.correlate(site, skill) if of_skill else inner.correlate(site)
                found.append(sa.select(case.c.id, case.c.revision).select_from(given.join(case, case.c.id.in_(inner))))
    return found


def among(dialect: str, name: str) -> sa.TableValuedAlias:
    """The texts of a parameter as rows with the column ``value``: one parameter, however many they are."""
    if dialect == "postgresql":
        texts = sa.bindparam(name, type_=postgresql.ARRAY(sa.String))
        return sa.func.unnest(texts).table_valued("value").render_derived()
    return sa.func.json_each(sa.bindparam(name, type_=sa.JSON)).table_valued("value")


def is_among(dialect: str, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(name, type_=postgresql.ARRAY(sa.String)))
    return column.in_(sa.select(among(dialect, name).c.value))


def is_free(case: sa.FromClause, person: sa.BindParameter[str]) -> sa.ColumnElement[bool]:
    """The condition that a case waits for nobody else than this person."""
    return case.c.assigned_to.is_(None) | (case.c.assigned_to == person) | (case.c.assigned_until <= NOW)
