"""Forwarding rules: which studies of a site go on to which archive, and when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere
from reading.forwarding.addresses import is_allowed
from reading.kinds import Tier
from reading.register import administered, devices, organisations
from reading.row_rules import open_at, valid_at
from reading.tables import forwarding_rule
from reading.texts import checked
from reading.viewers import Staff
from storage.ids import new_id


class Moment(StrEnum):
    """The moment at which a study is sent on."""

    QUIET = "quiet"
    """No instance arrived for a while."""
    FINAL = "final"
    """The report is final and released."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Sends studies of a site on to a device of the register or to a DICOMweb server."""

    id: str
    site_id: str
    modality: str
    """Modality that a series of the study must have; empty for every study."""
    moment: Moment
    device_id: str | None
    url: str
    """Base address of a STOW-RS server; empty where the studies go to a device."""
    token_file: str
    """File of the bearer token for ``url``; empty for none."""
    planned_until: datetime
    since: datetime
    until: datetime | None


@without_door("Forwarding rules; nothing of a patient is in them.")
def add(
    ctx: Context[Staff | Actor],
    *,
    site_id: str,
    moment: Moment,
    modality: str = "",
    device_id: str | None = None,
    url: str = "",
    token_file: str = "",
    origins: Collection[str] = (),
) -> Rule:
    """Add a rule for what arrives from now on; ``origins``: those that the settings allow for ``url``.

    Raises:
        Invalid: an address that is not allowed; neither or both of device and address; a device that is never called.
        NotAllowed: the device's organisation is not the site and reads nothing of it; they are no system administrator.
        NotThere: the site is not theirs.

    """
    administered.must_keep(ctx, site_id)
    if url and not is_allowed(url, origins):
        raise Invalid("url", "not_among_the_allowed")
    if (device_id is None) == (not url):
        raise Invalid("target", "one_of_device_and_url")
    if device_id is not None:
        one = devices.by_id(ctx.tx, device_id)
        if one is None or devices.called_at(one) is None:
            raise Invalid("device", "has_no_port")
    rule = Rule(
        id=new_id(),
        site_id=site_id,
        modality=checked("modality", modality, longest=16),
        moment=moment,
        device_id=device_id,
        url=checked("url", url, longest=500),
        token_file=checked("token_file", token_file, longest=500),
        planned_until=ctx.now,
        since=ctx.now,
        until=None,
    )
    if not may_receive(ctx.tx, rule, ctx.now):
        raise NotAllowed("destination-does-not-read-for-the-site")
    ctx.tx.execute(
        forwarding_rule.insert(),
        {
            "id": rule.id,
            "site_id": rule.site_id,
            "modality": rule.modality,
            "moment": rule.moment,
            "device_id": rule.device_id,
            "url": rule.url,
            "token_file": rule.token_file,
            "planned_until": rule.planned_until,
            "since": rule.since,
        },
    )
    ctx.record(action=Action.FORWARDING_ADD, subject_kind="forwarding", subject_id=rule.id)
    return rule


def may_receive(tx: Connection, rule: Rule, now: datetime) -> bool:
    """Whether the device still takes part, and is the site's own or that of an organisation that reads for it.

    A DICOMweb server is allowed by the settings, which whoever runs the service writes.
    """
    if rule.device_id is None:
        return True
    one = devices.by_id(tx, rule.device_id)
    if one is None or (one.until is not None and one.until <= now):
        return False
    readers = {reader for tier in Tier for reader in organisations.readers_of(tx, rule.site_id, tier, now)}
    return one.site_id == rule.site_id or one.site_id in readers


@without_door("Forwarding rules; nothing of a patient is in them.")
def end(ctx: Context[Staff | Actor], rule_id: str) -> Rule:
    """End a rule: nothing more is sent by it, planned jobs neither.

    Raises:
        NotThere: no such rule, it has ended, or its site is not theirs.
        NotAllowed: they are no system administrator.

    """
    site_id = ctx.tx.scalar(sa.select(forwarding_rule.c.site_id).where(forwarding_rule.c.id == rule_id))
    if site_id is None:
        raise NotThere("forwarding rule", rule_id)
    administered.must_keep(ctx, site_id)
    ended = ctx.tx.execute(
        forwarding_rule.update()
        .where(forwarding_rule.c.id == rule_id, open_at(forwarding_rule, ctx.now))
        .values(until=ctx.now)
    )
    if ended.rowcount != 1:
        raise NotThere("forwarding rule", rule_id)
    ctx.record(action=Action.FORWARDING_END, subject_kind="forwarding", subject_id=rule_id)
    return by_id(ctx.tx, rule_id)


def by_id(tx: Connection, rule_id: str) -> Rule:
    return _rule(tx.execute(sa.select(forwarding_rule).where(forwarding_rule.c.id == rule_id)).one())


def list_all(tx: Connection) -> list[Rule]:
    return [_rule(row) for row in tx.execute(sa.select(forwarding_rule).order_by(forwarding_rule.c.since))]


def valid(tx: Connection, now: datetime) -> list[Rule]:
    return [
        _rule(row)
        for row in tx.execute(
            sa.select(forwarding_rule).where(valid_at(forwarding_rule, now)).order_by(forwarding_rule.c.id)
        )
    ]


def _rule(row: sa.Row[tuple[object, ...]]) -> Rule:
    return Rule(
        id=row.id,
        site_id=row.site_id,
        modality=row.modality,
        moment=Moment(row.moment),
        device_id=row.device_id,
        url=row.url,
        token_file=row.token_file,
        planned_until=row.planned_until,
        since=row.since,
        until=row.until,
    )
