"""Compaction and erasure: a new segment, the rows switched to it, the old one removed."""
