"""Faces people: pages and JSON for technicians, readers, reviewers, managers and patients."""
