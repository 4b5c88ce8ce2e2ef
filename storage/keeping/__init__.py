"""Sealed segments go to the object store, and to a second one."""
