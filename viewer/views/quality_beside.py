"""What stands beside bytes in quarantine: the stored instance with which they conflict, its study, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reading.access import door, visibility
from reading.actions import Action
from reading.context import Context
from reading.errors import NotThere
from reading.quality.concerns import Concern
from reading.quality.decisions import Decision
from reading.quality.kinds import GROUP_OF, Group
from reading.quality.moves import Move
from reading.register import devices, organisations
from reading.viewers import Staff
from storage.decisions import quarantine
from storage.index import quarantine_rows, queries
from storage.index.queries import Study
from storage.instance_row import InstanceRow
from storage.records import Instance
from viewer.views.quality import named_examination
from viewer.words.catalogue import Language


@dataclass(frozen=True, kw_only=True)
class Beside:
    title: str = ""
    """The last part of its key in the catalogue (``quality.beside``); empty where nothing stands beside."""
    hidden: bool = False
    """Whether something does that the viewer may not see."""
    study: Study | None = None
    instance: Instance | None = None
    site: str = ""
    device: str = ""
    what: str = ""
    picture: str = ""


def beside(ctx: Context[Staff], concern: Concern, made: Sequence[Decision], language: Language) -> Beside:
    """What stands beside a concern after the decisions that were ``made``; a study that is shown is opened."""
    return _with_names(ctx, _beside(ctx, concern, made), language)


def _beside(ctx: Context[Staff], concern: Concern, made: Sequence[Decision]) -> Beside:
    tx = ctx.tx
    held = concern.held
    if held is None or held.row is None or GROUP_OF[concern.kind] is not Group.CONFLICT:
        return Beside()
    row = InstanceRow.from_json(held.row)
    instance = queries.instance_of(tx, row.sop_instance_uid)
    swapped = concern.decided and made and made[-1].move is Move.SHOW
    if swapped:
        earlier = quarantine_rows.by_id(tx, str(made[-1].details["earlier"]))
        study = queries.study_of(tx, row.study_uid)
        stored = None if earlier is None else quarantine.as_instance(earlier)
        return Beside(
            title="earlier",
            study=study,
            instance=stored,
            picture="" if earlier is None else f"/api/quality/bytes/{earlier.id}/picture",
        )
    entered = concern.decided and made and made[-1].move is Move.ADMIT
    study_uid = row.study_uid if instance is None or entered else instance.study_uid
    if queries.study_of(tx, study_uid) is None:
        return Beside()
    try:
        study = door.open_study(ctx, study_uid, Action.CONCERN_BESIDE)
    except NotThere:
        return Beside(hidden=True)
    scope = visibility.scope(tx, ctx.who, ctx.now, Action.CONCERN_BESIDE)
    if instance is not None and queries.seen_instance(tx, scope, instance.sop_instance_uid) is None:
        return Beside(hidden=True)
    if instance is None or entered:
        drawn = any(one.frames for one in queries.instances_in(tx, scope, study_uid) if one.offset != held.offset)
        return Beside(
            title="study",
            study=study,
            picture=f"/dicomweb/studies/{study_uid}/thumbnail?viewport=320,320" if drawn else "",
        )
    address = (
        f"/dicomweb/studies/{instance.study_uid}/series/{instance.series_uid}/instances/{instance.sop_instance_uid}"
    )
    return Beside(
        title="instance",
        study=study,
        instance=instance,
        picture=f"{address}/thumbnail?viewport=320,320" if instance.frames else "",
    )


def _with_names(ctx: Context[Staff], beside: Beside, language: Language) -> Beside:
    tx = ctx.tx
    site = None if beside.study is None else organisations.by_id(tx, beside.study.site_id)
    named = replace(beside, site=site.name if site else "")
    stored = beside.instance
    if stored is None:
        return named
    device = devices.by_id(tx, stored.device_id)
    inside = queries.series_in(tx, visibility.scope(tx, ctx.who, ctx.now, Action.CONCERN_BESIDE), stored.study_uid)
    series = next((one for one in inside if one.series_uid == stored.series_uid), None)
    what = (
        ""
        if series is None
        else named_examination(series.modality, series.body_part, series.series_description, language)
    )
    return replace(named, device=device.ae_title if device else "", what=what)
