"""How received studies become cases, and how mistakes are put right."""
