"""Teaching collections: what a case taught, kept as words and pictures without the person, found and subscribed to."""
