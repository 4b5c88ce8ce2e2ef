"""The tar files that instances are appended to while they are open, and the files of what was refused."""
