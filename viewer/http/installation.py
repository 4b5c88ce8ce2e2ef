"""How the installation is, as service/wiring finds it and a page words it: facts, nodes, settings in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """How a part is."""

    GOOD = "good"
    BAD = "bad"
    """Somebody has to do something."""
    WAITING = "waiting"
    """It has not come yet, and need not have."""
    OFF = "off"
    """Not set up; nothing is wrong."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One part; the catalogues word it by ``word`` and ``standing``, and say what to do where it is bad."""

    word: str
    standing: Standing
    values: Mapping[str, int | str] = field(default_factory=dict[str, int | str])


@dataclass(frozen=True, kw_only=True)
class Node:
    name: str
    seen_at: datetime
    is_alive: bool
    here: bool
    """This node made the page."""


@dataclass(frozen=True, kw_only=True)
class InForce:
    """A setting as it is in force; a secret is masked."""

    name: str
    value: str
    source: str
    """The variable or the line of a file that says so; empty where nobody does."""
    word: str
    """By which the catalogues say what it is."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    version: str
    facts: tuple[Fact, ...] = ()
    nodes: tuple[Node, ...] = ()
    settings: tuple[InForce, ...] = ()


def unknown_installation() -> Installation:
    """Where nobody handed in how the installation is."""
    return Installation(version="")
