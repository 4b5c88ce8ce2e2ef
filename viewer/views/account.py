"""One's own account as its page shows it: roles with their times, sessions, and whom to call."""

from __future__ import annotations

from typing import Any

from reading.alerts import duty
from reading.context import Context
from reading.kinds import Role
from reading.register import organisations
from reading.register.contacts import contacts_of
from reading.sessions import own_sessions
from reading.viewers import Staff
from viewer.views.quality import FALLBACK_ZONE
from viewer.words import words
from viewer.words.catalogue import Language, text


def roles(ctx: Context[Staff], language: Language) -> list[dict[str, str]]:
    """The roles that they hold now, in the order in which they got them."""
    known = organisations.by_ids(ctx.tx, {grant.organisation_id for grant in ctx.who.grants})
    return [
        {
            "role": text(language, f"role.{grant.role}"),
            "place": known[grant.organisation_id].name,
            "since": words.day(grant.since, known[grant.organisation_id].time_zone),
            "until": words.day(grant.until, known[grant.organisation_id].time_zone) if grant.until else "",
        }
        for grant in sorted(ctx.who.grants, key=lambda one: (one.since, one.id))
    ]


def sessions(ctx: Context[Staff]) -> list[dict[str, Any]]:
    """Their open sessions on the clock of where they work."""
    zone = zone_of(ctx)
    return [
        {
            "handle": one.handle,
            "begun": words.moment_today(one.begun_at, zone, ctx.now),
            "used": words.moment_today(one.used_at, zone, ctx.now),
            "is_this": one.is_this,
        }
        for one in own_sessions.own(ctx)
    ]


def help_lines(ctx: Context[Staff], language: Language) -> list[tuple[str, list[dict[str, Any]]]]:
    """Whom to call for what: critical results, reports and images, accounts."""
    own = list(dict.fromkeys(grant.organisation_id for grant in ctx.who.grants))
    places = list(dict.fromkeys(each for one in own for each in (one, *organisations.above(ctx.tx, one))))
    on_duty = [
        {"place": one.organisation_name, "people": [one.name], "telephone": one.telephone}
        for one in duty.list_of(ctx.tx, places, ctx.now)
        if one.since <= ctx.now
    ]

    def those(role: Role) -> list[dict[str, Any]]:
        return [
            {
                "place": one.organisation,
                "people": [f"{each.name} {each.telephone}".strip() for each in one.people],
                "telephone": one.telephone,
            }
            for one in contacts_of(ctx.tx, own, ctx.now, role=role)
            if one.people
        ]

    return [
        (text(language, "account.help.critical"), on_duty),
        (text(language, "account.help.quality"), those(Role.QUALITY_MANAGER)),
        (text(language, "account.help.system"), those(Role.SYSTEM_ADMINISTRATOR)),
    ]


def zone_of(ctx: Context[Staff]) -> str:
    """The clock of the first organisation where they hold a role."""
    first = next((grant.organisation_id for grant in ctx.who.grants), None)
    place = organisations.by_id(ctx.tx, first) if first else None
    return place.time_zone if place else FALLBACK_ZONE
