"""Rewriting for compaction and erasure: a new segment is written, rows switch to it, the old one is removed."""
