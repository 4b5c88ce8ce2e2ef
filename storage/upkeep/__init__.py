"""Checking in rounds, repair, sweeping."""
