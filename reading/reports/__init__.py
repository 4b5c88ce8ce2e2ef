"""What a report says: drafts, versions, and the seal of the installation over each signature."""
