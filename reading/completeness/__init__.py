"""The ledger of a study: what was announced against what arrived, and images that come after the report."""
