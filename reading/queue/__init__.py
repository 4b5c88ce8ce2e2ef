"""Claiming and leases."""
