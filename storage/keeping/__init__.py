"""Puts sealed segments into the object store, and into a second one."""
