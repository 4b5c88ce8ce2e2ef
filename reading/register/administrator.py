"""Who administers: a person with the role, or the command line, whose user may do everything."""

from __future__ import annotations

from typing import Final

from reading.audit import Actor
from reading.errors import NotAllowed
from reading.kinds import Role
from reading.viewers import Staff

RULES: Final = {
    Role.AUDIT_ADMINISTRATOR: "audit_administrators_only",
    Role.SECURITY_ADMINISTRATOR: "security_administrators_only",
    Role.SYSTEM_ADMINISTRATOR: "system_administrators_only",
}


def only(who: Staff | Actor, role: Role) -> None:
    """Refuse everybody but the holders of a role and the system.

    Raises:
        NotAllowed: they do not hold it.

    """
    if isinstance(who, Staff) and not who.holds(role):
        raise NotAllowed(RULES[role])
