"""The case: its table of moves, its rows, its history."""
