"""Object stores: a folder, S3, and the cache in front of it."""
