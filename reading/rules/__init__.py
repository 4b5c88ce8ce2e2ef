"""Policy: the rules, and what they say of a case."""
