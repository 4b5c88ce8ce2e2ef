"""Recovery after a crash, and rebuilding the index from objects alone."""
