"""Downloads through a gift link."""
