"""Messages to people and systems: which event tells whom by which words, and how far each message has come."""
