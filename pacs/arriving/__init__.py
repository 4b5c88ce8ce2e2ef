"""One instance from its first byte to its description."""
