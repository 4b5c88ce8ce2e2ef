"""Associations: listener, upper layer, command sets, TLS, calling others."""
