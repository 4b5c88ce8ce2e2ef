"""Cases that wait too long: where they go, who has room for them, and which ones will be late."""
