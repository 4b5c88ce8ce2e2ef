"""The demonstration: a small health region with people, patients and synthetic pictures, on data of its own."""
