"""The policy that is in force until a region makes its own."""

from __future__ import annotations

from typing import Any, Final

_EXEMPT: Final = [
    "主治医师",
    "副主任医师",
    "主任医师",
    "attending physician",
    "associate chief physician",
    "chief physician",
]

_VERIFIED: Final = {"needs_verifier": True, "exempt_titles": _EXEMPT}

_REVIEWED_FIRST: Final = {"when": "before_release"}

_SAMPLED: Final = {"when": "after_release", "percent": 20}

_XRAY: Final = ["CR", "DX", "DR", "RF", "RG"]

# Due times: the table of a hospital in the region, until each region sets its own.
FIRST_POLICY: Final[dict[str, Any]] = {
    "rules": [
        {
            "name": "emergency-ct",
            "when": {"priority": ["emergency"], "modality": ["CT", "MR"]},
            "tier": "county",
            **_VERIFIED,
            "review": {"when": "after_release", "percent": 100},
            "due_minutes": 60,
            "indicator_minutes": 120,
            "arriving_minutes": 10,
        },
        {
            "name": "emergency",
            "when": {"priority": ["emergency"]},
            "tier": "county",
            **_VERIFIED,
            "review": {"when": "after_release", "percent": 100},
            "due_minutes": 30,
            "indicator_minutes": 120,
            "arriving_minutes": 5,
        },
        {
            "name": "escalated",
            "when": {"escalated": True},
            "tier": "city",
            "needs_verifier": False,
            "review": _REVIEWED_FIRST,
            "due_minutes": 24 * 60,
            "indicator_minutes": 24 * 60,
            "arriving_minutes": 60,
        },
        {
            "name": "critical",
            "when": {"critical": True},
            "tier": "county",
            **_VERIFIED,
            "review": _REVIEWED_FIRST,
            "due_minutes": 60,
            "indicator_minutes": 120,
            "arriving_minutes": 10,
        },
        {
            "name": "ct",
            "when": {"modality": ["CT"]},
            "tier": "county",
            **_VERIFIED,
            "review": _REVIEWED_FIRST,
            "due_minutes": 240,
            "indicator_minutes": 360,
            "arriving_minutes": 60,
        },
        {
            "name": "urgent",
            "when": {"priority": ["urgent"]},
            "tier": "county",
            **_VERIFIED,
            "review": _SAMPLED,
            "due_minutes": 60,
            "indicator_minutes": 120,
            "arriving_minutes": 15,
        },
        {
            "name": "plain-xray",
            "when": {"modality": _XRAY},
            "tier": "county",
            **_VERIFIED,
            "review": _SAMPLED,
            "due_minutes": 120,
            "indicator_minutes": 240,
            "arriving_minutes": 30,
        },
        {
            "name": "other",
            "when": {},
            "tier": "county",
            **_VERIFIED,
            "review": _SAMPLED,
            "due_minutes": 240,
            "indicator_minutes": 360,
            "arriving_minutes": 60,
        },
    ]
}
