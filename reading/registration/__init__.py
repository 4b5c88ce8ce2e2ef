"""The register of patients: opened, searched, corrected, their cards, and the merging of two records of one person."""
