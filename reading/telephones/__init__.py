"""Telephones of patients: codes that are sent to them, the numbers that a code verified, and the sessions they open."""
