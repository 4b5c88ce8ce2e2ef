"""Second factors: one-time codes, passkeys and recovery codes, who must have one, and how they are reset."""
