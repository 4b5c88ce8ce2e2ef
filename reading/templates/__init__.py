"""Templates and phrases of reports: typed documents, kept in versions, that render to text."""
