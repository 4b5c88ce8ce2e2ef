"""What pages and API show: rows of `reading` put together as lines, sheets and JSON."""
