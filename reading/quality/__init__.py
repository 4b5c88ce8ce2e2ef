"""Concerns about what arrived, and decisions on them."""
