"""Double reading: two blind readings, their comparison, and the third person who decides between them."""
