"""Decisions of people and checks: place, quarantine, damage, erasure."""
