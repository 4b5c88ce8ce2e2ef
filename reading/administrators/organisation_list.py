"""The organisations as a system administrator sees them: all there are, and how much hangs on each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from reading.audit import Actor
from reading.context import Context, without_door
from reading.register import administered, organisations
from reading.register.organisations import Organisation
from reading.row_rules import open_at, valid_at
from reading.tables import agreement, device, role_grant
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class OrganisationList:
    """Counts are by the id of the organisation; what is not in them is 0."""

    every: tuple[Organisation, ...]
    """By code, ended ones too."""
    kept: frozenset[str]
    people: Mapping[str, int]
    """People with a role there, now or later."""
    devices: Mapping[str, int]
    reads: Mapping[str, int]
    """Other organisations for which it reads."""

    def by_id(self) -> dict[str, Organisation]:
        return {one.id: one for one in self.every}


@without_door("The register of organisations and people; nothing of a patient is in it.")
def organisation_list(ctx: Context[Staff | Actor]) -> OrganisationList:
    """Every organisation, and which of them are theirs to change.

    Raises:
        NotAllowed: they are no system administrator.

    """
    kept = administered.kept_organisations(ctx)
    held, read = role_grant.c, agreement.c
    return OrganisationList(
        every=tuple(organisations.list_all(ctx.tx)),
        kept=kept,
        people=_counted(ctx, held.organisation_id, held.person_id, open_at(role_grant, ctx.now)),
        devices=_counted(ctx, device.c.site_id, device.c.id, open_at(device, ctx.now)),
        reads=_counted(
            ctx, read.reader_id, read.site_id, valid_at(agreement, ctx.now) & (read.site_id != read.reader_id)
        ),
    )


def _counted(
    ctx: Context[Staff | Actor], by: sa.Column[str], what: sa.Column[str], where: sa.ColumnElement[bool]
) -> dict[str, int]:
    asked = sa.select(by, sa.func.count(sa.distinct(what))).where(where).group_by(by)
    return {one: int(number) for one, number in ctx.tx.execute(asked)}
