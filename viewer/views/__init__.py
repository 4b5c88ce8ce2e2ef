"""What pages and API show: rows of `reading` turned into words, sheets and JSON."""
