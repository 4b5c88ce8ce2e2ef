"""Reading groups: those of an organisation who take a step of the cases, by their roles."""

from __future__ import annotations

from typing import Final

from reading.cases.moves import Step
from reading.kinds import Role, Tier

ROLES: Final[dict[tuple[Step, Tier], tuple[Role, ...]]] = {
    (Step.READ, Tier.COUNTY): (Role.READER, Role.RESIDENT),
    (Step.VERIFY, Tier.COUNTY): (Role.VERIFIER,),
    (Step.READ, Tier.NEIGHBOUR): (Role.READER, Role.RESIDENT),
    (Step.VERIFY, Tier.NEIGHBOUR): (Role.VERIFIER,),
    # The city's reviewers read what the county has escalated.
    (Step.READ, Tier.CITY): (Role.REVIEWER, Role.READER, Role.RESIDENT),
    (Step.VERIFY, Tier.CITY): (Role.REVIEWER, Role.VERIFIER),
    (Step.REVIEW, Tier.CITY): (Role.REVIEWER,),
    (Step.SECOND, Tier.COUNTY): (Role.READER,),
    (Step.SECOND, Tier.NEIGHBOUR): (Role.READER,),
    (Step.SECOND, Tier.CITY): (Role.REVIEWER, Role.READER),
    (Step.ARBITRATE, Tier.CITY): (Role.REVIEWER,),
}
"""The roles that may take a step at a tier, the preferred one first."""

OF_STEP: Final[dict[Step, frozenset[Role]]] = {
    step: frozenset(role for (each, _), roles in ROLES.items() if each is step for role in roles) for step in Step
}
"""The roles that a reading group consists of, whatever the tier."""

GROUPS: Final = frozenset[Role]().union(*OF_STEP.values())
"""The roles of those who are in some reading group."""

GROUP_OF: Final[dict[Step, Step]] = {
    Step.READ: Step.READ,
    Step.SECOND: Step.READ,
    Step.VERIFY: Step.VERIFY,
    Step.REVIEW: Step.REVIEW,
    Step.ARBITRATE: Step.REVIEW,
}
"""The reading group that takes a step: whoever reads takes second readings, too, and whoever reviews arbitrates."""

READS: Final = frozenset({Step.READ, Step.SECOND})
"""The steps for which a rule asks for skills."""
