"""The tables of bytes and of the index, gathered from one module a room; only `storage` writes them."""

from storage.tables.commitment_requests import commitment, commitment_reference
from storage.tables.decisions import quarantine, quarantine_overflow, tombstone
from storage.tables.index import holding, instance, journal, series, study
from storage.tables.nodes import node
from storage.tables.segments import segment
from storage.tables.upkeep import backup, care_round, rebuilding

__all__ = [
    "backup",
    "care_round",
    "commitment",
    "commitment_reference",
    "holding",
    "instance",
    "journal",
    "node",
    "quarantine",
    "quarantine_overflow",
    "rebuilding",
    "segment",
    "series",
    "study",
    "tombstone",
]
