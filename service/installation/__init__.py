"""Settings, folders, keys, stores: what a process has before it starts."""
