"""Recovery after a crash, and the index made again from objects alone."""
