"""Decisions of people and checks: the study an image is shown in, quarantine, damage, erasure."""
