"""Plain functions that pacs needs of reading, and reading of pacs."""
