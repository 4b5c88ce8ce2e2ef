"""Decisions of a page that join several acts of reading (goes when reading has them)."""
