"""Signing in: sessions of staff and patients, wrong passwords and codes, the receipts that patients sign in with."""
