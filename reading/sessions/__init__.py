"""Signing in: sessions of staff and patients, second steps, wrong passwords and codes, the receipts of patients."""
