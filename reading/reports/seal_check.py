"""Signatures of versions compared with what the versions say now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.engine import Connection

from reading.cases.moves import SigningRole
from reading.reports import versions
from reading.reports.seal import holds
from reading.reports.versions import ReportVersion, SealFlaw, Signature


class Chain:
    """A version with those that it supersedes, back to the one that its author signed."""

    def __init__(self, version: ReportVersion) -> None:
        self.versions = [version]
        self.signatures: list[tuple[Signature, ReportVersion]] = []

    @property
    def reaches_author(self) -> bool:
        return any(signature.role is SigningRole.AUTHOR for signature, _ in self.signatures)

    def flaws(self, key: Ed25519PublicKey) -> set[SealFlaw]:
        found: set[SealFlaw] = set()
        first = self.versions[0].id
        if not self.reaches_author or not any(version.id == first for _, version in self.signatures):
            found.add(SealFlaw.UNSIGNED)
        if not all(holds(signature, version, key) for signature, version in self.signatures):
            found.add(SealFlaw.SIGNATURE)
        return found

    def newest(self) -> list[Signature]:
        """The newest signature of each role, as `versions.signatures_for` finds them."""
        in_order = sorted((signature for signature, _ in self.signatures), key=lambda one: one.signed_at)
        return list({signature.role: signature for signature in in_order}.values())


def chains_of(tx: Connection, found: Sequence[ReportVersion]) -> Mapping[str, Chain]:
    """What each version rests on, by its id: a few statements, however many versions there are."""
    chains = {version.id: Chain(version) for version in found}
    growing = list(chains.values())
    while True:
        ends = [chain.versions[-1] for chain in growing]
        signatures = versions.signatures_on(tx, list({version.id for version in ends}))
        for chain, end in zip(growing, ends, strict=True):
            chain.signatures += [(each, end) for each in signatures if each.version_id == end.id]
        growing = [chain for chain in growing if not chain.reaches_author and chain.versions[-1].supersedes_id]
        if not growing:
            break
        earlier = versions.by_ids(tx, [str(chain.versions[-1].supersedes_id) for chain in growing])
        for chain in growing:
            chain.versions.append(earlier[str(chain.versions[-1].supersedes_id)])
    return chains
