"""Consultations: colleagues of other institutions are shown one case for a time, and say what they think of it."""
