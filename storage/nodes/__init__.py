"""Bytes of instances, wherever they lie: on this node, in the object store, on another node."""
