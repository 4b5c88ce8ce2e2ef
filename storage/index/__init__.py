"""Instance rows: entered in group commits, looked up, searched, written to the journal."""
