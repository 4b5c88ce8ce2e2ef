"""One picture three ways: the server's, the desk's, and one worked out by the clauses."""
