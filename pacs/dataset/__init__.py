"""Encoded data sets: walked, read, written, compared; no network, no storage."""
