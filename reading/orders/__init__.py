"""Orders, what devices are offered and perform, matching."""
