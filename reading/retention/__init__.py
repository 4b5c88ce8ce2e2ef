"""How long images are kept."""
