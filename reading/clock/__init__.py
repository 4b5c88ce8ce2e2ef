"""The clock of a case: working time, pauses with reasons, and when something is due."""
