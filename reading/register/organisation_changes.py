"""Changes of an organisation: what is known of it, and where it stands."""

from __future__ import annotations

from typing import Any

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid, NotThere, Stale
from reading.register import administered, organisations
from reading.register.organisations import Organisation
from reading.tables import organisation
from reading.texts import checked
from reading.viewers import Staff


@without_door("The register of organisations and people; nothing of a patient is in it.")
def change(
    ctx: Context[Staff | Actor],
    code: str,
    *,
    revision: int,
    name: str,
    region_code: str | None = None,
    institution_number: str = "",
    telephone: str = "",
    time_zone: str = organisations.TIME_ZONE,
) -> Organisation:
    """Change what is known of an organisation; its code and its level stay for ever.

    Raises:
        NotThere: no such organisation, it has ended, or it is not theirs.
        NotAllowed: they are no system administrator.
        Stale: somebody changed it since ``revision``.
        Invalid: as `organisations.add`.

    """
    before = organisations.in_force(ctx.tx, code)
    administered.must_keep(ctx, before.id)
    organisations.check_numbers(region_code, institution_number, time_zone)
    values = {
        "name": checked("name", name, longest=200, required=True),
        "region_code": region_code,
        "institution_number": institution_number,
        "telephone": checked("telephone", telephone, longest=40),
        "time_zone": time_zone,
    }
    after = _write(ctx, before, revision, values)
    changed = " ".join(each for each in values if getattr(before, each) != getattr(after, each))
    _record(ctx, Action.ORGANISATION_CHANGE, after, {"changed": changed})
    return after


@without_door("The register of organisations and people; nothing of a patient is in it.")
def move(ctx: Context[Staff | Actor], code: str, parent_code: str | None, *, revision: int) -> Organisation:
    """Put an organisation, with all below it, under another one; who reads for whom stays as it is.

    Raises:
        NotThere: no such organisation, it has ended, or one of the two is not theirs.
        NotAllowed: they are no system administrator; to stand under none is for those of the whole service.
        Stale: somebody changed it since ``revision``.
        Invalid: it would stand under itself.

    """
    organisations.hold_still(ctx.tx)
    one = organisations.in_force(ctx.tx, code)
    administered.must_keep(ctx, one.id)
    if parent_code is None:
        administered.must_keep_all(ctx)
        parent_id = None
    else:
        parent = organisations.in_force(ctx.tx, parent_code)
        administered.must_keep(ctx, parent.id)
        if one.id in {parent.id, *organisations.above(ctx.tx, parent.id)}:
            raise Invalid("parent_code", "under_itself")
        parent_id = parent.id
    after = _write(ctx, one, revision, {"parent_id": parent_id})
    _record(ctx, Action.ORGANISATION_MOVE, after, {"from": one.parent_id or "", "to": parent_id or ""})
    return after


def _write(ctx: Context[Staff | Actor], before: Organisation, revision: int, values: dict[str, Any]) -> Organisation:
    as_seen = (organisation.c.id == before.id) & (organisation.c.revision == revision)
    written = ctx.tx.execute(organisation.update().where(as_seen).values(**values, revision=revision + 1))
    if written.rowcount != 1:
        raise Stale(before.revision)
    after = organisations.by_id(ctx.tx, before.id)
    if after is None:
        raise NotThere
    return after


def _record(ctx: Context[Staff | Actor], action: Action, one: Organisation, details: dict[str, str]) -> None:
    ctx.record(action=action, subject_kind="organisation", subject_id=one.id, details=details)
