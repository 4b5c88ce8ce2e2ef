"""Settings of signing in and of access: second factors, sessions of one person, and how long an emergency lasts."""

from __future__ import annotations

from dataclasses import dataclass, field

from reading.factors.requirement import Requirement
from reading.kinds import Role
from reading.sessions.sign_in import Terms
from service.installation import setting_values
from service.installation.setting_values import Networks, described


@dataclass(frozen=True, kw_only=True)
class SignInSettings:
    """The part of `Settings` that says how people sign in, and what they open in an emergency."""

    second_factor_roles: str = field(
        default="quality_manager, system_administrator, security_administrator, audit_administrator",
        metadata=described(
            setting_values.roles,
            "Roles whose holders must show a second factor when they sign in, separated by commas; whoever has none "
            "sets one up then. `none`: nobody must; whoever has one is asked for it all the same.",
        ),
    )
    second_factor_networks: Networks = field(
        default=(),
        metadata=described(
            setting_values.networks,
            "Addresses of the hospitals' own networks, separated by commas: whoever reads, verifies or reviews from "
            "anywhere else must show a second factor as well. Empty: it does not matter from where.",
        ),
    )
    sessions_per_person: int = field(
        default=10,
        metadata=described(
            setting_values.whole(1, 1000),
            "Sessions that one person has at once; one more ends the one that was longest without work.",
            unit="sessions",
        ),
    )

    emergency_hours: float = field(
        default=4.0,
        metadata=described(
            setting_values.number(0, 24),
            "How long somebody who treats sees what they opened in an emergency although it is not theirs to see. "
            "0: nobody opens anything in an emergency.",
            unit="hours",
        ),
    )

    @property
    def sign_in_terms(self) -> Terms:
        named = "" if self.second_factor_roles == setting_values.NOBODY else self.second_factor_roles
        roles = frozenset(Role(word) for word in named.split(", ") if word)
        return Terms(
            requirement=Requirement(roles=roles, inside=self.second_factor_networks), sessions=self.sessions_per_person
        )
