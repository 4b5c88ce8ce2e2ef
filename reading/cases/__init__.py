"""The case and its table of moves."""
