"""Encoded data sets: walked, read, written; no network, no storage."""
