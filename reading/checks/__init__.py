"""Checks of a report before it is signed: pure rules over its text and what is known of the case."""
