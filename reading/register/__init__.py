"""Organisations, people, grants, devices."""
