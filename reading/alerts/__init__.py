"""Critical results until they are answered: classes, duty, climbing, read-back, disposal."""
