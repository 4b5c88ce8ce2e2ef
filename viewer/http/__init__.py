"""HTTP that pages and API share: who calls, sessions, transactions, error answers, the frame of a page."""
