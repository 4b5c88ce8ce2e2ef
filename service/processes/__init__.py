"""Serve, its roles, the supervisor, HTTP, health."""
