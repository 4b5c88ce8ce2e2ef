"""The second reading: its scores, their arbitration, what clinicians raise, and what reaches the author."""
