"""How received studies become cases, and how mistakes about person, study or image are put right."""
