"""Critical results until they are answered."""
