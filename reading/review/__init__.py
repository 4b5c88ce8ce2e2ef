"""The second reading: its scores, their arbitration, and what reaches the author."""
