"""What the security and the audit administrator do: the audit read, named, checked; sessions seen and ended."""
