"""The log and what it is worth as evidence."""
