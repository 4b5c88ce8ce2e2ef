"""Policy: the rules of a region, and which of them a case follows."""
