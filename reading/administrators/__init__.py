"""What the security and the audit administrator do: sessions seen and ended, the audit read."""
