"""Anchors: the ends of the audit's chains and the signatures of reports, sealed and kept outside the database."""
