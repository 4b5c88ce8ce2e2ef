"""Checking segments in rounds, repairing them, and sweeping up what nobody needs."""
